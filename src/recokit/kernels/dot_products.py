"""All-pairs nearest rows of a sparse matrix by cosine: the result of `similarity.nearest_rows`, computed faster.

Rows are ranked from the longest to the shortest. The inner product of a row and a long row is summed once, when the row
with the higher rank is processed, and used for both.

If a row touches few other rows, most of these share one column with it, so that a single product is the whole inner
product and goes straight to a list. Only the inner products with long rows and with rows that share more columns are
summed in an accumulator.

Inner products are summed in the order of the columns, so they equal the reference bit for bit.
"""

import math
from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.bit_rows import Words
from recokit.kernels.prefetch import prefetch
from recokit.kernels.sorting import sort
from recokit.kernels.top_k import Keys, key_of, put, worst_of, write_best

__all__ = ["LEAST_SQUARE", "LISTED", "MOST_SQUARE", "inverse_norms", "nearest_by_products"]

LEAST_SQUARE, MOST_SQUARE = 1e-60, 1e60
"""Range of the sums of squares whose square roots have a float32 inverse."""

LISTED = 1.0
"""If the work of a short row is below this share of the number of rows, listing touched rows is faster (measured)."""

Products = tuple[CodeArray, FloatArray]
"""Ranks and their inner products with a row, complete or partial."""

_COLUMNS_AHEAD, _PREFETCHED_CELLS, _PREFETCHED_COLUMNS = 3, 128, 32
_N_SPARE = 8
_MARGIN = 1.000001
# Buckets by the exponent and seven bits of a float32, from 2^-16 to slightly above 1; the first takes lower ones too.
_SHIFT, _FIRST, _BUCKETS = np.uint32(16), (127 - 16) << 7, (16 << 7) + 2
_MAX_INSERTION_SORT = 32
_ONE, _WORD, _PLACE = np.uint64(1), np.uint64(6), np.uint64(63)


@njit(nogil=True, cache=True)
def inverse_norms(squares: FloatArray) -> FloatArray:
    """Return 1 / √Σx² for each sum of squares, raised slightly so that rounding never rejects a candidate."""
    return (_MARGIN / np.sqrt(np.maximum(squares, LEAST_SQUARE))).astype(np.float32)


@njit(nogil=True, cache=True)
def _prefetch_column(first: int, ranks: AnyArray, rank_values: FloatArray) -> None:
    """Prefetch the first cells of a column: columns are far apart in memory."""
    for t in range(0, _PREFETCHED_CELLS, 16):  # the values of 16 cells fill a cache line
        prefetch(ranks, first + t)
        prefetch(rank_values, first + t)


@njit(nogil=True, cache=True)
def _prefetch_ahead(
    k: int, end: int, column_codes: CodeArray, column_indptr: IntArray, ranks: AnyArray, rank_values: FloatArray
) -> None:
    """Prefetch the column a few cells ahead of cell k, if the row extends that far."""
    if k + _COLUMNS_AHEAD < end:
        _prefetch_column(column_indptr[column_codes[k + _COLUMNS_AHEAD]], ranks, rank_values)


@njit(nogil=True, cache=True)
def _prefetch_row(
    row: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
) -> None:
    """Prefetch the first columns of a row."""
    for k in range(indptr[row], min(indptr[row] + _PREFETCHED_COLUMNS, indptr[row + 1])):
        _prefetch_column(column_indptr[column_codes[k]], ranks, rank_values)


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
    """Add Σxy of a row and the row of each rank below ``end`` to ``products``."""
    for k in range(indptr[row], indptr[row + 1]):
        _prefetch_ahead(k, indptr[row + 1], column_codes, column_indptr, ranks, rank_values)
        column, x = column_codes[k], np.float64(values[k])
        for t in range(column_indptr[column], column_indptr[column + 1]):
            rank = ranks[t]
            if rank >= end:
                break
            products[rank] += x * np.float64(rank_values[t])


@njit(nogil=True, cache=True)
def _add_long_and_touch(
    row: int,
    n_long: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    products: FloatArray,
    repeated: CodeArray,
    starts: IntArray,
    touched: Words,
    summed: Words,
) -> int:
    """Add Σxy of the long rows to ``products`` and list them in ``repeated``; mark the touched short rows.

    Sets the bits of touched short rows in ``touched``, and of short rows with more than one touch in ``summed``. Writes
    the first cell of a short row in each column to ``starts``. A rank is listed again if its sum is still 0.
    Returns the number of listed ranks.
    """
    n_repeated = 0
    for k in range(indptr[row], indptr[row + 1]):
        _prefetch_ahead(k, indptr[row + 1], column_codes, column_indptr, ranks, rank_values)
        column, x = column_codes[k], np.float64(values[k])
        t, end = column_indptr[column], column_indptr[column + 1]
        while t < end and ranks[t] < n_long:
            rank = ranks[t]
            repeated[n_repeated] = rank  # overwritten by the next rank unless it is new: faster than a branch
            n_repeated += products[rank] == 0
            products[rank] += x * np.float64(rank_values[t])
            t += 1
        starts[k - indptr[row]] = t
        for s in range(t, end):
            word, bit = np.uint64(ranks[s]) >> _WORD, _ONE << (np.uint64(ranks[s]) & _PLACE)
            before = touched[word]
            summed[word] |= before & bit
            touched[word] = before | bit
    return n_repeated


