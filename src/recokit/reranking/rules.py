"""Business rules of lists, as data. See `rerank`."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recokit.data._frames import is_missing
from recokit.reranking._catalogue import moment
from recokit.reranking.filters import Filter, Where
from recokit.reranking.rule import Rule

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
]

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Exclude(Rule):
    """Never list the items that match a filter. Hard.

    Parameters
    ----------
    filter : Filter

    See Also
    --------
    recokit.reranking.InStock : List only items with a stock above 0. Items without a known stock are not listed. Hard.
    recokit.reranking.Where : Items for which ``column op value`` holds.

    Examples
    --------
    >>> Exclude(Where("brand", "==", "Oak")).filter
    Where(column='brand', op='==', value='Oak')
    """

    filter: Filter

    def __post_init__(self) -> None:
        self._read_filter()


@dataclass(frozen=True)
class InStock(Rule):
    """List only items with a stock above 0. Items without a known stock are not listed. Hard.

    Parameters
    ----------
    column : str
        Column of numbers or of True and False.

    See Also
    --------
    recokit.reranking.Exclude : Never list the items that match a filter. Hard.
    recokit.reranking.MaxPer :
        List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.

    Examples
    --------
    >>> InStock("n_left")
    InStock(column='n_left')
    """

    column: str = "stock"


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

    Raises
    ------
    ValueError
        The factor is below 0, or a value is not a finite number.

    See Also
    --------
    recokit.reranking.Pin : Put an item at a position of every list, even if the model did not suggest it.
    recokit.reranking.Margin : Add a bonus for a high value of a column, such as margin or price.

    Examples
    --------
    >>> Boost(Where("is_new", "==", True), bonus=0.1).bonus
    0.1
    """

    filter: Filter
    factor: float = 1.0
    bonus: float = 0.0

    def __post_init__(self) -> None:
        self._read_filter()
        self._read_number("factor", 0, np.inf, "a number of at least 0")
        self._read_number("bonus", -np.inf, np.inf, "a number")


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

    Raises
    ------
    ValueError
        The weight is not a finite number.

    See Also
    --------
    recokit.reranking.Boost : Multiply the relevance of matching items by a factor, and add a bonus.
    recokit.reranking.PriceNear :
        Add a bonus for prices near the usual price of the user: ``weight`` · exp(−½ (log(price / level) /
        width)²).

    Examples
    --------
    >>> Margin("price", weight=-0.2)
    Margin(column='price', weight=-0.2)
    """

    column: str = "margin"
    weight: float = 0.1

    def __post_init__(self) -> None:
        self._read_number("weight", -np.inf, np.inf, "a number")


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

    Raises
    ------
    ValueError
        The half-life is not above 0, the weight is not a finite number, or ``now`` is no date.

    See Also
    --------
    recokit.reranking.Boost : Multiply the relevance of matching items by a factor, and add a bonus.
    recokit.reranking.Margin : Add a bonus for a high value of a column, such as margin or price.

    Examples
    --------
    >>> Freshness(half_life=7, now="2024-05-01T02:00+02:00").now
    '2024-05-01T00:00:00.000000'
    """

    column: str = "added_at"
    half_life: float = 30.0
    weight: float = 0.1
    now: Any = None

    def __post_init__(self) -> None:
        self._read_number("half_life", _TINY, np.inf, "a number of days above 0")
        self._read_number("weight", -np.inf, np.inf, "a number")
        if self.now is not None:
            object.__setattr__(self, "now", str(moment(self.now, "now")))


