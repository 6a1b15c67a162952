"""SimilarItems: the most similar items, by features, by all cosines, or by an approximate index."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray
from recokit.base import EligibleItems, Top
from recokit.base._lists import NO_OFFSETS, ranges
from recokit.content._approximate import ApproximateIndex
from recokit.content._mixture import Mixture
from recokit.content._profiles import profiles_from_strengths
from recokit.content._sparse_vectors import SparseVectors
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.kernels.selection import select_listed
from recokit.kernels.sparse_lists import sparse_top

__all__ = ["SimilarItems"]

_CANDIDATES_PER_ITEM, _MIN_CANDIDATES = 3, 50


class SimilarItems:
    """Finds the most similar items.

    If all blocks are sparse, cosines are summed only for items that share a feature, and no matrix of cosines is made.
    Otherwise all cosines of a few items are computed at a time, or candidates come from an approximate index and
    get their exact cosines.

    Parameters
    ----------
    mixture : Mixture
    approximate : bool
    n_threads : int
        For the construction of the approximate index.
    """

    def __init__(self, mixture: Mixture, *, approximate: bool, n_threads: int) -> None:
        self._mixture, self._index = mixture, None
        self._features = mixture.sparse_vectors() if mixture.is_sparse or approximate else None
        dense = mixture.dense_vectors() if approximate else None
        if dense is not None:
            self._index = ApproximateIndex(dense, n_threads)

    def find(self, item_codes: CodeArray, n: int, runner: Runner, block_size: int) -> Top:
        """Return the n items with the highest cosine with each item."""
        if self._features is not None and self._index is None:
            return _top_by_features(self._features, item_codes, n, runner)
        top = Top.empty(len(item_codes), n)
        for start, stop in ranges(len(item_codes), block_size):
            block = item_codes[start:stop]
            alone = Rows.from_arrays(np.arange(len(block) + 1), block, np.ones(len(block)))
            if self._index is not None:
                found = self._top_of_candidates(self._index, alone, n, runner)
            else:
                cosines = self._mixture.scores(profiles_from_strengths(alone), runner)
                found = EligibleItems(None, alone).select(cosines, n, runner)
            top.put(np.arange(start, stop), found)
        return top

    def _top_of_candidates(self, index: ApproximateIndex, alone: Rows, n: int, runner: Runner) -> Top:
        """Return the best of the candidates of the index and of the sparse blocks."""
        n_queries, n_items = alone.n_rows, self._mixture.n_items
        n_candidates = min(max(_MIN_CANDIDATES, _CANDIDATES_PER_ITEM * n), n_items - 1)
        rows, codes = index.nearest(alone.codes, n_candidates + 1)
        keys = rows.astype(np.int64) * n_items + codes
        if self._features is not None:
            others = _top_by_features(self._features, alone.codes, n_candidates, runner).as_rows()
            keys = np.concatenate([keys, others.row_codes * n_items + others.codes])
        own = np.arange(n_queries) * n_items + alone.codes
        rows, codes = np.divmod(np.setdiff1d(keys, own), n_items)
        codes = codes.astype(np.int32)
        cosines = np.clip(self._mixture.pair_cosines(alone, rows, codes), -1.0, 1.0).astype(np.float32)
        candidates = Rows.from_arrays(bounds_from_lengths(np.bincount(rows, minlength=n_queries)), codes, cosines)
        top = Top.empty(n_queries, n)
        runner.rows(select_listed, n_queries, (*candidates.arrays, *top), costs=candidates.lengths)
        return top


def _top_by_features(vectors: SparseVectors, item_codes: CodeArray, n: int, runner: Runner) -> Top:
    """Return the items with the largest inner products with the unit vectors of items, without a matrix of these."""
    queries, n_queries = vectors.by_item.take(item_codes), len(item_codes)
    values = queries.values.astype(np.float64)
    norms = np.sqrt(queries.sums(values**2))
    values /= np.where(norms > 0, norms, 1.0)[queries.row_codes]
    top = Top.empty(n_queries, n)
    alone, none = Rows.from_arrays(np.arange(n_queries + 1), item_codes, ()), Rows.empty(n_queries)
    allowed, restricted = np.ones(vectors.by_item.n_rows, np.bool_), np.zeros(n_queries, np.bool_)
    args = (queries.indptr, queries.codes, values, *vectors.by_feature.arrays)
    rules = (*NO_OFFSETS[:2], allowed, *alone[:2], restricted, *none[:2])
    costs = queries.sums_of_rows(vectors.by_feature)
    runner.rows(sparse_top, n_queries, (*args, *rules, *top), costs=costs)
    np.minimum(top.scores, 1.0, out=top.scores)
    return top
