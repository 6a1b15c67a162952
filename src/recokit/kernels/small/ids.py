"""The results of `kernels.ids` by NumPy."""

import numpy as np

from recokit.kernels._typing import BoolArray, CodeArray, IntArray

__all__ = ["hash_codes", "mark_present", "table_codes"]


def mark_present(ids: IntArray, lowest: int, present: BoolArray) -> None:
    """Do as `kernels.ids.mark_present`."""
    present[ids - lowest] = True


def table_codes(ids: IntArray, lowest: int, table: CodeArray, codes: CodeArray) -> None:
    """Do as `kernels.ids.table_codes`."""
    inside = (ids >= lowest) & (ids <= lowest + (len(table) - 1))
    codes[:] = -1
    codes[inside] = table[ids[inside] - lowest]


def hash_codes(ids: IntArray, codes: CodeArray, multiplier: np.uint64) -> IntArray:
    """Do as `kernels.ids.hash_codes`."""
    uniques, firsts, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order))
    codes[:] = ranks[inverse]
    return uniques[order]
