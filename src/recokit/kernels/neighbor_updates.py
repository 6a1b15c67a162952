"""Incremental update of nearest-neighbour lists after some rows have changed.

`keep_unchanged` starts new lists from the unchanged neighbours, `offer_changed` adds the changed rows, and
`finish_lists` writes the lists and marks incomplete ones.
"""

from recokit.kernels._compiling import njit
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
    """Collect the unchanged neighbours of each row.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    codes, scores, counts : (n_rows, width) int32, (n_rows, width) float32 and (n_rows,) int32 arrays
        The previous neighbours of each row, best first, and their number.
    changed : (n_rows,) bool array
        Whether each row has changed.
    keys, sizes : (n_rows, k) uint64 and (n_rows,) int32 arrays
        Output: the heap of each row and its size.
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
    """Offer changed rows to the heaps of all rows.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    changed_codes : (m,) int32 array
        The changed rows.
    similarities : (m, n_rows) float32 array
        Similarity of each row to each changed row; values ≤ 0 are skipped.
    keys, sizes
        See `keep_unchanged`; updated in place.
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
    """Write the lists, and mark lists that may lack an unchanged row that was not a neighbour before.

    An unchanged row outside the previous list is less similar than its last neighbour. The new list is therefore
    correct if it is full and its last neighbour is no worse than the previous last neighbour.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    codes, scores, counts
        See `keep_unchanged`.
    complete : (n_rows,) bool array
        Whether the previous list held all similar rows.
    keys, sizes
        The heaps after `offer_changed`; sorted in place.
    new_codes, new_scores, new_counts : (n_rows, k) int32, (n_rows, k) float32 and (n_rows,) int32 arrays
        Output: the neighbours, best first, padded with −1 and 0, and their number.
    unsure : (n_rows,) bool array
        Output: whether the list may be incorrect.
    """
    for row in range(start, stop):
        size = sizes[row]
        write_best(keys[row], size, new_codes[row], new_scores[row])
        new_counts[row] = size
        unsure[row] = not complete[row]
        if size == keys.shape[1] and not complete[row]:
            last = counts[row] - 1
            previous_key = key_of(scores[row, last : last + 1], codes[row, last])
            unsure[row] = key_of(new_scores[row, size - 1 : size], new_codes[row, size - 1]) < previous_key
