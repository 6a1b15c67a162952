"""The results of `kernels.search` by NumPy."""

import numpy as np

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["score_queries"]


def score_queries(
    start: int,
    stop: int,
    query_indptr: IntArray,
    masses: FloatArray,
    word_indptr: IntArray,
    term_codes: CodeArray,
    term_weights: FloatArray,
    item_indptr: IntArray,
    item_codes: CodeArray,
    item_weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Do as `kernels.search.score_queries`."""
    n_items = scores.shape[1]
    for query in range(start, stop):
        words = range(query_indptr[query], query_indptr[query + 1])
        sums, matched = np.zeros((2, n_items), dtype=np.float32)
        total = np.float32(0)
        for word in words:
            best, share = np.zeros((2, n_items), dtype=np.float32)
            for k in range(word_indptr[word], word_indptr[word + 1]):
                cells = slice(item_indptr[term_codes[k]], item_indptr[term_codes[k] + 1])
                items = item_codes[cells]
                best[items] = np.maximum(best[items], term_weights[k] * item_weights[cells])
                share[items] = np.maximum(share[items], term_weights[k])
            sums += best
            matched += masses[word] * share
            total += masses[word]
        with np.errstate(invalid="ignore", divide="ignore"):
            scores[query] = np.where(matched > 0, sums * (matched / total), -np.inf)
