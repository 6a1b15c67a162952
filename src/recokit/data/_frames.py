"""Read columns from frames and write frames, for pandas, Polars and PyArrow."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args

import narwhals as nw
import numpy as np

from recokit.exceptions import DataError, first_few

__all__ = ["Backend", "column", "columns", "is_frame", "is_missing", "plain", "to_frame"]

Backend = Literal["pandas", "polars", "pyarrow"]

_BACKENDS = get_args(Backend)


def is_frame(data: Any) -> bool:
    """Return whether narwhals can read the data as a frame.

    Examples
    --------
    >>> is_frame([[1, 2]])
    False
    """
    return isinstance(nw.from_native(data, pass_through=True), nw.DataFrame)


class _ObjectColumn:
    """A column without numbers: a sequence that converts one slice at a time to Python objects."""

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
    return series.to_numpy() if is_number else _ObjectColumn(series)


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
    series = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _from_series(series)
    if hasattr(values, "__array__"):
        return np.asarray(values)
    if not isinstance(values, Iterable):
        raise DataError(f"{name}: expected a sequence, got {values!r}")
    return list(values)


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("")
    (True, False)
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float | np.floating | np.datetime64 | np.timedelta64) and value != value)


def column(frame: Any, name: str) -> Any:
    """Return a column of a frame or of a mapping: a NumPy array of numbers or times, or a sequence of objects.

    Parameters
    ----------
    frame : frame or mapping
        Anything narwhals reads, or a mapping of column names to array-likes.
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
    else:
        frame = nw.from_native(frame, eager_only=True)
        names = frame.columns
    if name not in names:
        raise DataError(f"no column {name!r}; the columns are {first_few(names)}")
    if isinstance(frame, Mapping):
        return plain(frame[name], name)
    return _from_series(frame.get_column(name))


def columns(frame: Any) -> dict[str, Any]:
    """Return all columns of a frame by name, in order, each as `column` returns it."""
    return {series.name: _from_series(series) for series in nw.from_native(frame, eager_only=True).iter_columns()}


def to_frame(columns: Mapping[str, Any], backend: Backend) -> Any:
    """Return columns as a frame of the given library, which must be installed.

    Raises
    ------
    ValueError
        The backend is not ``"pandas"``, ``"polars"`` or ``"pyarrow"``.
    """
    if backend not in _BACKENDS:
        raise ValueError(f"backend={backend!r}: expected one of {', '.join(_BACKENDS)}")
    return nw.from_dict({name: _portable(values) for name, values in columns.items()}, backend=backend).to_native()


def _portable(values: Any) -> Any:
    """Return an array in a form that all libraries accept; they share only the units of time below."""
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] not in ("ms", "us", "ns"):
        return values.astype("datetime64[us]")
    return values.tolist() if values.dtype == np.dtype(object) else values
