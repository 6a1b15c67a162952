"""The grid of rating blocks for conflict-free parallel gradient descent."""

from recokit.kernels._compiling import njit
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
    """Count the ratings in each cell (strip of users, block of items) of the grid.

    Parameters
    ----------
    start, stop : int
        Range of the strips of users.
    strip_starts : (n_strips + 1,) int64 array
        First position of each strip in ``user_order``, and the end of the last strip.
    user_order : (n_users,) int32 array
        The users, strip by strip.
    indptr, item_codes : (n_users + 1,) int64 and (n_ratings,) int32 arrays
        The ratings, compressed by user.
    item_blocks : (n_items,) int32 array
        The block of each item.
    counts : (n_strips, n_item_blocks) int64 array
        Output: the rows ``start`` to ``stop``.
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
    """Write the ratings of each strip to their cells, and shuffle each cell.

    Parameters
    ----------
    start, stop, strip_starts, user_order, indptr, item_codes, item_blocks
        See `count_cells`.
    values : (n_ratings,) float32 array
        The ratings, aligned with ``item_codes``.
    item_rows : (n_items,) int32 array
        The number that denotes each item in ``cell_items``.
    cell_starts, counts : (n_strips, n_item_blocks) int64 arrays
        The first position and the number of ratings of each cell.
    seeds : (n_strips, n_item_blocks) int64 array
        The seed of each cell, from 1 to 2³² − 1.
    cell_users, cell_items, cell_values : (n_ratings,) int32, int32, float32 arrays
        Output: the ratings in the cells of the strips. ``cell_users`` holds positions in ``user_order``.
    """
    n_blocks = cell_starts.shape[1]
    for strip in range(start, stop):
        next_places = cell_starts[strip].copy()
        for position in range(strip_starts[strip], strip_starts[strip + 1]):
            user = user_order[position]
            for k in range(indptr[user], indptr[user + 1]):
                item = item_codes[k]
                place = next_places[item_blocks[item]]
                next_places[item_blocks[item]] += 1
                cell_users[place], cell_items[place], cell_values[place] = position, item_rows[item], values[k]
        for block in range(n_blocks):
            first, n_ratings = cell_starts[strip, block], counts[strip, block]
            _shuffle(first, n_ratings, seeds[strip, block], cell_users, cell_items, cell_values)


@njit(nogil=True, cache=True)
def _shuffle(first: int, n_ratings: int, state: int, users: CodeArray, items: CodeArray, values: FloatArray) -> None:
    """Shuffle a range of three arrays with one permutation (Fisher–Yates with Marsaglia's 32-bit xorshift)."""
    for last in range(n_ratings - 1, 0, -1):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        # The high half of the product is uniform to within 2^-32, without a division.
        a, b = first + last, first + ((state * (last + 1)) >> 32)
        users[a], users[b] = users[b], users[a]
        items[a], items[b] = items[b], items[a]
        values[a], values[b] = values[b], values[a]
