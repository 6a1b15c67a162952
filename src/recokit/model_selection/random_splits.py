"""Random splits: hold-out, k-fold, and k interactions of each user."""

from collections.abc import Iterator

import numpy as np

from recokit._typing import BoolArray, IntArray
from recokit.model_selection._log import Log, order_within_users, ranks_within_users
from recokit.model_selection._splitter import Splitter, check_fraction, check_whole, warn_if_times_ignored

__all__ = ["InteractionKFold", "LeaveKOut", "RandomHoldOut"]


class RandomHoldOut(Splitter):
    """Hold out a random share of all interactions, or of each user's interactions.

    Parameters
    ----------
    test_size : float
        Share of the test, between 0 and 1.
    n_splits : int
        Number of independent splits.
    stratified : bool
        Hold out this share of each user's n interactions, rounded, at most n − 1: every user stays in the training
        data.
    random_state : int
        Seed. The split depends on the seed and the interactions, not on the order of the rows.

    Warns
    -----
    LeakageWarning
        By ``split``, if the data have timestamps: the training data hold interactions later than the test.

    See Also
    --------
    recokit.model_selection.InteractionKFold : Assign the interactions to k random folds; each fold is the test once.
    recokit.model_selection.GlobalTimeSplit :
        Train on all interactions before a moment, test on all from that moment on.

    Examples
    --------
    >>> from recokit import Interactions
    >>> data = Interactions.from_dense([[5, 3, 4, 1], [4, 2, 5, 3]])
    >>> [
    ...     (train.tolist(), test.tolist())
    ...     for train, test in RandomHoldOut(0.25, stratified=True).split(data)
    ... ]
    [([0, 1, 3, 5, 6, 7], [2, 4])]
    """

    def __init__(
        self, test_size: float = 0.2, *, n_splits: int = 1, stratified: bool = False, random_state: int = 0
    ) -> None:
        self.test_size = check_fraction("test_size", test_size)
        self.n_splits = check_whole("n_splits", n_splits, 1)
        self.stratified = stratified
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        warn_if_times_ignored(self, log)
        rng = np.random.default_rng(self.random_state)
        for _ in range(self.n_splits):
            test = self._test_by_user(log, rng) if self.stratified else self._test_of_all(len(log), rng)
            yield ~test, test

    def _test_of_all(self, n: int, rng: np.random.Generator) -> BoolArray:
        n_test = min(max(1, round(self.test_size * n)), n - 1)
        test = np.zeros(n, dtype=np.bool_)
        test[rng.permutation(n)[:n_test]] = True
        return test

    def _test_by_user(self, log: Log, rng: np.random.Generator) -> BoolArray:
        counts = log.user_counts
        n_test = np.minimum(np.floor(self.test_size * counts + 0.5), counts - 1)
        test: BoolArray = ranks_within_users(log, rng) < n_test[log.user_codes]
        return test

    _hint_if_empty = "there are too few interactions for this test_size"


class InteractionKFold(Splitter):
    """Assign the interactions to k random folds; each fold is the test once.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2. Their sizes differ by at most one.
    stratified : bool
        Spread each user's interactions evenly: their numbers in two folds differ by at most one.
    random_state : int
        Seed. The split depends on the seed and the interactions, not on the order of the rows.

    Warns
    -----
    LeakageWarning
        By ``split``, if the data have timestamps: the training data hold interactions later than the test.

    See Also
    --------
    recokit.model_selection.RandomHoldOut : Hold out a random share of all interactions, or of each user's interactions.
    recokit.model_selection.UserKFold : Assign the users to k random folds; test users are not in the training data.

    Examples
    --------
    >>> pairs = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot")]
    >>> [test.tolist() for _, test in InteractionKFold(2, stratified=True).split(pairs)]
    [[1, 3], [0, 2]]
    """

    def __init__(self, n_splits: int = 5, *, stratified: bool = False, random_state: int = 0) -> None:
        self.n_splits = check_whole("n_splits", n_splits, 2)
        self.stratified = stratified
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        warn_if_times_ignored(self, log)
        rng = np.random.default_rng(self.random_state)
        # Interactions are dealt like cards, user after user, so that folds and each user's shares in them are even.
        order = order_within_users(log, rng) if self.stratified else rng.permutation(len(log))
        folds = _dealt(order, self.n_splits)
        for fold in range(self.n_splits):
            yield folds != fold, folds == fold

    _hint_if_empty = "there are fewer interactions than folds"


class LeaveKOut(Splitter):
    """Hold out k random interactions of each user.

    Parameters
    ----------
    k : int
        Number of test interactions.
    min_train : int
        Minimum number of training interactions. Users with fewer than ``k + min_train`` interactions are not tested;
        all their interactions are in the training data.
    n_splits : int
        Number of independent splits.
    random_state : int
        Seed. The split depends on the seed and the interactions, not on the order of the rows.

    Warns
    -----
    LeakageWarning
        By ``split``, if the data have timestamps: the training data hold interactions later than the test. Use
        `LeaveLastOut` instead.

    See Also
    --------
    recokit.model_selection.LeaveLastOut : Hold out the last k interactions of each user.
    recokit.model_selection.RandomHoldOut : Hold out a random share of all interactions, or of each user's interactions.

    Examples
    --------
    >>> pairs = [("ann", "tea"), ("ann", "cup"), ("ann", "pot"), ("bob", "tea")]
    >>> [test.tolist() for _, test in LeaveKOut(1, n_splits=3).split(pairs)]
    [[0], [0], [2]]
    """

    def __init__(self, k: int = 1, *, min_train: int = 1, n_splits: int = 1, random_state: int = 0) -> None:
        self.k = check_whole("k", k, 1)
        self.min_train = check_whole("min_train", min_train, 0)
        self.n_splits = check_whole("n_splits", n_splits, 1)
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        warn_if_times_ignored(self, log)
        enough = (log.user_counts >= self.k + self.min_train)[log.user_codes]
        rng = np.random.default_rng(self.random_state)
        for _ in range(self.n_splits):
            test = enough & (ranks_within_users(log, rng) < self.k)
            yield ~test, test

    _hint_if_empty = "no user has k + min_train interactions"


def _dealt(order: IntArray, n_folds: int) -> IntArray:
    """Return the fold of each position; positions are dealt in the given order."""
    folds = np.empty(len(order), dtype=np.int64)
    folds[order] = np.arange(len(order)) % n_folds
    return folds
