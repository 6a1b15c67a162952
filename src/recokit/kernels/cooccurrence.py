"""The nearest rows of all rows of a sparse matrix of ones: the answer of `similarity.nearest_rows`, found faster.

Rows go by rank, from the longest to the shortest. What the longest share with each other is counted in bits
(`bit_rows`); what a short row shares with a long one is counted once, by the short one, for both. The sums are
integers, and the formula is asked only where the answer may matter: every similarity of rows of ones grows with what
they share and falls with the length of the other row, so that one similarity bounds those of a strip of ranks.
"""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.bit_rows import Words, count_ones
from recokit.kernels.similarity_formulas import similarity_of
from recokit.kernels.top_k import Keys, key_of, put, score_of, worst_of, write_best

__all__ = ["merge_long", "nearest_of_long", "nearest_of_short"]

_STRIP = 64
# Where the work of a row is below this share of the rows (measured), to list those met is cheaper than to look at all.
_LISTED = 0.2
_REMEMBERED = 64
# What the long rows need is found anew after so many short ones.
_RENEWED = 512
_ONE, _WORD, _PLACE, _ALL = np.uint64(1), np.uint64(6), np.uint64(63), np.uint64(2**64 - 1)
_NO_MOMENTS = ((0.0, 0.0, 0.0, 0.0),)  # of no similarity of ones


@njit(nogil=True, cache=True, error_model="numpy")
def _similarity(
    kind: int, swapped: bool, common: np.int32 | int, own_length: float, other_length: float, constants: FloatArray
) -> float:
    """Return the similarity of two rows of ones, which are known by their lengths."""
    n, own, other = np.float64(common), (own_length, own_length), (other_length, other_length)
    # Tuples, where arrays would have their references counted: twice as fast.
    return similarity_of(kind, swapped, n, n, _NO_MOMENTS, 0, own, other, constants)  # type: ignore[arg-type]


@njit(nogil=True, cache=True)
def _raised(similarity: float, constants: FloatArray) -> float:
    """Return a bound of every similarity that is at most this one, and of what rounding makes of it."""
    return similarity * 1.000001 + 1e-12 * constants[2]


@njit(nogil=True, cache=True, error_model="numpy")
def _is_hopeless(
    kind: int,
    swapped: bool,
    common: np.int32 | int,
    own_length: float,
    least_length: float,
    constants: FloatArray,
    worst: float,
) -> bool:
    """Return whether no row of at least this length that shares at most so much is as similar as the worst."""
    length = max(np.float64(common), least_length)
    return _raised(_similarity(kind, swapped, common, own_length, length, constants), constants) < worst


@njit(nogil=True, cache=True)
def _count(
    row: int, indptr: IntArray, column_codes: CodeArray, column_indptr: IntArray, ranks: AnyArray, counts: CodeArray
) -> None:
    """Add what a row shares with the row of each rank to ``counts``."""
    for column in column_codes[indptr[row] : indptr[row + 1]]:
        for rank in ranks[column_indptr[column] : column_indptr[column + 1]]:
            counts[rank] += 1


@njit(nogil=True, cache=True)
def _meet(
    row: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    met: Words,
    again: CodeArray,
) -> int:
    """List each rank met whose bit in ``met`` was set before in ``again``, each time; return how many are listed.

    ``again`` has room for one more than all that is met.
    """
    n_again = 0
    for column in column_codes[indptr[row] : indptr[row + 1]]:
        for rank in ranks[column_indptr[column] : column_indptr[column + 1]]:
            word, bit = np.uint64(rank) >> _WORD, _ONE << (np.uint64(rank) & _PLACE)
            again[n_again] = rank  # overwritten by the next, unless it is listed: cheaper than a branch
            n_again += (met[word] & bit) != 0
            met[word] |= bit
    return n_again


@njit(nogil=True, cache=True)
def _count_again(again: CodeArray, counts: CodeArray, often: CodeArray) -> int:
    """Add what is listed to ``counts``, list each rank once in ``often``, and return how many these are."""
    n_often = 0
    for rank in again:
        often[n_often] = rank
        n_often += counts[rank] == 0
        counts[rank] += 1
    return n_often


