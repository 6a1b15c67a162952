"""Splits by who or what is new: users never seen, items never seen."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, IntArray
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.model_selection._log import Log, ranks_within_users
from recokit.model_selection._splitter import Splitter, check_fraction, check_whole, warn_of_time

__all__ = ["ColdItemKFold", "UserFold", "UserKFold", "check_given", "given_mask"]


class UserFold(NamedTuple):
    """A fold of `UserKFold`, over the ids of the data.

    Attributes
    ----------
    train : Interactions
        Of the other users: what to learn from.
    given : Interactions
        Of the users of the fold: their histories, what ``recommend_for`` may know.
    test : Interactions
        Of the users of the fold: what to test on.
    """

    train: Interactions
    given: Interactions
    test: Interactions


class UserKFold(Splitter):
    """Deal the users into k folds at random; test on people the model has never seen.

    ``split`` yields all interactions of the users of a fold as the test: `ranking_scorer` with ``given=`` tells a model
    a part of each person's history and tests on the rest. ``split_with_histories`` does the same for Interactions.
    Times are not looked at when the users are dealt: no person's own future is learned from, but what others did later
    is, as `check_split` says. `GlobalTimeSplit` rules that out.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed. The split depends on it and on the users, not on the order of their rows.

    References
    ----------
    D. Liang et al. (2018). Variational autoencoders for collaborative filtering. WWW (strong generalisation).

    Examples
    --------
    >>> pairs = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot")]
    >>> [(train.tolist(), test.tolist()) for train, test in UserKFold(2).split(pairs)]
    [([2, 3], [0, 1]), ([0, 1], [2, 3])]
    """

    def __init__(self, n_splits: int = 5, *, random_state: int = 0) -> None:
        self.n_splits = check_whole("n_splits", n_splits, 2)
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        folds = _folds(log.user_codes, log.n_users, self.n_splits, self.random_state, "users")
        for fold in range(self.n_splits):
            yield folds != fold, folds == fold

    def split_with_histories(self, data: Any, given: float | int = 0.8) -> Iterator[UserFold]:
        """Yield folds with the history of each test user in two parts.

        Parameters
        ----------
        data : Interactions, or what `Interactions` are made of by a recommender's ``fit``
        given : float or int
            How much of each history is known: a share between 0 and 1 (rounded; at least one interaction), or a number
            of interactions. One interaction at least is left to test on, except of users who have no more than one:
            theirs is given. The earliest are given, or where there are no timestamps random ones.

        Yields
        ------
        UserFold
            None of its parts is empty.

        Raises
        ------
        DataError
            There are too few users, or nobody of a fold has more than what is given.

        Examples
        --------
        >>> data = Interactions.from_arrays(["ann", "ann", "bob", "bob"], ["tea", "cup", "tea", "pot"])
        >>> [fold.given.n_interactions for fold in UserKFold(2).split_with_histories(data, given=1)]
        [1, 1]
        """
        data = as_interactions(data, None, "auto")
        known = given_mask(data, check_given(given), self.random_state)
        for number, (train, test) in enumerate(self._masks(Log.of(data)), start=1):
            if not np.any(test & ~known):
                raise DataError(
                    f"{self!r}: fold {number} has nothing to test on; each of its users has one interaction, which is "
                    "given"
                )
            yield UserFold(data.select(train), data.select(test & known), data.select(test & ~known))


class ColdItemKFold(Splitter):
    """Deal the items into k folds at random; test on items nobody in the training has interacted with.

    For models that know items by more than interactions, such as `recokit.TfidfRecommender`; others cannot rank these.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed. The split depends on it and on the items, not on the order of their rows.

    Warns
    -----
    LeakageWarning
        By ``split``, where the data have timestamps: a model learns from the future of the users whom it is tested on.
        For items that are new in time, split with `GlobalTimeSplit`.

    Examples
    --------
    >>> pairs = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot")]
    >>> [(train.tolist(), test.tolist()) for train, test in ColdItemKFold(3).split(pairs)]
    [([1, 3], [0, 2]), ([0, 2, 3], [1]), ([0, 1, 2], [3])]
    """

    def __init__(self, n_splits: int = 5, *, random_state: int = 0) -> None:
        self.n_splits = check_whole("n_splits", n_splits, 2)
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        warn_of_time(self, log)
        folds = _folds(log.item_codes, log.n_items, self.n_splits, self.random_state, "items")
        for fold in range(self.n_splits):
            yield folds != fold, folds == fold


def _folds(codes: CodeArray, n_codes: int, n_splits: int, seed: int, kind: str) -> IntArray:
    """Return the fold of each interaction, the users or items that have any being dealt evenly."""
    active = np.flatnonzero(np.bincount(codes, minlength=n_codes))
    if len(active) < n_splits:
        raise DataError(f"{len(active)} {kind} with interactions cannot be dealt into n_splits={n_splits} folds")
    folds = np.empty(n_codes, dtype=np.int64)
    folds[np.random.default_rng(seed).permutation(active)] = np.arange(len(active)) % n_splits
    return folds[codes]


def check_given(given: float | int) -> float | int:
    """Return how much of a history is given: a share, or a number of interactions.

    Raises
    ------
    ValueError
        It is neither.
    """
    return check_fraction("given", given) if isinstance(given, float) else check_whole("given", given, 1)


def given_mask(data: Interactions, given: float | int, random_state: int) -> BoolArray:
    """Tell of each interaction whether it is in the part of its user's history that is given.

    Parameters
    ----------
    data : Interactions
    given, random_state
        As in `UserKFold`.
    """
    log = Log.of(data)
    ranks = ranks_within_users(log, np.random.default_rng(random_state), by_time=True)
    counts = log.user_counts
    wanted = np.floor(given * counts + 0.5) if isinstance(given, float) else np.full(len(counts), given)
    n_given = np.maximum(np.minimum(wanted, counts - 1), 1)
    known: BoolArray = ranks < n_given[log.user_codes]
    return known
