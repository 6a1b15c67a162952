"""Candidates of each list: codes, relevance, and values before the items above are taken into account."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data.recommendations import Recommendations
from recokit.reranking._plan import Plan

__all__ = ["Candidates"]


class Candidates(NamedTuple):
    """Candidates of each list, best first, followed by the pinned items.

    Attributes
    ----------
    users : (n_lists,) array of ids
    codes : (n_lists, n_candidates) int32 array
        −1 is padding.
    counts : (n_lists,) int32 array
    relevance : (n_lists, n_candidates) float64 array
        Score scaled to 0 … 1 within the list; 0 for fillers, and for pinned items that the model did not list.
    is_filler : (n_lists, n_candidates) bool array
        Whether the item fills a list that would be too short.
    """

    users: AnyArray
    codes: CodeArray
    counts: CodeArray
    relevance: FloatArray
    is_filler: BoolArray

    @classmethod
    def from_lists(cls, lists: Recommendations, filled: BoolArray, found: CodeArray, plan: Plan) -> "Candidates":
        """Return the candidates of lists; ``found`` are the codes of the ``filled`` cells."""
        n_lists, n = filled.shape
        pins = np.array(sorted({code for code, _ in plan.pins.values()}), dtype=np.int32)
        codes = np.full((n_lists, max(1, n + len(pins))), -1, dtype=np.int32)
        codes[:, :n][filled] = found
        counts = lists.counts.copy()
        relevance = np.zeros(codes.shape)
        # The scores of fillers are those of another model. A list of fillers only has no others.
        is_filler = np.zeros(codes.shape, dtype=np.bool_)
        is_filler[:, :n] = lists.is_filler
        relevance[:, :n] = _scaled(lists.scores, filled & (~lists.is_filler | (lists.n_scored == 0)[:, None]))
        for code in pins:
            rows = np.flatnonzero(~np.any(codes == code, axis=1))
            codes[rows, counts[rows]] = code
            counts[rows] += 1
        return cls(lists.users, codes, counts, relevance, is_filler)

    def values(self, plan: Plan) -> FloatArray:
        """Return the values for the kernel: NaN for excluded items, +∞ for items that only a pin may list."""
        values = self.relevance.copy()
        for place in range(len(plan.rules)):
            values += plan.bonus(place, self.users, self.codes, self.relevance)
        pinned = np.zeros(len(plan.items), dtype=np.bool_)
        pinned[[code for code, _ in plan.pins.values()]] = True
        values[pinned[self.codes]] = np.inf
        values[plan.is_excluded[self.codes] | (self.codes < 0)] = np.nan
        return values


def _scaled(scores: FloatArray, filled: BoolArray) -> FloatArray:
    """Return the scores of each row, scaled to 0 … 1; 1 where all scores are equal, 0 where not ``filled``."""
    wide: Any = scores.astype(np.float64)
    low = np.min(np.where(filled, wide, np.inf), axis=1, keepdims=True, initial=np.inf)
    high = np.max(np.where(filled, wide, -np.inf), axis=1, keepdims=True, initial=-np.inf)
    spread = np.where(high > low, high - low, 1.0)
    with np.errstate(invalid="ignore"):
        scaled = np.where(high > low, (wide - low) / spread, 1.0)
    return np.where(filled, scaled, 0.0)
