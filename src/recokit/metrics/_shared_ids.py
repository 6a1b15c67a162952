"""Factorising arrays of objects in which few objects fill many cells."""

from typing import Any

import numpy as np

from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.interactions import IdIndex
from recokit.kernels.ids import hash_codes

__all__ = ["factorize"]


class _Addresses:
    """The memory of an array of objects, seen as the integers it consists of."""

    def __init__(self, objects: AnyArray) -> None:
        self._objects = objects  # keeps the memory
        pointer = np.dtype(np.intp).str
        self.__array_interface__ = {**objects.__array_interface__, "typestr": pointer, "descr": [("", pointer)]}


def factorize(ids: Any, name: str) -> tuple[IdIndex, CodeArray]:
    """Return what `IdIndex.factorize` returns, looking each object up once rather than each cell.

    Lists taken from an `IdIndex` hold the same string in all cells of an item: 10 million cells take a third of the
    time. Equal ids that are different objects are found to be equal by `IdIndex.factorize`.
    """
    if not isinstance(ids, np.ndarray) or ids.dtype != np.dtype(object):
        return IdIndex.factorize(ids, name)
    addresses: IntArray = np.asarray(_Addresses(ids)).astype(np.int64, copy=False)
    object_codes = np.empty(len(ids), dtype=np.int32)
    n_objects = len(hash_codes(addresses, object_codes))
    cells = np.empty(n_objects, dtype=np.int64)
    cells[object_codes] = np.arange(len(ids))  # any cell that holds the object
    index, codes = IdIndex.factorize(ids[cells], name)
    return index, codes[object_codes]
