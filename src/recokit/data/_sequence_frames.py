"""Sequences from the columns of a log: events in time order, and baskets in order of their first event."""

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data._columns import check_lengths, to_times
from recokit.data._frames import column
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.exceptions import first_few

__all__ = ["OrderedEvents", "order_events", "warn_of_unused_times"]

_TIME_NAMES = ("timestamp", "time")


class OrderedEvents(NamedTuple):
    """The parts of `recokit.data.Sequences`."""

    users: IdIndex
    items: IdIndex
    rows: Rows
    basket_indptr: IntArray | None = None
    basket_bounds: IntArray | None = None


def order_events(frame: Any, user: str, item: str, timestamp: str | None, basket: str | None) -> OrderedEvents:
    """Return the events of a frame by user, in time order; see `recokit.data.Sequences.from_frame`.

    Raises
    ------
    DataError
        A column does not exist, is empty or has missing values.
    """
    users, user_codes = IdIndex.factorize(column(frame, user), user)
    items, item_codes = IdIndex.factorize(column(frame, item), item)
    times = None if timestamp is None else to_times(column(frame, timestamp), timestamp)
    columns: dict[str, AnyArray | None] = {user: user_codes, item: item_codes, "timestamp": times}
    if basket is None:
        check_lengths(columns)
        order = np.lexsort((user_codes,) if times is None else (times, user_codes))
        indptr = bounds_from_lengths(np.bincount(user_codes, minlength=len(users)))
        ordered = None if times is None else times[order]
        return OrderedEvents(users, items, Rows.from_arrays(indptr, item_codes[order], (), ordered))
    basket_ids, basket_codes = IdIndex.factorize(column(frame, basket), basket)
    check_lengths({**columns, basket: basket_codes})
    groups = user_codes.astype(np.int64) * len(basket_ids) + basket_codes
    return _order_baskets(users, items, user_codes, item_codes, groups, times)


def _order_baskets(
    users: IdIndex,
    items: IdIndex,
    user_codes: CodeArray,
    item_codes: CodeArray,
    groups: IntArray,
    times: AnyArray | None,
) -> OrderedEvents:
    """Order baskets by their earliest event, and their events by time; all get the time of the earliest one."""
    moments = np.zeros(len(groups), dtype=np.int64) if times is None else times
    _, group_of_event = np.unique(groups, return_inverse=True)
    by_group = np.lexsort((moments, group_of_event))
    sizes = np.bincount(group_of_event)
    first = by_group[bounds_from_lengths(sizes)[:-1]]  # row of the earliest event of each basket
    order_of_groups = np.lexsort((first, moments[first], user_codes[first]))
    ranks = np.empty(len(sizes), dtype=np.int64)
    ranks[order_of_groups] = np.arange(len(sizes))
    order = np.lexsort((moments, ranks[group_of_event]))
    bounds = bounds_from_lengths(sizes[order_of_groups])
    basket_indptr = bounds_from_lengths(np.bincount(user_codes[first], minlength=len(users)))
    starts = None if times is None else moments[first][group_of_event[order]]
    rows = Rows.from_arrays(bounds[basket_indptr], item_codes[order], (), starts)
    return OrderedEvents(users, items, rows, basket_indptr, bounds)


def warn_of_unused_times(names: Iterable[str], timestamp: str | None) -> None:
    """Warn about a column of times that does not order the events."""
    unused = [name for name in names if str(name).lower() in _TIME_NAMES]
    if timestamp is None and unused:
        warnings.warn(
            f"the column(s) {first_few(unused)} are not used, and events keep the order of the rows; pass timestamp=",
            stacklevel=levels_inside(),
        )
