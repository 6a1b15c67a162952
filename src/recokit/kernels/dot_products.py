"""The nearest rows of all rows of a sparse matrix by cosine: the answer of `similarity.nearest_rows`, found faster.

Rows go by rank, from the longest to the shortest. What a row has in common with a long one is summed up once, by the
one of higher rank, for both. Where a row meets few others, most of them once, only the long ones and those met again
are summed up: the product with the others is all there is to know, and goes from one list to the next without an
accumulator.

A product is summed up in the order of the columns, whoever sums it up, so that its bits are those of the reference.
"""

import math

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.bit_rows import Words
from recokit.kernels.prefetch import prefetch
from recokit.kernels.top_k import Keys, key_of, put, worst_of, write_best

__all__ = ["LEAST_SQUARE", "LISTED", "MOST_SQUARE", "inverse_norms", "nearest_by_products"]

LEAST_SQUARE, MOST_SQUARE = 1e-60, 1e60
"""Sums of squares whose roots have an inverse in float32."""

LISTED = 1.0
"""Where the work of a short row is below this share of the rows (measured), it is worth to list what it meets."""

Products = tuple[CodeArray, FloatArray]
"""Ranks, and what they have in common with a row, all of it or a part."""

_AHEAD, _FETCHED, _FETCHED_COLUMNS = 3, 128, 32
_NOWHERE = 8
_RAISED = 1.000001
# The exponent and seven bits of a float32, from 2^-16, below which all are taken for the same, to a little more than 1.
_SHIFT, _FIRST, _BUCKETS = np.uint32(16), (127 - 16) << 7, (16 << 7) + 2
_MOST_TO_INSERT = 32
_ONE, _WORD, _PLACE = np.uint64(1), np.uint64(6), np.uint64(63)


@njit(nogil=True, cache=True)
def inverse_norms(squares: FloatArray) -> FloatArray:
    """Return the inverse of the root of each sum of squares, a little more, so that rounding rejects nothing."""
    return (_RAISED / np.sqrt(np.maximum(squares, LEAST_SQUARE))).astype(np.float32)


@njit(nogil=True, cache=True)
def _fetch(first: int, ranks: AnyArray, rank_values: FloatArray) -> None:
    """Have the beginning of a column fetched that is wanted soon: columns are far from each other in memory."""
    for t in range(0, _FETCHED, 16):  # cells whose values are in a line of the cache
        prefetch(ranks, first + t)
        prefetch(rank_values, first + t)


@njit(nogil=True, cache=True)
def _fetch_ahead(
    k: int, end: int, column_codes: CodeArray, column_indptr: IntArray, ranks: AnyArray, rank_values: FloatArray
) -> None:
    """Have a column fetched that is a few columns ahead of the k-th cell, if that is before the end of the row."""
    if k + _AHEAD < end:
        _fetch(column_indptr[column_codes[k + _AHEAD]], ranks, rank_values)


@njit(nogil=True, cache=True)
def _fetch_row(
    row: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
) -> None:
    """Have the first columns of a row fetched, all of them where it is short."""
    for k in range(indptr[row], min(indptr[row] + _FETCHED_COLUMNS, indptr[row + 1])):
        _fetch(column_indptr[column_codes[k]], ranks, rank_values)


@njit(nogil=True, cache=True)
def _add(
    row: int,
    end: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    products: FloatArray,
) -> None:
    """Add Σxy of a row and the row of each rank before ``end`` to ``products``."""
    for k in range(indptr[row], indptr[row + 1]):
        _fetch_ahead(k, indptr[row + 1], column_codes, column_indptr, ranks, rank_values)
        column, x = column_codes[k], np.float64(values[k])
        for t in range(column_indptr[column], column_indptr[column + 1]):
            rank = ranks[t]
            if rank >= end:
                break
            products[rank] += x * np.float64(rank_values[t])


