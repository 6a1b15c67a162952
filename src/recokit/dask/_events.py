"""The events of one partition, checked and encoded; and their split into ranges of users."""

import sys
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data._building import ColumnNames
from recokit.data._columns import check_lengths, check_values, to_times, to_values
from recokit.data._frames import column
from recokit.data.id_index import IdIndex
from recokit.data.rows import bounds_from_lengths
from recokit.exceptions import DataError, first_few

__all__ = [
    "Columns",
    "Events",
    "IdSample",
    "encode",
    "id_sample",
    "joined_baskets",
    "joined_codes",
    "joined_times",
    "joined_values",
    "merge_ids",
    "split_events",
    "splitters",
]

_NO_IDS = IdIndex.from_range(0)
_SAMPLED = 64  # ids of users that each partition proposes as bounds, for each block


class Columns(NamedTuple):
    """The columns of the frames of events, and how to read them.

    Attributes
    ----------
    user, item : str
    rating, timestamp : str, optional
    feedback : {"explicit", "implicit"}
    duplicates : {"error", "sum", "mean", "last", "max"}
    basket : str, optional
    in_order : bool
        All events are kept in time order, for models of sequences.
    """

    user: str
    item: str
    rating: str | None
    timestamp: str | None
    feedback: str
    duplicates: str
    basket: str | None = None
    in_order: bool = False

    @property
    def names(self) -> ColumnNames:
        """The names in error messages."""
        return ColumnNames(self.user, self.item, self.rating or "ratings", self.timestamp or "timestamps")


class Events(NamedTuple):
    """The events of a partition in their order, with codes of its own ids.

    Attributes
    ----------
    users, items : IdIndex
    user_codes, item_codes : (n,) int32 arrays
    values : (n,) float32 array, optional
        None if all are 1.
    times : (n,) array, optional
    baskets : IdIndex, optional
    basket_codes : (n,) int32 array, optional
    """

    users: IdIndex
    items: IdIndex
    user_codes: CodeArray
    item_codes: CodeArray
    values: FloatArray | None
    times: AnyArray | None
    baskets: IdIndex | None = None
    basket_codes: CodeArray | None = None


class IdSample(NamedTuple):
    """Sorted ids of users, each with the number of events that it stands for."""

    ids: list[Any]
    n_events: FloatArray


def encode(frame: Any, columns: Columns, partition: int) -> Events:
    """Return the events of a partition: a frame, or a list of frames in a partition of a bag.

    Raises
    ------
    DataError
        A column is missing or cannot be used; the message names the partition.
    """
    release_unused_memory()
    try:
        if isinstance(frame, list):
            return concatenated([_encode(one, columns) for one in frame])
        return _encode(frame, columns)
    except DataError as error:
        raise DataError(f"partition {partition}: {error}") from None


