"""All-pairs nearest rows of a sparse binary matrix: the result of `similarity.nearest_rows`, computed faster.

Rows are ranked from the longest to the shortest. Common columns of two long rows are counted in bits (`bit_rows`).
Common columns of a short and a long row are counted once, when the short row is processed, and used for both.

The counts are integers, and the similarity is evaluated only where it can change the result. The similarity must be
monotone: it never falls with the number of common columns and never grows with the length of a row, so one similarity
bounds all similarities of a strip of ranks.
"""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.bit_rows import Words, count_ones
from recokit.kernels.similarity_formulas import Constants, similarity_of
from recokit.kernels.top_k import Keys, key_of, put, score_of, worst_of, write_best

__all__ = ["merge_long", "nearest_of_long", "nearest_of_short"]

_STRIP = 64
# If the work of a row is below this share of the number of rows, listing the touched rows is faster than scanning all
# rows (measured).
_LISTED_SHARE = 0.2
_N_SKIPPED = 64  # numbers of common columns for which `_select_repeated` remembers skipped ranks
# Short rows between two updates of the common columns required by the long rows.
_UPDATE_PERIOD = 512
_ONE, _WORD, _PLACE, _ALL = np.uint64(1), np.uint64(6), np.uint64(63), np.uint64(2**64 - 1)
_NO_MOMENTS = ((0.0, 0.0, 0.0, 0.0),)  # unused: no similarity of binary rows needs moments


@njit(nogil=True, cache=True, error_model="numpy")
def _similarity(
    kind: int, swapped: bool, common: float, own_length: float, other_length: float, constants: Constants
) -> float:
    """Return the similarity of two binary rows from their lengths and the number of common columns."""
    own_stats, other_stats = (own_length, own_length), (other_length, other_length)
    # Tuples are twice as fast as arrays, which are reference-counted.
    return similarity_of(kind, swapped, common, common, _NO_MOMENTS, 0, own_stats, other_stats, constants)  # type: ignore[arg-type]


@njit(nogil=True, cache=True)
def _with_margin(similarity: float, constants: Constants) -> float:
    """Return a similarity plus a margin for rounding errors."""
    return similarity * 1.000001 + 1e-12 * constants.n_columns


@njit(nogil=True, cache=True, error_model="numpy")
def _is_skipped(
    kind: int,
    swapped: bool,
    common: float,
    own_length: float,
    min_length: float,
    constants: Constants,
    worst: float,
) -> bool:
    """Return whether a pair can be skipped.

    True if no row of length ``min_length`` or more with at most ``common`` common columns reaches the score ``worst``.
    """
    length = max(common, min_length)
    return _with_margin(_similarity(kind, swapped, common, own_length, length, constants), constants) < worst


@njit(nogil=True, cache=True)
def _count(
    row: int, indptr: IntArray, column_codes: CodeArray, column_indptr: IntArray, ranks: AnyArray, counts: CodeArray
) -> None:
    """Add the number of common columns of a row and the row of each rank to ``counts``."""
    for column in column_codes[indptr[row] : indptr[row + 1]]:
        for rank in ranks[column_indptr[column] : column_indptr[column + 1]]:
            counts[rank] += 1


@njit(nogil=True, cache=True)
def _touch(
    row: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    ranks: AnyArray,
    touched: Words,
    repeats: CodeArray,
) -> int:
    """Set the bit of each touched rank in ``touched``; list each further touch in ``repeats``, and return their number.

    ``repeats`` must have room for all touches and one more.
    """
    n_repeats = 0
    for column in column_codes[indptr[row] : indptr[row + 1]]:
        for rank in ranks[column_indptr[column] : column_indptr[column + 1]]:
            word, bit = np.uint64(rank) >> _WORD, _ONE << (np.uint64(rank) & _PLACE)
            repeats[n_repeats] = rank  # overwritten by the next rank unless it is listed: faster than a branch
            n_repeats += (touched[word] & bit) != 0
            touched[word] |= bit
    return n_repeats


