"""The fixed grid of blocks of ratings in which threads can descend without meeting."""

from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["count_cells", "fill_cells"]


@njit(nogil=True, cache=True)
def count_cells(
    start: int,
    stop: int,
    strip_starts: IntArray,
    user_order: CodeArray,
    indptr: IntArray,
    item_codes: CodeArray,
    item_blocks: CodeArray,
    counts: IntArray,
) -> None:
    """Count the ratings in the cells of the strips ``start`` to ``stop``.

    Parameters
    ----------
    start, stop : int
        Strips of users.
    strip_starts : (n_strips + 1,) int64 array
        Where each strip begins in ``user_order``.
    user_order : (n_users,) int32 array
        The users, strip by strip.
    indptr, item_codes
        The ratings, compressed by user.
    item_blocks : (n_items,) int32 array
        Block of each item.
    counts : (n_strips, n_item_blocks) int64 array
        Its rows ``start`` to ``stop`` are filled.
    """
    for strip in range(start, stop):
        counts[strip] = 0
        for position in range(strip_starts[strip], strip_starts[strip + 1]):
            user = user_order[position]
            for k in range(indptr[user], indptr[user + 1]):
                counts[strip, item_blocks[item_codes[k]]] += 1


@njit(nogil=True, cache=True)
def fill_cells(
    start: int,
    stop: int,
    strip_starts: IntArray,
    user_order: CodeArray,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    item_blocks: CodeArray,
    item_rows: CodeArray,
    cell_starts: IntArray,
    counts: IntArray,
    seeds: IntArray,
    cell_users: CodeArray,
    cell_items: CodeArray,
    cell_values: FloatArray,
) -> None:
    """Put the ratings of the strips ``start`` to ``stop`` into their cells, each cell shuffled.

    Parameters
    ----------
    start, stop, strip_starts, user_order, indptr, item_codes, item_blocks
        As in `count_cells`.
    values : (n_ratings,) float32 array
        The ratings, aligned with ``item_codes``.
    item_rows : (n_items,) int32 array
        What to call each item in the cells. Users are called by their position in ``user_order``.
    cell_starts, counts : (n_strips, n_item_blocks) int64 arrays
        Where each cell begins and how many ratings it holds.
    seeds : (n_strips, n_item_blocks) int64 array
        A number from 1 to 2³² − 1 for each cell.
    cell_users, cell_items, cell_values : (n_ratings,) int32, int32, float32 arrays
        The ratings in order of cell; those of the strips' cells are filled.
    """
    n_blocks = cell_starts.shape[1]
    for strip in range(start, stop):
        free = cell_starts[strip].copy()
        for position in range(strip_starts[strip], strip_starts[strip + 1]):
            user = user_order[position]
            for k in range(indptr[user], indptr[user + 1]):
                item = item_codes[k]
                place = free[item_blocks[item]]
                free[item_blocks[item]] += 1
                cell_users[place], cell_items[place], cell_values[place] = position, item_rows[item], values[k]
        for block in range(n_blocks):
            first, number = cell_starts[strip, block], counts[strip, block]
            _shuffle(first, number, seeds[strip, block], cell_users, cell_items, cell_values)


@njit(nogil=True, cache=True)
def _shuffle(first: int, number: int, state: int, users: CodeArray, items: CodeArray, values: FloatArray) -> None:
    """Shuffle a stretch of three arrays alike (Fisher and Yates, on the numbers of Marsaglia's 32-bit xorshift)."""
    for last in range(number - 1, 0, -1):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        # The high half of the product is even to within 2^-32, without a division.
        a, b = first + last, first + ((state * (last + 1)) >> 32)
        users[a], users[b] = users[b], users[a]
        items[a], items[b] = items[b], items[a]
        values[a], values[b] = values[b], values[a]