@njit(nogil=True, cache=True)
def _add_long_and_mark(
    row: int,
    n_long: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    products: FloatArray,
    often: CodeArray,
    begins: IntArray,
    met: Words,
    summed: Words,
) -> int:
    """Add Σxy of the long rows to ``products`` and list them in ``often``; mark the other ranks met.

    Their bits are set in ``met``, and those of what is met again in ``summed``. Where they begin in each column is
    written to ``begins``. A rank may be listed again while its sum is 0. Returns how many are listed.
    """
    n_often = 0
    for k in range(indptr[row], indptr[row + 1]):
        _fetch_ahead(k, indptr[row + 1], column_codes, column_indptr, ranks, rank_values)
        column, x = column_codes[k], np.float64(values[k])
        t, end = column_indptr[column], column_indptr[column + 1]
        while t < end and ranks[t] < n_long:
            rank = ranks[t]
            often[n_often] = rank  # overwritten by the next, unless it is new: cheaper than a branch
            n_often += products[rank] == 0
            products[rank] += x * np.float64(rank_values[t])
            t += 1
        begins[k - indptr[row]] = t
        for s in range(t, end):
            word, bit = np.uint64(ranks[s]) >> _WORD, _ONE << (np.uint64(ranks[s]) & _PLACE)
            before = met[word]
            summed[word] |= before & bit
            met[word] = before | bit
    return n_often


@njit(nogil=True, cache=True)
def _add_and_list(
    row: int,
    begins: IntArray,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    summed: Words,
    products: FloatArray,
    often: CodeArray,
    once: Products,
) -> tuple[int, int]:
    """Add Σxy of the ranks with a bit in ``summed`` to ``products``; list these in ``often``, and others in ``once``.

    Of each column, only what begins at ``begins`` is looked at. ``products`` has some more places than ranks, for what
    is not summed up; lists have room for one more than all. A rank may be listed in ``often`` again while its sum is 0.
    Returns how many are listed in ``once``, and in ``often``.
    """
    # What is not wanted is written where it does no harm: cheaper than branches.
    n_once, n_often, nowhere = 0, 0, len(products) - _NOWHERE
    for k in range(indptr[row], indptr[row + 1]):
        column, x = column_codes[k], np.float64(values[k])
        for t in range(begins[k - indptr[row]], column_indptr[column + 1]):
            rank, product = int(ranks[t]), x * np.float64(rank_values[t])
            is_summed = int((summed[np.uint64(rank) >> _WORD] >> (np.uint64(rank) & _PLACE)) & _ONE)
            place = rank if is_summed else nowhere + (t & (_NOWHERE - 1))
            often[n_often] = rank
            n_often += is_summed & int(products[place] == 0)
            products[place] += product
            once[0][n_once], once[1][n_once] = rank, product
            n_once += 1 - is_summed
    return n_once, n_often


@njit(nogil=True, cache=True, error_model="numpy")
def _offer_to_long(
    own_row: int,
    own_square: float,
    product: float,
    rank: int,
    squares: FloatArray,
    long_keys: Keys,
    long_counts: CodeArray,
    long_worst: FloatArray,
    score: FloatArray,
) -> None:
    """Put a row among the nearest of a long one, if it belongs there."""
    score[0] = product / math.sqrt(own_square * squares[rank])
    if score[0] > 0 and score[0] >= long_worst[rank]:
        long_counts[rank] = put(long_keys[rank], long_counts[rank], score, own_row)
        long_worst[rank] = worst_of(long_keys[rank], long_counts[rank], score)