@dataclass(frozen=True)
class PriceNear(Rule):
    """Add a bonus for prices near the usual price of the user: ``weight`` · exp(−½ (log(price / level) / width)²).

    The level of a user is a price, in the currency of the column. The levels are in ``users``: a mapping of user ids to
    levels, or a frame with the columns user_id and ``level``. Without ``users``, the level is the geometric mean of the
    prices in the user's history, ``context["history"]``. Users without a level get no bonus.

    Parameters
    ----------
    column : str
        Column of prices in the catalogue.
    level : str
        Column of usual prices in ``users``.
    width : float
        Tolerance of the logarithm of the price.
    weight : float
        On the scale of relevance.

    Raises
    ------
    ValueError
        The width is not above 0, or the weight is not a finite number.

    See Also
    --------
    recokit.reranking.Margin : Add a bonus for a high value of a column, such as margin or price.
    recokit.reranking.Boost : Multiply the relevance of matching items by a factor, and add a bonus.

    Examples
    --------
    >>> PriceNear(width=0.2)
    PriceNear(column='price', level='price_level', width=0.2, weight=0.1)
    """

    column: str = "price"
    level: str = "price_level"
    width: float = 0.5
    weight: float = 0.1

    def __post_init__(self) -> None:
        self._read_number("width", _TINY, np.inf, "a number above 0")
        self._read_number("weight", -np.inf, np.inf, "a number")


@dataclass(frozen=True)
class Pin(Rule):
    """Put an item at a position of every list, even if the model did not suggest it.

    Parameters
    ----------
    item : id
    position : int
        From 1 to the length of the lists. In a list with fewer items than that, the pinned item is the last one.

    Raises
    ------
    ValueError
        The item is missing, or the position is not a whole number from 1.

    See Also
    --------
    recokit.reranking.Boost : Multiply the relevance of matching items by a factor, and add a bonus.
    recokit.reranking.MinShare :
        List matching items in at least a share of the positions, where there are enough of them.

    Examples
    --------
    >>> Pin("tea", position=2)
    Pin(item='tea', position=2)
    """

    item: Any
    position: int = 1

    def __post_init__(self) -> None:
        self._require(isinstance(self.item, Hashable) and not is_missing(self.item), "item", "the id of an item")
        if isinstance(self.item, np.generic) and not isinstance(self.item, np.datetime64):
            object.__setattr__(self, "item", self.item.item())
        self._read_whole_number("position")


