"""A warning where the test set was seen in training."""

import warnings

import numpy as np

from recokit._typing import CodeArray
from recokit.data.interactions import Interactions
from recokit.exceptions import LeakageWarning
from recokit.metrics._truth import Truth

__all__ = ["warn_of_leaks"]


def warn_of_leaks(truth: Truth, train: Interactions) -> None:
    """Warn of test pairs that are in the training data, or older than what it knows of their users.

    Lists leave the former out, or hit what was learned by heart; the latter were predicted from their future.
    """
    rows = np.repeat(np.arange(len(truth.users)), np.diff(truth.indptr))
    users = train.users.codes(truth.users)[rows]
    n_known = _count_known(truth, train, users)
    if n_known:
        _warn(
            f"{n_known} of {len(rows)} test pairs are in the training data, which makes the evaluation meaningless "
            "for them; split so that no pair is on both sides"
        )
    n_older = _count_older(truth, train, users)
    if n_older:
        _warn(
            f"{n_older} of {len(rows)} test pairs are older than the last training interaction of their users, whose "
            "future was learned from; split by time"
        )


def _warn(message: str) -> None:
    warnings.warn(message, LeakageWarning, stacklevel=4)


def _count_known(truth: Truth, train: Interactions, users: CodeArray) -> int:
    """Return how many test pairs are in the training data."""
    items = train.items.codes(truth.items)[truth.item_codes]
    known = (users >= 0) & (items >= 0)
    cells = train.user_codes.astype(np.int64) * train.n_items + train.item_codes  # ascending
    wanted = users[known].astype(np.int64) * train.n_items + items[known]
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    return int(np.count_nonzero(cells[places] == wanted))


def _count_older(truth: Truth, train: Interactions, users: CodeArray) -> int:
    """Return how many test pairs are older than the last training interaction of the same user."""
    if truth.times is None or train.timestamps is None:
        return 0
    if (truth.times.dtype.kind == "M") != (train.timestamps.dtype.kind == "M"):
        types = f"{train.timestamps.dtype} in train and {truth.times.dtype} in test"
        warnings.warn(f"timestamps are {types}, so leaks of the future were not looked for", stacklevel=4)
        return 0
    active = np.flatnonzero(np.diff(train.indptr))
    last = np.zeros(train.n_users + 1, dtype=train.timestamps.dtype)  # that at the end is of users who are unknown
    last[active] = np.maximum.reduceat(train.timestamps, train.indptr[active])
    has_past = np.zeros(train.n_users + 1, dtype=np.bool_)
    has_past[active] = True
    return int(np.count_nonzero(has_past[users] & (truth.times < last[users])))
