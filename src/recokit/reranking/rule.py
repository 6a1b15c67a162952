"""Rule: the base class of business rules, as data."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from numbers import Real
from typing import Any

import numpy as np

from recokit.reranking.filters import Filter, filter_from_dict

__all__ = ["Rule", "rule_from_dict"]

_KINDS: dict[str, type["Rule"]] = {}  # by the name of the class, filled when the module of a rule is imported


class Rule:
    """Base class of rules: small immutable objects that JSON can hold.

    See Also
    --------
    recokit.reranking.rerank : Choose the best items of each list under business rules.
    recokit.reranking.rule_from_dict : Return the rule of a dictionary, as `Rule.to_dict` writes it.

    Examples
    --------
    >>> from recokit.reranking import MaxPer, Rule
    >>> isinstance(MaxPer("brand", 2), Rule)
    True
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _KINDS[cls.__name__] = cls

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a dictionary that JSON can hold.

        Examples
        --------
        >>> from recokit.reranking import MaxPer
        >>> MaxPer("brand", 2).to_dict()
        {'rule': 'MaxPer', 'column': 'brand', 'k': 2}
        """
        data: dict[str, Any] = {"rule": type(self).__name__}
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if isinstance(value, Filter):
                data[one.name] = value.to_dict()
            elif isinstance(value, tuple):
                data[one.name] = list(value)
            elif isinstance(value, Mapping):
                # The keys of an object in JSON are text.
                is_text = all(isinstance(key, str) for key in value)
                data[one.name] = dict(value) if is_text else [list(pair) for pair in value.items()]
            else:
                data[one.name] = value
        return data

    def _require(self, condition: bool, name: str, expected: str) -> None:
        """Refuse the value of a field unless the condition holds."""
        if not condition:
            raise ValueError(f"{type(self).__name__}: {name}={getattr(self, name)!r}: expected {expected}")

    def _read_number(self, name: str, low: float, high: float, expected: str) -> None:
        """Refuse the value of a field unless it is a number from low to high; make it a number of Python."""
        value: Any = getattr(self, name)
        is_number = isinstance(value, Real) and not isinstance(value, bool) and bool(np.isfinite(float(value)))  # type: ignore[unreachable]
        self._require(is_number and low <= value <= high, name, expected)
        object.__setattr__(self, name, value.item() if isinstance(value, np.generic) else value)

    def _read_whole_number(self, name: str) -> None:
        """Refuse the value of a field unless it is a whole number of at least 1; make it an int."""
        value = getattr(self, name)
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        self._require(is_whole and value >= 1, name, "a whole number of at least 1")
        object.__setattr__(self, name, int(value))

    def _read_filter(self) -> None:
        """Replace a dictionary in the field ``filter`` by its filter."""
        object.__setattr__(self, "filter", filter_from_dict(self.filter))  # type: ignore[attr-defined]


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """Return the rule of a dictionary, as `Rule.to_dict` writes it.

    Parameters
    ----------
    data : mapping
        The name of the class of the rule as ``rule``, and its parameters.

    Raises
    ------
    ValueError
        The rule or one of its fields is unknown, or a field without a default is absent.

    See Also
    --------
    recokit.reranking.filter_from_dict : Return the filter of a dictionary, as ``to_dict`` writes it.
    recokit.reranking.rerank : Choose the best items of each list under business rules.

    Examples
    --------
    >>> rule_from_dict({"rule": "Pin", "item": "tea", "position": 1})
    Pin(item='tea', position=1)
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"expected a dictionary such as {{'rule': 'Pin', 'item': 'tea'}}, got {data!r:.80}")
    given = dict(data)
    name = given.pop("rule", None)
    if not isinstance(name, str) or name not in _KINDS:
        raise ValueError(f"rule={name!r}: expected one of {', '.join(sorted(_KINDS))}")
    known = {one.name for one in fields(_KINDS[name])}  # type: ignore[arg-type]
    if not set(given) <= known:
        unknown = ", ".join(sorted(set(given) - known))
        raise ValueError(f"{name}: unknown field(s) {unknown}; expected {', '.join(sorted(known))}")
    absent = [one.name for one in fields(_KINDS[name]) if one.default is MISSING and one.name not in given]  # type: ignore[arg-type]
    if absent:
        raise ValueError(f"{name}: the field(s) {', '.join(absent)} have no default; add them")
    return _KINDS[name](**given)
