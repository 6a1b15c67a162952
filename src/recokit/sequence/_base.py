"""Base class of models that read the order of events."""

from typing import Any, ClassVar, Self

import numpy as np

from recokit._typing import BoolArray, CodeArray
from recokit.base import Recommender
from recokit.base._memory import MemoryPlan
from recokit.data._sequence_inputs import read_sequences
from recokit.data.attributes import Attribute, Instance
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.data.sequences import Sequences
from recokit.sequence._histories import read_ordered_histories, read_ordered_history

__all__ = ["SequenceRecommender"]


class SequenceRecommender(Recommender):
    """Base class of models fitted to sequences: the items of users or sessions in time order, with repeats.

    A subclass sets its attributes in ``_fit(interactions)`` from ``self.sequences_``. The histories that ``_fold_in``
    gets, of training users and of others, are rows of item codes in time order, with repeats, without values, and with
    times if the data have times. ``_fit`` must not depend on values of the interactions.

    Attributes
    ----------
    sequences_ : Sequences
        Training data in time order, with repeats.
    interactions_ : Interactions
        The distinct pairs of ``sequences_``, over the same users and items. They define the seen items and the
        popularity.
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)
    _reads_order: ClassVar[bool] = True

    sequences_: Sequences

    def fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Fit the model to sequences.

        Parameters
        ----------
        X : Sequences, Interactions, event log, frame, or (user, item) pairs
            `Sequences`; `Interactions` with timestamps; an event log, which is an object with a method ``sequences``; a
            frame or a mapping of columns with user_id, item_id and timestamp, which may repeat pairs; or pairs in two
            columns, in time order. Events of a user at equal times keep the order of the rows; those of Interactions
            are in order of item code.
        y : (n_pairs,) array-like, optional
            Strengths of pairs. They count in the popularity only.
        **side
            Side information, for models that take it.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data have no order, or cannot be used; the message names the remedy.
        sklearn.utils._param_validation.InvalidParameterError
            A parameter is out of its range; a subclass of ValueError.
        """
        return super().fit(X, y, **side)

    def partial_fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Update the model with further events of known and new users and items.

        With times, the events of each user are merged in time order. Without, the new events follow the known ones. The
        result equals a refit on all events.

        Parameters
        ----------
        X, y, **side
            As in `fit`. The first call is the same as `fit`.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`, or only one of the training data and the new data has times or baskets.
        """
        return super().partial_fit(X, y, **side)

    def _read(self, X: Any, y: Any) -> Interactions:
        self.sequences_, interactions = read_sequences(X, y, self.feedback, type(self).__name__)  # type: ignore[arg-type]
        return interactions

    def _plan_reading(self, plan: MemoryPlan, given: Any) -> None:
        n, n_times = float(self.sequences_.n_events), 8.0 * (self.sequences_.rows.times is not None)
        if isinstance(given, Interactions):
            plan.work("order of the events", 28.0 * n)
            plan.keep("sequences", (4.0 + n_times) * n)
        else:
            plan.work("pairs of the events", 56.0 * n)
            plan.keep("pairs of the events", (8.0 + n_times) * self.interactions_.n_interactions)

    def _read_more(self, X: Any, y: Any) -> Interactions:
        new, interactions = read_sequences(X, y, "implicit", type(self).__name__)
        self.sequences_ = self.sequences_.merge(new)
        return self.interactions_.merge(interactions, duplicates="sum")

    def _forget_side(self, users: Any) -> BoolArray:
        known: BoolArray = self.sequences_.users.codes(users) >= 0
        self.sequences_ = self.sequences_.forget(users, on_unknown="ignore")
        return known

    def _read_histories(self, given: Any, *, skip_unknown: bool) -> tuple[Any, Rows]:
        return read_ordered_histories(given, self.interactions_.items, skip_unknown=skip_unknown)

    def _read_history(self, given: Any) -> Rows:
        return read_ordered_history(given, self.interactions_.items)

    def _histories_in_ids(self, users: list[Any], rows: Rows, *, in_order: bool) -> dict[Any, Any]:
        """Return histories as lists with repeats, or as mappings with the items in order of their last events."""
        ids, bounds = self.interactions_.items.take(rows.codes).tolist(), rows.indptr.tolist()
        lists = {user: ids[bounds[row] : bounds[row + 1]] for row, user in enumerate(users)}
        if in_order:
            return lists
        return {user: dict.fromkeys(reversed(list(dict.fromkeys(reversed(one)))), 1.0) for user, one in lists.items()}

    def _user_profiles(self, user_codes: CodeArray) -> Any:
        return self._fold_in(self._training_sequences(user_codes))

    def _training_sequences(self, user_codes: CodeArray) -> Rows:
        """Return the training events of users in time order; an unknown user (code −1) has an empty row."""
        return self.sequences_.rows.take(user_codes)

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "sequences_": Instance(Sequences),
        }

    def _restore(self) -> None:
        sequences, interactions = self.sequences_, self.interactions_
        if sequences.users != interactions.users or sequences.items != interactions.items:
            raise ValueError("the users or items of the sequences and the interactions differ")
        pairs = sequences._pairs()
        if not (
            np.array_equal(pairs.indptr, interactions.indptr)
            and np.array_equal(pairs.item_codes, interactions.item_codes)
        ):
            raise ValueError("the pairs of the sequences and the interactions differ")
