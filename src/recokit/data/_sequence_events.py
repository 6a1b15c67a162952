"""Events in order: those of arrays by time and basket, and those of two sequences together."""

from collections.abc import Set
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data._columns import check_lengths, join_times, to_times
from recokit.data._merging import is_small, places_in_time_order
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths, expand_spans, read_only
from recokit.exceptions import DataError
from recokit.kernels import rows as kernel

if TYPE_CHECKING:
    from recokit.data.sequences import Sequences

__all__ = ["OrderedEvents", "merge_events", "order_codes", "order_events"]


class OrderedEvents(NamedTuple):
    """The parts of `recokit.data.Sequences`."""

    users: IdIndex
    items: IdIndex
    rows: Rows
    basket_indptr: IntArray | None = None
    basket_bounds: IntArray | None = None


def order_events(
    users: Any, items: Any, timestamps: Any, baskets: Any, names: tuple[str, str, str, str]
) -> OrderedEvents:
    """Return events by user in time order; see `recokit.data.Sequences.from_arrays`.

    Parameters
    ----------
    users, items, timestamps, baskets : array-likes of shape (n,)
        The last two may be None.
    names : tuple of str
        Names of the four for error messages.

    Raises
    ------
    DataError
        The arrays are empty or differ in length, or an id or a time is missing.
    """
    for name, given in zip(names, (users, items, timestamps, baskets), strict=True):
        if isinstance(given, Set):
            raise DataError(f"{name}: expected a sequence, got a set, whose order is not defined")
    user_index, user_codes = IdIndex.factorize(users, names[0])
    item_index, item_codes = IdIndex.factorize(items, names[1])
    times = None if timestamps is None else to_times(timestamps, names[2])
    basket_index, basket_codes = (None, None) if baskets is None else IdIndex.factorize(baskets, names[3])
    check_lengths(dict(zip(names, (user_codes, item_codes, times, basket_codes), strict=True)))
    n_baskets = 0 if basket_index is None else len(basket_index)
    return order_codes(user_index, item_index, user_codes, item_codes, times, basket_codes, n_baskets)


def order_codes(
    users: IdIndex,
    items: IdIndex,
    user_codes: CodeArray,
    item_codes: CodeArray,
    times: AnyArray | None,
    basket_codes: CodeArray | None,
    n_baskets: int,
) -> OrderedEvents:
    """Return events by user in time order, from codes; see `order_events`."""
    if basket_codes is None:
        indptr, order = _by_user(user_codes, len(users), times)
        rows = Rows.from_arrays(indptr, item_codes[order], (), None if times is None else times[order])
        return OrderedEvents(users, items, rows)
    groups = user_codes.astype(np.int64) * n_baskets + basket_codes
    return OrderedEvents(users, items, *_by_basket(user_codes, item_codes, groups, times, len(users)))


def _by_user(user_codes: CodeArray, n_users: int, times: AnyArray | None) -> tuple[IntArray, IntArray]:
    """Return the bounds of the events of each user, and the order of the events."""
    by_time = np.arange(len(user_codes)) if times is None else np.argsort(times, kind="stable")
    indptr = kernel.row_starts(read_only(user_codes), n_users)
    return indptr, kernel.order_by(read_only(user_codes), indptr, by_time)


def _by_basket(
    user_codes: CodeArray, item_codes: CodeArray, groups: IntArray, times: AnyArray | None, n_users: int
) -> tuple[Rows, IntArray, IntArray]:
    """Order baskets by their earliest event, and their events by time; all get the time of the earliest one.

    Parameters
    ----------
    user_codes, item_codes : (n,) int32 arrays
    groups : (n,) int64 array
        Number of the basket of each event; baskets of different users have different numbers.
    times : (n,) array, optional
    n_users : int
    """
    moments = np.zeros(len(groups), dtype=np.int64) if times is None else times
    _, group_of_event = np.unique(groups, return_inverse=True)
    by_group = np.lexsort((moments, group_of_event))
    sizes = np.bincount(group_of_event)
    first = by_group[bounds_from_lengths(sizes)[:-1]]  # the earliest event of each basket
    order_of_groups = np.lexsort((first, moments[first], user_codes[first]))
    ranks = np.empty(len(sizes), dtype=np.int64)
    ranks[order_of_groups] = np.arange(len(sizes))
    order = np.lexsort((moments, ranks[group_of_event]))
    bounds = bounds_from_lengths(sizes[order_of_groups])
    basket_indptr = bounds_from_lengths(np.bincount(user_codes[first], minlength=n_users))
    starts = None if times is None else moments[first][group_of_event[order]]
    rows = Rows.from_arrays(bounds[basket_indptr], item_codes[order], (), starts)
    return rows, basket_indptr, bounds