@njit(nogil=True, cache=True)
def _count_repeats(repeats: CodeArray, counts: CodeArray, repeated: CodeArray) -> int:
    """Add the listed ranks to ``counts``; list each rank once in ``repeated``, and return the number of these."""
    n_repeated = 0
    for rank in repeats:
        repeated[n_repeated] = rank
        n_repeated += counts[rank] == 0
        counts[rank] += 1
    return n_repeated


@njit(nogil=True, cache=True, error_model="numpy")
def _select_by_strip(
    own_length: float,
    n_ranks: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    counts: CodeArray,
    keys: Keys,
) -> int:
    """Select the most similar of the first ``n_ranks`` ranks, strip by strip; return the number selected.

    Clears ``counts``.
    """
    size: Any = np.int64(0)
    worst, score = 0.0, np.empty(1, dtype=np.float32)
    for first in range(0, n_ranks, _STRIP):
        strip = counts[first : min(n_ranks, first + _STRIP)]
        max_common = np.int32(0)
        for common in strip:
            max_common = max(max_common, common)
        if max_common == 0:
            continue
        min_length = lengths[first + len(strip) - 1]
        skipped = np.int32(0)
        if _is_skipped(kind, swapped, np.float64(max_common), own_length, min_length, constants, worst):
            skipped = max_common
        for t in range(len(strip) if skipped < max_common else 0):
            common = strip[t]
            if common <= skipped:
                continue
            if _is_skipped(kind, swapped, np.float64(common), own_length, min_length, constants, worst):
                skipped = common
                continue
            score[0] = _similarity(kind, swapped, np.float64(common), own_length, lengths[first + t], constants)
            if score[0] > 0 and score[0] >= worst:
                size = put(keys, size, score, row_of_rank[first + t])
                worst = worst_of(keys, size, score)
        strip[:] = 0
    return size


