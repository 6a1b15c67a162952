import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit.kernels import bit_rows
from recokit.kernels import cooccurrence as kernel
from recokit.kernels import rows as ranks_kernel
from recokit.kernels import similarity as reference
from recokit.kernels.similarity_formulas import Constants
from recokit.neighbors.similarities import SIMILARITIES
from tests.naive import similarity as naive

KINDS = {name: similarity.kind for name, similarity in SIMILARITIES.items() if similarity.is_monotone}
SHAPES = st.tuples(st.integers(2, 9), st.integers(1, 9))
# Sparse and dense matrices, including full columns and empty rows.
MATRICES = st.one_of(
    SHAPES.flatmap(lambda shape: arrays(bool, shape)),
    SHAPES.flatmap(lambda shape: arrays(bool, shape, fill=st.just(False))),
    SHAPES.flatmap(lambda shape: arrays(bool, shape, fill=st.just(True))),
)


def compressed(matrix):
    rows, columns = np.nonzero(matrix)
    return np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int64), columns.astype(np.int32)


def constants_of(matrix, alpha=0.5, beta=0.5, shrinkage=0.0, min_common=1):
    return Constants(alpha, beta, float(matrix.shape[1]), shrinkage, float(min_common))


def empty(matrix, k):
    n = len(matrix)
    return np.full((n, k), 9, dtype=np.int32), np.full((n, k), 9, dtype=np.float32), np.full(n, 9, dtype=np.int32)


def by_rank(matrix, dtype=np.uint16):
    """Return the rows in order of length, the matrix compressed by row, and the ranks compressed by column."""
    row_of_rank = np.argsort(-matrix.sum(axis=1), kind="stable")
    (indptr, codes), column_indptr = compressed(matrix), compressed(matrix.T)[0]
    ranks = np.nonzero(matrix[row_of_rank].T)[1].astype(dtype)
    return row_of_rank, indptr, codes, column_indptr, ranks


def nearest(matrix, name, k, n_long, has_bits=None, n_parts=1, swapped=False, dtype=np.uint16, **options):
    """Return the nearest rows; the first ``n_long`` ranks are long rows, and the short rows are split into parts."""
    row_of_rank, indptr, codes, column_indptr, ranks = by_rank(matrix, dtype)
    found, formula = empty(matrix, k), (KINDS[name], constants_of(matrix, **options), swapped)
    has_bits = np.ones(matrix.shape[1], dtype=bool) if has_bits is None else has_bits
    costs = reference.query_costs(indptr, codes, column_indptr)[row_of_rank]
    args = (row_of_rank, matrix.sum(axis=1)[row_of_rank].astype(np.float64), indptr, codes, column_indptr)
    common = np.zeros((n_long, n_long), dtype=np.int32)
    numbers = ranks_kernel.cells_before(column_indptr, ranks, n_long)
    bits = np.zeros((n_long, 1), dtype=np.uint64)
    bit_rows.fill_bit_rows(np.flatnonzero(has_bits), column_indptr, numbers, ranks, bits)
    bit_rows.common_ones(0, -(-n_long // bit_rows.BLOCK), bits, common)
    ends = column_indptr[:-1] + numbers * ~has_bits
    kernel.nearest_of_long(0, n_long, *args, ends, ranks, common, *formula, *found)
    parts = np.linspace(0, len(matrix) - n_long, n_parts + 1).astype(int)
    heaps_by_part = [(np.empty((n_long, k), dtype=np.uint64), np.zeros(n_long, dtype=np.int32)) for _ in range(n_parts)]
    for start, stop, own in zip(parts, parts[1:], heaps_by_part, strict=False):
        kernel.nearest_of_short(start, stop, *args, ranks, costs[n_long:], *formula, *found, *own)
    for own in heaps_by_part:
        kernel.merge_long(0, len(own[1]), row_of_rank, *own, *found)
    return found


def nearest_reference(matrix, name, k, swapped=False, **options):
    (indptr, codes), (column_indptr, row_codes) = compressed(matrix), compressed(matrix.T)
    values, found = np.ones(len(codes), dtype=np.float32), empty(matrix, k)
    stats, own = reference.row_stats(indptr, values), np.arange(len(matrix), dtype=np.int32)
    rows, columns = (indptr, codes, values, stats, own), (column_indptr, row_codes, values, stats)
    formula = (KINDS[name], constants_of(matrix, **options), True, swapped)
    reference.nearest_rows(0, len(matrix), *rows, *columns, *formula, *found)
    return found


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data(), matrix=MATRICES)
def test_nearest_rows_equal_the_reference_kernel_bit_for_bit(name, data, matrix):
    options = {
        "alpha": data.draw(st.sampled_from([0.0, 0.3, 1.0])),
        "beta": data.draw(st.sampled_from([0.0, 0.3, 2.0])),
        "shrinkage": data.draw(st.sampled_from([0.0, 3.0])),
        "min_common": data.draw(st.integers(1, 3)),
        "swapped": data.draw(st.booleans()),
    }
    k, n_long = data.draw(st.integers(1, 8)), data.draw(st.integers(0, len(matrix)))
    has_bits, n_parts = data.draw(arrays(bool, matrix.shape[1])), data.draw(st.integers(1, 3))
    found = nearest(matrix, name, k, n_long, has_bits, n_parts, **options)
    for array, expected in zip(found, nearest_reference(matrix, name, k, **options), strict=True):
        assert_array_equal(array, expected)


@pytest.mark.parametrize("name", KINDS)
@given(matrix=MATRICES, k=st.integers(1, 8), n_long=st.integers(0, 2))
def test_nearest_rows_have_the_highest_similarities_by_formula(name, matrix, k, n_long):
    rows = np.where(matrix, 1.0, np.nan)
    codes, _, counts = nearest(matrix, name, k, n_long)
    for row, similarities in enumerate(naive.similarities(name, rows, rows)):
        best = naive.nearest(np.float32(similarities), k, own=row)[0]
        assert counts[row] == len(best)
        found = similarities[codes[row, : counts[row]]]
        np.testing.assert_allclose(found, similarities[best], rtol=1e-5)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("density", "n_long"), [(0.02, 0), (0.02, 30), (0.4, 0), (0.4, 30)])
def test_sparse_and_dense_matrices_give_the_neighbours_of_the_reference_kernel(name, density, n_long):
    rng = np.random.default_rng(0)
    matrix = rng.random((140, 60)) < density * 4 * rng.random((140, 1)) ** 2
    for dtype in (np.uint16, np.uint32):
        found = nearest(matrix, name, 5, n_long, n_parts=2, dtype=dtype)
        for array, expected in zip(found, nearest_reference(matrix, name, 5), strict=True):
            assert_array_equal(array, expected)


@given(MATRICES)
def test_ranks_ascend_within_every_column(matrix):
    row_of_rank, _, _, column_indptr, ranks = by_rank(matrix)
    for column in range(matrix.shape[1]):
        cells = ranks[column_indptr[column] : column_indptr[column + 1]]
        assert_array_equal(cells, np.flatnonzero(matrix[row_of_rank, column]))


@given(MATRICES, st.integers(0, 10))
def test_cells_before_a_rank_are_counted_by_column(matrix, rank):
    row_of_rank, _, _, column_indptr, ranks = by_rank(matrix)
    assert_array_equal(ranks_kernel.cells_before(column_indptr, ranks, rank), matrix[row_of_rank][:rank].sum(axis=0))
