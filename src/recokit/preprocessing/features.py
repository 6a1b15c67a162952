"""Features: a table of numbers with named columns for users or items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.text import text_table
from recokit._typing import AnyArray, FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.data.rows import read_only
from recokit.exceptions import DataError, UnknownIdError, first_few
from recokit.persistence import storable
from recokit.preprocessing._stored import check_features

__all__ = ["Feature", "Features", "Fill", "Kind", "fill_values"]

Fill = Literal["median", "mean"] | float | Mapping[str, float]
Kind = Literal["user", "item"]

_KINDS = ("user", "item")


class Feature(NamedTuple):
    """Description of a column of `Features`.

    Attributes
    ----------
    name : str
        Name of the column.
    unit : str
        Unit of the values, such as "days"; empty for pure numbers.
    family : str
        Group of related columns, such as "activity" or "category".
    meaning : str
        Definition of the values, and the cases in which they are NaN.

    See Also
    --------
    recokit.preprocessing.Features :
        Numbers that describe each user or item: ids, a matrix, and the description of each column.

    Examples
    --------
    >>> Feature("recency", unit="days", meaning="time since the last purchase").unit
    'days'
    """

    name: str
    unit: str = ""
    family: str = ""
    meaning: str = ""


@storable("recokit.Features")
class Features:
    """Numbers that describe each user or item: ids, a matrix, and the description of each column.

    The table is immutable. NumPy and scikit-learn read it as an array, so that ``model.fit(features, y)`` works;
    `FeatureLookup` is the scikit-learn transformer that returns the rows of given ids. ``recokit.persistence.save`` and
    `recokit.load` store a table.

    Parameters
    ----------
    ids : array-like of shape (n,) or IdIndex
        Distinct ids of the rows.
    values : array-like of shape (n, n_features)
        Numbers; NaN where a feature is not defined.
    columns : sequence of str or Feature
        Names or descriptions of the columns.
    kind : {"user", "item"}
        Kind of the ids.

    Attributes
    ----------
    ids : IdIndex
    values : (n, n_features) float64 array
        Read-only.
    columns : tuple of Feature
    kind : {"user", "item"}

    Raises
    ------
    DataError
        The shapes differ, an id or a name is duplicated, or a value is infinite.

    See Also
    --------
    recokit.preprocessing.user_features :
        Compute features of each user as of a moment; no event at or after the moment is used.
    recokit.preprocessing.item_features :
        Compute features of each item as of a moment; no event at or after the moment is used.
    recokit.preprocessing.Feature : Description of a column of `Features`.
    recokit.preprocessing.FeatureLookup :
        Transform ids of users or items into rows of `Features`, in a scikit-learn pipeline.

    Examples
    --------
    >>> features = Features(
    ...     ["ann", "bob"], [[3.0, 10.0], [1.0, float("nan")]], ["orders", "interval"]
    ... )
    >>> features
    Features(2 users × 2 columns: 'orders', 'interval')
    >>> features["orders"]
    array([3., 1.])
    >>> features.filled(0.0).rows(["bob", "ann"]).tolist()
    [[1.0, 0.0], [3.0, 10.0]]
    >>> features.of(["bob"]).to_frame().columns.tolist()
    ['user_id', 'orders', 'interval']
    >>> features.get_feature_names_out().tolist()
    ['orders', 'interval']
    """

    __slots__ = ("columns", "ids", "kind", "values")

    _stored_as: ClassVar[str]

    ids: IdIndex
    values: FloatArray
    columns: tuple[Feature, ...]
    kind: Kind

    def __init__(self, ids: Any, values: Any, columns: Sequence[str | Feature], *, kind: Kind = "user") -> None:
        if kind not in _KINDS:
            raise ValueError(f"kind={kind!r}: expected one of {', '.join(_KINDS)}")
        self.ids = ids if isinstance(ids, IdIndex) else IdIndex(ids, name=f"{kind} ids of the features")
        self.columns = tuple(one if isinstance(one, Feature) else Feature(str(one)) for one in columns)
        self.kind = kind
        try:
            matrix = np.array(values, dtype=np.float64, order="C", ndmin=2)
        except (TypeError, ValueError) as error:
            raise DataError(f"features: expected numbers ({error})") from None
        if matrix.shape != (len(self.ids), len(self.columns)):
            raise DataError(
                f"features: expected values of shape {self.shape} for {len(self.ids)} ids and {len(self.columns)} "
                f"columns, got {matrix.shape}"
            )
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            raise DataError(f"features: {len(repeated)} column name(s) are duplicated: {first_few(repeated)}")
        infinite = [self.names[place] for place in np.unique(np.nonzero(np.isinf(matrix))[1])]
        if infinite:
            raise DataError(f"features: infinite values in {first_few(infinite)}; use NaN for undefined values")
        self.values = read_only(matrix)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column by name."""
        return {column.name: column.unit for column in self.columns}

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.ids), len(self.columns)

    def __len__(self) -> int:
        return len(self.ids)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Features":
        return self  # immutable; scikit-learn's clone copies parameters

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Features):
            return NotImplemented
        same = self.ids == other.ids and self.columns == other.columns and self.kind == other.kind
        return same and bool(np.array_equal(self.values, other.values, equal_nan=True))

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, names: Any) -> Any:
        """Return the values of one column, or the table of several columns.

        Parameters
        ----------
        names : str, or sequence of str
            A name for an (n,) float64 array; a sequence of names for Features.

        Raises
        ------
        KeyError
            There is no such column.
        """
        if isinstance(names, str):
            return self.values[:, self._places([names])[0]]
        places = self._places(names)
        return self._with(self.values[:, places], columns=[self.columns[place] for place in places])

    def _places(self, names: Iterable[str]) -> list[int]:
        places = {name: place for place, name in enumerate(self.names)}
        wanted = list(names)
        unknown = [name for name in wanted if name not in places]
        if unknown:
            raise KeyError(f"no feature {first_few(unknown)}; the features are {', '.join(self.names)}")
        return [places[name] for name in wanted]

    def _with(self, values: AnyArray, ids: Any = None, columns: Any = None) -> "Features":
        own_ids, own_columns = (self.ids if ids is None else ids), (self.columns if columns is None else columns)
        return Features(own_ids, values, own_columns, kind=self.kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def get_feature_names_out(self, input_features: Any = None) -> AnyArray:
        """Return the names of the columns as an array of objects, as scikit-learn's transformers do."""
        return np.array(self.names, dtype=object)

    def rows(self, ids: Any, *, unknown: Literal["raise", "nan"] = "raise") -> FloatArray:
        """Return the rows of ids, which may be repeated.

        Parameters
        ----------
        ids : array-like of shape (n,)
        unknown : {"raise", "nan"}
            Unknown ids raise an error, or give rows of NaN.

        Returns
        -------
        (n, n_features) float64 array

        Raises
        ------
        UnknownIdError
            An id is unknown and ``unknown="raise"``.
        """
        if unknown not in ("raise", "nan"):
            raise ValueError(f"unknown={unknown!r}: expected 'raise' or 'nan'")
        codes = self.ids.codes(ids)
        if unknown == "raise" and np.any(codes < 0):
            given = list(ids)
            raise UnknownIdError(self.kind, [given[row] for row in np.flatnonzero(codes < 0)])
        rows: FloatArray = np.full((len(codes), len(self.columns)), np.nan)
        rows[codes >= 0] = self.values[codes[codes >= 0]]
        return rows

    def of(self, ids: Any) -> "Features":
        """Return the table of some users or items, in the given order.

        Parameters
        ----------
        ids : array-like of shape (n,)
            Distinct known ids.

        Raises
        ------
        UnknownIdError
            An id is unknown.
        """
        index = IdIndex(ids, name=f"{self.kind} ids")
        return self._with(self.rows(index.ids), ids=index)

    def filled(self, fill: Fill = "median") -> "Features":
        """Return the table with numbers in place of NaN, for models that refuse NaN.

        Parameters
        ----------
        fill : "median", "mean", float, or mapping of column names to floats
            Median or mean of the defined values of each column, 0 for a column without any; or a constant; or a
            constant for some columns, where the others keep NaN.

        Examples
        --------
        >>> Features([1, 2, 3], [[1], [3], [float("nan")]], ["orders"]).filled(
        ...     "mean"
        ... ).values.tolist()
        [[1.0], [3.0], [2.0]]
        """
        return self._with(np.where(np.isnan(self.values), fill_values(fill, self.values, self.names), self.values))

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the column ``user_id`` or ``item_id`` and the features.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns = dict(zip(self.names, np.ascontiguousarray(self.values.T), strict=True))
        return to_frame({f"{self.kind}_id": self.ids.ids, **columns}, backend)

    def _to_state(self) -> dict[str, Any]:
        return {"ids": self.ids, "values": self.values, "columns": list(map(list, self.columns)), "kind": self.kind}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "Features":
        check_features(state)
        return cls(state["ids"], state["values"], [Feature(*parts) for parts in state["columns"]], kind=state["kind"])

    def _table(self) -> list[list[str]]:
        """Return the text of the description of the columns, with its heading as the first row."""
        rows = [["feature", "unit", "defined", "min", "median", "max"]]
        for column, values in zip(self.columns, self.values.T, strict=True):
            defined = values[~np.isnan(values)]
            quantiles = np.quantile(defined, [0, 0.5, 1]) if len(defined) else [np.nan] * 3
            share = f"{len(defined) / max(1, len(values)):.0%}"
            rows.append([column.name, column.unit, share, *(f"{value:.4g}" for value in quantiles)])
        return rows

    def __str__(self) -> str:
        heading, *rows = self._table()
        return f"features of {len(self):,} {self.kind}s\n{text_table(heading, rows)}"

    def _repr_html_(self) -> str:
        columns, *rows = self._table()
        return html_table(f"Features of {len(self):,} {self.kind}s", columns, rows)

    def __repr__(self) -> str:
        return f"Features({len(self):,} {self.kind}s × {len(self.columns)} columns: {first_few(self.names)})"


def fill_values(fill: Any, values: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return the number that replaces NaN in each column; NaN to keep it.

    Parameters
    ----------
    fill : "median", "mean", float, mapping of names to floats, or None
    values : (n, n_features) float64 array
        Rows to learn medians or means from.
    names : sequence of n_features str

    Raises
    ------
    ValueError
        The policy is unknown, a number is not finite, or a mapping names an unknown column.
    """
    if fill is None:
        return np.full(len(names), np.nan)
    if isinstance(fill, Mapping):
        unknown = [name for name in fill if name not in names]
        if unknown:
            raise ValueError(f"fill: no feature {first_few(unknown)}; the features are {', '.join(names)}")
        return np.array([float(fill.get(name, np.nan)) for name in names])
    if isinstance(fill, str):
        if fill not in ("median", "mean"):
            raise ValueError(f"fill={fill!r}: expected 'median', 'mean', a number or a mapping of names to numbers")
        compute = np.median if fill == "median" else np.mean
        defined = [column[~np.isnan(column)] for column in values.T]
        return np.array([float(compute(column)) if len(column) else 0.0 for column in defined])
    number = float(fill)
    if not np.isfinite(number):
        raise ValueError(f"fill={fill!r}: expected a finite number")
    return np.full(len(names), number)
