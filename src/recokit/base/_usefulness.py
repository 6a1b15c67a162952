"""Comparison of a fitted model with popularity, on its own training data."""

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base.top import Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows

__all__ = ["MIN_USERS", "list_length", "loses_to_popularity", "sample_users"]

MIN_USERS = 30  # with fewer, the difference of two models is mostly chance
_MAX_USERS, _MAX_CELLS = 100, 4_000_000  # of the matrix of scores; it keeps the check below 50 ms
_MAX_LENGTH = 20
_STANDARD_ERRORS = 3.0


def sample_users(interactions: Interactions) -> CodeArray:
    """Return the codes of up to 100 users with two or more items, evenly spaced; fewer for a large catalogue."""
    users = np.flatnonzero(np.diff(interactions.indptr) > 1)
    size = min(len(users), _MAX_USERS, _MAX_CELLS // interactions.n_items)
    chosen: CodeArray = users[np.linspace(0, len(users) - 1, size).astype(np.int64)].astype(np.int32)
    return chosen


def list_length(n_items: int) -> int:
    """Return the length of the lists to compare: 20, or a tenth of a small catalogue."""
    return max(1, min(_MAX_LENGTH, n_items // 10))


def loses_to_popularity(lists: Top, histories: Rows, item_counts: FloatArray) -> bool:
    """Return whether lists hold fewer items of the histories than the most popular items do, beyond chance.

    The difference of the numbers of items is compared with three standard errors of its mean over the users.

    Parameters
    ----------
    lists : Top
        The best items of each user, including those of the history.
    histories : Rows
        Training items of the same users.
    item_counts : (n_items,) float array
        Popularity of the items.
    """
    n = lists.codes.shape[1]
    is_popular = np.zeros(len(item_counts), dtype=np.bool_)
    is_popular[np.argsort(-item_counts, kind="stable")[:n]] = True
    differences = -histories.sums(is_popular[histories.codes].astype(np.float64))
    for user in range(histories.n_rows):
        history = histories.codes[histories.indptr[user] : histories.indptr[user + 1]]
        differences[user] += np.count_nonzero(np.isin(lists.codes[user, : lists.counts[user]], history))
    error = float(np.std(differences)) / np.sqrt(len(differences))
    return float(np.mean(differences)) < -_STANDARD_ERRORS * error
