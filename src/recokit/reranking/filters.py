"""Filters: conditions on columns of the catalogue, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit._typing import BoolArray
from recokit.data._frames import is_missing
from recokit.exceptions import DataError
from recokit.reranking._catalogue import Catalogue

__all__ = ["AllOf", "AnyOf", "Filter", "Not", "Where", "filter_from_dict"]

_ORDERED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_OPERATORS = ("==", "!=", *_ORDERED, "in", "not in", "is missing", "is not missing")


class Filter:
    """Base class of filters. ``&``, ``|`` and ``~`` combine them."""

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

    A missing value matches only "is missing" and "!=" and "not in".

    Parameters
    ----------
    column : str
        A column of the catalogue, or "item_id".
    op : {"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is missing", "is not missing"}
    value : object
        A value to compare with; a list for "in" and "not in", nothing for the last two.

    Raises
    ------
    ValueError
        The operator is unknown, or the value does not fit it.

    Examples
    --------
    >>> Where("brand", "==", "Oak") & ~Where("price", ">", 20)
    AllOf(filters=(Where(column='brand', op='==', value='Oak'), Not(filter=Where(column='price', op='>', value=20))))
    """

    column: str
    op: str = "=="
    value: Any = None

    def __post_init__(self) -> None:
        if self.op not in _OPERATORS:
            raise ValueError(f"op={self.op!r}: expected one of {', '.join(_OPERATORS)}")
        if self.op in ("in", "not in"):
            if isinstance(self.value, str) or not hasattr(self.value, "__iter__"):
                raise ValueError(f"value={self.value!r}: expected a list of values for {self.op!r}")
            object.__setattr__(self, "value", tuple(self.value))

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        if self.op in _ORDERED:
            return self._compare(catalogue)
        values = catalogue.values(self.column)
        missing = np.array([is_missing(value) for value in values], dtype=np.bool_)
        if self.op.endswith("missing"):
            return missing if self.op == "is missing" else ~missing
        wanted = set(self.value) if "in" in self.op.split() else {self.value}
        found = np.array([value in wanted for value in values], dtype=np.bool_) & ~missing
        return ~found if self.op in ("!=", "not in") else found

    def _compare(self, catalogue: Catalogue) -> BoolArray:
        """Return the mask of an operator that orders numbers or dates."""
        column = catalogue.ordered(self.column)
        try:
            with np.errstate(invalid="ignore"):
                found: BoolArray = _ORDERED[self.op](column, np.asarray(self.value, dtype=column.dtype))
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{self.column} {self.op} {self.value!r}: the values cannot be compared ({error})"
            ) from None
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        data: dict[str, Any] = {"column": self.column, "op": self.op}
        if not self.op.endswith("missing"):
            data["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return data


@dataclass(frozen=True)
class AllOf(Filter):
    """Items that match all of several filters."""

    filters: tuple[Filter, ...]

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        mask: BoolArray = np.all([one.mask(catalogue) for one in self.filters], axis=0)
        return mask

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"all": [one.to_dict() for one in self.filters]}


@dataclass(frozen=True)
class AnyOf(Filter):
    """Items that match at least one of several filters."""

    filters: tuple[Filter, ...]

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        mask: BoolArray = np.any([one.mask(catalogue) for one in self.filters], axis=0)
        return mask

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"any": [one.to_dict() for one in self.filters]}


@dataclass(frozen=True)
class Not(Filter):
    """Items that do not match a filter."""

    filter: Filter

    def mask(self, catalogue: Catalogue) -> BoolArray:
        """Return whether each item of the catalogue matches: (n_items,) bool."""
        return ~self.filter.mask(catalogue)

    def to_dict(self) -> dict[str, Any]:
        """Return the filter as a dictionary that JSON can hold."""
        return {"not": self.filter.to_dict()}


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
            if keys == {key} and isinstance(data[key], list | tuple) and data[key]:
                return kind(tuple(filter_from_dict(one) for one in data[key]))
    raise ValueError(
        f"expected a Filter such as Where('brand', '==', 'Oak'), or a dictionary with column, op and value, or with "
        f"all, any or not; got {data!r:.100}"
    )