def release_unused_memory() -> None:
    """Return memory to the system that Arrow keeps after reading a partition."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()


def _encode(frame: Any, columns: Columns) -> Events:
    names = columns.names
    users, user_codes = IdIndex.factorize(column(frame, columns.user), names.user)
    items, item_codes = IdIndex.factorize(column(frame, columns.item), names.item)
    values = None if columns.rating is None else to_values(column(frame, columns.rating), names.rating)
    times = None if columns.timestamp is None else to_times(column(frame, columns.timestamp), names.timestamp)
    if len(user_codes):  # a partition may be empty
        check_lengths({names.user: user_codes, names.item: item_codes, names.rating: values, names.timestamp: times})
    if values is not None and columns.duplicates != "sum":
        check_values(values, columns.feedback, names.rating)
    baskets, basket_codes = None, None
    if columns.basket is not None:
        baskets, basket_codes = IdIndex.factorize(column(frame, columns.basket), columns.basket)
    for index, name in ((users, names.user), (items, names.item), (baskets, columns.basket)):
        _check_kind(index, name)
    return Events(users, items, user_codes, item_codes, values, times, baskets, basket_codes)


def _check_kind(index: IdIndex | None, name: str | None) -> None:
    """Refuse ids that have no order across partitions."""
    if index is not None and index._values.dtype == np.dtype(object):
        raise DataError(
            f"{name}: expected integers or text, got {first_few(index)}; convert the column, such as with "
            f"frame[{name!r}].astype(str)"
        )


def merge_ids(indexes: Sequence[IdIndex], name: str) -> IdIndex:
    """Return the index of the ids of several indices, sorted.

    Raises
    ------
    DataError
        Some ids are integers and others are text.
    """
    filled = [index for index in indexes if len(index)]
    if not filled:
        return indexes[0]
    if len({index._values.dtype for index in filled}) > 1:
        shown = first_few([index.take([0])[0] for index in filled])
        raise DataError(f"{name}: expected integers in all partitions or text in all, got {shown}; convert the column")
    values = np.concatenate([index._values for index in filled])
    return IdIndex._from_sorted(np.unique(values))


def concatenated(parts: Sequence[Events]) -> Events:
    """Return the events of several frames or pieces in order."""
    users, user_codes = joined_codes([(part.users, part.user_codes) for part in parts], "users")
    items, item_codes = joined_codes([(part.items, part.item_codes) for part in parts], "items")
    return Events(
        users, items, user_codes, item_codes, joined_values(parts), joined_times(parts), *joined_baskets(parts)
    )


def joined_codes(parts: Sequence[tuple[IdIndex, CodeArray]], name: str) -> tuple[IdIndex, CodeArray]:
    """Return the index of the ids of all parts, and the codes of all events."""
    index = merge_ids([own for own, _ in parts], name)
    return index, np.concatenate([index.codes(own)[codes] for own, codes in parts])


def joined_values(parts: Sequence[Events]) -> FloatArray | None:
    """Return the values of all events; None if all are 1."""
    values = [part.values for part in parts if part.values is not None]
    return np.concatenate(values) if values else None


def joined_times(parts: Sequence[Events]) -> AnyArray | None:
    """Return the times of all events; None without times.

    Raises
    ------
    DataError
        Some times are numbers and others are dates.
    """
    times = [part.times for part in parts if part.times is not None]
    if len({each.dtype.kind == "M" for each in times}) > 1:
        raise DataError("timestamps: expected numbers in all partitions or datetime64 in all; convert the column")
    return np.concatenate(times) if times else None


def joined_baskets(parts: Sequence[Events]) -> tuple[IdIndex | None, CodeArray | None]:
    """Return the baskets of all events; None without baskets."""
    own = [(p.baskets, p.basket_codes) for p in parts if p.baskets is not None and p.basket_codes is not None]
    return joined_codes(own, "baskets") if own else (None, None)


def id_sample(events: Events, n_blocks: int) -> IdSample:
    """Return the ids of users at equal distances in the events of a partition, ordered by user."""
    n = len(events.user_codes)
    if n == 0:
        return IdSample([], np.empty(0))
    cumulated = np.cumsum(np.bincount(events.user_codes, minlength=len(events.users)))
    size = min(_SAMPLED * n_blocks, len(events.users))
    codes = np.unique(np.searchsorted(cumulated, n * (np.arange(size) + 0.5) / size))
    n_events = np.diff(cumulated[codes], prepend=0).astype(np.float64)
    return IdSample(events.users.take(codes).tolist(), n_events)


def splitters(samples: Sequence[IdSample], n_blocks: int) -> list[Any]:
    """Return the first ids of all ranges of users but the first, for about equal numbers of events."""
    ids = [key for sample in samples for key in sample.ids]
    if not ids:
        raise DataError("no interactions: the partitions are empty")
    if len({type(key) for key in ids}) > 1:
        raise DataError(f"user ids: expected integers in all partitions or text in all, got {first_few(ids)}; convert")
    n_events = np.concatenate([sample.n_events for sample in samples])
    order = sorted(range(len(ids)), key=ids.__getitem__)
    cumulated = np.cumsum(n_events[order])
    places = np.searchsorted(cumulated, cumulated[-1] * np.arange(1, n_blocks) / n_blocks)
    return sorted({ids[order[place]] for place in places.tolist()})


def split_events(events: Events, firsts: Sequence[Any], items: IdIndex, n_blocks: int) -> list[Events]:
    """Return the events of each range of users, in order, with the codes of all items."""
    release_unused_memory()
    ids = events.users._values
    cuts = [bisect_left(range(len(ids)), first, key=ids.__getitem__) for first in firsts]
    bounds = [0, *cuts, *[len(ids)] * (n_blocks - len(cuts))]
    item_codes = items.codes(events.items)[events.item_codes]
    of_users = np.repeat(np.arange(n_blocks, dtype=np.min_scalar_type(n_blocks)), np.diff(bounds))
    blocks = of_users[events.user_codes]
    order = np.argsort(blocks, kind="stable")
    ends = bounds_from_lengths(np.bincount(blocks, minlength=n_blocks))
    pieces = []
    for block in range(n_blocks):
        rows: IntArray = order[ends[block] : ends[block + 1]]
        start, stop = bounds[block], bounds[block + 1]
        users = events.users.select(np.arange(start, stop))
        values = None if events.values is None else events.values[rows]
        times = None if events.times is None else events.times[rows]
        codes = events.user_codes[rows] - np.int32(start)
        # Pieces hold codes of all items, so that the index travels once for each block, not for each piece.
        baskets = _compact(events.baskets, events.basket_codes, rows)
        pieces.append(Events(users, _NO_IDS, codes, item_codes[rows], values, times, *baskets))
    return pieces


def _compact(index: IdIndex | None, codes: CodeArray | None, rows: IntArray) -> tuple[IdIndex | None, CodeArray | None]:
    """Return the ids of some events, and their codes in these ids."""
    if index is None or codes is None:
        return None, None
    used, own = np.unique(codes[rows], return_inverse=True)
    return index.select(used), own.astype(np.int32)
