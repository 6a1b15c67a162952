"""Filters: conditions on columns of the catalogue, as data."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import Any

import numpy as np

from recokit._typing import BoolArray
from recokit.data._frames import is_missing
from recokit.exceptions import DataError
from recokit.reranking._catalogue import Catalogue, moment

__all__ = ["AllOf", "AnyOf", "Filter", "Not", "Where", "filter_from_dict"]

_ORDERED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_OPERATORS = ("==", "!=", *_ORDERED, "in", "not in", "is missing", "is not missing")


class Filter:
    """Base class of filters. ``&``, ``|`` and ``~`` combine them.

    See Also
    --------
    recokit.reranking.Where : Items for which ``column op value`` holds.
    recokit.reranking.AllOf : Items that match all of several filters.
    recokit.reranking.AnyOf : Items that match at least one of several filters.
    recokit.reranking.Not : Items that do not match a filter.

    Examples
    --------
    >>> from recokit.reranking import Where
    >>> cheap_tea = Where("price", "<", 5) & Where("category", "==", "tea")
    >>> isinstance(cheap_tea, Filter)
    True
    >>> cheap_tea.to_dict()["all"][0]
    {'column': 'price', 'op': '<', 'value': 5}
    """

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        raise NotImplementedError

    def __and__(self, other: "Filter") -> "AllOf":
        return AllOf((self, other))

    def __or__(self, other: "Filter") -> "AnyOf":
        return AnyOf((self, other))

    def __invert__(self) -> "Not":
        return Not(self)


@dataclass(frozen=True)
class Where(Filter):
    """Items for which ``column op value`` holds.

    A missing value matches only "is missing" and "!=" and "not in". Dates are compared in UTC.

    Parameters
    ----------
    column : str
        A column of the catalogue, or "item_id".
    op : {"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is missing", "is not missing"}
    value : object
        A value to compare with; a list for "in" and "not in", nothing for the last two. Dates may be texts such as
        "2024-05-01".

    Raises
    ------
    ValueError
        The operator is unknown, or the value does not fit it.

    See Also
    --------
    recokit.reranking.AllOf : Items that match all of several filters.
    recokit.reranking.AnyOf : Items that match at least one of several filters.
    recokit.reranking.Not : Items that do not match a filter.
    recokit.reranking.Exclude : Never list the items that match a filter. Hard.

    Examples
    --------
    >>> Where("brand", "==", "Oak") & ~Where("price", ">", 20)
    AllOf(filters=(Where(column='brand', op='==', value='Oak'), Not(filter=Where(column='price', op='>', value=20))))
    >>> Where("price", ">", 20).to_dict()
    {'column': 'price', 'op': '>', 'value': 20}
    """

    column: str
    op: str = "=="
    value: Any = None

    def __post_init__(self) -> None:
        if self.op not in _OPERATORS:
            raise ValueError(f"op={self.op!r}: expected one of {', '.join(_OPERATORS)}")
        if self.op.endswith("missing"):
            if self.value is not None:
                raise ValueError(f"value={self.value!r}: {self.op!r} takes no value")
            return
        if self._takes_list and (isinstance(self.value, str) or not isinstance(self.value, Iterable)):
            raise ValueError(f"value={self.value!r}: expected a list of values for {self.op!r}")
        values = tuple(map(self._checked, self.value if self._takes_list else (self.value,)))
        object.__setattr__(self, "value", values if self._takes_list else values[0])

    @property
    def _takes_list(self) -> bool:
        return self.op in ("in", "not in")

    def _checked(self, value: Any) -> Any:
        """Return a value in a form that JSON can hold: dates as text, numbers of NumPy as numbers of Python."""
        if is_missing(value):
            raise ValueError(f"value={value!r}: expected a value; use 'is missing' to find missing values")
        if not isinstance(value, Hashable):
            raise ValueError(f"value={value!r}: expected one value, or 'in' and a list of values")
        if isinstance(value, np.datetime64 | date):
            return str(moment(value, "value"))
        return value.item() if isinstance(value, np.generic) else value

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        if self.op in _ORDERED:
            return self._compare(catalogue)
        if self.op.endswith("missing"):
            missing = np.array([is_missing(value) for value in catalogue.values(self.column)], dtype=np.bool_)
            return missing if self.op == "is missing" else ~missing
        wanted = self.value if self._takes_list else (self.value,)
        if catalogue.holds_dates(self.column):
            moments = np.array([moment(value, "value") for value in wanted], dtype="datetime64[us]")
            found = np.isin(catalogue.times(self.column), moments)
        else:
            found = self._find(wanted, catalogue.values(self.column))
        return ~found if self.op in ("!=", "not in") else found

    def _find(self, wanted: tuple[Any, ...], values: list[Any]) -> BoolArray:
        """Return whether each value is one of the wanted ones."""
        present = [value for value in values if not is_missing(value)]
        is_text = {isinstance(value, str) for value in present}
        others = [value for value in wanted if is_text and isinstance(value, str) not in is_text]
        if others:
            raise DataError(
                f"{self.column} {self.op} {others[0]!r}: the column holds {'text' if True in is_text else 'no text'}, "
                f"such as {present[0]!r}; give the value in the type of the column"
            )
        chosen = frozenset(wanted)
        try:
            return np.array([not is_missing(value) and value in chosen for value in values], dtype=np.bool_)
        except TypeError as error:
            raise DataError(f"{self.column}: expected one value for each item ({error})") from None

    def _compare(self, catalogue: Catalogue) -> BoolArray:
        """Return the mask of an operator that orders numbers or dates."""
        column = catalogue.ordered(self.column)
        is_date = column.dtype.kind == "M"
        if not is_date and not isinstance(self.value, Real):
            raise DataError(f"{self.column} {self.op} {self.value!r}: the values cannot be compared: one is no number")
        bound = moment(self.value, f"{self.column} {self.op} value") if is_date else float(self.value)
        with np.errstate(invalid="ignore"):
            found: BoolArray = _ORDERED[self.op](column, bound)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        data: dict[str, Any] = {"column": self.column, "op": self.op}
        if not self.op.endswith("missing"):
            data["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return data


@dataclass(frozen=True)
class AllOf(Filter):
    """Items that match all of several filters.

    Parameters
    ----------
    filters : tuple of Filter
        At least one.

    See Also
    --------
    recokit.reranking.AnyOf : Items that match at least one of several filters.
    recokit.reranking.Not : Items that do not match a filter.
    recokit.reranking.Where : Items for which ``column op value`` holds.

    Examples
    --------
    >>> AllOf((Where("brand", "==", "Oak"), Where("price", "<", 20))).to_dict()["all"][0]
    {'column': 'brand', 'op': '==', 'value': 'Oak'}
    """

    filters: tuple[Filter, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", _several(self.filters))

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        mask: BoolArray = np.all([one.mask(catalogue) for one in self.filters], axis=0)
        return mask

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"all": [one.to_dict() for one in self.filters]}


@dataclass(frozen=True)
class AnyOf(Filter):
    """Items that match at least one of several filters.

    Parameters
    ----------
    filters : tuple of Filter
        At least one.

    See Also
    --------
    recokit.reranking.AllOf : Items that match all of several filters.
    recokit.reranking.Not : Items that do not match a filter.
    recokit.reranking.Where : Items for which ``column op value`` holds.

    Examples
    --------
    >>> AnyOf((Where("brand", "==", "Oak"), Where("price", "<", 20))).to_dict()["any"][0]
    {'column': 'brand', 'op': '==', 'value': 'Oak'}
    """

    filters: tuple[Filter, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", _several(self.filters))

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        mask: BoolArray = np.any([one.mask(catalogue) for one in self.filters], axis=0)
        return mask

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"any": [one.to_dict() for one in self.filters]}


@dataclass(frozen=True)
class Not(Filter):
    """Items that do not match a filter.

    Parameters
    ----------
    filter : Filter

    See Also
    --------
    recokit.reranking.AllOf : Items that match all of several filters.
    recokit.reranking.AnyOf : Items that match at least one of several filters.
    recokit.reranking.Where : Items for which ``column op value`` holds.

    Examples
    --------
    >>> Not(Where("brand", "==", "Oak")).to_dict()
    {'not': {'column': 'brand', 'op': '==', 'value': 'Oak'}}
    """

    filter: Filter

    def __post_init__(self) -> None:
        object.__setattr__(self, "filter", filter_from_dict(self.filter))

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        return ~self.filter.mask(catalogue)

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"not": self.filter.to_dict()}


def _several(filters: Any) -> tuple[Filter, ...]:
    """Return a list of filters or dictionaries as a tuple of filters."""
    if not isinstance(filters, list | tuple) or not filters:
        raise ValueError(f"expected a list of at least one filter, got {filters!r:.100}")
    return tuple(map(filter_from_dict, filters))


def filter_from_dict(data: Any) -> Filter:
    """Return the filter of a dictionary, as ``to_dict`` writes it.

    Parameters
    ----------
    data : Filter or mapping
        ``{"column": …, "op": …, "value": …}``, ``{"all": [filters]}``, ``{"any": [filters]}`` or ``{"not": filter}``.

    Raises
    ------
    ValueError
        The dictionary has another form.

    See Also
    --------
    recokit.reranking.rule_from_dict : Return the rule of a dictionary, as `Rule.to_dict` writes it.
    recokit.reranking.Where : Items for which ``column op value`` holds.

    Examples
    --------
    >>> filter_from_dict({"column": "brand", "op": "==", "value": "Oak"})
    Where(column='brand', op='==', value='Oak')
    """
    if isinstance(data, Filter):
        return data
    if isinstance(data, Mapping):
        keys = set(data)
        if "column" in keys and keys <= {"column", "op", "value"}:
            return Where(**data)
        if keys == {"not"}:
            return Not(filter_from_dict(data["not"]))
        for key, kind in (("all", AllOf), ("any", AnyOf)):
            if keys == {key}:
                return kind(data[key])
    raise ValueError(
        f"expected a Filter such as Where('brand', '==', 'Oak'), or a dictionary with column, op and value, or with "
        f"all, any or not; got {data!r:.100}"
    )
