"""Read columns from frames and write frames, for pandas, Polars and PyArrow."""

from collections.abc import Iterable, Iterator, KeysView, Mapping, Set
from decimal import Decimal
from typing import Any, Literal, get_args

import narwhals as nw
import numpy as np

from recokit.exceptions import DataError, first_few

__all__ = [
    "Backend",
    "column",
    "column_names",
    "columns",
    "holds_collections",
    "is_frame",
    "is_missing",
    "is_pandas",
    "is_table",
    "labelled_mapping",
    "plain",
    "refuse_unordered",
    "to_frame",
]

Backend = Literal["pandas", "polars", "pyarrow"]

_BACKENDS = get_args(Backend)
_NO_FRAMES = (list, tuple, dict, str, np.ndarray)


def is_frame(data: Any) -> bool:
    """Return whether narwhals can read the data as a frame.

    Examples
    --------
    >>> is_frame([[1, 2]])
    False
    """
    if isinstance(data, _NO_FRAMES):  # narwhals takes tens of microseconds, much of the time of a request
        return False
    frame = nw.from_native(_as_table(data), pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        raise DataError(f"expected a frame in memory, got a {type(data).__name__}; call collect() first")
    return isinstance(frame, nw.DataFrame)


def _as_table(data: Any) -> Any:
    """Return a record batch of PyArrow as a table, since narwhals does not read it; refuse repeated names of columns.

    Other data are returned unchanged.
    """
    if type(data).__module__.partition(".")[0] == "pyarrow" and type(data).__name__ == "RecordBatch":
        import pyarrow as pa

        data = pa.Table.from_batches([data])
    if is_pandas(data) and hasattr(data, "columns") and not data.columns.is_unique:
        repeated = data.columns[data.columns.duplicated()].unique()
        raise DataError(
            f"columns of the frame have the same name: {first_few(repeated)}; rename or drop them, such as "
            "frame.loc[:, ~frame.columns.duplicated()]"
        )
    return data


def is_table(data: Any) -> bool:
    """Return whether the data are a mapping of columns that include user_id and item_id.

    Examples
    --------
    >>> is_table({"user_id": [1, 2], "item_id": ["tea", "cup"]}), is_table({"ann": ["tea"]})
    (True, False)
    """
    return isinstance(data, Mapping) and "user_id" in data and "item_id" in data


def is_pandas(data: Any) -> bool:
    """Return whether the data are an object of pandas."""
    return type(data).__module__.partition(".")[0] == "pandas"


def labelled_mapping(data: Any) -> Any:
    """Return a pandas Series as a mapping of its index to its values, and other data unchanged.

    Raises
    ------
    DataError
        A label of the index is duplicated.
    """
    if not is_pandas(data) or hasattr(data, "columns") or not hasattr(data, "to_dict"):
        return data
    if not data.index.is_unique:
        raise DataError(
            f"the index of the Series has duplicates, such as {first_few(data.index[data.index.duplicated()][:1])}; "
            "group by it first, such as frame.groupby('user_id')['item_id'].agg(list)"
        )
    return data.to_dict()


def holds_collections(data: Any) -> bool:
    """Return whether a pandas Series holds collections of ids, as ``groupby(…).agg(list)`` returns them."""
    values = getattr(data, "array", ())
    return len(values) > 0 and all(isinstance(value, list | tuple | Set | Mapping | np.ndarray) for value in values)


class _ObjectColumn:
    """A column of text or other objects: a sequence that converts one slice at a time to Python objects."""

    dtype = object

    def __init__(self, series: Any) -> None:
        self._series = series

    def __len__(self) -> int:
        return len(self._series)

    def __getitem__(self, rows: slice) -> list[Any]:
        # explicit bounds, because some versions of narwhals require them
        values: list[Any] = self._series[slice(*rows.indices(len(self)))].to_list()
        return values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._series.to_list())


def _from_series(series: nw.Series[Any]) -> Any:
    is_number = series.dtype.is_numeric() or isinstance(series.dtype, nw.Datetime | nw.Date)
    # If a column has nulls, NumPy would turn its integers into floats, which round ids above 2^53.
    if not is_number or (series.dtype.is_integer() and series.null_count() > 0):
        return _ObjectColumn(series)
    try:
        return series.to_numpy()
    except Exception:  # NumPy has no such type, such as integers of 128 bits
        return _ObjectColumn(series)