@njit(nogil=True, cache=True, error_model="numpy")
def _scan(
    own: float,
    n_ranks: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    counts: CodeArray,
    keys: Keys,
) -> int:
    """Find the best of the first ranks, strip by strip; set their counts to 0; return how many were found."""
    size, worst, score = 0, 0.0, np.empty(1, dtype=np.float32)
    for first in range(0, n_ranks, _STRIP):
        strip = counts[first : min(n_ranks, first + _STRIP)]
        most = np.int32(0)
        for common in strip:
            most = max(most, common)
        if most == 0:
            continue
        least_length = lengths[first + len(strip) - 1]
        hopeless = np.int32(0)
        if _is_hopeless(kind, swapped, most, own, least_length, constants, worst):
            hopeless = most
        for t in range(len(strip) if hopeless < most else 0):
            common = strip[t]
            if common <= hopeless:
                continue
            if _is_hopeless(kind, swapped, common, own, least_length, constants, worst):
                hopeless = common
                continue
            score[0] = _similarity(kind, swapped, common, own, lengths[first + t], constants)
            if score[0] > 0 and score[0] >= worst:
                size = put(keys, size, score, row_of_rank[first + t])
                worst = worst_of(keys, size, score)
        strip[:] = 0
    return size


@njit(nogil=True, cache=True, error_model="numpy")
def _choose_once(
    own: float,
    met: Words,
    runs: IntArray,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    keys: Keys,
) -> int:
    """Find the best of the short rows that share one thing only, whose bits are set; return how many were found.

    Those of one length, a run of ranks, are all as similar, and in order of code; shorter ones are more similar. So
    they come best first, with few exceptions, and go to their places without a heap.
    """
    size, score = 0, np.zeros(1, dtype=np.float32)
    for run in range(len(runs) - 2, -1, -1):
        first, last = runs[run], runs[run + 1] - 1
        similarity = _similarity(kind, swapped, 1, own, lengths[first], constants)
        if similarity <= 0 or (size == len(keys) and _raised(similarity, constants) < score_of(keys[-1], score)):
            break
        score[0] = similarity
        full = False
        for word in range(first >> 6, (last >> 6) + 1):
            bits = met[word] & _bits_between(first - 64 * word, last - 64 * word)
            while bits != 0 and not full:
                code = row_of_rank[64 * word + np.int64(count_ones((bits & (~bits + _ONE)) - _ONE))]  # the lowest bit's
                bits &= bits - _ONE
                key = key_of(score, code)
                full = size == len(keys) and key < keys[-1]
                if not full:
                    size = _insert(keys, size, key)
            if full:
                break
    keys[:size] = keys[:size][::-1].copy()
    return size


@njit(nogil=True, cache=True)
def _insert(keys: Keys, size: int, key: np.uint64) -> int:
    """Put a key among the best, which descend; the last goes where there is no room; return how many these are."""
    place = min(size, len(keys) - 1)
    while place > 0 and keys[place - 1] < key:
        keys[place] = keys[place - 1]
        place -= 1
    keys[place] = key
    return min(size + 1, len(keys))


@njit(nogil=True, cache=True, error_model="numpy")
def _choose_often(
    own: float,
    often: CodeArray,
    n_long: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    counts: CodeArray,
    hopeless: IntArray,
    keys: Keys,
    size: int,
) -> int:
    """Put the ranks that are counted among the best; clear their counts; return how many the best are.

    A row that shares so much and is hopeless makes all longer ones hopeless that share the same: ``hopeless`` holds the
    last such rank by what is shared.
    """
    score = np.empty(1, dtype=np.float32)
    worst = worst_of(keys, size, score)
    hopeless[:] = -1
    for t in range(len(often) - 1, -1, -1):  # backwards, because in each column the short rows, more similar, are last
        rank = often[t]
        if counts[rank] == 0:
            continue  # the row itself
        common = counts[rank] + (rank >= n_long)
        counts[rank] = 0
        if common < _REMEMBERED and rank <= hopeless[common]:
            continue
        similarity = _similarity(kind, swapped, common, own, lengths[rank], constants)
        score[0] = similarity
        if score[0] < worst:
            if common < _REMEMBERED and _raised(similarity, constants) < worst:
                hopeless[common] = rank
        elif score[0] > 0:
            size = put(keys, size, score, row_of_rank[rank])
            worst = worst_of(keys, size, score)
    return size