@dataclass(frozen=True)
class MaxPer(Rule):
    """List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.

    Parameters
    ----------
    column : str
        Column of categories, such as brand, category or seller.
    k : int
        At least 1.

    Raises
    ------
    ValueError
        ``k`` is not a whole number of at least 1.

    See Also
    --------
    recokit.reranking.MinShare :
        List matching items in at least a share of the positions, where there are enough of them.
    recokit.reranking.Diversity : Penalize items that are similar to items higher in the list.

    Examples
    --------
    >>> MaxPer("seller", 3)
    MaxPer(column='seller', k=3)
    """

    column: str
    k: int = 2

    def __post_init__(self) -> None:
        self._read_whole_number("k")


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

    Raises
    ------
    ValueError
        The share is not a number from 0 to 1.

    See Also
    --------
    recokit.reranking.Fair :
        Give each group of items at least its share of the first p positions, for every p (⌊share · p⌋ items).
    recokit.reranking.MaxPer :
        List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.

    Examples
    --------
    >>> MinShare(Where("price", "<", 20), 0.3).share
    0.3
    """

    filter: Filter
    share: float
    by_prefix: bool = False

    def __post_init__(self) -> None:
        self._read_filter()
        self._read_number("share", 0, 1, "a number from 0 to 1")


@dataclass(frozen=True)
class Fair(Rule):
    """Give each group of items at least its share of the first p positions, for every p (⌊share · p⌋ items).

    Parameters
    ----------
    column : str
        Column of groups.
    shares : mapping of groups to shares, or sequence of pairs
        The sum is at most 1.

    Raises
    ------
    ValueError
        A share is not a number from 0 to 1, or the sum is above 1.

    See Also
    --------
    recokit.reranking.MinShare :
        List matching items in at least a share of the positions, where there are enough of them.
    recokit.reranking.Calibrate : Bring the categories of a list near to those of the user's history.

    References
    ----------
    M. Zehlike et al. (2017). FA*IR: a fair top-k ranking algorithm. CIKM.

    Examples
    --------
    >>> Fair("seller", {"small": 0.4, "large": 0.4}).to_dict()["shares"]
    {'small': 0.4, 'large': 0.4}
    """

    column: str
    shares: Mapping[Any, float]

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "shares", dict(self.shares))
        except (TypeError, ValueError):
            self._require(False, "shares", "a mapping of groups to shares")
        self._require(len(self.shares) > 0, "shares", "a mapping of groups to shares")
        shares = [quota.share for quota in self._quotas()]
        self._require(sum(shares) <= 1 + 1e-9, "shares", "shares from 0 to 1 with a sum of at most 1")

    def _quotas(self) -> list[MinShare]:
        return [MinShare(Where(self.column, "==", group), share, True) for group, share in self.shares.items()]


@dataclass(frozen=True)
class Diversity(Rule):
    """Penalize items that are similar to items higher in the list.

    The similarity of two items is the share of ``columns`` in which they are equal, or, without columns, the cosine of
    their vectors in ``context["vectors"]``. MMR subtracts λ/(1 − λ) times the largest similarity to an item above, or 0
    if all are negative. DPP adds λ/(1 − λ) · ½ log of the part of the item's vector that the items above do not
    explain. Items without a vector are similar to none.

    Parameters
    ----------
    trade_off : float
        λ, from 0 (relevance only) to below 1.
    by : {"mmr", "dpp"}
    columns : sequence of str
        Columns of categories. A missing category is equal to none.

    Raises
    ------
    ValueError
        The trade-off or ``by`` has another value.

    See Also
    --------
    recokit.reranking.Calibrate : Bring the categories of a list near to those of the user's history.
    recokit.reranking.MaxPer :
        List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.
    recokit.metrics.diversity : Return the intra-list diversity: 1 − the mean cosine similarity of two items of a list.

    References
    ----------
    J. Carbonell and J. Goldstein (1998). The use of MMR, diversity-based reranking. SIGIR.

    L. Chen, G. Zhang and E. Zhou (2018). Fast greedy MAP inference for determinantal point process to improve
    recommendation diversity. NeurIPS.

    Examples
    --------
    >>> Diversity(0.5, columns=["brand", "category"])
    Diversity(trade_off=0.5, by='mmr', columns=('brand', 'category'))
    """

    trade_off: float = 0.3
    by: Literal["mmr", "dpp"] = "mmr"
    columns: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", (self.columns,) if isinstance(self.columns, str) else tuple(self.columns))
        self._read_number("trade_off", 0, float(np.nextafter(1, 0)), "a number from 0 to below 1")
        self._require(self.by in ("mmr", "dpp"), "by", "'mmr' or 'dpp'")


@dataclass(frozen=True)
class Calibrate(Rule):
    """Bring the categories of a list near to those of the user's history.

    The penalty of a choice is λ/(1 − λ) times the growth of KL(p ‖ 0.99 q + 0.01 p), where p are the shares of the
    categories in the history, and q those in the list so far with the item. The histories are in
    ``context["history"]``: Interactions, Sequences, or a mapping of user ids to item ids. Their items need a row in the
    catalogue. A user without a history is calibrated to the candidates of their list.

    Parameters
    ----------
    column : str
        Column of categories.
    trade_off : float
        λ, from 0 (relevance only) to below 1.

    Raises
    ------
    ValueError
        The trade-off has another value.

    See Also
    --------
    recokit.reranking.Diversity : Penalize items that are similar to items higher in the list.
    recokit.reranking.Fair :
        Give each group of items at least its share of the first p positions, for every p (⌊share · p⌋ items).

    References
    ----------
    H. Steck (2018). Calibrated recommendations. RecSys.

    Examples
    --------
    >>> Calibrate("category", trade_off=0.5)
    Calibrate(column='category', trade_off=0.5)
    """

    column: str
    trade_off: float = 0.3

    def __post_init__(self) -> None:
        self._read_number("trade_off", 0, float(np.nextafter(1, 0)), "a number from 0 to below 1")
