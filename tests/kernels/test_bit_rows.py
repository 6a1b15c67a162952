import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit._runtime.threads import Runner
from recokit.kernels import bit_rows as kernel


def bits_of(matrix):
    """Return the bit rows of a dense binary matrix."""
    columns, rows = np.nonzero(matrix.T)
    indptr = np.searchsorted(columns, np.arange(matrix.shape[1] + 1)).astype(np.int64)
    bits = np.zeros((len(matrix), -(-matrix.shape[1] // 64)), dtype=np.uint64)
    bit_columns = np.arange(matrix.shape[1], dtype=np.int64)
    kernel.fill_bit_rows(bit_columns, indptr, np.diff(indptr), rows.astype(np.uint16), bits)
    return bits


def binary_matrices(n_columns):
    shapes = st.tuples(st.integers(1, 40), n_columns)
    return shapes.flatmap(lambda shape: arrays(np.int32, shape, elements=st.integers(0, 1)))


@given(binary_matrices(st.sampled_from([1, 3, 64, 65, 130])))
def test_common_ones_equal_the_product_of_the_matrix_with_its_transpose(matrix):
    common = np.zeros((len(matrix), len(matrix)), dtype=np.int32)
    kernel.common_ones(0, -(-len(matrix) // kernel.BLOCK), bits_of(matrix), common)
    assert_array_equal(common, matrix @ matrix.T)


def test_common_ones_are_summed_over_chunks_of_words():
    matrix = np.random.default_rng(0).integers(0, 2, (3, 64 * 130), dtype=np.int32)
    common = np.zeros((3, 3), dtype=np.int32)
    kernel.common_ones(0, 1, bits_of(matrix), common)
    assert_array_equal(common, matrix @ matrix.T)


def test_counts_do_not_depend_on_the_number_of_threads():
    matrix = np.random.default_rng(0).integers(0, 2, (70, 100), dtype=np.int32)
    common = np.zeros((70, 70), dtype=np.int32)
    Runner(3).rows(kernel.common_ones, -(-70 // kernel.BLOCK), (bits_of(matrix), common), min_cost=0)
    assert_array_equal(common, matrix @ matrix.T)


def test_bits_are_set_only_for_the_given_columns_and_leading_cells():
    bits = np.zeros((2, 1), dtype=np.uint64)
    indptr, rows = np.array([0, 2, 3, 5]), np.array([0, 1, 1, 0, 5], dtype=np.uint16)
    kernel.fill_bit_rows(np.array([2, 0]), indptr, np.array([2, 1, 1]), rows, bits)
    assert bits.tolist() == [[0b11], [0b10]]