@njit(nogil=True, cache=True, error_model="numpy")
def _needed(
    least_length: float,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    nearest_scores: FloatArray,
    long_keys: Keys,
    long_counts: CodeArray,
    needed: CodeArray,
) -> None:
    """Write how much a row of at least this length must share with each long row to be among its nearest."""
    score = np.empty(1, dtype=np.float32)
    for rank in range(len(needed)):
        worst = max(nearest_scores[row_of_rank[rank], -1], worst_of(long_keys[rank], long_counts[rank], score))
        low, high = 1, int(lengths[rank]) + 1
        while low < high:
            middle = (low + high) // 2
            if _is_hopeless(kind, swapped, middle, lengths[rank], least_length, constants, worst):
                low = middle + 1
            else:
                high = middle
        needed[rank] = low


@njit(nogil=True, cache=True)
def _bits_between(first: int, last: int) -> np.uint64:
    """Return a word with the bits first … last, as far as it has them."""
    from_first = _ALL << np.uint64(max(0, first))
    return from_first & (_ALL >> np.uint64(63 - min(63, last)))


@njit(nogil=True, cache=True)
def _runs(lengths: FloatArray, first: int) -> IntArray:
    """Return where the runs of equal lengths, but 0, begin from a rank on, and where the last ends."""
    starts = np.empty(len(lengths) - first + 1, dtype=np.int64)
    n_runs = 0
    for rank in range(first, len(lengths)):
        if lengths[rank] == 0:
            break
        if rank == first or lengths[rank] != lengths[rank - 1]:
            starts[n_runs] = rank
            n_runs += 1
        starts[n_runs] = rank + 1
    return starts[: n_runs + 1 if n_runs else 0].copy()


