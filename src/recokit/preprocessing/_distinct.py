"""Distinct values and codes of a column with missing values, and coded ids."""

import numbers
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain, count
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray
from recokit.data._frames import is_missing, plain
from recokit.data._id_twins import refuse_booleans
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError

__all__ = ["Coded", "distinct_values"]

_NUMBERS = bool | np.bool_ | numbers.Number | Decimal


class Coded(NamedTuple):
    """Ids and the code of each row.

    Attributes
    ----------
    ids : IdIndex
    codes : (n,) int32 array
        −1 for a missing id.
    """

    ids: IdIndex
    codes: CodeArray

    @classmethod
    def from_column(cls, values: Any, name: str) -> "Coded":
        """Return the sorted ids of a column and the code of each row; None, NaN and NaT have the code −1."""
        distinct, codes = distinct_values(values, name)
        if codes is None:
            return cls(*IdIndex.factorize(distinct, name))
        index, order = IdIndex.factorize(distinct, name)
        return cls(index, np.append(order, np.int32(-1))[codes])

    @classmethod
    def joined(cls, parts: "Sequence[Coded]") -> "Coded":
        """Return the rows of all parts over the union of their ids."""
        if len(parts) == 1:
            return parts[0]
        if all(part.ids._values.dtype == np.int64 for part in parts):
            every: Any = np.concatenate([part.ids._values for part in parts])
        else:
            every = list(chain.from_iterable(part.ids for part in parts))
        index, places = IdIndex.factorize(every)
        maps = np.split(places, np.cumsum([len(part.ids) for part in parts])[:-1])
        codes = [np.append(new, np.int32(-1))[part.codes] for new, part in zip(maps, parts, strict=True)]
        return cls(index, np.concatenate(codes))

    def taken(self, rows: AnyArray, keep_ids: bool) -> "Coded":
        """Return some rows, without the ids that do not occur in them unless ``keep_ids``."""
        codes = self.codes[rows]
        return Coded(self.ids, codes) if keep_ids else Coded(self.ids, codes).compact()

    def compact(self) -> "Coded":
        """Return the rows over the ids that occur in them."""
        used = np.bincount(self.codes + 1, minlength=len(self.ids) + 1)[1:] > 0
        if np.all(used):
            return self
        codes: CodeArray = np.full(len(used) + 1, -1, dtype=np.int32)
        codes[:-1][used] = np.arange(np.count_nonzero(used), dtype=np.int32)
        return Coded(IdIndex._from_sorted(self.ids._values[used]), codes[self.codes])

    def column(self, nullable: bool = False) -> Any:
        """Return the id of each row, None if it is missing; ``nullable`` makes pandas' Int64 of whole numbers."""
        if len(self.codes) == 0 or self.codes.min() >= 0:
            return self.ids.take(self.codes)
        with_none = np.empty(len(self.ids) + 1, dtype=object)
        with_none[:-1] = self.ids.ids
        column = with_none[self.codes]
        if nullable and self.ids._values.dtype == np.int64:
            import pandas

            return pandas.array(column, dtype="Int64")
        return column


def distinct_values(values: Any, name: str) -> tuple[Any, CodeArray | None]:
    """Return the distinct present values of a column, and the position of each row's value; −1 if it is missing.

    Parameters
    ----------
    values : array-like, or series of any library
    name : str
        Name of the column in error messages.

    Returns
    -------
    distinct : int64 array, or list of Python objects
    codes : (n,) int32 array, or None
        None if ``distinct`` is the column itself, which then is complete and may have repeats.

    Raises
    ------
    DataError
        The column is not a sequence, or a value is not hashable.
    """
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _of_series(series, name)
    given = plain(values, name)
    if isinstance(given, np.ndarray) and given.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {given.shape}")
    if isinstance(given, np.ndarray) and given.dtype.kind in "iu":
        return given, None
    if isinstance(given, np.ndarray) and given.dtype.kind in "fmM":
        return _of_present(given, np.isfinite(given) | np.isinf(given) if given.dtype.kind == "f" else ~np.isnat(given))
    if isinstance(given, list) and given and all(type(value) is int for value in given):
        return given, None
    return _of_objects(given.tolist() if isinstance(given, np.ndarray) else given, name)


