"""Leaks: test interactions in the training data, and training interactions later than the test."""

import warnings
from typing import NamedTuple

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import LeakageWarning
from recokit.metrics._truth import Truth

__all__ = ["Leaks", "count_leaks", "training_cells", "warn_of_leaks"]


class Leaks(NamedTuple):
    """Numbers of test interactions that leak.

    Attributes
    ----------
    n_duplicates : int
        Test pairs in the training data, except for repeats.
    n_own_future : int, optional
        Test interactions older than the last training interaction of the same user. None if the times of the training
        and the test data are not both known, or not comparable.
    n_anyones_future : int, optional
        Test interactions older than the last training interaction of any user. None as for ``n_own_future``.
    time_types : (str, str), optional
        Types of the times of the training and the test data, if they are not comparable.
    n_repeats : int
        Test pairs in the training data at an earlier time, such as repeat purchases: no leak.
    """

    n_duplicates: int
    n_own_future: int | None = None
    n_anyones_future: int | None = None
    time_types: tuple[str, str] | None = None
    n_repeats: int = 0


def count_leaks(train: Interactions, users: IdIndex, items: IdIndex, test: Rows) -> Leaks:
    """Count the test interactions that leak.

    Parameters
    ----------
    train : Interactions
        Training data with at least one interaction.
    users, items : IdIndex
        Users and items of the test data.
    test : Rows
        Test items of each user, with times if they are known.

    Examples
    --------
    >>> train = Interactions.from_arrays(["ann", "bob"], ["tea", "cup"], timestamps=[3, 5])
    >>> test = Interactions.from_arrays(["ann", "bob"], ["tea", "pot"], timestamps=[4, 4])
    >>> rows = test.rows._replace(times=test.timestamps)
    >>> count_leaks(train, test.users, test.items, rows)
    Leaks(n_duplicates=0, n_own_future=1, n_anyones_future=2, time_types=None, n_repeats=1)
    """
    user_codes = train.users.codes(users)[test.row_codes]
    cells = training_cells(train, user_codes, train.items.codes(items)[test.codes])
    n_duplicates = int(np.count_nonzero(cells >= 0))
    if train.timestamps is None or test.times is None:
        return Leaks(n_duplicates)
    if (train.timestamps.dtype.kind == "M") != (test.times.dtype.kind == "M"):
        return Leaks(n_duplicates, time_types=(str(train.timestamps.dtype), str(test.times.dtype)))
    n_repeats = int(np.count_nonzero((cells >= 0) & (test.times > train.timestamps[cells])))
    n_own_future = _count_own_future(train, train.timestamps, user_codes, test.times)
    n_anyones_future = int(np.count_nonzero(test.times < train.timestamps.max()))
    return Leaks(n_duplicates - n_repeats, n_own_future, n_anyones_future, n_repeats=n_repeats)


def training_cells(train: Interactions, user_codes: CodeArray, item_codes: CodeArray) -> IntArray:
    """Return the position of each pair among the training interactions, −1 for other pairs."""
    known = (user_codes >= 0) & (item_codes >= 0)
    cells = train.user_codes.astype(np.int64) * train.n_items + train.item_codes  # ascending
    wanted = np.where(known, user_codes.astype(np.int64) * train.n_items + item_codes, -1)
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    return np.where(cells[places] == wanted, places, -1)


def _count_own_future(train: Interactions, train_times: AnyArray, user_codes: CodeArray, test_times: AnyArray) -> int:
    active = np.flatnonzero(train.rows.lengths)
    last = np.zeros(train.n_users + 1, dtype=train_times.dtype)  # the last entry is for users outside the training data
    last[active] = np.maximum.reduceat(train_times, train.indptr[active])
    has_history = np.zeros(train.n_users + 1, dtype=np.bool_)
    has_history[active] = True
    return int(np.count_nonzero(has_history[user_codes] & (test_times < last[user_codes])))


def warn_of_leaks(truth: Truth, train: Interactions, *, repeats: bool = False) -> None:
    """Warn of test pairs in the training data, and of test pairs older than the user's training data.

    Lists either exclude the former or reproduce memorized ones, unless ``repeats`` are tested on purpose. The model
    was trained on the future of the latter.
    """
    leaks, n_pairs = count_leaks(train, truth.users, truth.items, truth.rows), len(truth.rows.codes)
    if leaks.n_duplicates and not repeats:
        message = (
            f"{leaks.n_duplicates} of {n_pairs} test pairs are in the training data, so their evaluation is "
            "meaningless; split the data so that no pair is in both parts"
        )
        warnings.warn(message, LeakageWarning, stacklevel=levels_inside())
    if leaks.time_types is not None:
        train_type, test_type = leaks.time_types
        message = f"timestamps are {train_type} in train and {test_type} in test, so they were not compared for leaks"
        warnings.warn(message, stacklevel=levels_inside())
    if leaks.n_own_future:
        message = (
            f"{leaks.n_own_future} of {n_pairs} test pairs are older than the last training interaction of the same "
            "user, so the model was trained on that user's future; split the data by time"
        )
        warnings.warn(message, LeakageWarning, stacklevel=levels_inside())
