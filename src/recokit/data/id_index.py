"""IdIndex: the mapping between external ids and codes 0 … n − 1."""

import numbers
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain
from math import inf
from typing import Any

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data._frames import is_missing, plain
from recokit.data._id_twins import refuse_booleans, warn_of_twins
from recokit.data._stored_ids import check_ids
from recokit.exceptions import DataError, first_few
from recokit.kernels.ids import hash_codes, mark_present, table_codes
from recokit.persistence import storable

__all__ = ["IdIndex", "factorize_objects", "plain_ids"]

_CHUNK = 1 << 20  # ids converted to Python objects at a time
_MAX_CELLS_PER_ID = 8  # size limit of a lookup table of integers
_FEW = 8  # an index with at least this many ids per requested id is searched by bisection
_EXACT_BITS = 53  # floats of 64 bits hold every integer up to 2^53
_STRINGS = np.dtypes.StringDType()
# Random, so that no input can be prepared with ids that all collide; codes do not depend on it.
_MULTIPLIER = np.uint64(secrets.randbits(64) | 1)


@storable("recokit.IdIndex")
class IdIndex:
    """External ids and their codes 0 … n − 1.

    Ids are any hashable values. Integers are stored as int64, strings as NumPy's variable-width strings, and other ids
    as Python objects. An index is immutable.

    Parameters
    ----------
    ids : array-like of shape (n,)
        Distinct ids; the code of an id is its position. `from_ids` and `factorize` sort ids and accept duplicates.
    name : str
        Name of the ids in error messages.

    Raises
    ------
    DataError
        An id is missing or duplicated.

    See Also
    --------
    recokit.Interactions : Users × items with values and timestamps.

    Examples
    --------
    >>> index = IdIndex.from_ids(["tea", "cup", "tea", "pot"])
    >>> list(index)
    ['cup', 'pot', 'tea']
    >>> index.codes(["tea", "spoon"])
    array([ 2, -1], dtype=int32)
    >>> index.take([0, 2])
    array(['cup', 'tea'], dtype=object)
    >>> "pot" in index, len(index)
    (True, 3)
    >>> list(index.union(IdIndex.from_ids(["jug"])))
    ['cup', 'jug', 'pot', 'tea']
    >>> index, codes = IdIndex.factorize(["tea", "cup", "tea"])
    >>> codes.tolist()
    [1, 0, 1]
    """

    __slots__ = ("_known", "_order", "_table", "_values")

    _values: AnyArray
    _known: dict[Any, int] | None
    _order: IntArray | None
    _table: tuple[int, CodeArray] | None

    def __init__(self, ids: Iterable[Any], *, name: str = "ids") -> None:
        sorted_index, codes = IdIndex.factorize(ids, name)
        if len(codes) != len(sorted_index):
            counts = np.bincount(codes, minlength=len(sorted_index))
            repeated = sorted_index.take(np.flatnonzero(counts > 1))
            raise DataError(f"{name}: {len(repeated)} id(s) are duplicated: {first_few(repeated)}")
        positions = np.empty(len(codes), dtype=np.int64)
        positions[codes] = np.arange(len(codes))
        self._set(sorted_index._values[codes], None if np.array_equal(codes, np.arange(len(codes))) else positions)

    def _set(self, values: AnyArray, order: IntArray | None) -> None:
        """Set the ids and the order that sorts them (None for sorted ids and for objects)."""
        values.flags.writeable = False
        self._values = values
        self._order = order
        self._table = None
        is_objects = values.dtype == object
        self._known = {_unequal(key): code for code, key in enumerate(values.tolist())} if is_objects else None
        if values.dtype == np.int64 and len(values):
            lowest, highest = int(values.min()), int(values.max())
            if highest - lowest < _MAX_CELLS_PER_ID * len(values) + 1024:
                if highest - lowest + 1 == len(values) and order is None:
                    table = np.arange(len(values), dtype=np.int32)  # no temporary arrays for very wide matrices
                else:
                    table = np.full(highest - lowest + 1, -1, dtype=np.int32)
                    table[values - lowest] = np.arange(len(values), dtype=np.int32)
                self._table = (lowest, table)

    @classmethod
    def _from_sorted(cls, values: AnyArray) -> "IdIndex":
        index = cls.__new__(cls)
        index._set(values, None)
        return index

    @classmethod
    def from_range(cls, n: int) -> "IdIndex":
        """Return the index of the ids 0 … n − 1.

        Examples
        --------
        >>> IdIndex.from_range(3)
        IdIndex(n=3, ids=[0, 1, 2])
        """
        return cls._from_sorted(np.arange(n, dtype=np.int64))

    @classmethod
    def from_ids(cls, ids: Iterable[Any]) -> "IdIndex":
        """Return the index of the distinct ids, sorted; ids that cannot be compared are grouped by type."""
        return cls.factorize(ids)[0]

    @classmethod
    def factorize(cls, ids: Iterable[Any], name: str = "ids") -> tuple["IdIndex", CodeArray]:
        """Return the index of the distinct ids, sorted, and the code of each given id.

        Parameters
        ----------
        ids : array-like of shape (n,)
            Ids; duplicates are allowed.
        name : str
            Name of the ids in error messages.

        Returns
        -------
        index : IdIndex
        codes : (n,) int32 array

        Raises
        ------
        DataError
            An id is missing (None, NaN, NaT) or not hashable.
        """
        values = plain_ids(ids, name)
        if _are_integers(values):
            uniques, codes = _factorize_integers(values)
        else:
            uniques, codes = _factorize_objects(values, name)
        return cls._from_sorted(uniques), codes

    @property
    def ids(self) -> AnyArray:
        """The ids in order of code: an int64 array, or an array of objects."""
        return self._values.astype(object) if self._values.dtype == _STRINGS else self._values

    def codes(self, ids: Iterable[Any]) -> CodeArray:
        """Return the code of each id, −1 for unknown ids.

        Parameters
        ----------
        ids : array-like of shape (n,)
            Ids. An id of another type than the ids of the index is unknown.

        Returns
        -------
        (n,) int32 array
        """
        try:
            values = plain_ids(ids, "ids", missing_allowed=True)
        except OverflowError:
            values = list(ids)
        if _are_integers(values) and _are_integers(self._values):
            return self._integer_codes(values)
        keys = values.tolist() if isinstance(values, np.ndarray) else values
        if _are_integers(self._values):
            _refuse_inexact(_each(keys), "ids")
        known = self._known
        if known is None and _FEW * len(keys) <= len(self):
            return np.fromiter(map(self._code_of, _each(keys)), dtype=np.int32, count=len(keys))
        if known is None:
            known = dict(zip(self, range(len(self)), strict=True))
        return np.fromiter((_get(known, key) for key in _each(keys)), dtype=np.int32, count=len(keys))

    def _code_of(self, key: Any) -> int:
        """Return the code of one key by bisection."""
        if not isinstance(key, str if self._values.dtype == _STRINGS else int | float | np.number):
            return -1
        if isinstance(key, bool):
            return -1
        order, values = self._order, self._values

        def ranked(rank: int) -> Any:
            return values[rank if order is None else order[rank]]

        rank = bisect_left(range(len(values)), key, key=ranked)
        if rank == len(values) or ranked(rank) != key:
            return -1
        return rank if order is None else int(order[rank])

    def _integer_codes(self, ids: IntArray) -> CodeArray:
        codes = np.full(len(ids), -1, dtype=np.int32)
        if self._table is not None:
            chosen(table_codes, len(ids))(ids, *self._table, codes)
        elif len(self):
            ranked = self._values if self._order is None else self._values[self._order]
            places = np.minimum(np.searchsorted(ranked, ids), len(ranked) - 1)
            found = ranked[places] == ids
            codes[found] = (places if self._order is None else self._order[places])[found]
        return codes

    def take(self, codes: Any) -> AnyArray:
        """Return the ids of codes, in the shape of the codes.

        Parameters
        ----------
        codes : integer array of any shape
            Codes 0 … n − 1.

        Returns
        -------
        int64 array, or array of objects
        """
        codes = np.asarray(codes)
        taken: AnyArray
        if self._values.dtype != _STRINGS:
            taken = self._values[codes]
            return taken
        distinct, places = np.unique(codes, return_inverse=True)  # one Python string per id, not per cell
        taken = self._values[distinct].astype(object)[places].reshape(codes.shape)
        return taken

    def select(self, codes: AnyArray) -> "IdIndex":
        """Return the index of some of the ids, in the same order.

        Parameters
        ----------
        codes : (n,) integer array
            Distinct codes, ascending.

        Examples
        --------
        >>> IdIndex.from_ids(["cup", "pot", "tea"]).select([0, 2])
        IdIndex(n=2, ids=['cup', 'tea'])
        """
        codes = np.asarray(codes, dtype=np.int64)
        if self._order is None:
            return IdIndex._from_sorted(self._values[codes])
        places = np.full(len(self), -1, dtype=np.int64)
        places[codes] = np.arange(len(codes))
        order, index = places[self._order], IdIndex.__new__(IdIndex)
        index._set(self._values[codes], order[order >= 0])
        return index

    def union(self, other: "IdIndex") -> "IdIndex":
        """Return the index of the ids of both indices, sorted as in `from_ids`."""
        if _are_integers(self._values) and _are_integers(other._values):
            return IdIndex._from_sorted(np.union1d(self._values, other._values))
        return IdIndex.from_ids([*self, *other])

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(_chunks(self._values))

    def __contains__(self, key: object) -> bool:
        return bool(self.codes([key])[0] >= 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdIndex):
            return NotImplemented
        same_kind = self._values.dtype == other._values.dtype and len(self) == len(other)
        return same_kind and bool(np.array_equal(self._values, other._values))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"IdIndex(n={len(self)}, ids=[{first_few(self)}])"

    def _to_state(self) -> dict[str, Any]:
        return {"values": self._values, "order": self._order}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "IdIndex":
        check_ids(state)
        index = cls.__new__(cls)
        index._set(state["values"], state["order"])
        return index

    def __getstate__(self) -> tuple[AnyArray, IntArray | None]:
        return self._values, self._order

    def __setstate__(self, state: tuple[AnyArray, IntArray | None]) -> None:
        self._set(*state)