def _of_present(values: AnyArray, present: BoolArray) -> tuple[Any, CodeArray]:
    """Return the present values, with repeats, and the position of each row among them."""
    codes = np.where(present, np.cumsum(present) - 1, -1).astype(np.int32)
    return values[present], codes


def _of_objects(values: Any, name: str) -> tuple[list[Any], CodeArray]:
    numbering: defaultdict[Any, int] = defaultdict(count().__next__)
    try:
        codes = np.fromiter(map(numbering.__getitem__, values), dtype=np.int32, count=len(values))
    except TypeError as error:
        raise DataError(f"{name}: values must be hashable ({error})") from None
    if 0 in numbering or 1 in numbering:
        refuse_booleans(values, name)
    return _without_missing(list(numbering), codes)


def _without_missing(distinct: list[Any], codes: CodeArray) -> tuple[list[Any], CodeArray]:
    present = np.array([not is_missing(value) for value in distinct], dtype=np.bool_)
    if np.all(present):
        return distinct, codes
    new = np.append(np.where(present, np.cumsum(present) - 1, -1), -1).astype(np.int32)
    return [value for value, is_present in zip(distinct, present, strict=True) if is_present], new[codes]


def _of_series(series: nw.Series[Any], name: str) -> tuple[Any, CodeArray | None]:
    if series.dtype.is_integer() or series.dtype.is_float():
        if series.dtype.is_float():
            return distinct_values(series.to_numpy(), name)
        n_missing = series.null_count()
        if n_missing == 0:
            return series.to_numpy(), None
        return _of_present(series.fill_null(0).to_numpy(), ~series.is_null().to_numpy().astype(np.bool_))
    encode = next((function for module, function in _ENCODERS.items() if _is_of(series, module)), None)
    found = None if encode is None else encode(series.to_native(), series.dtype)
    if found is not None and any(value in (0, 1) for value in found[0] if isinstance(value, _NUMBERS)):
        refuse_booleans(series.to_list(), name)
    return _of_objects(series.to_list(), name) if found is None else _without_missing(*found)


def _is_of(series: nw.Series[Any], module: str) -> bool:
    return type(series.to_native()).__module__.partition(".")[0] == module


def _encode_pandas(series: Any, dtype: Any) -> tuple[list[Any], CodeArray] | None:
    try:
        codes, distinct = series.factorize()
    except TypeError:  # unhashable values: the general path names the column
        return None
    return list(distinct), codes.astype(np.int32)


def _encode_polars(series: Any, dtype: Any) -> tuple[list[Any], CodeArray] | None:
    if not isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return None
    import polars

    categories = series if not isinstance(dtype, nw.String) else series.cast(polars.Categorical)
    physical = categories.to_physical().cast(polars.Int64).fill_null(-1).to_numpy()
    keys, rows = IdIndex.factorize(physical)
    first = np.empty(len(keys), dtype=np.int64)
    first[rows] = np.arange(len(rows))  # one row of each category: the codes of categories belong to polars
    return categories[first].to_list(), rows


def _encode_arrow(series: Any, dtype: Any) -> tuple[list[Any], CodeArray]:
    import pyarrow

    encoded = series if pyarrow.types.is_dictionary(series.type) else series.dictionary_encode()
    array = encoded.unify_dictionaries().combine_chunks()
    array = array.chunk(0) if isinstance(array, pyarrow.ChunkedArray) else array
    return array.dictionary.to_pylist(), array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)


_ENCODERS = {"pandas": _encode_pandas, "polars": _encode_polars, "pyarrow": _encode_arrow}
