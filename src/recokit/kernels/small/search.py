"""The results of `kernels.search` by NumPy."""

import numpy as np

from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.small.selection import select_top

__all__ = ["best_items", "score_queries"]


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


def best_items(
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
    largest: FloatArray,
    allowed: BoolArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Do as `kernels.search.best_items`."""
    words = query_indptr, masses, word_indptr, term_codes, term_weights
    n_items = max(len(allowed), int(item_codes.max(initial=-1)) + 1, top_codes.shape[1])
    for query in range(start, stop):
        scores = np.empty((1, n_items), dtype=np.float32)
        score_queries(0, 1, query_indptr[query : query + 2], *words[1:], item_indptr, item_codes, item_weights, scores)
        if len(allowed):
            scores[:, ~allowed] = -np.inf
        row = slice(query, query + 1)
        select_top(0, 1, scores, top_codes[row], top_scores[row], counts[row])