@njit(nogil=True, cache=True)
def _add_and_list(
    row: int,
    starts: IntArray,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    rank_values: FloatArray,
    summed: Words,
    products: FloatArray,
    repeated: CodeArray,
    singles: Products,
) -> tuple[int, int]:
    """Add Σxy of the ranks with a bit in ``summed`` to ``products`` and list them; list other ranks in ``singles``.

    Reads each column from ``starts`` on. ``products`` has a few spare entries after the ranks, for products that
    need no sum; the lists have room for one extra entry. A rank is listed in ``repeated`` again if its sum is still 0.
    Returns the number of entries in ``singles`` and in ``repeated``.
    """
    # Unused values are written to spare entries: faster than branches.
    n_singles, n_repeated, spare = 0, 0, len(products) - _N_SPARE
    for k in range(indptr[row], indptr[row + 1]):
        column, x = column_codes[k], np.float64(values[k])
        for t in range(starts[k - indptr[row]], column_indptr[column + 1]):
            rank, product = int(ranks[t]), x * np.float64(rank_values[t])
            is_summed = int((summed[np.uint64(rank) >> _WORD] >> (np.uint64(rank) & _PLACE)) & _ONE)
            place = rank if is_summed else spare + (t & (_N_SPARE - 1))
            repeated[n_repeated] = rank
            n_repeated += is_summed & int(products[place] == 0)
            products[place] += product
            singles[0][n_singles], singles[1][n_singles] = rank, product
            n_singles += 1 - is_summed
    return n_singles, n_repeated


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
    """Offer a row to the heap of a long row."""
    score[0] = product / math.sqrt(own_square * squares[rank])
    if score[0] > 0 and score[0] >= long_worst[rank]:
        long_counts[rank] = put(long_keys[rank], long_counts[rank], score, own_row)
        long_worst[rank] = worst_of(long_keys[rank], long_counts[rank], score)


