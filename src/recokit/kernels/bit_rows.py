"""Co-occurrence counts of binary rows stored as bits, by AND and population count."""

from typing import Any

import numpy as np
from numba import config, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, IntArray

__all__ = ["BLOCK", "Words", "common_ones", "count_ones", "fill_bit_rows"]

BLOCK = 16
"""Number of rows that are intersected with all other rows in one pass."""

# Words per chunk: BLOCK rows of a chunk take 16 KB and stay in the first-level cache during a pass.
_CHUNK = 128

Words = NDArray[np.uint64]

if config.DISABLE_JIT:  # type: ignore[attr-defined]

    def count_ones(word: int) -> int:
        """Return the number of ones of a word."""
        return int(word).bit_count()

else:

    @intrinsic
    def count_ones(typing_context: Any, word: Any) -> Any:
        """Return the number of ones of a word; compiles to one instruction, vectorized in loops."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.ctpop(arguments[0])

        return types.uint64(types.uint64), generate


@njit(nogil=True, cache=True)
def fill_bit_rows(
    bit_columns: IntArray, column_indptr: IntArray, n_first_cells: IntArray, row_codes: AnyArray, bits: Words
) -> None:
    """Set the bits of the first rows of a sparse binary matrix, for some of its columns.

    Parameters
    ----------
    bit_columns : (n,) int64 array
        The column of each bit, from bit 0 on.
    column_indptr, row_codes : (n_columns + 1,) int64 and (m,) unsigned arrays
        The matrix, compressed by column, with ascending rows in each column.
    n_first_cells : (n_columns,) int64 array
        Number of leading cells of each column that belong to the first ``n_bit_rows`` rows.
    bits : (n_bit_rows, n_words) uint64 array
        Updated in place: bits are set, none is cleared.
    """
    for place in range(len(bit_columns)):
        first = column_indptr[bit_columns[place]]
        one = np.uint64(1) << np.uint64(place & 63)
        for t in range(first, first + n_first_cells[bit_columns[place]]):
            bits[row_codes[t], place >> 6] |= one


@njit(nogil=True, cache=True)
def common_ones(start: int, stop: int, bits: Words, common: CodeArray) -> None:
    """Count the ones that each pair of rows shares: Σ_w popcount(x_w & y_w).

    Parameters
    ----------
    start, stop : int
        Range of the blocks of ``BLOCK`` rows.
    bits : (n_rows, n_words) uint64 array
    common : (n_rows, n_rows) int32 array
        Updated in place, from 0. A block fills the cells (row, other) and (other, row) for its rows and every other
        row from the row itself on.
    """
    n_rows, n_words = bits.shape
    for block in range(start, stop):
        first, end = block * BLOCK, min(n_rows, (block + 1) * BLOCK)
        for word in range(0, n_words, _CHUNK):
            last_word = min(n_words, word + _CHUNK)
            for other in range(first, n_rows):
                y = bits[other, word:last_word]
                for row in range(first, min(end, other + 1)):
                    x = bits[row, word:last_word]
                    ones = np.uint64(0)
                    for w in range(len(y)):
                        ones += count_ones(x[w] & y[w])
                    common[row, other] += np.int32(ones)
        for other in range(first, n_rows):
            for row in range(first, min(end, other)):
                common[other, row] = common[row, other]
