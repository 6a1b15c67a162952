"""Business rules of lists, as data. See `rerank`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np

from recokit.reranking.filters import Filter, Where, filter_from_dict

__all__ = [
    "Boost",
    "Calibrate",
    "Diversity",
    "Exclude",
    "Fair",
    "Freshness",
    "InStock",
    "Margin",
    "MaxPer",
    "MinShare",
    "Pin",
    "PriceNear",
    "Rule",
    "rule_from_dict",
]

_KINDS: dict[str, type["Rule"]] = {}


class Rule:
    """Base class of rules: small immutable objects that JSON can hold."""

    is_hard: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _KINDS[cls.__name__] = cls

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a dictionary that JSON can hold.

        Examples
        --------
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
                data[one.name] = dict(value)
            else:
                data[one.name] = value
        return data

    def _require(self, condition: bool, name: str, expected: str) -> None:
        """Refuse the value of a field unless the condition holds."""
        if not condition:
            raise ValueError(f"{type(self).__name__}: {name}={getattr(self, name)!r}: expected {expected}")

    def _read_filter(self) -> None:
        """Replace a dictionary in the field ``filter`` by its filter."""
        object.__setattr__(self, "filter", filter_from_dict(self.filter))  # type: ignore[attr-defined]


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """Return the rule of a dictionary, as `Rule.to_dict` writes it.

    Raises
    ------
    ValueError
        The rule or one of its fields is unknown.

    Examples
    --------
    >>> rule_from_dict({"rule": "Pin", "item": "tea", "position": 1})
    Pin(item='tea', position=1)
    """
    given = dict(data)
    name = given.pop("rule", None)
    if name not in _KINDS:
        raise ValueError(f"rule={name!r}: expected one of {', '.join(sorted(_KINDS))}")
    known = {one.name for one in fields(_KINDS[name])}  # type: ignore[arg-type]
    if not set(given) <= known:
        unknown = ", ".join(sorted(set(given) - known))
        raise ValueError(f"{name}: unknown field(s) {unknown}; expected {', '.join(sorted(known))}")
    return _KINDS[name](**given)


@dataclass(frozen=True)
class Exclude(Rule):
    """Never list the items that match a filter. Hard.

    Parameters
    ----------
    filter : Filter
    """

    filter: Filter
    is_hard: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._read_filter()


@dataclass(frozen=True)
class InStock(Rule):
    """List only items with a stock above 0. Items without a known stock are not listed. Hard.

    Parameters
    ----------
    column : str
        Column of numbers or of True and False.
    """

    column: str = "stock"
    is_hard: ClassVar[bool] = True


@dataclass(frozen=True)
class Boost(Rule):
    """Multiply the relevance of matching items by a factor, and add a bonus.

    Parameters
    ----------
    filter : Filter
    factor : float
        At least 0; below 1 it demotes the items.
    bonus : float
        On the scale of relevance, from 0 to 1.
    """

    filter: Filter
    factor: float = 1.0
    bonus: float = 0.0

    def __post_init__(self) -> None:
        self._read_filter()
        self._require(self.factor >= 0, "factor", "a number of at least 0")


@dataclass(frozen=True)
class Margin(Rule):
    """Add a bonus for a high value of a column, such as margin or price.

    The bonus is ``weight`` times the rank of the value among the items of all lists, from 0 for the lowest to 1 for the
    highest. Items without a value get no bonus.

    Parameters
    ----------
    column : str
        Column of numbers.
    weight : float
        On the scale of relevance; negative to prefer low values.
    """

    column: str = "margin"
    weight: float = 0.1


@dataclass(frozen=True)
class Freshness(Rule):
    """Add a bonus for new items: ``weight`` · 2^(−age / half_life).

    Parameters
    ----------
    column : str
        Column of dates.
    half_life : float
        In days.
    weight : float
        On the scale of relevance.
    now : datetime or text, optional
        Moment from which ages are counted; by default ``context["now"]``, else the latest date of the column.
    """

    column: str = "added_at"
    half_life: float = 30.0
    weight: float = 0.1
    now: Any = None

    def __post_init__(self) -> None:
        self._require(self.half_life > 0, "half_life", "a number of days above 0")
        if self.now is not None and not isinstance(self.now, str):
            object.__setattr__(self, "now", str(np.datetime64(self.now)))


@dataclass(frozen=True)
class PriceNear(Rule):
    """Add a bonus for prices near the usual price of the user: ``weight`` · exp(−½ (log(price / level) / width)²).

    The levels are in ``users``: a mapping of user ids to price levels, or a frame with the columns user_id and
    ``level``. Users without a level get no bonus.

    Parameters
    ----------
    column : str
        Column of prices in the catalogue.
    level : str
        Column of price levels in ``users``.
    width : float
        Tolerance of the logarithm of the price.
    weight : float
        On the scale of relevance.
    """

    column: str = "price"
    level: str = "price_level"
    width: float = 0.5
    weight: float = 0.1

    def __post_init__(self) -> None:
        self._require(self.width > 0, "width", "a number above 0")


@dataclass(frozen=True)
class Pin(Rule):
    """Put an item at a position of every list, even if the model did not suggest it.

    Parameters
    ----------
    item : id
    position : int
        From 1.
    """

    item: Any
    position: int = 1

    def __post_init__(self) -> None:
        self._require(isinstance(self.position, int) and self.position >= 1, "position", "a whole number from 1")


@dataclass(frozen=True)
class MaxPer(Rule):
    """List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.

    Parameters
    ----------
    column : str
        Column of categories, such as brand, category or seller.
    k : int
        At least 1.
    """

    column: str
    k: int = 2
    is_hard: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._require(isinstance(self.k, int) and self.k >= 1, "k", "a whole number of at least 1")


@dataclass(frozen=True)
class MinShare(Rule):
    """List matching items in at least a share of the positions, where there are enough of them.

    Parameters
    ----------
    filter : Filter
    share : float
        From 0 to 1. A list of n items gets at least ⌈share · n⌉ matching items.
    by_prefix : bool
        Require at least ⌊share · p⌋ matching items among the first p too, for every p.
    """

    filter: Filter
    share: float
    by_prefix: bool = False

    def __post_init__(self) -> None:
        self._read_filter()
        self._require(0 <= self.share <= 1, "share", "a number from 0 to 1")


@dataclass(frozen=True)
class Fair(Rule):
    """Give each group of items at least its share of the first p positions, for every p (⌊share · p⌋ items).

    Parameters
    ----------
    column : str
        Column of groups.
    shares : mapping of groups to shares
        The sum is at most 1.

    References
    ----------
    M. Zehlike et al. (2017). FA*IR: a fair top-k ranking algorithm. CIKM.
    """

    column: str
    shares: Mapping[Any, float]

    def __post_init__(self) -> None:
        is_mapping = isinstance(self.shares, Mapping) and len(self.shares) > 0
        self._require(is_mapping, "shares", "a mapping of groups to shares")
        sound = all(0 <= share <= 1 for share in self.shares.values()) and sum(self.shares.values()) <= 1 + 1e-9
        self._require(sound, "shares", "shares from 0 to 1 with a sum of at most 1")

    def _quotas(self) -> list[MinShare]:
        return [MinShare(Where(self.column, "==", group), share, True) for group, share in self.shares.items()]


@dataclass(frozen=True)
class Diversity(Rule):
    """Penalize items that are similar to items higher in the list.

    The similarity of two items is the share of ``columns`` in which they are equal, or, without columns, the cosine of
    their vectors in ``context["vectors"]``. MMR subtracts λ/(1 − λ) times the largest similarity to an item above. DPP
    adds λ/(1 − λ) · ½ log of the part of the item's vector that the items above do not explain.

    Parameters
    ----------
    trade_off : float
        λ, from 0 (relevance only) to below 1.
    by : {"mmr", "dpp"}
    columns : sequence of str
        Columns of categories.

    References
    ----------
    J. Carbonell and J. Goldstein (1998). The use of MMR, diversity-based reranking. SIGIR.

    L. Chen, G. Zhang and E. Zhou (2018). Fast greedy MAP inference for determinantal point process to improve
    recommendation diversity. NeurIPS.
    """

    trade_off: float = 0.3
    by: Literal["mmr", "dpp"] = "mmr"
    columns: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", (self.columns,) if isinstance(self.columns, str) else tuple(self.columns))
        self._require(0 <= self.trade_off < 1, "trade_off", "a number from 0 to below 1")
        self._require(self.by in ("mmr", "dpp"), "by", "'mmr' or 'dpp'")


@dataclass(frozen=True)
class Calibrate(Rule):
    """Bring the categories of a list near to those of the user's history.

    The penalty of a choice is λ/(1 − λ) times the growth of KL(p ‖ 0.99 q + 0.01 p), where p are the shares of the
    categories in the history, and q those in the list so far with the item. The histories are in
    ``context["history"]``: Interactions, or a mapping of user ids to item ids. A user without a history is calibrated
    to the candidates of their list.

    Parameters
    ----------
    column : str
        Column of categories.
    trade_off : float
        λ, from 0 (relevance only) to below 1.

    References
    ----------
    H. Steck (2018). Calibrated recommendations. RecSys.
    """

    column: str
    trade_off: float = 0.3

    def __post_init__(self) -> None:
        self._require(0 <= self.trade_off < 1, "trade_off", "a number from 0 to below 1")
