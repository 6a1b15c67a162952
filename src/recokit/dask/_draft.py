"""Local estimators during a distributed fit: attributes that travel between workers as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recokit.base import Recommender
from recokit.dask._blocks import Block, EventOrder, block_interactions
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.data.sequences import Sequences
from recokit.sequence import BoughtTogether
from recokit.sequence._base import SequenceRecommender

__all__ = ["Draft", "attached", "finished", "fitted_on_one_worker", "joined_model", "started", "with_user_ids"]


class Draft:
    """A local estimator that is not complete; unlike a fitted estimator, it is pickled with all its attributes.

    Parameters
    ----------
    model : Recommender
    """

    def __init__(self, model: Recommender) -> None:
        self.model = model
        self.fit: Any = None  # how far a fit in stages has come on this worker; another worker begins anew

    def __reduce__(self) -> tuple[Any, ...]:
        return _draft, (type(self.model), dict(vars(self.model)))

    def without_data(self) -> "Draft":
        """Return a draft without the training data."""
        attributes = {name: value for name, value in vars(self.model).items() if name != "interactions_"}
        return Draft(self.model._with_attributes(attributes))


def _draft(kind: type[Recommender], attributes: dict[str, Any]) -> Draft:
    model = object.__new__(kind)
    model.__dict__ = attributes
    return Draft(model)


def started(
    template: Recommender,
    interactions: Interactions,
    sequences: Sequences | None = None,
    side: Mapping[str, Any] | None = None,
) -> Draft:
    """Return the local estimator before its fit: with the data and the attributes common to all models.

    Parameters
    ----------
    template : Recommender
    interactions : Interactions
    sequences : Sequences, optional
        The events in time order, for models of sequences.
    side : mapping, optional
        Side information, as the local ``fit`` takes it.
    """
    model: Any = template._with_attributes(dict(vars(template)))
    if isinstance(model, SequenceRecommender | BoughtTogether):
        model.sequences_ = sequences
    interactions = model._prepare(interactions, **side or {})
    model._set_common_attributes(interactions)
    return Draft(model)


def fitted_on_one_worker(draft: Draft) -> Recommender:
    """Return the complete estimator, fitted in one task."""
    model = draft.model._with_attributes(dict(vars(draft.model)))
    model._fit(model.interactions_)
    return finished(Draft(model))


def finished(draft: Draft) -> Recommender:
    """Return a complete estimator from a draft with all fitted attributes, without the derived ones."""
    attributes = dict(vars(draft.model))
    attributes.pop("_fitted_names", None)
    model = draft.model._with_attributes(attributes)
    model._fit_parameters = model.get_params(deep=False)
    model._fitted_names = frozenset(vars(model)) - set(model._fit_parameters)
    return model


def joined_model(
    template: Recommender, draft: Draft, interactions: Interactions, parts: Sequence[Mapping[str, Any]]
) -> Recommender:
    """Return the complete local estimator with the parameters of ``template``.

    Parameters
    ----------
    template : Recommender
    draft : Draft
        The estimator without the attributes of users.
    interactions : Interactions
        All training data.
    parts : sequence of mappings
        Attributes of the users of each block.
    """
    attributes = dict(vars(draft.model)) | {"interactions_": interactions}
    for name in parts[0]:
        attributes[name] = np.concatenate([part[name] for part in parts])
    return _restored(template, attributes)


def with_user_ids(template: Recommender, model: Recommender, users: IdIndex) -> Recommender:
    """Return a complete estimator with the ids of its users in place of their codes."""
    attributes = dict(model.__getstate__())
    attributes["interactions_"] = replace(model.interactions_, users=users)
    if attributes.get("sequences_") is not None:
        attributes["sequences_"] = EventOrder.of(attributes["sequences_"]).sequences(users, model.sequences_.items)
    return _restored(template, attributes)


def _restored(template: Recommender, attributes: dict[str, Any]) -> Recommender:
    complete = template._with_attributes(attributes | template.get_params(deep=False))
    complete._restore()
    return finished(Draft(complete))


def attached(
    draft: Draft, part: Mapping[str, Any] | None, block: Block, items: IdIndex, feedback: Feedback
) -> Recommender:
    """Return the local estimator over the users of one block, whose ids are 0 … n − 1."""
    interactions = block_interactions(block, items, feedback)
    model = draft.model
    own = model._with_attributes(dict(vars(model)) | dict(part or {}) | {"interactions_": interactions})
    own._restore()
    return own