@njit(nogil=True, cache=True, error_model="numpy")
def _choose_of_all(
    own_row: int,
    own_square: float,
    own_inverse: float,
    n: int,
    row_of_rank: IntArray,
    squares: FloatArray,
    inverses: FloatArray,
    products: FloatArray,
    keys: Keys,
    long_keys: Keys,
    long_counts: CodeArray,
    long_worst: FloatArray,
) -> int:
    """Find the best of the first n ranks; offer the row to the long ones; return how many were found."""
    size, worst, score = 0, 0.0, np.empty(1, dtype=np.float32)
    for rank in range(min(n, len(long_worst))):
        product = products[rank]
        if product > 0 and product * inverses[rank] * own_inverse >= long_worst[rank]:
            _offer_to_long(own_row, own_square, product, rank, squares, long_keys, long_counts, long_worst, score)
    for rank in range(n):
        product = products[rank]
        if product > 0 and product * inverses[rank] * own_inverse >= worst:
            score[0] = product / math.sqrt(own_square * squares[rank])
            if score[0] > 0 and score[0] >= worst:
                size = put(keys, size, score, row_of_rank[rank])
                worst = worst_of(keys, size, score)
    return size


@njit(nogil=True, cache=True, error_model="numpy")
def _take_sums(
    own_row: int,
    own_square: float,
    own_inverse: float,
    often: CodeArray,
    squares: FloatArray,
    inverses: FloatArray,
    products: FloatArray,
    listed: Products,
    n_listed: int,
    long_keys: Keys,
    long_counts: CodeArray,
    long_worst: FloatArray,
) -> int:
    """List the sums of some ranks, and set them to 0; offer the row to the long ones; return how many are listed."""
    score = np.empty(1, dtype=np.float32)
    for rank in often:
        product = products[rank]
        products[rank] = 0
        listed[0][n_listed], listed[1][n_listed] = rank, product
        n_listed += 1
        if rank < len(long_worst) and product > 0 and product * inverses[rank] * own_inverse >= long_worst[rank]:
            _offer_to_long(own_row, own_square, product, rank, squares, long_keys, long_counts, long_worst, score)
    return n_listed


@njit(nogil=True, cache=True)
def _sort_nearly_sorted(keys: Keys) -> None:
    """Sort keys that are near to their places."""
    for t in range(1, len(keys)):
        key, place = keys[t], t
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key


