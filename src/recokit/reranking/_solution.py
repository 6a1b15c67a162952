"""Solution: the lists that the rules of a plan give."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.data.recommendations import Recommendations
from recokit.kernels.reranking import Constraints, DynamicTerms, rerank_rows
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
        Reason for the choice, as in `rerank_rows`.
    is_unmet : (n_lists, n_quotas) bool array
        Whether a prefix of the list holds other items in place of required members of the quota.
    """

    candidates: Candidates
    codes: CodeArray
    places: CodeArray
    values: FloatArray
    dynamic: FloatArray
    forced: CodeArray
    is_unmet: BoolArray

    @property
    def filled(self) -> BoolArray:
        """Cells that are no padding: (n_lists, n) bool."""
        return self.codes >= 0

    @property
    def is_filler(self) -> BoolArray:
        """Whether each item fills a list that would be too short: (n_lists, n) bool."""
        return self.filled & np.take_along_axis(self.candidates.is_filler, np.maximum(self.places, 0), 1)

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


def _steps(constraints: Constraints, terms: DynamicTerms, n: int) -> int:
    """Return the number of elementary steps for one candidate of one place."""
    steps = 2 * (1 + len(constraints.quotas))
    if terms.mmr_weight > 0 or terms.dpp_weight > 0:
        steps += 2 * (terms.labels.shape[1] or terms.vectors.shape[1])
    return steps + (n if terms.dpp_weight > 0 else 0)


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
    dynamic, constraints = np.zeros((n_lists, n, 2)), plan.constraints(n)
    args = (candidates.codes, candidates.counts, values, constraints, terms, targets, places, dynamic, forced)
    costs = n * _steps(constraints, terms, n) * candidates.counts.astype(np.float64)
    runner.rows(rerank_rows, n_lists, args, costs=costs)
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
    is_unmet = _is_unmet(codes, constraints)
    return Solution(candidates, codes.astype(np.int32), places, shown, dynamic, forced, is_unmet)


def _is_unmet(codes: CodeArray, constraints: Constraints) -> BoolArray:
    """Return whether each list breaks each quota: (n_lists, n_quotas) bool.

    It breaks a quota if a prefix has fewer members than required, and other items too.
    """
    filled = codes >= 0
    unmet = np.zeros((len(codes), len(constraints.quotas)), dtype=np.bool_)
    n_listed = np.cumsum(filled, axis=1)
    for q, (needed, members) in enumerate(zip(constraints.quotas, constraints.members, strict=True)):
        n_members = np.cumsum(filled & members[codes], axis=1)
        unmet[:, q] = np.any(n_members < np.minimum(needed, n_listed), axis=1)
    return unmet
