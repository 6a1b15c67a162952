"""Fill lists that would be too short with the lists of another model."""

from collections.abc import Callable
from typing import Any

import numpy as np

from recokit.data.recommendations import Recommendations

__all__ = ["filled"]


def filled(lists: Recommendations, n: int, recommend: Callable[[list[Any]], Recommendations]) -> Recommendations:
    """Return lists in which short ones are filled up to n items.

    Parameters
    ----------
    lists : Recommendations
    n : int
        Length to reach.
    recommend : callable
        Returns the lists of another model for the users whose lists are short.
    """
    short = np.flatnonzero(lists.counts < n)
    if len(short) == 0:
        return lists
    users = [lists.users.tolist()[row] for row in short]
    rows = [entries for _, entries in lists]
    for row, (_, others) in zip(short.tolist(), recommend(users), strict=True):
        present = {item for item, _ in rows[row]}
        rows[row] += [pair for pair in others if pair[0] not in present][: n - len(rows[row])]
    width = max(len(row) for row in rows)
    padding = lists.items.ravel()[:1].tolist() or [None]
    items = [[item for item, _ in row] + padding * (width - len(row)) for row in rows]
    scores = [[score for _, score in row] + [np.nan] * (width - len(row)) for row in rows]
    counts = [len(row) for row in rows]
    return Recommendations(lists.users, items, scores, counts, n_scored=lists.counts)
