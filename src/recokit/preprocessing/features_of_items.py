"""item_features: popularity, trend, repeat rate, price and returns of each item."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_number
from recokit._typing import FloatArray
from recokit.preprocessing._as_of import AsOf
from recokit.preprocessing._grouped import distinct_pairs, mean_of, quantiles_within, ratio, sums
from recokit.preprocessing._item_categories import Categories, catalogue_prices, read_categories
from recokit.preprocessing.event_log import EventLog
from recokit.preprocessing.features import Feature, Features
from recokit.preprocessing.features_of_users import return_rate

__all__ = ["item_features"]

_Columns = list[tuple[Feature, FloatArray]]
_NO_LIMIT = 1 << 30


def item_features(
    log: EventLog,
    catalogue: Any = None,
    at: Any = None,
    target: str | Iterable[str] = "purchase",
    *,
    category: str | None = "category",
    trend_window: float = 28.0,
) -> Features:
    r"""Compute features of each item as of a moment; no event at or after the moment is used.

    ================== ========== ============ =========================================================================
    column             unit       family       definition
    ================== ========== ============ =========================================================================
    ``popularity``     purchases  popularity   number of purchases
    ``n_users``        users      popularity   number of different buyers
    ``n_views``        views      popularity   number of views
    ``revenue``        currency   popularity   revenue, less returns
    ``trend``          –          trend        recent purchases a day over earlier purchases a day (below)
    ``repeat_rate``    0 to 1     loyalty      share of the buyers with two or more orders of the item
    ``conversion``     –          conversion   purchases for each view
    ``return_rate``    –          returns      returned pieces for each piece bought
    ``price``          currency   price        mean price paid for a piece; the catalogue's price if the log has none
    ``price_quantile`` 0 to 1     price        quantile of ``price`` among the items of the category
    ``recency``        days       recency      from the latest purchase to the moment
    ``age``            days       recency      from the first event of any kind to the moment
    ================== ========== ============ =========================================================================

    The trend of an item of age a with r purchases in the last w days and e earlier ones is
    :math:`\frac{(r + 1) / w}{(e + 1) / (a - w)}`: 1 is steady, 2 is doubled. It is NaN for items that are not older
    than w. Values are NaN where they are not defined, and columns are left out, as in `user_features`.

    Parameters
    ----------
    log, catalogue, at, target, category
        As in `user_features`; all categories are distinguished.
    trend_window : float
        Length w of the recent period in days, or in steps.

    Returns
    -------
    Features
        One row for each item with an event before the moment, in order of the ids.

    Raises
    ------
    DataError
        As in `user_features`.

    See Also
    --------
    recokit.preprocessing.user_features :
        Compute features of each user as of a moment; no event at or after the moment is used.
    recokit.preprocessing.Features :
        Numbers that describe each user or item: ids, a matrix, and the description of each column.

    Examples
    --------
    >>> from recokit.preprocessing import EventLog, item_features
    >>> log = EventLog.from_frame({
    ...     "user_id": ["ann", "ann", "bob", "bob"],
    ...     "item_id": ["tea", "tea", "tea", "cup"],
    ...     "timestamp": ["2024-05-01", "2024-05-08", "2024-05-09", "2024-05-10"],
    ... })
    >>> features = item_features(log, at="2024-05-11", trend_window=5)
    >>> features.to_frame("polars").select(
    ...     "item_id", "popularity", "trend", "repeat_rate", "age"
    ... ).rows()
    [('cup', 1.0, nan, 0.0, 1.0), ('tea', 3.0, 1.5, 0.5, 10.0)]
    """
    window = check_number(trend_window, "trend_window", above=0)
    events = AsOf.of(log, at, target, "item_features")
    items = events.log.items
    categories = read_categories(items, catalogue, category, _NO_LIMIT)
    listed = None
    if events.prices is None:
        listed = catalogue_prices(items, catalogue)
        events.prices = None if listed is None else listed[events.log.item_codes]
    columns = [
        *_popularity(events),
        *(_trend(events, window) if events.log.times is not None else ()),
        *_reactions(events),
        *_price(events, listed, categories),
        *(_age(events) if events.log.times is not None else ()),
    ]
    return Features(items, np.column_stack([values for _, values in columns]), [one for one, _ in columns], kind="item")


def _popularity(events: AsOf) -> _Columns:
    """Return the numbers of purchases, buyers and views, and the revenue."""
    log, items, n = events.log, events.log.item_codes, events.log.n_items
    bought, is_view = np.flatnonzero(events.bought), log.is_kind("view")
    is_first, _ = distinct_pairs(items[bought], log.user_codes[bought], n, log.n_users)
    columns = [
        (Feature("popularity", "purchases", "popularity", "number of purchases"), events.count(items, n, bought)),
        (
            Feature("n_users", "users", "popularity", "number of different buyers"),
            events.count(items, n, bought[is_first]),
        ),
    ]
    if np.any(is_view):
        columns.append((Feature("n_views", "views", "popularity", "number of views"), events.count(items, n, is_view)))
    if events.revenue is not None:
        revenue = sums(items, events.revenue, n)
        columns.append((Feature("revenue", "currency", "popularity", "revenue, less returns"), revenue))
    return columns


def _trend(events: AsOf, window: float) -> _Columns:
    """Return the rate of recent purchases over the rate of earlier ones."""
    items, n = events.log.item_codes, events.log.n_items
    is_recent = events.ages <= window
    recent = events.count(items, n, events.bought & is_recent)
    earlier = events.count(items, n, events.bought & ~is_recent)
    earlier_length = events.earliest(items, n) - window
    trend = (recent + 1) / window * earlier_length / (earlier + 1)
    meaning = f"purchases for each of the last {window:g} {events.unit} over earlier ones; NaN for new items"
    return [(Feature("trend", "", "trend", meaning), np.where(earlier_length > 0, trend, np.nan))]


def _reactions(events: AsOf) -> _Columns:
    """Return repeat rate, conversion and return rate."""
    log, items, n = events.log, events.log.item_codes, events.log.n_items
    is_view = log.is_kind("view")
    columns = [
        (
            Feature("repeat_rate", "0 to 1", "loyalty", "share of the buyers with two or more orders"),
            _repeat_rate(events),
        )
    ]
    if np.any(is_view):
        conversion = ratio(events.count(items, n, events.bought), events.count(items, n, is_view))
        columns.append(
            (Feature("conversion", "", "conversion", "purchases for each view; NaN without views"), conversion)
        )
    if np.any(events.returned):
        meaning = "returned pieces for each piece bought; NaN without purchases"
        columns.append((Feature("return_rate", "", "returns", meaning), return_rate(events, items, n)))
    return columns


def _repeat_rate(events: AsOf) -> FloatArray:
    """Return the share of the buyers of each item that bought it in two or more orders."""
    log, rows = events.log, np.flatnonzero(events.bought)
    keys, n_keys = events.order_keys
    items, users = log.item_codes[rows], log.user_codes[rows]
    is_first, pairs = distinct_pairs(items, users, log.n_items, log.n_users)
    n_pairs = int(np.count_nonzero(is_first))
    is_new_order, _ = distinct_pairs(pairs, keys[rows], n_pairs, n_keys)
    n_orders = np.bincount(pairs[is_new_order], minlength=n_pairs)
    item_of_pair = np.empty(n_pairs, dtype=np.int64)
    item_of_pair[pairs] = items
    return mean_of(item_of_pair, (n_orders >= 2).astype(np.float64), log.n_items)


def _price(events: AsOf, listed: FloatArray | None, categories: Categories | None) -> _Columns:
    """Return the mean price paid and its quantile in the category; nothing without prices."""
    if events.prices is None:
        return []
    rows = events.bought
    prices = listed
    if prices is None:
        prices = mean_of(events.log.item_codes[rows], events.prices[rows], events.log.n_items)
    groups = np.zeros(len(prices), dtype=np.int64) if categories is None else categories.codes.astype(np.int64) + 1
    within = "all items" if categories is None else "the items of the category"
    quantiles = quantiles_within(prices, groups, int(groups.max(initial=0)) + 1)
    return [
        (Feature("price", "currency", "price", "mean price paid for a piece"), prices),
        (Feature("price_quantile", "0 to 1", "price", f"quantile of the price among {within}"), quantiles),
    ]


def _age(events: AsOf) -> _Columns:
    """Return recency and age."""
    items, n = events.log.item_codes, events.log.n_items
    return [
        (
            Feature("recency", events.unit, "recency", "from the latest purchase"),
            events.latest(items, n, events.bought),
        ),
        (Feature("age", events.unit, "recency", "from the first event"), events.earliest(items, n)),
    ]
