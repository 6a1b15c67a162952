"""Scores of queries from an inverted index."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.top_k import put, worst_of, write_best

__all__ = ["best_items", "score_queries"]

_SLACK = 1e-5  # relative; more than the rounding of a score of up to 60 terms
_NO_ITEM = 2**31 - 1


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


@njit(nogil=True, cache=True, error_model="numpy")
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
    """Select the n best items for each query of a range, without reading all items of frequent terms.

    The result is that of `score_queries` and `selection.select_top`, bit for bit, for queries of few terms. Items are
    read in order. Once n items are found, words that cannot lift an item above the worst of them are idle: their terms
    are only looked up for items of other words (MaxScore).

    Parameters
    ----------
    start, stop, query_indptr, masses, word_indptr, term_codes, term_weights, item_indptr, item_codes, item_weights
        See `score_queries`. Items of a term ascend.
    largest : (n_terms,) float32 array
        Largest weight of each term in an item.
    allowed : (n_items,) or (0,) bool array
        Whether an item may be selected; all may if it is empty.
    top_codes, top_scores, counts : (n_queries, n) int32, (n_queries, n) float32 and (n_queries,) int32 arrays
        Output, see `selection.select_top`.

    References
    ----------
    Turtle & Flood, "Query evaluation: strategies and optimizations", Information Processing & Management 31, 1995.
    """
    for query in range(start, stop):
        first, last = query_indptr[query], query_indptr[query + 1]
        words = slice(word_indptr[first], word_indptr[last])
        counts[query] = _best_items(
            masses[first:last],
            word_indptr[first : last + 1] - word_indptr[first],
            term_codes[words],
            term_weights[words],
            item_indptr,
            item_codes,
            item_weights,
            largest,
            allowed,
            top_codes[query],
            top_scores[query],
        )


@njit(nogil=True, cache=True, error_model="numpy")
def _best_items(
    masses: FloatArray,
    bounds: IntArray,
    term_codes: CodeArray,
    weights: FloatArray,
    item_indptr: IntArray,
    item_codes: CodeArray,
    item_weights: FloatArray,
    largest: FloatArray,
    allowed: BoolArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
) -> int:
    """Select the best items for one query; the terms of word w are ``bounds[w]`` to ``bounds[w + 1]``."""
    n_words = len(masses)
    heads, ends = item_indptr[term_codes], item_indptr[term_codes + 1]
    limits, order = _limits(masses, bounds, weights, largest[term_codes], ends - heads)
    total, worst, score = np.float32(0), 0.0, np.empty(1, dtype=np.float32)
    for word in range(n_words):
        total += masses[word]
    keys, size = np.empty(len(top_codes), dtype=np.uint64), np.int64(0)
    is_idle, n_idle, idle_sum, idle_mass = np.zeros(n_words, dtype=np.bool_), 0, 0.0, 0.0
    while n_idle < n_words:
        item, n_active, active = np.int64(_NO_ITEM), 0, 0
        for word in range(n_words):
            if not is_idle[word]:
                for k in range(bounds[word], bounds[word + 1]):
                    if heads[k] < ends[k]:
                        item, n_active, active = min(item, np.int64(item_codes[heads[k]])), n_active + 1, k
        if n_active == 0:
            break
        if n_active == 1 and worst > 0:
            mass = limits[1].sum()  # of an item with all words
            least = (worst * total / mass * (1 - _SLACK) - idle_sum) / weights[active]
            head, end = heads[active], ends[active]
            while head < end and item_weights[head] < least:
                head += 1
            heads[active] = head
            if head == end:
                break
            item = np.int64(item_codes[head])
        if len(allowed) == 0 or allowed[item]:
            limit, mass = idle_sum, idle_mass
            if n_idle:
                for word in range(n_words):
                    if not is_idle[word] and _has_head(item, bounds[word], bounds[word + 1], heads, ends, item_codes):
                        limit, mass = limit + limits[0, word], mass + limits[1, word]
            if n_idle == 0 or limit * mass * (1 + _SLACK) > worst * total:
                score[0] = _score(item, masses, bounds, weights, heads, ends, item_codes, item_weights, total)
                if score[0] > worst or size < len(keys):
                    size = put(keys, size, score, item)
                    worst = worst_of(keys, size, score)
        for word in range(n_words):
            if not is_idle[word]:
                for k in range(bounds[word], bounds[word + 1]):
                    if heads[k] < ends[k] and item_codes[heads[k]] == item:
                        heads[k] += 1
        while n_idle < n_words:
            limit, mass = idle_sum + limits[0, order[n_idle]], idle_mass + limits[1, order[n_idle]]
            if limit * mass * (1 + _SLACK) > worst * total:
                break
            is_idle[order[n_idle]], n_idle, idle_sum, idle_mass = True, n_idle + 1, limit, mass
    write_best(keys, size, top_codes, top_scores)
    top_scores[size:] = np.nan
    return int(size)


@njit(nogil=True, cache=True)
def _limits(
    masses: FloatArray, bounds: IntArray, weights: FloatArray, largest: FloatArray, lengths: IntArray
) -> tuple[FloatArray, IntArray]:
    """Return the greatest contributions and masses of words, (2, n_words), and the words by length, longest first."""
    n_words = len(masses)
    limits, order = np.zeros((2, n_words)), np.empty(n_words, dtype=np.int64)
    n_items = np.zeros(n_words, dtype=np.int64)
    for word in range(n_words):
        for k in range(bounds[word], bounds[word + 1]):
            limits[0, word] = max(limits[0, word], np.float64(weights[k]) * largest[k])
            limits[1, word] = max(limits[1, word], np.float64(masses[word]) * weights[k])
            n_items[word] += lengths[k]
        place = word
        while place > 0 and n_items[order[place - 1]] < n_items[word]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = word
    return limits, order


@njit(nogil=True, cache=True)
def _has_head(item: int, first: int, last: int, heads: IntArray, ends: IntArray, item_codes: CodeArray) -> bool:
    """Return whether an item is the next one of any of the terms ``first`` to ``last``."""
    is_next = False
    for k in range(first, last):
        is_next |= heads[k] < ends[k] and item_codes[heads[k]] == item
    return is_next


@njit(nogil=True, cache=True, error_model="numpy")
def _score(
    item: int,
    masses: FloatArray,
    bounds: IntArray,
    weights: FloatArray,
    heads: IntArray,
    ends: IntArray,
    item_codes: CodeArray,
    item_weights: FloatArray,
    total: float,
) -> float:
    """Return the score of an item, in the arithmetic of `score_queries`; heads before it move there."""
    line, matched = np.float32(0), np.float32(0)
    for word in range(len(masses)):
        best, best_share = np.float32(0), np.float32(0)
        for k in range(bounds[word], bounds[word + 1]):
            heads[k] = _seek(item_codes, heads[k], ends[k], item)
            if heads[k] < ends[k] and item_codes[heads[k]] == item:
                best = max(best, weights[k] * item_weights[heads[k]])
                best_share = max(best_share, weights[k])
        line += best
        matched += masses[word] * best_share
    return line * (matched / total)


@njit(nogil=True, cache=True)
def _seek(codes: CodeArray, head: int, end: int, item: int) -> int:
    """Return the first place from ``head`` on with a code of at least ``item``, by steps that double."""
    if head >= end or codes[head] >= item:
        return head
    step = 1
    while head + step < end and codes[head + step] < item:
        head += step
        step *= 2
    low, high = head + 1, min(head + step, end)
    while low < high:
        middle = (low + high) // 2
        if codes[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low
