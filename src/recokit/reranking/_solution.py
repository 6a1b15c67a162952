"""Solution: the lists that the rules of a plan give."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.recommendations import Recommendations
from recokit.kernels.reranking import rerank_rows
from recokit.reranking._candidates import Candidates
from recokit.reranking._plan import Plan

__all__ = ["Solution", "discounts", "solve"]


class Solution(NamedTuple):
    """Lists of n items, and the reasons for each item.

    Attributes
    ----------
    candidates : Candidates
    codes : (n_lists, n) int32 array
        Items, −1 is padding.
    places : (n_lists, n) int32 array
        Place of each item among the candidates.
    values : (n_lists, n) float64 array
        Value of each item when it was chosen; NaN for padding.
    dynamic : (n_lists, n, 2) float64 array
        Terms of diversity and calibration.
    forced : (n_lists, n) int32 array
        Quota that changed the choice, −1 for none, −2 for a pin.
    gave_way : (n_lists, n_quotas) int64 array
        Number of positions at which each quota gave way.
    """

    candidates: Candidates
    codes: CodeArray
    places: CodeArray
    values: FloatArray
    dynamic: FloatArray
    forced: CodeArray
    gave_way: IntArray

    @property
    def filled(self) -> BoolArray:
        """Cells that are no padding: (n_lists, n) bool."""
        return self.codes >= 0

    @property
    def relevance(self) -> FloatArray:
        """Relevance of each item: (n_lists, n) float64, 0 for padding."""
        return np.where(self.filled, np.take_along_axis(self.candidates.relevance, np.maximum(self.places, 0), 1), 0.0)

    @property
    def ndcg(self) -> FloatArray:
        """NDCG of each list with the relevance as gain, against the order of the model: (n_lists,) float64."""
        n = self.codes.shape[1]
        best = -np.sort(-self.candidates.relevance, axis=1)[:, :n]
        ideal = best @ discounts(best.shape[1])
        gained = self.relevance @ discounts(n)
        return np.where(ideal > 0, gained / np.where(ideal > 0, ideal, 1), 1.0)


def discounts(n: int) -> FloatArray:
    """Return 1 / log₂(1 + rank) of the ranks 1 … n: the exposure of each position."""
    exposures: FloatArray = 1 / np.log2(np.arange(2, n + 2))
    return exposures


def solve(lists: Recommendations, filled: BoolArray, found: CodeArray, plan: Plan, n: int, runner: Runner) -> Solution:
    """Choose the items of each list.

    Parameters
    ----------
    lists : Recommendations
    filled : (n_lists, n_candidates) bool array
        Cells of the lists that are no padding.
    found : (n_filled,) int32 array
        Codes of these cells in the items of the plan.
    plan : Plan
    n : int
    runner : Runner
    """
    candidates = Candidates.from_lists(lists, filled, found, plan)
    values, terms = candidates.values(plan), plan.dynamic_terms()
    targets = plan.targets(candidates.users, candidates.codes, terms.categories)
    n_lists = len(candidates.codes)
    places, forced = np.empty((n_lists, n), dtype=np.int32), np.empty((n_lists, n), dtype=np.int32)
    dynamic, gave_way = np.zeros((n_lists, n, 2)), np.zeros((n_lists, len(plan.quotas)), dtype=np.int64)
    args = (candidates.codes, candidates.counts, values, plan.constraints(n), terms, targets)
    args = (*args, places, dynamic, forced, gave_way)  # type: ignore[assignment]
    runner.rows(rerank_rows, n_lists, args, costs=n * candidates.counts.astype(np.float64))
    is_filled, cells = places >= 0, np.maximum(places, 0)
    codes = np.where(is_filled, np.take_along_axis(candidates.codes, cells, 1), -1)
    static = np.take_along_axis(values, cells, 1)
    # A pinned item has the value that it would have had without the pin.
    pinned = np.isposinf(static)
    if np.any(pinned):
        relevance = np.take_along_axis(candidates.relevance, cells, 1)
        own = relevance + sum(plan.bonus(k, candidates.users, codes, relevance) for k in range(len(plan.rules)))
        static = np.where(pinned, own, static)
    shown = np.where(is_filled, static + dynamic.sum(axis=2), np.nan)
    return Solution(candidates, codes.astype(np.int32), places, shown, dynamic, forced, gave_way)
