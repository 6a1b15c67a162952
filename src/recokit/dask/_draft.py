"""Local estimators during a distributed fit: attributes that travel between workers as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recokit.base import Recommender
from recokit.dask._blocks import Block, block_interactions
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions

__all__ = ["Draft", "attached", "finished", "joined_model", "started"]


class Draft:
    """A local estimator that is not complete; unlike a fitted estimator, it is pickled with all its attributes.

    Parameters
    ----------
    model : Recommender
    """

    def __init__(self, model: Recommender) -> None:
        self.model = model
        self.stage: Any = None

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


def started(template: Recommender, interactions: Interactions) -> Draft:
    """Return the local estimator before its fit: with the data and the attributes common to all models."""
    model = template._with_attributes(dict(vars(template)))
    model._set_common_attributes(interactions)
    return Draft(model)


def finished(draft: Draft) -> Recommender:
    """Return a complete estimator from a draft with all fitted attributes, without the derived ones."""
    attributes = dict(vars(draft.model))
    attributes.pop("_fitted_names", None)
    model = draft.model._with_attributes(attributes)
    attributes["_fitted_names"] = frozenset(attributes) - set(model.get_params(deep=False))
    return model


def joined_model(
    template: Recommender,
    model: Draft | Recommender,
    interactions: Interactions,
    parts: Sequence[Mapping[str, Any]] | None,
) -> Recommender:
    """Return the complete local estimator with the parameters of ``template``.

    Parameters
    ----------
    template : Recommender
    model : Draft or Recommender
        The estimator without the attributes of users, or complete.
    interactions : Interactions
        All training data.
    parts : sequence of mappings, optional
        Attributes of the users of each block.
    """
    attributes = dict(vars(model.model)) if isinstance(model, Draft) else model.__getstate__()
    attributes |= template.get_params(deep=False) | {"interactions_": interactions}
    for name in parts[0] if parts else ():
        attributes[name] = np.concatenate([part[name] for part in parts or ()])
    complete = template._with_attributes(attributes)
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