@njit(nogil=True, cache=True, error_model="numpy")
def _choose_listed(
    own_square: float,
    own_inverse: float,
    listed: Products,
    n: int,
    row_of_rank: IntArray,
    squares: FloatArray,
    inverses: FloatArray,
    buckets: CodeArray,
    histogram: CodeArray,
    k: int,
    keys: Keys,
) -> tuple[int, int]:
    """Write the keys of what is listed and may be among the k best, ascending; return where these begin and end.

    A histogram of the first bits of the similarities says from where on the best are, and about where each belongs. It
    is 0 before and after.
    """
    score, highest = np.empty(1, dtype=np.float32), 0
    bits = score.view(np.uint32)
    for t in range(n):
        product = listed[1][t]
        score[0] = product * inverses[listed[0][t]] * own_inverse if product > 0 else 0.0
        bucket = min(max(int(bits[0] >> _SHIFT) - _FIRST, 0), len(histogram) - 1)
        buckets[t] = bucket
        histogram[bucket] += 1
        highest = max(highest, bucket)
    least, size, widest, is_enough = highest + 1, 0, 0, False
    while least > 0 and not is_enough:
        is_enough = size >= k  # one more than is needed: what is closer than rounding errors is not told apart
        least -= 1
        width = histogram[least]
        histogram[least] = size
        size, widest = size + width, max(widest, width)
    n_none = 0
    for t in range(n):
        if buckets[t] >= least:
            rank, product = listed[0][t], listed[1][t]
            score[0] = product / math.sqrt(own_square * squares[rank]) if product > 0 else 0.0
            n_none += score[0] == 0
            keys[size - 1 - histogram[buckets[t]]] = key_of(score, row_of_rank[rank])
            histogram[buckets[t]] += 1
    histogram[:] = 0
    if widest > _MOST_TO_INSERT:
        keys[:size].sort()
    else:
        _sort_nearly_sorted(keys[:size])
    return n_none, size


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_by_products(
    start: int,
    stop: int,
    row_of_rank: IntArray,
    squares: FloatArray,
    inverses: FloatArray,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    costs: FloatArray,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
    long_keys: Keys,
    long_counts: CodeArray,
) -> None:
    """Find the most similar of the other rows to each short row, and of the rows before it to each long one.

    Parameters
    ----------
    start, stop : int
        Range of the ranks to work on. The first ranks, as many as ``long_counts``, are the long rows.
    row_of_rank : (n_rows,) int64 array
        The longest first: on that the room for lists relies.
    squares, inverses : (n_rows,) float64 and float32 arrays
        By rank: the sum of squares, 0 or from 1e-60 to 1e60, and what `inverse_norms` makes of it.
    indptr, column_codes, values : (n_rows + 1,) int64, (n,) int32 and (n,) float32 arrays
        The matrix, compressed by row.
    column_indptr, ranks, rank_values : (n_columns + 1,) int64, (n,) unsigned and (n,) float32 arrays
        The matrix, compressed by column, by rank.
    costs : (n_rows,) float64 array
        By rank: the number of products, for which there is to be room.
    nearest_codes, nearest_scores, nearest_counts
        As those of `similarity.nearest_rows`.
    long_keys, long_counts : (n_long, k) uint64 and (n_long,) int32 arrays
        Changed: the nearest so far of the long rows among those after them, as `best_keys`, of which only this call
        may know.
    """
    n_rows, n_long = len(row_of_rank), len(long_counts)
    k, most = nearest_codes.shape[1], int(LISTED * n_rows) + 2
    once, often = (np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float64)), np.empty(most, dtype=np.int32)
    buckets, histogram = np.empty(most, dtype=np.int32), np.zeros(_BUCKETS, dtype=np.int32)
    products, candidates = np.zeros(n_rows + _NOWHERE, dtype=np.float64), np.empty(most, dtype=np.uint64)
    n_words, longest_short = (n_rows + 63) // 64, row_of_rank[min(max(start, n_long), n_rows - 1)]
    met, summed = np.zeros(n_words, dtype=np.uint64), np.zeros(n_words, dtype=np.uint64)
    begins = np.empty(indptr[longest_short + 1] - indptr[longest_short], dtype=np.int64)
    keys, score = np.empty(k, dtype=np.uint64), np.empty(1, dtype=np.float32)
    long_worst = np.empty(n_long, dtype=np.float64)
    for rank in range(n_long):
        long_worst[rank] = worst_of(long_keys[rank], long_counts[rank], score)
    matrix = indptr, column_codes, values, column_indptr, ranks, rank_values
    for rank in range(start, stop):
        row, square, inverse = row_of_rank[rank], squares[rank], 1.0 / math.sqrt(max(squares[rank], LEAST_SQUARE))
        own, near_long = (row, square, inverse), (long_keys, long_counts, long_worst)
        if rank >= n_long and costs[rank] < LISTED * n_rows:
            n_near = _add_long_and_mark(row, n_long, *matrix, products, often, begins, met, summed)
            summed[rank >> 6] |= _ONE << np.uint64(rank & 63)
            n, n_often = _add_and_list(row, begins, *matrix, summed, products, often[n_near:], once)
            n_often += n_near
            products[rank] = 0
            n = _take_sums(*own, often[:n_often], squares, inverses, products, once, n, *near_long)
            if rank + 1 < stop:
                _fetch_row(row_of_rank[rank + 1], indptr, column_codes, column_indptr, ranks, rank_values)
            args = square, inverse, once, n, row_of_rank, squares, inverses, buckets, histogram
            first, size = _choose_listed(*args, k, candidates)
            best = candidates[max(first, size - k) : size]
            met[:], summed[:] = 0, 0
        else:
            end = rank if rank < n_long else n_rows
            _add(row, end, *matrix, products)
            products[rank] = 0
            size = _choose_of_all(*own, end, row_of_rank, squares, inverses, products, keys, *near_long)
            products[:end] = 0
            best = keys[:size]
        write_best(best, len(best), nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = len(best)