def plain(values: Any, name: str) -> Any:
    """Return a column in any form as a NumPy array, a list, or a sequence of objects.

    Parameters
    ----------
    values : array-like, series of any library, or iterable
        A column.
    name : str
        Name of the column in error messages.

    Raises
    ------
    DataError
        The values are not a sequence.

    Examples
    --------
    >>> plain(range(3), "price")
    [0, 1, 2]
    """
    if isinstance(values, np.ma.MaskedArray):
        unmasked = np.ma.getdata(values).astype(object)
        unmasked[np.ma.getmaskarray(values)] = None
        return unmasked
    if isinstance(values, np.ndarray | list | _ObjectColumn):
        return values
    if hasattr(values, "tocsr"):
        raise DataError(f"{name}: expected a sequence, got a sparse matrix of shape {values.shape}")
    series = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _from_series(series)
    if hasattr(values, "__array__"):
        return np.asarray(values)
    if not isinstance(values, Iterable):
        raise DataError(f"{name}: expected a sequence, got {values!r}")
    return list(values)


def refuse_unordered(column: Any, name: str) -> None:
    """Refuse sets, mappings, of which only the keys would be read, and bytes, which are read as numbers."""
    if isinstance(column, Set) and not isinstance(column, KeysView):
        raise DataError(f"{name}: expected a sequence, got a set, whose order is not defined")
    if isinstance(column, Mapping):
        raise DataError(f"{name}: expected a sequence, got the mapping {column!r:.60}; pass list(mapping.values())")
    if isinstance(column, bytes):
        raise DataError(f"{name}: expected a sequence, got {column!r:.60}")


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("")
    (True, False)
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float | np.floating | np.datetime64 | np.timedelta64 | Decimal) and value != value)


def column(frame: Any, name: str) -> Any:
    """Return a column of a frame or of a mapping: a NumPy array of numbers or times, or a sequence of objects.

    Parameters
    ----------
    frame : frame or mapping
        A frame that narwhals can read, or a mapping of column names to array-likes.
    name : str
        Name of the column.

    Raises
    ------
    DataError
        The frame has no such column.

    Examples
    --------
    >>> column({"price": [3, 4]}, "price")
    [3, 4]
    """
    if isinstance(frame, Mapping):
        names = list(frame)
    elif is_frame(frame):
        frame = nw.from_native(_as_table(frame), eager_only=True)
        names = frame.columns
    else:
        is_rows = isinstance(frame, list | tuple | np.ndarray)
        raise DataError(
            f"expected a frame or a mapping of columns, got {type(frame).__name__}"
            + ("; make a frame of the rows first, such as with pandas.DataFrame(rows)" if is_rows else "")
        )
    if name not in names:
        raise DataError(f"no column {name!r}; the columns are {first_few(names)}")
    if isinstance(frame, Mapping):
        refuse_unordered(frame[name], name)
        return plain(frame[name], name)
    return _from_series(frame.get_column(name))


def column_names(frame: Any) -> list[str]:
    """Return the names of the columns of a frame or a mapping."""
    if isinstance(frame, Mapping):
        return list(frame)
    return nw.from_native(_as_table(frame), eager_only=True).columns if is_frame(frame) else []


def columns(frame: Any) -> dict[str, Any]:
    """Return all columns of a frame or a mapping by name, in order, each as `column` returns it."""
    if isinstance(frame, Mapping):
        return {name: plain(values, name) for name, values in frame.items()}
    return {
        series.name: _from_series(series) for series in nw.from_native(_as_table(frame), eager_only=True).iter_columns()
    }


def to_frame(columns: Mapping[str, Any], backend: Backend) -> Any:
    """Return columns as a frame of the given library, which must be installed.

    Raises
    ------
    ValueError
        The backend is not ``"pandas"``, ``"polars"`` or ``"pyarrow"``.
    DataError
        The library cannot hold a column, such as one of integers and text.
    """
    if backend not in _BACKENDS:
        raise ValueError(f"backend={backend!r}: expected one of {', '.join(_BACKENDS)}")
    portable = {name: _portable(values) for name, values in columns.items()}
    try:
        return nw.from_dict(portable, backend=backend).to_native()
    except (TypeError, ValueError, OverflowError) as error:  # ArrowInvalid is a ValueError
        objects = {name: values for name, values in portable.items() if isinstance(values, list)}
        failed = next((name for name in objects if not _is_accepted(objects[name], backend)), None)
        if failed is None:
            raise
        raise _refused_column(failed, objects[failed], backend) from error


def _is_accepted(values: list[Any], backend: Backend) -> bool:
    try:
        nw.from_dict({"values": values}, backend=backend)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _refused_column(name: str, values: list[Any], backend: Backend) -> DataError:
    examples = list({type(value): value for value in values if not is_missing(value)}.values())
    given = (
        f"values of several types, such as {first_few(examples)}"
        if len(examples) > 1
        else first_few(list({repr(v): v for v in values}.values()))
    )
    return DataError(
        f"{name}: {backend} cannot hold {given} in one column; use backend='pandas', or convert the ids to integers or "
        "text before fitting"
    )


def _portable(values: Any) -> Any:
    """Return an array in a form that all libraries accept; the time units ms, us and ns are common to all."""
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] not in ("ms", "us", "ns"):
        return values.astype("datetime64[us]")
    return values.tolist() if values.dtype == np.dtype(object) else values