@njit(nogil=True, cache=True, error_model="numpy")
def _select_single_touches(
    own_length: float,
    touched: Words,
    runs: IntArray,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    keys: Keys,
) -> int:
    """Select the most similar of the short rows with one common column, given as bits; return the number selected.

    Rows of equal length form a run of ranks in order of code and have equal similarities; shorter rows are more
    similar. Candidates therefore arrive nearly sorted, and insertion is faster than a heap.
    """
    size: Any = np.int64(0)
    score = np.zeros(1, dtype=np.float32)
    for run in range(len(runs) - 2, -1, -1):
        first, last = runs[run], runs[run + 1] - 1
        similarity = _similarity(kind, swapped, 1.0, own_length, lengths[first], constants)
        if similarity <= 0 or (size == len(keys) and _with_margin(similarity, constants) < score_of(keys[-1], score)):
            break
        score[0] = similarity
        full = False
        for word in range(first >> 6, (last >> 6) + 1):
            bits = touched[word] & _bits_between(first - 64 * word, last - 64 * word)
            while bits != 0 and not full:
                # The argument of count_ones has the ones below the lowest bit.
                code = row_of_rank[64 * word + np.int64(count_ones((bits & (~bits + _ONE)) - _ONE))]
                bits &= bits - _ONE
                key = key_of(score, code)
                full = size == len(keys) and key < keys[-1]
                if not full:
                    size = _insert(keys, size, key)
            if full:
                break
    for t in range(size // 2):
        keys[t], keys[size - 1 - t] = keys[size - 1 - t], keys[t]
    return size


@njit(nogil=True, cache=True)
def _insert(keys: Keys, size: int, key: np.uint64) -> int:
    """Insert a key into the descending keys, drop the last if they are full, and return the new size."""
    place = min(size, len(keys) - 1)
    while place > 0 and keys[place - 1] < key:
        keys[place] = keys[place - 1]
        place -= 1
    keys[place] = key
    return min(size + 1, len(keys))


@njit(nogil=True, cache=True, error_model="numpy")
def _select_repeated(
    own_length: float,
    repeated: CodeArray,
    n_long: int,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    counts: CodeArray,
    skipped: IntArray,
    keys: Keys,
    size: int,
) -> int:
    """Offer the ranks that are listed in ``repeated`` to the heap, clear their counts, and return the new size.

    If a row is skipped, all longer rows with the same number of common columns can be skipped too. ``skipped`` holds
    the last skipped rank for each number of common columns.
    """
    score = np.empty(1, dtype=np.float32)
    worst = worst_of(keys, size, score)
    skipped[:] = -1
    # Backwards: each column ends with its short rows, which are more similar.
    for t in range(len(repeated) - 1, -1, -1):
        rank = repeated[t]
        if counts[rank] == 0:
            continue  # the query itself
        common = counts[rank] + (rank >= n_long)
        counts[rank] = 0
        if common < _N_SKIPPED and rank <= skipped[common]:
            continue
        similarity = _similarity(kind, swapped, np.float64(common), own_length, lengths[rank], constants)
        score[0] = similarity
        if score[0] < worst:
            if common < _N_SKIPPED and _with_margin(similarity, constants) < worst:
                skipped[common] = rank
        elif score[0] > 0:
            size = put(keys, size, score, row_of_rank[rank])
            worst = worst_of(keys, size, score)
    return size


@njit(nogil=True, cache=True, error_model="numpy")
def _write_required(
    min_length: float,
    row_of_rank: IntArray,
    lengths: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    nearest_scores: FloatArray,
    long_keys: Keys,
    long_counts: CodeArray,
    required: CodeArray,
) -> None:
    """Write the fewest common columns that may let a row of length ``min_length`` or more enter a long row's list."""
    score = np.empty(1, dtype=np.float32)
    for rank in range(len(required)):
        worst = max(nearest_scores[row_of_rank[rank], -1], worst_of(long_keys[rank], long_counts[rank], score))
        low, high = 1, int(lengths[rank]) + 1
        while low < high:
            middle = (low + high) // 2
            if _is_skipped(kind, swapped, np.float64(middle), lengths[rank], min_length, constants, worst):
                low = middle + 1
            else:
                high = middle
        required[rank] = low


@njit(nogil=True, cache=True)
def _bits_between(first: int, last: int) -> np.uint64:
    """Return a word with the bits ``first`` to ``last`` set, clipped to 0 … 63."""
    from_first = _ALL << np.uint64(max(0, first))
    return from_first & (_ALL >> np.uint64(63 - min(63, last)))


@njit(nogil=True, cache=True)
def _runs(lengths: FloatArray, first: int) -> IntArray:
    """Return the starts of the runs of equal positive lengths, from rank ``first`` on, and the end of the last run."""
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
    """Return ``n_bits`` bits, of which the first n are set."""
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
    constants: Constants,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Find the k most similar long rows of each long row.

    Parameters
    ----------
    start, stop : int
        Range of the ranks.
    row_of_rank : (n_rows,) int64 array
        The row of each rank; long rows first, then short rows.
    lengths : (n_rows,) float64 array
        The length of the row of each rank, descending.
    indptr, column_codes : (n_rows + 1,) int64 and (n,) int32 arrays
        The matrix, compressed by row.
    column_indptr, ends, ranks : (n_columns + 1,) int64, (n_columns,) int64 and (n,) unsigned arrays
        The matrix, compressed by column, with ascending ranks. The cells from the start of a column to ``ends`` are
        cells of long rows in a column without bits.
    common : (n_long, n_long) int32 array
        Input: the counts of common columns in the columns with bits, from `bit_rows.common_ones`. Work array: rows
        ``start`` to ``stop`` are cleared.
    kind, constants, swapped, nearest_codes, nearest_scores, nearest_counts
        See `similarity.nearest_rows`. Output for the rows of the ranks ``start`` to ``stop``.
    """
    keys = np.empty(nearest_codes.shape[1], dtype=np.uint64)
    for rank in range(start, stop):
        row, counts = row_of_rank[rank], common[rank]
        for column in column_codes[indptr[row] : indptr[row + 1]]:
            for other in ranks[column_indptr[column] : ends[column]]:
                counts[other] += 1
        counts[rank] = 0
        size = _select_by_strip(
            lengths[rank], len(common), row_of_rank, lengths, kind, constants, swapped, counts, keys
        )
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
    constants: Constants,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
    long_keys: Keys,
    long_counts: CodeArray,
) -> None:
    """Find the k most similar rows of each short row, and collect the short rows near each long row.

    Call it after `nearest_of_long`; `merge_long` then merges the collected rows.

    Parameters
    ----------
    start, stop : int
        Range of the short rows: the rank minus the number of long rows.
    costs : (n_short,) float64 array
        Number of touches of each short row, see `similarity.query_costs`.
    long_keys, long_counts : (n_long, k) uint64 and (n_long,) int32 arrays
        Updated in place: heaps of the short rows near each long row, and their sizes. No other thread may use them.
    row_of_rank, lengths, indptr, column_codes, column_indptr, ranks, kind, constants, swapped, nearest_codes, \
    nearest_scores, nearest_counts
        See `nearest_of_long`.
    """
    n_rows, n_long, k = len(row_of_rank), len(long_counts), nearest_codes.shape[1]
    counts, repeated = np.zeros(n_rows, dtype=np.int32), np.empty(n_rows + 1, dtype=np.int32)
    long_bits, repeats = _first_bits(n_long, n_rows), np.empty(int(_LISTED_SHARE * n_rows) + 2, dtype=np.int32)
    touched, skipped, runs = long_bits.copy(), np.empty(_N_SKIPPED, dtype=np.int64), _runs(lengths, n_long)
    keys, required = np.empty(k, dtype=np.uint64), np.empty(n_long, dtype=np.int32)
    score = np.empty(1, dtype=np.float32)
    for short in range(start, stop):
        rank = n_long + short
        row, own_length = row_of_rank[rank], lengths[rank]
        if (short - start) % _UPDATE_PERIOD == 0:
            last = min(stop, short + _UPDATE_PERIOD) - 1
            _write_required(
                lengths[n_long + last], row_of_rank, lengths, kind, constants, swapped,
                nearest_scores, long_keys, long_counts, required,
            )  # fmt: skip
        listed = costs[short] < _LISTED_SHARE * n_rows
        n_repeated = n_long
        if listed:
            n_repeats = _touch(row, indptr, column_codes, column_indptr, ranks, touched, repeats)
            n_repeated = _count_repeats(repeats[:n_repeats], counts, repeated)
        else:
            _count(row, indptr, column_codes, column_indptr, ranks, counts)
        counts[rank] = 0
        for t in range(n_repeated):
            other = repeated[t] if listed else t
            if other < n_long and counts[other] >= required[other]:
                score[0] = _similarity(kind, swapped, np.float64(counts[other]), lengths[other], own_length, constants)
                if score[0] > 0 and score[0] >= nearest_scores[row_of_rank[other], k - 1]:
                    long_counts[other] = put(long_keys[other], long_counts[other], score, row)
        if listed:
            formula = row_of_rank, lengths, kind, constants, swapped
            for other in repeated[:n_repeated]:
                touched[other >> 6] &= ~(_ONE << np.uint64(other & 63))
            touched[rank >> 6] &= ~(_ONE << np.uint64(rank & 63))
            size = _select_single_touches(own_length, touched, runs, *formula, keys)
            size = _select_repeated(own_length, repeated[:n_repeated], n_long, *formula, counts, skipped, keys, size)
            for word in range(len(touched)):
                touched[word] = long_bits[word]
        else:
            size = _select_by_strip(own_length, n_rows, row_of_rank, lengths, kind, constants, swapped, counts, keys)
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
    """Merge the neighbours that one thread collected for the long rows into their lists.

    Parameters
    ----------
    start, stop : int
        Range of the long rows, by rank.
    row_of_rank, long_keys, long_counts, nearest_codes, nearest_scores, nearest_counts
        See `nearest_of_short`. The lists of the long rows are updated in place and stay best first.
    """
    score = np.empty(1, dtype=np.float32)
    for rank in range(start, stop):
        row, keys, size = row_of_rank[rank], long_keys[rank], long_counts[rank]
        for t in range(nearest_counts[row]):
            score[0] = nearest_scores[row, t]
            size = put(keys, size, score, nearest_codes[row, t])
        write_best(keys, size, nearest_codes[row], nearest_scores[row])
        nearest_counts[row] = size
