"""RepeatHistory: the items of the history again."""

from collections import Counter
from typing import Any

import numpy as np

from recokit import Recommendations
from recokit.data import Sequences

__all__ = ["RepeatHistory"]


class RepeatHistory:
    """Recommend the items of the history, the most frequent first, and the most recent first among equals.

    It needs no fit. It has the methods that `quality` calls and is no recokit estimator.
    """

    def fit(self, train: Sequences) -> "RepeatHistory":
        """Return the baseline."""
        return self

    def get_params(self) -> dict[str, Any]:
        """Return no parameters."""
        return {}

    def search_space(self, feedback: str) -> dict[str, list[Any]]:
        """Return no parameters to search."""
        return {}

    def recommend_for(self, histories: Sequences, n: int, *, exclude_seen: bool, on_unknown: str) -> Recommendations:
        """Return the n first items of each history; empty lists if seen items are excluded."""
        rows = [[] if exclude_seen else _by_frequency(items)[:n] for _, items in histories]
        counts = [len(row) for row in rows]
        padding = histories.items.ids[0]
        items = np.empty((len(rows), n), dtype=histories.items.ids.dtype)
        for place, row in enumerate(rows):
            items[place] = row + [padding] * (n - len(row))
        return Recommendations(histories.users.ids, items, counts=counts)


def _by_frequency(items: list[Any]) -> list[Any]:
    counts = Counter(items)
    last = {item: place for place, item in enumerate(items)}
    return sorted(counts, key=lambda item: (-counts[item], -last[item]))