@njit(nogil=True, cache=True, error_model="numpy")
def _select_from_all(
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
    """Select the most similar of the first n ranks, and offer the row to the long rows.

    Returns the number selected.
    """
    size: Any = np.int64(0)
    worst, score = 0.0, np.empty(1, dtype=np.float32)
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
def _list_sums(
    own_row: int,
    own_square: float,
    own_inverse: float,
    repeated: CodeArray,
    squares: FloatArray,
    inverses: FloatArray,
    products: FloatArray,
    listed: Products,
    n_listed: int,
    long_keys: Keys,
    long_counts: CodeArray,
    long_worst: FloatArray,
) -> int:
    """Move the sums of the ranks in ``repeated`` to a list and offer the row to long rows; return the list's length."""
    score = np.empty(1, dtype=np.float32)
    for rank in repeated:
        product = products[rank]
        products[rank] = 0
        listed[0][n_listed], listed[1][n_listed] = rank, product
        n_listed += 1
        if rank < len(long_worst) and product > 0 and product * inverses[rank] * own_inverse >= long_worst[rank]:
            _offer_to_long(own_row, own_square, product, rank, squares, long_keys, long_counts, long_worst, score)
    return n_listed


@njit(nogil=True, cache=True)
def _sort_nearly_sorted(keys: Keys) -> None:
    """Sort nearly sorted keys by insertion."""
    for t in range(1, len(keys)):
        key, place = keys[t], t
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key


@njit(nogil=True, cache=True, error_model="numpy")
def _select_from_list(
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
    """Write the keys of the listed ranks that may be among the k best, ascending; return the range of positive scores.

    A histogram of the leading bits of the similarities gives the lowest bucket with one of the k best and the
    approximate position of each key. It is 0 on entry and on return.
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
    least, size, largest, is_last = highest + 1, 0, 0, False
    while least > 0 and not is_last:
        is_last = size >= k  # one bucket more than needed: estimates have rounding errors
        least -= 1
        width = histogram[least]
        histogram[least] = size
        size, largest = size + width, max(largest, width)
    n_zero = 0
    for t in range(n):
        if buckets[t] >= least:
            rank, product = listed[0][t], listed[1][t]
            score[0] = product / math.sqrt(own_square * squares[rank]) if product > 0 else 0.0
            n_zero += score[0] == 0
            keys[size - 1 - histogram[buckets[t]]] = key_of(score, row_of_rank[rank])
            histogram[buckets[t]] += 1
    histogram[:] = 0
    if largest > _MAX_INSERTION_SORT:
        sort(keys, np.int64(size))
    else:
        _sort_nearly_sorted(keys[:size])
    return n_zero, size


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
    """Find the k most similar rows of each row by cosine, x·y / √(Σx² Σy²).

    A short row is compared with all rows, and a long row with the rows of lower rank. The rows of higher rank near each
    long row are collected in heaps; `cooccurrence.merge_long` merges them.

    Parameters
    ----------
    start, stop : int
        Range of the ranks. The first ``len(long_counts)`` ranks are the long rows.
    row_of_rank : (n_rows,) int64 array
        The row of each rank, longest first; the length of the work arrays relies on the order.
    squares, inverses : (n_rows,) float64 and float32 arrays
        By rank: the sum of squares, which is 0 or from 1e-60 to 1e60, and its `inverse_norms`.
    indptr, column_codes, values : (n_rows + 1,) int64, (n,) int32 and (n,) float32 arrays
        The matrix, compressed by row.
    column_indptr, ranks, rank_values : (n_columns + 1,) int64, (n,) unsigned and (n,) float32 arrays
        The matrix, compressed by column, with ascending ranks.
    costs : (n_rows,) float64 array
        By rank: number of products, see `similarity.query_costs`.
    nearest_codes, nearest_scores, nearest_counts
        See `similarity.nearest_rows`. Output for the rows of the ranks ``start`` to ``stop``.
    long_keys, long_counts : (n_long, k) uint64 and (n_long,) int32 arrays
        Updated in place: heaps of the rows of higher rank near each long row, and their sizes. No other thread may use
        them.
    """
    n_rows, n_long = len(row_of_rank), len(long_counts)
    k, most = nearest_codes.shape[1], int(LISTED * n_rows) + 2
    singles, repeated = (
        (np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float64)),
        np.empty(most, dtype=np.int32),
    )
    buckets, histogram = np.empty(most, dtype=np.int32), np.zeros(_BUCKETS, dtype=np.int32)
    products, candidates = np.zeros(n_rows + _N_SPARE, dtype=np.float64), np.empty(most, dtype=np.uint64)
    n_words, longest_short = (n_rows + 63) // 64, row_of_rank[min(max(start, n_long), n_rows - 1)]
    touched, summed = np.zeros(n_words, dtype=np.uint64), np.zeros(n_words, dtype=np.uint64)
    starts = np.empty(indptr[longest_short + 1] - indptr[longest_short], dtype=np.int64)
    keys, score = np.empty(k, dtype=np.uint64), np.empty(1, dtype=np.float32)
    long_worst = np.empty(n_long, dtype=np.float64)
    for rank in range(n_long):
        long_worst[rank] = worst_of(long_keys[rank], long_counts[rank], score)
    matrix = indptr, column_codes, values, column_indptr, ranks, rank_values
    for rank in range(start, stop):
        row, square, inverse = row_of_rank[rank], squares[rank], 1.0 / math.sqrt(max(squares[rank], LEAST_SQUARE))
        own, long_best = (row, square, inverse), (long_keys, long_counts, long_worst)
        if rank >= n_long and costs[rank] < LISTED * n_rows:
            n_long_hits = _add_long_and_touch(row, n_long, *matrix, products, repeated, starts, touched, summed)
            summed[rank >> 6] |= _ONE << np.uint64(rank & 63)
            n, n_repeated = _add_and_list(row, starts, *matrix, summed, products, repeated[n_long_hits:], singles)
            n_repeated += n_long_hits
            products[rank] = 0
            n = _list_sums(*own, repeated[:n_repeated], squares, inverses, products, singles, n, *long_best)
            if rank + 1 < stop:
                _prefetch_row(row_of_rank[rank + 1], indptr, column_codes, column_indptr, ranks, rank_values)
            args = square, inverse, singles, n, row_of_rank, squares, inverses, buckets, histogram
            first, size = _select_from_list(*args, k, candidates)
            best = candidates[max(first, size - k) : size]
            touched[:], summed[:] = 0, 0
        else:
            end = rank if rank < n_long else n_rows
            _add(row, end, *matrix, products)
            products[rank] = 0
            size = _select_from_all(*own, end, row_of_rank, squares, inverses, products, keys, *long_best)
            products[:end] = 0
            best = keys[:size]
        write_best(best, len(best), nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = len(best)
