"""Lists of nearest neighbours kept up to date: some rows have changed, and what others know of them with them."""

from numba import njit

from recokit.kernels._typing import BoolArray, CodeArray, FloatArray
from recokit.kernels.top_k import Keys, key_of, offer, write_best

__all__ = ["finish_lists", "keep_unchanged", "offer_changed"]


@njit(nogil=True, cache=True)
def keep_unchanged(
    start: int,
    stop: int,
    codes: CodeArray,
    scores: FloatArray,
    counts: CodeArray,
    changed: BoolArray,
    keys: Keys,
    sizes: CodeArray,
) -> None:
    """Begin with those neighbours of each row that have not changed.

    Parameters
    ----------
    start, stop : int
        Range of the rows to work on.
    codes, scores, counts : (n_rows, width) int32, (n_rows, width) float32 and (n_rows,) int32 arrays
        The neighbours of each row so far.
    changed : (n_rows,) bool array
        Which rows have changed.
    keys, sizes : (n_rows, k) uint64 and (n_rows,) int32 arrays
        Written: the best so far of each row, as `best_keys`, and how many these are.
    """
    for row in range(start, stop):
        size = 0
        for t in range(counts[row]):
            if not changed[codes[row, t]]:
                size = offer(keys[row], size, key_of(scores[row, t : t + 1], codes[row, t]))
        sizes[row] = size


@njit(nogil=True, cache=True)
def offer_changed(
    start: int,
    stop: int,
    changed_codes: CodeArray,
    similarities: FloatArray,
    keys: Keys,
    sizes: CodeArray,
) -> None:
    """Offer rows that have changed to all others.

    Parameters
    ----------
    start, stop : int
        Range of the rows to work on.
    changed_codes : (m,) int32 array
        Rows that have changed.
    similarities : (m, n_rows) float32 array
        The similarity that each of them has for each row.
    keys, sizes
        As `keep_unchanged` writes them; changed.
    """
    for t in range(len(changed_codes)):
        code = changed_codes[t]
        for row in range(start, stop):
            if similarities[t, row] > 0:
                sizes[row] = offer(keys[row], sizes[row], key_of(similarities[t, row : row + 1], code))


@njit(nogil=True, cache=True)
def finish_lists(
    start: int,
    stop: int,
    codes: CodeArray,
    scores: FloatArray,
    counts: CodeArray,
    complete: BoolArray,
    keys: Keys,
    sizes: CodeArray,
    new_codes: CodeArray,
    new_scores: FloatArray,
    new_counts: CodeArray,
    unsure: BoolArray,
) -> None:
    """Write the lists, and tell which of them may lack a row that was not among the neighbours before.

    A row that has not changed and was no neighbour is less similar than the last neighbour was. So the list is right
    where it is full again and its last neighbour is no worse than that.

    Parameters
    ----------
    start, stop : int
        Range of the rows to work on.
    codes, scores, counts
        As for `keep_unchanged`.
    complete : (n_rows,) bool array
        Whether all similar rows were neighbours.
    keys, sizes
        What `offer_changed` has left.
    new_codes, new_scores, new_counts : (n_rows, k) int32, (n_rows, k) float32 and (n_rows,) int32 arrays
        Written: the neighbours, best first; −1 and 0 beyond their number.
    unsure : (n_rows,) bool array
        Written.
    """
    for row in range(start, stop):
        size = sizes[row]
        write_best(keys[row], size, new_codes[row], new_scores[row])
        new_counts[row] = size
        unsure[row] = not complete[row]
        if size == keys.shape[1] and not complete[row]:
            last = counts[row] - 1
            before = key_of(scores[row, last : last + 1], codes[row, last])
            unsure[row] = key_of(new_scores[row, size - 1 : size], new_codes[row, size - 1]) < before
