"""Lists that take the last events of a user into account, without an update of the model."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from recokit.base import Recommender
from recokit.data._frames import is_missing
from recokit.data._inputs import as_id_list, codes_if_known
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, NotFittedError
from recokit.serving.watched_model import WatchedModel

__all__ = ["UserFoldIn"]


class UserFoldIn:
    """Lists that take the last events of a user into account, without an update of the model.

    Keeps the events of each user since the last training in memory. `recommend` joins them to the training history of
    the user and calls `Recommender.recommend_for`, so the next click changes the list of its user, and the model stays
    as it is. All methods may be called from several threads.

    Parameters
    ----------
    model : fitted Recommender, or WatchedModel
        A watched model is read once per call. When it is replaced, events that the new model was trained on would
        count twice; call `clear` with the time of the training.
    max_events : int
        Number of events to keep for each user, the last ones.
    max_users : int
        Number of users to keep; the user without events for the longest time is dropped first.

    Raises
    ------
    TypeError
        ``model`` is neither a Recommender nor a WatchedModel.
    NotFittedError
        The model is not fitted.
    ValueError
        ``max_events`` or ``max_users`` is less than 1.

    See Also
    --------
    recokit.serving.ModelStore : Versions of one model in a folder, one of which is current.
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.

    Examples
    --------
    >>> import recokit
    >>> from recokit.serving import UserFoldIn
    >>> pairs = [
    ...     ("ann", "tea"),
    ...     ("ann", "pot"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "cup"),
    ...     ("eve", "jug"),
    ... ]
    >>> live = UserFoldIn(recokit.ItemKNN(similarity="cosine", shrinkage=0).fit(pairs))
    >>> live.recommend(["ann", "new"])["new"]
    []
    >>> live.add("new", "jug")
    >>> [item for item, score in live.recommend(["ann", "new"])["new"]]
    ['cup']
    >>> live.forget(["new"])
    >>> live.recommend(["new"])["new"]
    []
    >>> live.clear()
    """

    def __init__(self, model: Recommender | WatchedModel, *, max_events: int = 100, max_users: int = 1_000_000) -> None:
        if not isinstance(model, Recommender | WatchedModel):
            raise TypeError(f"model: expected a fitted Recommender or a WatchedModel, got {type(model).__name__}")
        if isinstance(model, Recommender) and not model.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(model).__name__} is not fitted yet; call fit first.")
        for name, number in (("max_events", max_events), ("max_users", max_users)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError(f"{name}={number!r}: expected an integer, at least 1")
        self._source = model
        self.max_events = max_events
        self.max_users = max_users
        self._events: OrderedDict[Any, list[tuple[Any, float, float]]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def model(self) -> Recommender:
        """The present model."""
        model: Recommender = self._source.model if isinstance(self._source, WatchedModel) else self._source
        return model

    @property
    def n_events(self) -> int:
        """Number of events in memory."""
        with self._lock:
            return sum(map(len, self._events.values()))

    def add(self, user: Any, item: Any, value: float = 1.0, *, timestamp: float = 0.0) -> None:
        """Add an event of a user.

        Parameters
        ----------
        user, item : id
            The item may be unknown to the model. It is used once a model knows it.
        value : float
            Rating, or strength; the strengths of repeated events are added, and the last rating counts.
        timestamp : float
            Time of the event, in any unit; only `clear` reads it.

        Raises
        ------
        DataError
            The value is not finite, or is a negative strength; or the user or the item is not one id.

        Warns
        -----
        UserWarning
            The model knows the user or the item in another form, such as 7 for "007".
        """
        known = self.model.interactions_
        for kind, key, index in (("user", user, known.users), ("item", item, known.items)):
            _check_id(kind, key)
            codes_if_known(index, [key], kind)
        value, timestamp = float(value), float(timestamp)
        if not np.isfinite(value) or (value < 0 and self._is_implicit(self.model)):
            raise DataError(f"value={value!r}: expected a finite number that is not negative, for {user!r}, {item!r}")
        with self._lock:
            events = self._events.setdefault(user, [])
            events.append((item, value, timestamp))
            del events[: -self.max_events]
            self._events.move_to_end(user)
            while len(self._events) > self.max_users:
                self._events.popitem(last=False)

    def clear(self, before: float | None = None) -> None:
        """Drop events; those before a time, or all.

        Parameters
        ----------
        before : float, optional
            Drop the events with earlier timestamps, such as those before the training of the present model.
        """
        with self._lock:
            kept = OrderedDict[Any, list[tuple[Any, float, float]]]()
            for user, events in self._events.items() if before is not None else ():
                later = [event for event in events if event[2] >= before]  # type: ignore[operator]
                if later:
                    kept[user] = later
            self._events = kept

    def forget(self, users: Iterable[Any]) -> None:
        """Drop all events of users; users without events are ignored."""
        with self._lock:
            for user in as_id_list(users):
                self._events.pop(user, None)

    def recommend(self, users: Any, n: int = 10, **options: Any) -> Recommendations:
        """Return the top-n items for users, from their training histories and their events.

        Parameters
        ----------
        users : array-like of ids, or one id
            A user without training history and without events gets an empty list, or popular items with
            ``on_unknown="popular"``.
        n, **options
            As in `Recommender.recommend_for`; ``on_unknown`` is "empty" by default.

        Returns
        -------
        Recommendations
        """
        model = self.model
        ids = as_id_list(users)
        options.setdefault("on_unknown", "empty")
        return model.recommend_for(self._histories(model, ids), n, **options)

    def _histories(self, model: Recommender, users: list[Any]) -> dict[Any, Any]:
        """Return the joined history of each user, in the form that the model reads."""
        with self._lock:
            events = {user: list(self._events.get(user, ())) for user in users}
        index = model.interactions_.users
        known = [user for user, code in zip(users, index.codes(users).tolist(), strict=True) if code >= 0]
        trained = _training_histories(model, known)
        none: Any = [] if hasattr(model, "sequences_") else {}
        adds = self._is_implicit(model)
        return {user: _joined(trained.get(user, none), events[user], adds=adds) for user in users}

    @staticmethod
    def _is_implicit(model: Recommender) -> bool:
        return model.interactions_.feedback == "implicit"


def _check_id(kind: str, key: Any) -> None:
    """Refuse other values than one id, which would stay in the events of the user."""
    try:
        hash(key)
    except TypeError:
        raise DataError(
            f"{kind}={key!r:.60}: expected one id, got {type(key).__name__}; add each event apart"
        ) from None
    if is_missing(key) or isinstance(key, bool | np.bool_):
        hint = "; give a visitor without an account the id of the session" if kind == "user" else ""
        raise DataError(f"{kind}={key!r}: expected one id{hint}")


def _training_histories(model: Recommender, users: list[Any]) -> dict[Any, Any]:
    """Return the training histories of known users, in the form that `Recommender.recommend_for` of the model reads."""
    sequences = getattr(model, "sequences_", None)
    if sequences is None:
        rows = model._training_histories(model.interactions_.users.codes(users))
        return model._histories_in_ids(users, rows, in_order=False)
    if sequences.basket_bounds is not None:
        return {user: list(sequences.baskets(user)) for user in users}
    return {user: sequences[user] for user in users}


def _joined(history: Any, events: list[tuple[Any, float, float]], *, adds: bool) -> Any:
    """Return a history followed by events: a list in time order, or a mapping of items to values."""
    if isinstance(history, list):
        return [*history, *(item for item, _, _ in events)]
    joined = dict(history)
    for item, value, _ in events:
        joined[item] = joined.get(item, 0.0) + value if adds else value
    return joined
