"""Scores of queries from an inverted index."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["score_queries"]


@njit(nogil=True, cache=True, error_model="numpy")
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
    r"""Score all items for each query of a range.

    A query is a sequence of words, and a word a set of terms: itself, or its corrections. Word w contributes to item i

    .. math:: s_{wi} = \max_{t \in w} a_t x_{ti}, \qquad m_{wi} = m_w \max_{t \in w, x_{ti} > 0} a_t

    with the weight :math:`a_t` of the term, the weight :math:`x_{ti} > 0` of the term in the item, and the mass
    :math:`m_w` of the word. The score of an item is :math:`\sum_w s_{wi} \sum_w m_{wi} / \sum_w m_w`: an item with all
    words of the query outscores an item with a few of them. Items without any term score −∞.

    Parameters
    ----------
    start, stop : int
        Range of the queries.
    query_indptr, masses : (n_queries + 1,) int64 and (n_words,) float32 arrays
        The words of each query, and their masses above 0.
    word_indptr, term_codes, term_weights : (n_words + 1,) int64, (m,) int32 and (m,) float32 arrays
        The terms of each word, as compressed rows; weights are above 0.
    item_indptr, item_codes, item_weights : (n_terms + 1,) int64, (p,) int32 and (p,) float32 arrays
        The items of each term, as compressed rows; weights are above 0.
    scores : (n_queries, n_items) float32 array
        Output.
    """
    n_items = scores.shape[1]
    best, best_share, matched = np.zeros((3, n_items), dtype=np.float32)
    for query in range(start, stop):
        line = scores[query]
        line[:] = 0
        matched[:] = 0
        total = np.float32(0)
        for word in range(query_indptr[query], query_indptr[query + 1]):
            total += masses[word]
            for k in range(word_indptr[word], word_indptr[word + 1]):
                share = term_weights[k]
                for cell in range(item_indptr[term_codes[k]], item_indptr[term_codes[k] + 1]):
                    item = item_codes[cell]
                    best[item] = max(best[item], share * item_weights[cell])
                    best_share[item] = max(best_share[item], share)
            for k in range(word_indptr[word], word_indptr[word + 1]):
                for cell in range(item_indptr[term_codes[k]], item_indptr[term_codes[k] + 1]):
                    item = item_codes[cell]
                    line[item] += best[item]  # 0 if another term of the word has already added it
                    matched[item] += masses[word] * best_share[item]
                    best[item] = 0
                    best_share[item] = 0
        for item in range(n_items):
            line[item] = line[item] * (matched[item] / total) if matched[item] > 0 else -np.inf
