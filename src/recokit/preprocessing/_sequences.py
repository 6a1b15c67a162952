"""Sessions, sequences and baskets of an event log."""

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._grouped import group
from recokit.preprocessing._lengths import read_length
from recokit.preprocessing._rows import coded_parts, known_kinds, required_times
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing._table import EventTable

__all__ = ["baskets_of", "event_rows", "sequences_of", "session_codes", "warn_of_omitted"]


def warn_of_omitted(purpose: str, omitted: BoolArray, reason: str) -> None:
    """Warn about events that are left out."""
    n_omitted = int(np.count_nonzero(omitted))
    if n_omitted:
        warnings.warn(
            f"{purpose}: {n_omitted:,} of {len(omitted):,} events are left out: {reason}", stacklevel=levels_inside()
        )


def session_codes(log: "EventTable", gap: Any) -> Coded:
    """Return sessions, numbered in order of their first event, and the session of each event."""
    times = required_times(log, "sessions")
    length = read_length(gap, times, "gap", number_is_days=False)
    usable = ~missing_times(times) & (log.user_codes >= 0)
    warn_of_omitted("sessions", ~usable, "they have no user or no time, and get no session")
    positions, starts = group(np.where(usable, log.user_codes, np.int32(-1)), log.n_users)
    begins = np.ones(len(positions), dtype=np.bool_)
    begins[1:] = np.diff(times[positions]) > length
    begins[starts[:-1][np.diff(starts) > 0]] = True
    first = positions[begins]
    numbers = np.empty(len(first), dtype=np.int32)
    numbers[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    codes = np.full(len(log), -1, dtype=np.int32)
    codes[positions] = numbers[np.cumsum(begins) - 1]
    return Coded(IdIndex.from_range(len(first)), codes)


def event_rows(log: "EventTable", events: str | Iterable[str] | None) -> BoolArray:
    """Return a mask of the events of some kinds, without purchases of a negative quantity, which are returns."""
    rows: BoolArray = np.ones(len(log), dtype=np.bool_)
    if events is not None:
        rows = log.is_kind(*known_kinds(log, events, "events"))
    if log.quantities is not None:
        rows &= ~(log.is_kind("purchase") & (log.quantities < 0))
    return rows


class _Chosen(NamedTuple):
    """Events of some kinds that have all ids and times, with the ids that occur in them."""

    log: "EventTable"
    owners: Coded

    @classmethod
    def of(cls, log: "EventTable", events: Any, owner: str, purpose: str, others: tuple[str, ...] = ()) -> "_Chosen":
        """Choose the events of some kinds; ``owner`` is the part of the log that owns the sequences."""
        required_times(log, purpose)
        part = log.take(event_rows(log, events))
        parts = coded_parts(part)
        for name in (owner, *others):
            if name not in parts:
                fix = "call sessions() first, or give" if name == "session" else "give"
                raise DataError(f"{purpose}: the log has no {name}s; {fix} their column as {name}= to from_frame")
        lacking = missing_times(part.times) if part.times is not None else np.zeros(len(part), dtype=np.bool_)
        for name in (owner, "item", *others):
            lacking = lacking | (parts[name].codes < 0)
        warn_of_omitted(purpose, lacking, f"no {', '.join((owner, 'item', *others))} or time")
        part = part.take(~lacking) if np.any(lacking) else part
        if len(part) == 0:
            raise DataError(f"{purpose}: no events are left")
        return cls(part, coded_parts(part)[owner])


def sequences_of(log: "EventTable", by: str, events: Any) -> Sequences:
    """Return the items of each user or session in time order."""
    if by not in ("user", "session"):
        raise ValueError(f"by={by!r}: expected 'user' or 'session'")
    chosen, owners = _Chosen.of(log, events, by, "sequences")
    positions, indptr = group(owners.codes, len(owners.ids))
    times = required_times(chosen, "sequences")[positions]
    rows = Rows.from_arrays(indptr, chosen.item_codes[positions], (), times)
    return Sequences(owners.ids, chosen.items, rows)


def baskets_of(log: "EventTable", by: str, events: Any) -> Sequences:
    """Return the baskets of each user in time order, each with distinct items."""
    if by not in ("order", "session", "day"):
        raise ValueError(f"by={by!r}: expected 'order', 'session' or 'day'")
    chosen, owners = _Chosen.of(log, events, "user", "baskets", () if by == "day" else (by,))
    times = required_times(chosen, "baskets")
    if by != "day":
        keys: AnyArray = coded_parts(chosen)[by].codes
    elif times.dtype.kind == "M":
        keys = np.unique(times.astype("datetime64[D]"), return_inverse=True)[1]
    else:
        raise DataError("baskets: by='day' needs dates, and the times of the log are steps; use by='order'")
    basket_of = _number_baskets(owners.codes, keys)
    n_baskets = int(basket_of.max()) + 1
    first = np.full(n_baskets, len(chosen), dtype=np.int64)
    np.minimum.at(first, basket_of, np.arange(len(chosen)))  # rows are in time order
    by_owner = np.lexsort((first, owners.codes[first]))
    ranks = np.empty(n_baskets, dtype=np.int64)
    ranks[by_owner] = np.arange(n_baskets)
    cells = np.sort(ranks[basket_of] * chosen.n_items + chosen.item_codes)
    cells = cells[np.append(True, cells[1:] != cells[:-1])]  # distinct items of each basket
    rows, items = np.divmod(cells, chosen.n_items)
    bounds = bounds_from_lengths(np.bincount(rows, minlength=n_baskets))
    basket_indptr = bounds_from_lengths(np.bincount(owners.codes[first], minlength=len(owners.ids)))
    cell_times = times[first[by_owner]][rows]
    return Sequences(
        owners.ids,
        chosen.items,
        Rows.from_arrays(bounds[basket_indptr], items, (), cell_times),
        basket_indptr,
        bounds,
    )


def _number_baskets(user_codes: AnyArray, keys: AnyArray) -> AnyArray:
    """Return a number for each pair of user and key."""
    packed = user_codes.astype(np.int64) * (int(keys.max()) + 1) + keys
    return IdIndex.factorize(packed)[1]