def _get(known: dict[Any, int], key: Any) -> int:
    try:
        return known.get(_unequal(key), -1)
    except TypeError:  # an unhashable value is not an id
        return -1


def _unequal(key: Any) -> Any:
    """Return a key of the dictionary of ids: True equals 1 in Python, and is another id."""
    return ("boolean", bool(key)) if isinstance(key, bool | np.bool_) else key


def _chunks(values: Any) -> Iterator[list[Any]]:
    """Yield the values as lists of Python objects, a chunk at a time."""
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK]
        yield chunk if isinstance(chunk, list) else chunk.tolist() if hasattr(chunk, "tolist") else list(chunk)


def _each(values: Any) -> Iterator[Any]:
    return chain.from_iterable(_chunks(values))


def _are_integers(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == np.int64


def plain_ids(ids: Iterable[Any], name: str, missing_allowed: bool = False) -> Any:
    """Return whole numbers as int64, and other ids as a sequence of Python objects."""
    if isinstance(ids, IdIndex):
        ids = ids.ids
    if isinstance(ids, str | bytes):
        raise DataError(f"{name}: expected a sequence of ids, got the single id {ids!r}")
    ids = plain(ids, name)
    if isinstance(ids, list):
        if ids and all(type(key) is int for key in ids) and min(ids) >= -(2**63) and max(ids) < 2**63:
            return np.array(ids, dtype=np.int64)
        if not ids or not all(isinstance(key, float | np.floating) for key in ids):
            return ids
        ids = np.array(ids)
    if not isinstance(ids, np.ndarray):  # a frame column of text or other objects
        return ids
    if ids.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {ids.shape}")
    if ids.dtype.kind == "m":
        raise DataError(f"{name}: expected ids, got durations of {ids.dtype}")
    if ids.dtype.kind == "f":
        return _plain_floats(ids, name, missing_allowed)
    if ids.dtype.kind in "mM":
        return list(ids)  # NumPy's scalars keep the unit, which tolist() drops
    if ids.dtype.kind == "i" or (ids.dtype.kind == "u" and (len(ids) == 0 or ids.max() < 2**63)):
        return np.ascontiguousarray(ids, dtype=np.int64)
    return ids


def _plain_floats(ids: AnyArray, name: str, missing_allowed: bool) -> Any:
    missing = np.flatnonzero(np.isnan(ids))
    if len(missing) and not missing_allowed:
        raise _missing_ids(name, missing)
    bits = min(np.finfo(ids.dtype).nmant + 1, _EXACT_BITS)
    sizes = np.abs(ids.astype(np.float64))
    inexact = np.flatnonzero(np.isfinite(sizes) & (sizes > 2.0**bits))
    if len(inexact):
        raise _inexact_ids(name, [ids[inexact[0]]], len(inexact), bits)
    present = ids[~np.isnan(ids)]
    if not np.all(np.isfinite(present) & (present == np.floor(present))):
        return ids.tolist()
    return [int(key) if key == key else key for key in ids.tolist()] if len(missing) else ids.astype(np.int64)


def _refuse_inexact(keys: Iterable[Any], name: str) -> None:
    """Refuse floats that stand for several integers."""
    wrong = [key for key in keys if isinstance(key, float) and 2.0**_EXACT_BITS < abs(key) < inf]
    if wrong:
        raise _inexact_ids(name, wrong, len(wrong), _EXACT_BITS)


def _inexact_ids(name: str, examples: list[Any], n: int, bits: int) -> DataError:
    return DataError(
        f"{name}: {n} id(s) are floats above 2^{bits}, which cannot hold every integer, such as "
        f"{examples[0]!r}; pass the ids as integers or text, and read columns with missing values as nullable "
        "integers (pandas Int64)"
    )


def _missing_ids(name: str, rows: IntArray) -> DataError:
    return DataError(
        f"{name}: {len(rows)} missing id(s), at rows {first_few(rows)}; remove these rows, such as with "
        f"frame.dropna(subset=[{name.rpartition(', ')[2]!r}])"
    )


def _factorize_integers(ids: IntArray) -> tuple[IntArray, CodeArray]:
    codes = np.empty(len(ids), dtype=np.int32)
    if len(ids) == 0:
        return np.empty(0, dtype=np.int64), codes
    lowest, highest = int(ids.min()), int(ids.max())
    if highest - lowest < 2 * len(ids) + 1024:
        present = np.zeros(highest - lowest + 1, dtype=np.bool_)
        chosen(mark_present, len(ids))(ids, lowest, present)
        uniques = np.flatnonzero(present) + lowest
        table = np.cumsum(present, dtype=np.int32) - np.int32(1)
        chosen(table_codes, len(ids))(ids, lowest, table, codes)
        return uniques, codes
    uniques = chosen(hash_codes, len(ids))(ids, codes, _MULTIPLIER)
    order = np.argsort(uniques)
    return uniques[order], _ranks(order)[codes]


def _ranks(order: Any) -> CodeArray:
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


class _Numbering(dict[Any, int]):
    """A dictionary that assigns consecutive numbers to new keys."""

    def __missing__(self, key: Any) -> int:
        self[key] = number = len(self)
        return number


def _factorize_objects(ids: Any, name: str) -> tuple[AnyArray, CodeArray]:
    numbering = _Numbering()
    try:
        codes = np.fromiter(map(numbering.__getitem__, _each(ids)), dtype=np.int32, count=len(ids))
    except TypeError as error:
        raise DataError(f"{name}: ids must be hashable ({error})") from None
    keys = list(numbering)
    missing = [number for number, key in enumerate(keys) if is_missing(key)]
    if missing:
        raise _missing_ids(name, np.flatnonzero(np.isin(codes, missing)))
    if 0 in numbering or 1 in numbering:
        refuse_booleans(_each(ids), name)
    _refuse_inexact(keys, name)
    warn_of_twins(keys, name)
    uniques, order = _sorted_keys(keys)
    return uniques, codes if order is None else _ranks(order)[codes]


def _sorted_keys(keys: list[Any]) -> tuple[AnyArray, Any]:
    """Return distinct keys as a compact sorted array, and the order that sorts them."""
    if all(isinstance(key, str) for key in keys):
        try:
            strings = np.array(keys, dtype=_STRINGS)
        except UnicodeEncodeError:  # UTF-8 cannot encode lone surrogates
            pass
        else:
            order = np.argsort(strings, kind="stable")
            return strings[order], order
    if all(isinstance(key, int | np.integer) and not isinstance(key, bool) for key in keys):
        try:
            integers = np.array(keys, dtype=np.int64)
        except OverflowError:
            pass
        else:
            order = np.argsort(integers)
            return integers[order], order
    objects = np.fromiter(keys, dtype=object, count=len(keys))
    positions = _sorted_positions(keys)
    return objects[positions], positions


def _sorted_positions(keys: list[Any]) -> list[int]:
    """Return the positions that sort the keys; keys that cannot be compared are grouped by type."""
    try:
        return sorted(range(len(keys)), key=keys.__getitem__)
    except TypeError:
        pass
    by_type: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        kind = "" if isinstance(key, numbers.Real) else f"{type(key).__module__}.{type(key).__qualname__}"
        by_type.setdefault(kind, []).append(position)
    order: list[int] = []
    for _, positions in sorted(by_type.items()):
        try:
            order += sorted(positions, key=keys.__getitem__)
        except TypeError:
            order += sorted(positions, key=lambda position: repr(keys[position]))
    return order


class _Addresses:
    """A view of the pointers in an array of objects as integers."""

    def __init__(self, objects: AnyArray) -> None:
        self._objects = objects  # keeps the memory alive
        pointer = np.dtype(np.intp).str
        self.__array_interface__ = {**objects.__array_interface__, "typestr": pointer, "descr": [("", pointer)]}


def factorize_objects(ids: Any, name: str) -> tuple[IdIndex, CodeArray]:
    """Return the result of `IdIndex.factorize`, with one lookup per object instead of one per cell.

    `IdIndex.take` uses one string object per item, so for its results this is three times faster at 10 million cells.
    Equal ids that are different objects get the same code.
    """
    if not isinstance(ids, np.ndarray) or ids.dtype != np.dtype(object):
        return IdIndex.factorize(ids, name)
    addresses: IntArray = np.asarray(_Addresses(ids)).astype(np.int64, copy=False)
    object_codes = np.empty(len(ids), dtype=np.int32)
    n_objects = len(chosen(hash_codes, len(ids))(addresses, object_codes, _MULTIPLIER))
    cells = np.empty(n_objects, dtype=np.int64)
    cells[object_codes] = np.arange(len(ids))  # one cell of each object
    index, codes = IdIndex.factorize(ids[cells], name)
    return index, codes[object_codes]
