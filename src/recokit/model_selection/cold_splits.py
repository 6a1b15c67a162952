"""Splits by user and by item: the test users or items are not in the training data."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, IntArray
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.model_selection._log import Log, ranks_within_users
from recokit.model_selection._splitter import Splitter, check_fraction, check_whole, warn_if_times_ignored

__all__ = ["ColdItemKFold", "UserFold", "UserKFold", "check_given", "given_mask"]


class UserFold(NamedTuple):
    """A fold of `UserKFold`. All parts have the users and items of the data.

    Attributes
    ----------
    train : Interactions
        Training data: interactions of the users outside the fold.
    given : Interactions
        Histories of the users in the fold, to pass to ``recommend_for``.
    test : Interactions
        Test interactions of the users in the fold.

    See Also
    --------
    recokit.model_selection.UserKFold : Assign the users to k random folds; test users are not in the training data.

    Examples
    --------
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import UserKFold
    >>> train, given, test = next(
    ...     UserKFold(2).split_with_histories(example_interactions("implicit"), given=1)
    ... )
    >>> given.shape == test.shape
    True
    """

    train: Interactions
    given: Interactions
    test: Interactions


class UserKFold(Splitter):
    """Assign the users to k random folds; test users are not in the training data.

    ``split`` yields all interactions of a fold's users as the test: `ranking_scorer` with ``given=`` passes a part of
    each history to the model and tests on the rest. ``split_with_histories`` does the same for Interactions. Times are
    ignored: the training data never hold a test user's own future, but they hold later interactions of other users, as
    `check_split` reports. `GlobalTimeSplit` avoids this.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed. The split depends on the seed and the users, not on the order of the rows.

    See Also
    --------
    recokit.model_selection.UserFold : A fold of `UserKFold`. All parts have the users and items of the data.
    recokit.model_selection.InteractionKFold : Assign the interactions to k random folds; each fold is the test once.
    recokit.model_selection.ColdItemKFold : Assign the items to k random folds; test items are not in the training data.

    References
    ----------
    D. Liang et al. (2018). Variational autoencoders for collaborative filtering. WWW (strong generalization).

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
        """Yield folds in which each test user's history is split into a given and a test part.

        Parameters
        ----------
        data : Interactions, or any other input of a recommender's ``fit``
        given : float or int
            Given part of each history: a share between 0 and 1 (rounded, at least one interaction), or a number of
            interactions. At least one interaction is left for the test, except that the only interaction of a user is
            given. The earliest interactions are given, or random ones if there are no timestamps.

        Yields
        ------
        UserFold
            No part is empty.

        Raises
        ------
        DataError
            There are too few users, or a fold has no test interactions.

        Examples
        --------
        >>> data = Interactions.from_arrays(
        ...     ["ann", "ann", "bob", "bob"], ["tea", "cup", "tea", "pot"]
        ... )
        >>> [
        ...     fold.given.n_interactions
        ...     for fold in UserKFold(2).split_with_histories(data, given=1)
        ... ]
        [1, 1]
        """
        data = as_interactions(data, None, "auto")
        is_given = given_mask(data, check_given(given), self.random_state)
        for number, (train, test) in enumerate(self._masks(Log.from_input(data)), start=1):
            if not np.any(test & ~is_given):
                raise DataError(
                    f"{self!r}: fold {number} has no test interactions; each of its users has a single interaction, "
                    "which is given"
                )
            yield UserFold(data.select(train), data.select(test & is_given), data.select(test & ~is_given))


class ColdItemKFold(Splitter):
    """Assign the items to k random folds; test items are not in the training data.

    For models with other information about items, such as `recokit.TfidfRecommender`; other models cannot rank new
    items.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    random_state : int
        Seed. The split depends on the seed and the items, not on the order of the rows.

    Warns
    -----
    LeakageWarning
        By ``split``, if the data have timestamps: the training data hold later interactions of the test users. To test
        on items that are new in time, use `GlobalTimeSplit`.

    See Also
    --------
    recokit.model_selection.UserKFold : Assign the users to k random folds; test users are not in the training data.
    recokit.model_selection.InteractionKFold : Assign the interactions to k random folds; each fold is the test once.

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
        warn_if_times_ignored(self, log)
        folds = _folds(log.item_codes, log.n_items, self.n_splits, self.random_state, "items")
        for fold in range(self.n_splits):
            yield folds != fold, folds == fold


def _folds(codes: CodeArray, n_codes: int, n_splits: int, seed: int, kind: str) -> IntArray:
    """Return the fold of each interaction; users or items with interactions are spread evenly over the folds."""
    active = np.flatnonzero(np.bincount(codes, minlength=n_codes))
    if len(active) < n_splits:
        raise DataError(f"n_splits={n_splits}: expected at most {len(active)}, the number of {kind} with interactions")
    folds = np.empty(n_codes, dtype=np.int64)
    folds[np.random.default_rng(seed).permutation(active)] = np.arange(len(active)) % n_splits
    return folds[codes]


def check_given(given: float | int) -> float | int:
    """Return the given part of a history: a share, or a number of interactions.

    Raises
    ------
    ValueError
        The value is neither.
    """
    return check_fraction("given", given) if isinstance(given, float) else check_whole("given", given, 1)


def given_mask(data: Interactions, given: float | int, random_state: int) -> BoolArray:
    """Return a mask of the interactions in the given part of their user's history.

    Parameters
    ----------
    data : Interactions
    given, random_state
        As in `UserKFold`.
    """
    log = Log.from_input(data)
    log.warn_if_merged("the choice of given histories")
    ranks = ranks_within_users(log, np.random.default_rng(random_state), by_time=True)
    counts = log.user_counts
    wanted = np.floor(given * counts + 0.5) if isinstance(given, float) else np.full(len(counts), given)
    n_given = np.maximum(np.minimum(wanted, counts - 1), 1)
    mask: BoolArray = ranks < n_given[log.user_codes]
    return mask
