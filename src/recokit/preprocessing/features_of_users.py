"""user_features: recency, frequency, monetary value, habits and tastes of each user."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.preprocessing._as_of import AsOf
from recokit.preprocessing._grouped import distinct_pairs, mean_of, quantiles_within, ratio, stable_order, sums
from recokit.preprocessing._item_categories import Categories, catalogue_prices, read_categories
from recokit.preprocessing.event_log import EventLog
from recokit.preprocessing.features import Feature, Features

__all__ = ["user_features"]

_Columns = list[tuple[Feature, FloatArray]]
_DAYPARTS = ("night", "morning", "afternoon", "evening")
_HOURS_OF_DAYPART = 6


def user_features(
    log: EventLog,
    catalogue: Any = None,
    at: Any = None,
    target: str | Iterable[str] = "purchase",
    *,
    category: str | None = "category",
    max_categories: int = 20,
) -> Features:
    """Compute features of each user as of a moment; no event at or after the moment is used.

    ======================== ========== ============ ===================================================================
    column                   unit       family       definition
    ======================== ========== ============ ===================================================================
    ``recency``              days       engagement   from the latest purchase to the moment
    ``tenure``               days       engagement   from the first event of any kind to the moment
    ``interval_mean``        days       engagement   mean time between consecutive orders; NaN below two orders
    ``interval_std``         days       engagement   standard deviation (n − 1) of these times; NaN below three orders
    ``frequency``            orders     engagement   number of orders
    ``n_items``              items      engagement   number of different items bought
    ``n_events``             events     engagement   number of events of any kind
    ``active_days``          days       engagement   number of days with an event of any kind
    ``monetary``             currency   engagement   revenue, less returns
    ``order_value``          currency   price        revenue of purchases for each order
    ``price_level``          0 to 1     price        mean quantile of the prices paid, within the category of the item
    ``conversion``           –          conversion   purchases for each view
    ``return_rate``          –          returns      returned pieces for each piece bought
    ``weekend_share``        0 to 1     weekend      share of purchases on Saturday and Sunday
    ``night_share``          0 to 1     daypart      share of purchases from 0 to 6 h; also ``morning_share``,
                                                     ``afternoon_share`` and ``evening_share``
    ``category=…``           0 to 1     category     share of purchases in a category
    ``source=…``             0 to 1     source       share of events from a source
    ======================== ========== ============ ===================================================================

    Values are NaN where they are not defined, such as ``recency`` for a user without purchases. Columns are left out if
    the events before the moment say nothing about them: times without timestamps, hours and days of the week for times
    in steps, money without prices, ``conversion`` without views, ``return_rate`` without returns, shares without a
    catalogue or sources.

    Orders are those of the log; without order ids, all purchases of a user on one day (or at one step) are one order.
    Returns are events of the kind "return" and purchases with a negative quantity. A missing quantity counts as 1, a
    missing price as no revenue. Hours and days are those of the timestamps; convert them to local time before.

    Parameters
    ----------
    log : EventLog
        Events with users, items and times.
    catalogue : frame or mapping of columns, optional
        Items with the column ``item_id``, for categories; its column ``price`` is used if the log has no prices.
    at : moment, optional
        Moment of the features, as in `EventLog.between`. By default that of the last event, which is included.
    target : str or iterable of str
        Kinds of events that count as purchases.
    category : str, optional
        Column of the catalogue with categories; None for none.
    max_categories : int
        Largest number of category shares; the categories with the fewest items in the catalogue are pooled as "other".

    Returns
    -------
    Features
        One row for each user with an event before the moment, in order of the ids.

    Raises
    ------
    DataError
        The log is empty, has missing ids or times, has no events of the target, or has no event before ``at``; the
        catalogue has no such column or none of the items.

    See Also
    --------
    item_features : Features of items.
    FeatureLookup : Features in a scikit-learn pipeline.
    UserSegments : Segments of users by their features.

    Examples
    --------
    >>> from recokit.preprocessing import EventLog, user_features
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "ann", "bob"],
    ...         "item_id": ["tea", "cup", "tea", "pot"],
    ...         "event": ["view", "purchase", "purchase", "purchase"],
    ...         "timestamp": [
    ...             "2024-05-01 10:00",
    ...             "2024-05-04 10:00",
    ...             "2024-05-10 10:00",
    ...             "2024-05-11 22:00",
    ...         ],
    ...         "price": [2.0, 8.0, 2.0, 30.0],
    ...     }
    ... )
    >>> features = user_features(log, at="2024-05-12 10:00")
    >>> print(
    ...     features[["recency", "frequency", "monetary", "interval_mean", "weekend_share"]]
    ... )
    features of 2 users
    feature        unit      defined  min  median  max
    recency        days         100%  0.5    1.25    2
    frequency      orders       100%    1     1.5    2
    monetary       currency     100%   10      20   30
    interval_mean  days          50%    6       6    6
    weekend_share  0 to 1       100%  0.5    0.75    1
    """
    events = AsOf.of(log, at, target, "user_features")
    categories = read_categories(events.log.items, catalogue, category, max_categories)
    if events.prices is None:
        prices = catalogue_prices(events.log.items, catalogue)
        events.prices = None if prices is None else prices[events.log.item_codes]
    columns = [
        *(_times_of_users(events) if events.log.times is not None else ()),
        *_activity(events),
        *_money(events, categories),
        *_habits(events),
        *(_clock(events) if events.has_dates else ()),
        *(_category_shares(events, categories) if categories is not None else ()),
        *_source_shares(events),
    ]
    return Features(events.log.users, np.column_stack([values for _, values in columns]), [one for one, _ in columns])


def _times_of_users(events: AsOf) -> _Columns:
    """Return recency, tenure, and the intervals between orders."""
    users, n = events.log.user_codes, events.log.n_users
    starts = events.order_starts
    starts = starts[stable_order(users[starts], n)]
    owners, ages = users[starts], events.ages[starts]
    same = owners[1:] == owners[:-1]
    gaps, gap_owners = (ages[:-1] - ages[1:])[same], owners[1:][same]
    mean = mean_of(gap_owners, gaps, n)
    n_gaps = np.bincount(gap_owners, minlength=n)
    squares = sums(gap_owners, (gaps - mean[gap_owners]) ** 2, n)
    std = np.sqrt(ratio(squares, np.maximum(n_gaps - 1, 0)))
    unit = events.unit
    return [
        (Feature("recency", unit, "engagement", "from the latest purchase"), events.latest(users, n, events.bought)),
        (Feature("tenure", unit, "engagement", "from the first event"), events.earliest(users, n)),
        (Feature("interval_mean", unit, "engagement", "mean time between orders; NaN below two orders"), mean),
        (Feature("interval_std", unit, "engagement", "deviation of these times; NaN below three orders"), std),
    ]


def _activity(events: AsOf) -> _Columns:
    """Return the numbers of orders, items, events and active days."""
    log, users, n = events.log, events.log.user_codes, events.log.n_users
    bought = np.flatnonzero(events.bought)
    is_first, _ = distinct_pairs(users[bought], log.item_codes[bought], n, log.n_items)
    columns = [
        (Feature("frequency", "orders", "engagement", "number of orders"), events.count(users, n, events.order_starts)),
        (
            Feature("n_items", "items", "engagement", "number of different items"),
            events.count(users, n, bought[is_first]),
        ),
        (Feature("n_events", "events", "engagement", "number of events of any kind"), events.count(users, n)),
    ]
    if events.log.times is not None:
        periods, n_periods = events.periods
        is_active, _ = distinct_pairs(users, periods, n, n_periods)
        days = Feature("active_days", events.unit, "engagement", f"number of {events.unit} with an event")
        columns.append((days, events.count(users, n, is_active)))
    return columns


def _money(events: AsOf, categories: Categories | None) -> _Columns:
    """Return monetary value, order value and price level; nothing without prices."""
    if events.revenue is None or events.prices is None:
        return []
    users, n, bought = events.log.user_codes, events.log.n_users, events.bought
    revenue = sums(users, events.revenue, n)
    purchases = sums(users[bought], events.revenue[bought], n)
    n_orders = events.count(users, n, events.order_starts)
    groups = np.zeros(int(bought.sum()), dtype=np.int64)
    if categories is not None:
        groups = categories.codes[events.log.item_codes[bought]].astype(np.int64) + 1
    levels = quantiles_within(events.prices[bought], groups, int(groups.max(initial=0)) + 1)
    within = "overall" if categories is None else "within the category"
    return [
        (Feature("monetary", "currency", "engagement", "revenue, less returns"), revenue),
        (
            Feature("order_value", "currency", "price", "revenue of purchases for each order"),
            ratio(purchases, n_orders),
        ),
        (
            Feature("price_level", "0 to 1", "price", f"mean quantile of the prices paid, {within}"),
            mean_of(users[bought], levels, n),
        ),
    ]


def _habits(events: AsOf) -> _Columns:
    """Return conversion and return rate, if there are views or returns."""
    users, n, is_view = events.log.user_codes, events.log.n_users, events.log.is_kind("view")
    columns: _Columns = []
    if np.any(is_view):
        purchases = events.count(users, n, events.bought)
        meaning = Feature("conversion", "", "conversion", "purchases for each view; NaN without views")
        columns.append((meaning, ratio(purchases, events.count(users, n, is_view))))
    if np.any(events.returned):
        meaning = Feature("return_rate", "", "returns", "returned pieces for each piece bought; NaN without purchases")
        columns.append((meaning, return_rate(events, users, n)))
    return columns


def return_rate(events: AsOf, codes: AnyArray, n_codes: int) -> FloatArray:
    """Return the returned pieces for each piece bought, of each user or item."""
    returned, bought = (sums(codes[rows], events.pieces[rows], n_codes) for rows in (events.returned, events.bought))
    return ratio(returned, bought)


def _clock(events: AsOf) -> _Columns:
    """Return the shares of purchases on weekends and in the four parts of the day."""
    bought = np.flatnonzero(events.bought)
    times: Any = events.log.times
    hours = times[bought].astype("datetime64[h]").astype(np.int64)
    days = hours // 24
    users, n = events.log.user_codes[bought], events.log.n_users
    is_weekend = (days + 3) % 7 >= 5  # day 0, 1 January 1970, is a Thursday
    weekend = Feature("weekend_share", "0 to 1", "weekend", "share of purchases on Saturday and Sunday")
    counts = _counts_by_class(users, (hours - 24 * days) // _HOURS_OF_DAYPART, n, len(_DAYPARTS))
    shares = ratio(counts, counts.sum(axis=1, keepdims=True) + np.zeros_like(counts))
    first_hours = range(0, 24, _HOURS_OF_DAYPART)
    parts = [
        Feature(f"{name}_share", "0 to 1", "daypart", f"share of purchases from {hour} to {hour + _HOURS_OF_DAYPART} h")
        for name, hour in zip(_DAYPARTS, first_hours, strict=True)
    ]
    return [(weekend, mean_of(users, is_weekend.astype(np.float64), n)), *zip(parts, shares.T, strict=True)]


def _category_shares(events: AsOf, categories: Categories) -> _Columns:
    """Return the share of each category in the purchases with a known category."""
    codes = categories.codes[events.log.item_codes]
    rows = np.flatnonzero(events.bought & (codes >= 0))
    return _shares(events, rows, codes[rows], categories.names, "category", "share of purchases in the category")


def _source_shares(events: AsOf) -> _Columns:
    """Return the share of each source in the events with a known source; nothing without sources."""
    log = events.log
    if log.sources is None or log.source_codes is None or len(log.sources) == 0:
        return []
    rows = np.flatnonzero(log.source_codes >= 0)
    names = tuple(map(str, log.sources))
    return _shares(events, rows, log.source_codes[rows], names, "source", "share of events from the source")


def _shares(
    events: AsOf, rows: IntArray, codes: AnyArray, names: tuple[str, ...], family: str, meaning: str
) -> _Columns:
    counts = _counts_by_class(events.log.user_codes[rows], codes, events.log.n_users, len(names))
    shares = ratio(counts, counts.sum(axis=1, keepdims=True) + np.zeros_like(counts))
    columns = [Feature(f"{family}={name}", "0 to 1", family, meaning) for name in names]
    return list(zip(columns, shares.T, strict=True))


def _counts_by_class(users: AnyArray, classes: AnyArray, n_users: int, n_classes: int) -> FloatArray:
    """Return the number of rows of each user and class: (n_users, n_classes) float64."""
    cells = users.astype(np.int64) * n_classes + classes
    return np.bincount(cells, minlength=n_users * n_classes).reshape(n_users, n_classes).astype(np.float64)
