"""Integer ids to codes: by a lookup table for dense ids, by a hash table otherwise."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, IntArray

__all__ = ["hash_codes", "mark_present", "table_codes"]


@njit(nogil=True, cache=True)
def mark_present(ids: IntArray, lowest: int, present: BoolArray) -> None:
    """Set ``present[id - lowest]`` for every id."""
    for k in range(len(ids)):
        present[ids[k] - lowest] = True


@njit(nogil=True, cache=True)
def table_codes(ids: IntArray, lowest: int, table: CodeArray, codes: CodeArray) -> None:
    """Write the code ``table[id - lowest]`` of each id; −1 for ids outside the table."""
    # Compare before subtracting and keep the brackets: otherwise the integers could overflow.
    highest = lowest + (len(table) - 1)
    for k in range(len(ids)):
        codes[k] = table[ids[k] - lowest] if lowest <= ids[k] <= highest else -1


@njit(nogil=True, cache=True)
def _slot(key: int, multiplier: np.uint64, shift: np.uint64) -> np.int64:
    """Return the first slot to probe for a key: the highest bits of a product (multiply-shift hashing)."""
    return np.int64((np.uint64(key) * multiplier) >> shift)


@njit(nogil=True, cache=True)
def _insert_all(uniques: IntArray, n_uniques: int, slots: CodeArray, multiplier: np.uint64, shift: np.uint64) -> None:
    """Rebuild the hash table ``slots`` with linear probing."""
    mask = len(slots) - 1
    slots[:] = -1
    for code in range(n_uniques):
        slot = _slot(uniques[code], multiplier, shift)
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = code


@njit(nogil=True, cache=True)
def hash_codes(ids: IntArray, codes: CodeArray, multiplier: np.uint64) -> IntArray:
    """Assign codes to distinct ids in order of first appearance.

    Parameters
    ----------
    ids : (n,) int64 array
        Ids.
    codes : (n,) int32 array
        Output: the code of each id, from 0.
    multiplier : uint64
        Random odd number. It decides which ids collide, and changes no result.

    Returns
    -------
    (n_uniques,) int64 array
        The distinct ids in order of code.
    """
    slots = np.full(1 << 12, -1, dtype=np.int32)
    uniques = np.empty(1 << 11, dtype=np.int64)
    n_uniques = 0
    mask, shift = len(slots) - 1, np.uint64(64 - 12)
    for k in range(len(ids)):
        slot = _slot(ids[k], multiplier, shift)
        while slots[slot] >= 0 and uniques[slots[slot]] != ids[k]:
            slot = (slot + 1) & mask
        if slots[slot] < 0:
            if n_uniques == len(uniques):  # half full: double the table
                grown = np.empty(2 * n_uniques, dtype=np.int64)
                grown[:n_uniques] = uniques
                uniques = grown
                slots = np.empty(4 * n_uniques, dtype=np.int32)
                mask, shift = len(slots) - 1, shift - np.uint64(1)
                _insert_all(uniques, n_uniques, slots, multiplier, shift)
                slot = _slot(ids[k], multiplier, shift)
                while slots[slot] >= 0:
                    slot = (slot + 1) & mask
            slots[slot] = n_uniques
            uniques[n_uniques] = ids[k]
            n_uniques += 1
        codes[k] = slots[slot]
    return uniques[:n_uniques].copy()
