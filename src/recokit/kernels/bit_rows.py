"""Rows of a sparse matrix of ones as bits, and how many ones each two of them share: AND and population count."""

from typing import Any

import numpy as np
from numba import config, njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from recokit.kernels._typing import AnyArray, CodeArray, IntArray

__all__ = ["BLOCK", "Words", "common_ones", "count_ones", "fill_bit_rows"]

BLOCK = 16
"""Number of rows that are intersected with all others at once."""

# BLOCK rows times so many words are 16 KB, which stay in the first-level cache while all other rows pass by.
_CHUNK = 128

Words = NDArray[np.uint64]

if config.DISABLE_JIT:  # type: ignore[attr-defined]

    def count_ones(word: int) -> int:
        """Return the number of ones of a word."""
        return int(word).bit_count()

else:

    @intrinsic
    def count_ones(typing_context: Any, word: Any) -> Any:
        """Return the number of ones of a word: one instruction, and a vector of them in a loop."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.ctpop(arguments[0])

        return types.uint64(types.uint64), generate


@njit(nogil=True, cache=True)
def fill_bit_rows(
    bit_columns: IntArray, column_indptr: IntArray, n_of_columns: IntArray, row_codes: AnyArray, bits: Words
) -> None:
    """Set the bits of the first rows in some of the columns.

    Parameters
    ----------
    bit_columns : (n,) int64 array
        The columns: the first is bit 0 of each row.
    column_indptr, row_codes : (n_columns + 1,) int64 and (m,) unsigned arrays
        The matrix, compressed by column, rows in order within a column.
    n_of_columns : (n_columns,) int64 array
        How many cells of each column, from its first, are rows that have bits.
    bits : (n_bit_rows, n_words) uint64 array
        Changed.
    """
    for place in range(len(bit_columns)):
        first = column_indptr[bit_columns[place]]
        one = np.uint64(1) << np.uint64(place & 63)
        for t in range(first, first + n_of_columns[bit_columns[place]]):
            bits[row_codes[t], place >> 6] |= one


@njit(nogil=True, cache=True)
def common_ones(start: int, stop: int, bits: Words, common: CodeArray) -> None:
    """Count the ones that each two rows share; every pair is counted once.

    Parameters
    ----------
    start, stop : int
        Range of the blocks of ``BLOCK`` rows to work on.
    bits : (n_rows, n_words) uint64 array
    common : (n_rows, n_rows) int32 array
        Changed, from 0: the cells of the pairs of these rows and those after them, in both orders.
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