@njit(nogil=True, cache=True)
def _first_bits(n: int, n_bits: int) -> Words:
    """Return bits of which the first n are set."""
    words = np.zeros((n_bits + 63) // 64, dtype=np.uint64)
    for bit in range(n):
        words[bit >> 6] |= _ONE << np.uint64(bit & 63)
    return words


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_of_long(
    start: int,
    stop: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ends: IntArray,
    ranks: AnyArray,
    common: CodeArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Find the most similar of the long rows to each of them.

    Parameters
    ----------
    start, stop : int
        Range of the ranks to work on.
    row_of_rank : (n_rows,) int64 array
    lengths : (n_rows,) float64 array
        The length of the row of each rank.
    indptr, column_codes : (n_rows + 1,) int64 and (n,) int32 arrays
        The matrix, compressed by row.
    column_indptr, ends, ranks : (n_columns + 1,) and (n_columns,) int64, (n,) unsigned arrays
        The matrix, compressed by column, by rank. The cells of long rows that are not counted in bits end at ``ends``.
    common : (n_long, n_long) int32 array
        What each two of the long rows share in the columns that have bits. Changed to what they share.
    kind, constants, swapped, nearest_codes, nearest_scores, nearest_counts
        As those of `similarity.nearest_rows`.
    """
    keys = np.empty(nearest_codes.shape[1], dtype=np.uint64)
    for rank in range(start, stop):
        row, counts = row_of_rank[rank], common[rank]
        for column in column_codes[indptr[row] : indptr[row + 1]]:
            for other in ranks[column_indptr[column] : ends[column]]:
                counts[other] += 1
        counts[rank] = 0
        size = _scan(lengths[rank], len(common), row_of_rank, lengths, kind, constants, swapped, counts, keys)
        write_best(keys, size, nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = size


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_of_short(
    start: int,
    stop: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    costs: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
    long_keys: Keys,
    long_counts: CodeArray,
) -> None:
    """Find the most similar of all rows to each of the short ones, and of these to each of the long ones.

    Parameters
    ----------
    start, stop : int
        Range of the short rows to work on, by rank, the first short one being 0.
    costs : (n_short,) float64 array
        The work of each.
    long_keys, long_counts : (n_long, k) uint64 and (n_long,) int32 arrays
        Changed: the nearest so far of the long rows, as `best_keys`, of which only this call may know.
    row_of_rank, lengths, indptr, column_codes, column_indptr, ranks, kind, constants, swapped, nearest_codes, \
    nearest_scores, nearest_counts
        As those of `nearest_of_long`.
    """
    n_rows, n_long, k = len(row_of_rank), len(long_counts), nearest_codes.shape[1]
    counts, often = np.zeros(n_rows, dtype=np.int32), np.empty(n_rows + 1, dtype=np.int32)
    long, again = _first_bits(n_long, n_rows), np.empty(int(_LISTED * n_rows) + 2, dtype=np.int32)
    met, hopeless, runs = long.copy(), np.empty(_REMEMBERED, dtype=np.int64), _runs(lengths, n_long)
    keys, needed = np.empty(k, dtype=np.uint64), np.empty(n_long, dtype=np.int32)
    score = np.empty(1, dtype=np.float32)
    for short in range(start, stop):
        rank = n_long + short
        row, own = row_of_rank[rank], lengths[rank]
        if (short - start) % _RENEWED == 0:
            last = min(stop, short + _RENEWED) - 1
            _needed(
                lengths[n_long + last], row_of_rank, lengths, kind, constants, swapped,
                nearest_scores, long_keys, long_counts, needed,
            )  # fmt: skip
        listed = costs[short] < _LISTED * n_rows
        n_often = n_long
        if listed:
            n_again = _meet(row, indptr, column_codes, column_indptr, ranks, met, again)
            n_often = _count_again(again[:n_again], counts, often)
        else:
            _count(row, indptr, column_codes, column_indptr, ranks, counts)
        counts[rank] = 0
        for t in range(n_often):
            other = often[t] if listed else t
            if other < n_long and counts[other] >= needed[other]:
                score[0] = _similarity(kind, swapped, counts[other], lengths[other], own, constants)
                if score[0] > 0 and score[0] >= nearest_scores[row_of_rank[other], k - 1]:
                    long_counts[other] = put(long_keys[other], long_counts[other], score, row)
        if listed:
            formula = row_of_rank, lengths, kind, constants, swapped
            for other in often[:n_often]:
                met[other >> 6] &= ~(_ONE << np.uint64(other & 63))
            met[rank >> 6] &= ~(_ONE << np.uint64(rank & 63))
            size = _choose_once(own, met, runs, *formula, keys)
            size = _choose_often(own, often[:n_often], n_long, *formula, counts, hopeless, keys, size)
            met[:] = long
        else:
            size = _scan(own, n_rows, row_of_rank, lengths, kind, constants, swapped, counts, keys)
        write_best(keys, size, nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = size


@njit(nogil=True, cache=True)
def merge_long(
    start: int,
    stop: int,
    row_of_rank: IntArray,
    long_keys: Keys,
    long_counts: CodeArray,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Put what one thread has found near the long rows among their nearest.

    Parameters
    ----------
    start, stop : int
        Long rows to work on.
    row_of_rank, long_keys, long_counts, nearest_codes, nearest_scores, nearest_counts
        As those of `nearest_of_short`; the nearest of the long rows are changed, and stay best first.
    """
    score = np.empty(1, dtype=np.float32)
    for rank in range(start, stop):
        row, keys, size = row_of_rank[rank], long_keys[rank], long_counts[rank]
        for t in range(nearest_counts[row]):
            score[0] = nearest_scores[row, t]
            size = put(keys, size, score, nearest_codes[row, t])
        write_best(keys, size, nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = size
