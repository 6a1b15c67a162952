"""The cells of the grid hold every rating once, in an order determined by the seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.sgd_grid import count_cells, fill_cells


@st.composite
def grids(draw):
    """Draw ratings by user, with users in strips and items in blocks."""
    n_users, n_items = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    n_strips, n_blocks = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rated = rng.random((n_users, n_items)) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    users, items = np.nonzero(rated)
    indptr = np.concatenate([[0], np.cumsum(rated.sum(axis=1))]).astype(np.int64)
    values = np.arange(len(users), dtype=np.float32)
    order = rng.permutation(n_users).astype(np.int32)
    cuts = np.sort(rng.integers(0, n_users + 1, n_strips - 1))
    strip_starts = np.concatenate([[0], cuts, [n_users]]).astype(np.int64)
    blocks = rng.integers(0, n_blocks, n_items).astype(np.int32)
    seeds = rng.integers(1, 2**32, (n_strips, n_blocks))
    return (strip_starts, order, indptr, items.astype(np.int32)), values, blocks, seeds, users


def fill(grid, seeds=None):
    by_user, values, blocks, own_seeds, _ = grid
    seeds = own_seeds if seeds is None else seeds
    n_strips = len(seeds)
    counts = np.full(seeds.shape, -1, dtype=np.int64)
    for strip in range(n_strips):
        count_cells(strip, strip + 1, *by_user, blocks, counts)
    starts = (np.cumsum(counts) - counts.reshape(-1)).reshape(counts.shape)
    item_rows = 100 + np.arange(len(blocks), dtype=np.int32)
    cells = tuple(np.full(len(values), -1, dtype) for dtype in (np.int32, np.int32, np.float32))
    for strip in reversed(range(n_strips)):
        fill_cells(strip, strip + 1, *by_user, values, blocks, item_rows, starts, counts, seeds, *cells)
    return counts, starts, cells


@given(grids())
def test_every_rating_is_in_its_cell_exactly_once(grid):
    (strip_starts, order, _, items), values, blocks, seeds, users = grid
    counts, starts, cells = fill(grid)
    assert sorted(cells[2].tolist()) == values.tolist()
    strip_of = {
        user: strip for strip in range(len(seeds)) for user in order[strip_starts[strip] : strip_starts[strip + 1]]
    }
    for strip in range(counts.shape[0]):
        for block in range(counts.shape[1]):
            inside = slice(starts[strip, block], starts[strip, block] + counts[strip, block])
            for user, item, value in zip(*(cell[inside] for cell in cells), strict=True):
                code = order[user]
                assert (strip_of[code], blocks[item - 100]) == (strip, block)
                assert (users[int(value)], items[int(value)]) == (code, item - 100)


@given(grids())
def test_the_order_depends_only_on_the_seeds(grid):
    for first, second in zip(fill(grid)[2], fill(grid)[2], strict=True):
        np.testing.assert_array_equal(first, second)


def one_cell(n_items):
    by_user = np.array([0, 1]), np.zeros(1, np.int32), np.array([0, n_items]), np.arange(n_items, dtype=np.int32)
    return by_user, np.zeros(n_items, np.float32), np.zeros(n_items, np.int32), None, None


def test_all_orders_of_a_cell_are_equally_likely():
    seeds = np.random.default_rng(0).integers(1, 2**32, 2400)
    orders = [tuple(fill(one_cell(4), np.array([[seed]]))[2][1].tolist()) for seed in seeds]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    # 2,400 draws from 24 orders: χ² with 23 degrees of freedom exceeds 49.7 once in a thousand.
    assert np.sum((counts - 100) ** 2 / 100) < 49.7


@pytest.mark.parametrize("n_items", [0, 1, 2])
def test_empty_and_small_cells_are_filled(n_items):
    assert sorted(fill(one_cell(n_items), np.array([[7]]))[2][1].tolist()) == list(range(100, 100 + n_items))