def merge_events(first: "Sequences", second: "Sequences") -> OrderedEvents:
    """Return the events of both; see `recokit.data.Sequences.merge`.

    Raises
    ------
    DataError
        Only one of the two has times or baskets, or the times are of different kinds.
    """
    for kind, has in (("times", _has_times), ("baskets", _has_baskets)):
        if has(first) != has(second):
            raise DataError(f"cannot merge sequences with {kind} and sequences without; give both {kind}, or neither")
    users, items = first.users.union(second.users), first.items.union(second.items)
    times = _times_of_both(first, second)
    codes = np.concatenate([items.codes(one.items)[one.rows.codes] for one in (first, second)])
    user_map = users.codes(first.users)
    if not _has_baskets(first) and is_small(second.n_events, first.n_events) and np.all(np.diff(user_map) > 0):
        new_users = users.codes(second.users)[second.rows.row_codes]
        lengths = np.zeros(len(users), dtype=np.int64)
        lengths[user_map] = first.rows.lengths
        return OrderedEvents(users, items, _inserted(lengths, new_users, codes, times), None, None)
    units = [_units(one) for one in (first, second)]
    user_codes = np.concatenate(
        [users.codes(one.users)[owners] for one, (owners, _) in zip((first, second), units, strict=True)]
    )
    bounds = [units[0][1], units[1][1] + first.n_events]
    starts, stops = (np.concatenate([part[cut] for part in bounds]) for cut in (slice(-1), slice(1, None)))
    keys = (user_codes,) if times is None else (_first_times(starts, stops, times), user_codes)
    order = np.lexsort(keys)
    basket_indptr = bounds_from_lengths(np.bincount(user_codes, minlength=len(users)))
    basket_bounds = bounds_from_lengths((stops - starts)[order])
    cells = expand_spans(starts[order], stops[order])
    indptr = basket_bounds[basket_indptr]
    rows = Rows.from_arrays(indptr, codes[cells], (), None if times is None else times[cells])
    baskets = (basket_indptr, basket_bounds) if _has_baskets(first) else (None, None)
    return OrderedEvents(users, items, rows, *baskets)


def _inserted(lengths: IntArray, new_users: CodeArray, codes: CodeArray, times: AnyArray | None) -> Rows:
    """Return rows of the given lengths with new events in their places.

    Parameters
    ----------
    lengths : (n_users,) int64 array
        Number of known events of each user.
    new_users : (n_new,) int32 array
        Users of the new events, ascending, and in time order for each user.
    codes, times : (n_known + n_new,) arrays
        Items and times of the known events and of the new ones. ``times`` may be None.
    """
    n = int(lengths.sum())
    new_times = None if times is None else times[n:]
    where = places_in_time_order(bounds_from_lengths(lengths), times, new_users, new_times)
    both = [None if cells is None else np.insert(cells[:n], where, cells[n:]) for cells in (codes, times)]
    indptr = bounds_from_lengths(lengths + np.bincount(new_users, minlength=len(lengths)))
    return Rows.from_arrays(indptr, both[0], (), both[1])


def _has_times(sequences: "Sequences") -> bool:
    return sequences.rows.times is not None


def _has_baskets(sequences: "Sequences") -> bool:
    return sequences.basket_indptr is not None


def _times_of_both(first: "Sequences", second: "Sequences") -> AnyArray | None:
    """Return the times of the events of both, or None without times."""
    if first.rows.times is None or second.rows.times is None:
        return None
    kinds = first.rows.times.dtype, second.rows.times.dtype
    if (kinds[0].kind == "M") != (kinds[1].kind == "M"):
        raise DataError(f"cannot merge times of {kinds[1]} into times of {kinds[0]}")
    return join_times(first.rows.times, second.rows.times)


def _units(sequences: "Sequences") -> tuple[IntArray, IntArray]:
    """Return the owner of each basket, or of each event without baskets, and the bounds of its events."""
    if sequences.basket_indptr is None or sequences.basket_bounds is None:
        return sequences.rows.row_codes, np.arange(sequences.n_events + 1)
    owners = np.repeat(np.arange(sequences.n_users), np.diff(sequences.basket_indptr))
    return owners, sequences.basket_bounds


def _first_times(starts: IntArray, stops: IntArray, times: AnyArray) -> AnyArray:
    """Return the time of the first event of each basket; an empty basket takes the time of the event before it."""
    first: AnyArray = times[np.clip(np.where(stops > starts, starts, starts - 1), 0, len(times) - 1)]
    return first
