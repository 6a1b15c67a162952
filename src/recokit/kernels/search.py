"""Scores of queries from an inverted index."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray

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

    The result is that of `score_queries` and `selection.select_top`, bit for bit, for queries of up to 60 terms. Items
    are read in order. Once n items are found, words that cannot lift an item above the worst of them are idle: their
    terms are only looked up for items of other words (MaxScore). Lists are sorted by insertion, so n should be small.

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
    items = item_indptr, item_codes, item_weights
    for query in range(start, stop):
        first, last = query_indptr[query], query_indptr[query + 1]
        words = masses[first:last], word_indptr[first : last + 1], term_codes, term_weights
        counts[query] = _best_items(*words, *items, largest, allowed, top_codes[query], top_scores[query])


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
    n_words, first = len(masses), bounds[0]
    limits, order = np.empty((2, n_words)), np.empty(n_words, dtype=np.int64)
    spans = np.empty((2, bounds[n_words] - first), dtype=np.int64)  # the next item of each term, and their end
    for k in range(spans.shape[1]):
        spans[0, k], spans[1, k] = item_indptr[term_codes[first + k]], item_indptr[term_codes[first + k] + 1]
    _bound_words(masses, bounds, term_codes, weights, largest, spans, limits, order)
    total, all_mass, worst = np.float32(0), 0.0, 0.0
    for word in range(n_words):
        total += masses[word]
        all_mass += limits[1, word]
    is_idle, n_idle, idle_sum, idle_mass, size = np.zeros(n_words, dtype=np.bool_), 0, 0.0, 0.0, 0
    while n_idle < n_words:
        item, n_active, active = np.int64(_NO_ITEM), 0, 0
        for word in range(n_words):
            if not is_idle[word]:
                for k in range(bounds[word] - first, bounds[word + 1] - first):
                    if spans[0, k] < spans[1, k]:
                        item, n_active, active = min(item, np.int64(item_codes[spans[0, k]])), n_active + 1, k
        if n_active == 0:
            break
        if n_active == 1 and worst > 0:
            least = (worst * total / all_mass * (1 - _SLACK) - idle_sum) / weights[first + active]
            head, end = spans[0, active], spans[1, active]
            while head < end and item_weights[head] < least:
                head += 1
            spans[0, active] = head
            if head == end:
                break
            item = np.int64(item_codes[head])
        if len(allowed) == 0 or allowed[item]:
            limit, mass = idle_sum, idle_mass
            for word in range(n_words):
                if not is_idle[word] and _is_next(
                    item, bounds[word] - first, bounds[word + 1] - first, spans, item_codes
                ):
                    limit, mass = limit + limits[0, word], mass + limits[1, word]
            if limit * mass * (1 + _SLACK) > worst * total:
                score = _score(item, masses, bounds, weights, spans, item_codes, item_weights, total)
                size = _insert(score, item, size, top_codes, top_scores)
                if size == len(top_codes):
                    worst = float(top_scores[size - 1])
        for word in range(n_words):
            if not is_idle[word]:
                for k in range(bounds[word] - first, bounds[word + 1] - first):
                    if spans[0, k] < spans[1, k] and item_codes[spans[0, k]] == item:
                        spans[0, k] += 1
        while n_idle < n_words:
            limit, mass = idle_sum + limits[0, order[n_idle]], idle_mass + limits[1, order[n_idle]]
            if limit * mass * (1 + _SLACK) > worst * total:
                break
            is_idle[order[n_idle]], n_idle, idle_sum, idle_mass = True, n_idle + 1, limit, mass
    for k in range(size, len(top_codes)):
        top_codes[k], top_scores[k] = -1, np.nan
    return size


@njit(nogil=True, cache=True)
def _bound_words(
    masses: FloatArray,
    bounds: IntArray,
    term_codes: CodeArray,
    weights: FloatArray,
    largest: FloatArray,
    spans: IntArray,
    limits: FloatArray,
    order: IntArray,
) -> None:
    """Write the greatest contribution and mass of each word to ``limits``, and the words by items, most first."""
    first, n_items = bounds[0], np.zeros(len(masses), dtype=np.int64)
    for word in range(len(masses)):
        limits[0, word] = limits[1, word] = 0
        for k in range(bounds[word], bounds[word + 1]):
            limits[0, word] = max(limits[0, word], np.float64(weights[k]) * largest[term_codes[k]])
            limits[1, word] = max(limits[1, word], np.float64(masses[word]) * weights[k])
            n_items[word] += spans[1, k - first] - spans[0, k - first]
        place = word
        while place > 0 and n_items[order[place - 1]] < n_items[word]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = word


@njit(nogil=True, cache=True)
def _is_next(item: Any, first: int, last: int, spans: IntArray, item_codes: CodeArray) -> bool:
    """Return whether an item is the next one of any of the terms ``first`` to ``last``."""
    is_next = False
    for k in range(first, last):
        is_next |= spans[0, k] < spans[1, k] and item_codes[spans[0, k]] == item
    return is_next


@njit(nogil=True, cache=True, error_model="numpy")
def _score(
    item: Any,
    masses: FloatArray,
    bounds: IntArray,
    weights: FloatArray,
    spans: IntArray,
    item_codes: CodeArray,
    item_weights: FloatArray,
    total: Any,
) -> Any:
    """Return the score of an item, in the arithmetic of `score_queries`; the next item of a term is not before it."""
    line, matched, first = np.float32(0), np.float32(0), bounds[0]
    for word in range(len(masses)):
        best, best_share = np.float32(0), np.float32(0)
        for k in range(bounds[word], bounds[word + 1]):
            head = _seek(item_codes, spans[0, k - first], spans[1, k - first], item)
            spans[0, k - first] = head
            if head < spans[1, k - first] and item_codes[head] == item:
                best = max(best, weights[k] * item_weights[head])
                best_share = max(best_share, weights[k])
        line += best
        matched += masses[word] * best_share
    return line * (matched / total)


@njit(nogil=True, cache=True)
def _insert(score: float, item: Any, size: int, top_codes: CodeArray, top_scores: FloatArray) -> int:
    """Insert an item into the ``size`` best ones, after equal scores, if it is good enough; return the new size."""
    if size < len(top_codes):
        size += 1
    elif score <= top_scores[size - 1]:
        return size
    place = size - 1
    while place > 0 and top_scores[place - 1] < score:
        top_codes[place], top_scores[place] = top_codes[place - 1], top_scores[place - 1]
        place -= 1
    top_codes[place], top_scores[place] = item, score
    return size


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
