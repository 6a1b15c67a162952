"""The events of a log before a moment, as arrays for features."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.data._frames import column, column_names
from recokit.data._id_forms import describe_mismatch
from recokit.data._columns import to_optional_numbers
from recokit.data._moments import to_moment
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._grouped import dense_ranks, distinct_pairs
from recokit.preprocessing._rows import known_kinds
from recokit.preprocessing._times import missing_times
from recokit.preprocessing.event_log import EventLog

__all__ = ["AsOf", "Categories", "read_catalogue"]

_DAY_US = 86_400_000_000
_OTHER = "other"


class Categories:
    """The category of each item of a log.

    Attributes
    ----------
    names : tuple of str
        Names of the categories, sorted, with "other" last if the rarest ones are pooled.
    codes : (n_items,) int32 array
        Position in ``names``; −1 for items that are not in the catalogue or have no category.
    """

    def __init__(self, names: tuple[str, ...], codes: AnyArray) -> None:
        self.names = names
        self.codes = codes


@dataclass
class AsOf:
    """Events before a moment.

    Attributes
    ----------
    log : EventLog
        The events before the moment, without later users and items.
    moment : datetime64 or int, optional
        The moment; None for a log without times.
    target : tuple of str
        Kinds of events that count as purchases.
    prices : (n_events,) float64 array, optional
        Price of a piece; NaN if missing.
    """

    log: EventLog
    moment: Any
    target: tuple[str, ...]
    prices: FloatArray | None

    @classmethod
    def of(cls, log: Any, at: Any, target: str | Iterable[str], catalogue: Any, purpose: str) -> "AsOf":
        """Return the events of a log before a moment; all events, up to the last one, if ``at`` is None.

        Raises
        ------
        TypeError
            ``log`` is not an EventLog.
        DataError
            The log is empty, has missing ids or times, has no events of the target, or none before the moment.
        """
        if not isinstance(log, EventLog):
            raise TypeError(f"{purpose}: expected an EventLog, got {type(log).__name__}; see EventLog.from_frame")
        if len(log) == 0:
            raise DataError(f"{purpose}: the log is empty")
        kinds = known_kinds(log, target, "target")
        _refuse_missing(log, purpose)
        moment = None
        if log.times is not None:
            moment = log.times[-1] if at is None else to_moment(at, log.times, "at")
        if at is not None:
            first, whole = log.between(), log
            log = whole.between(None, at)
            if len(log) == 0:
                raise DataError(f"{purpose}: no event before at={at!r}; the first event is at {first.times[0]}")
        prices = log.prices if log.prices is not None else _catalogue_prices(log, catalogue)
        return cls(log, moment, kinds, prices)

    @property
    def unit(self) -> str:
        """Unit of times: "days" or "steps"."""
        return "days" if self.has_dates else "steps"

    @property
    def has_dates(self) -> bool:
        """Whether the log has dates, not only steps."""
        return self.log.times is not None and self.log.times.dtype.kind == "M"

    @cached_property
    def ages(self) -> FloatArray:
        """Time from each event to the moment, in days or steps: (n_events,) float64."""
        times = self.log.times
        if self.has_dates:
            ages: FloatArray = (self.moment - times).astype("timedelta64[us]").astype(np.int64) / _DAY_US
            return ages
        return (float(self.moment) - np.asarray(times, dtype=np.float64)).astype(np.float64)

    @cached_property
    def periods(self) -> tuple[IntArray, int]:
        """Number 0, 1, … of the day, or of the step, of each event, and the number of these."""
        times: Any = self.log.times
        if times is None:
            return np.arange(len(self.log)), len(self.log)
        return dense_ranks(times.astype("datetime64[D]") if self.has_dates else times)

    @cached_property
    def bought(self) -> BoolArray:
        """Mask of the events of the target, without returned pieces."""
        return self.log.is_kind(*self.target) & ~self.is_negative

    @cached_property
    def returned(self) -> BoolArray:
        """Mask of returns: events of the kind "return", and events of the target with a negative quantity."""
        returns = self.log.is_kind("return")
        if "return" in self.target:
            returns = np.zeros(len(self.log), dtype=np.bool_)
        return returns | (self.log.is_kind(*self.target) & self.is_negative)

    @cached_property
    def is_negative(self) -> BoolArray:
        """Mask of negative quantities."""
        quantities = self.log.quantities
        return np.zeros(len(self.log), dtype=np.bool_) if quantities is None else quantities < 0

    @cached_property
    def pieces(self) -> FloatArray:
        """Number of pieces of each event, without sign; 1 if missing."""
        quantities = self.log.quantities
        return np.ones(len(self.log)) if quantities is None else np.abs(np.nan_to_num(quantities, nan=1.0))

    @cached_property
    def revenue(self) -> FloatArray | None:
        """Revenue of each event: pieces × price, negative for returns, 0 for other events and without a price."""
        if self.prices is None:
            return None
        signs = self.bought.astype(np.float64) - self.returned
        revenue: FloatArray = signs * self.pieces * np.nan_to_num(self.prices)
        return revenue

    @cached_property
    def order_keys(self) -> tuple[IntArray, int]:
        """Number of the order of each event, and the number of orders: order ids, otherwise days or steps.

        An event without an order id belongs to the order of its day. Together with the user, the number is unique.
        """
        periods, n_periods = self.periods
        if self.log.order_codes is None or self.log.orders is None:
            return periods, n_periods
        n_orders = len(self.log.orders)
        codes = self.log.order_codes.astype(np.int64)
        return np.where(codes >= 0, codes, n_orders + periods), n_orders + n_periods

    def order_starts(self) -> IntArray:
        """Return the positions of the first bought event of each order of each user, in order of time."""
        rows = np.flatnonzero(self.bought)
        keys, n_keys = self.order_keys
        is_first, _ = distinct_pairs(self.log.user_codes[rows], keys[rows], self.log.n_users, n_keys)
        return rows[is_first]


def _refuse_missing(log: EventLog, purpose: str) -> None:
    missing = {
        "user": int(np.count_nonzero(log.user_codes < 0)),
        "item": int(np.count_nonzero(log.item_codes < 0)),
        "time": 0 if log.times is None else int(np.count_nonzero(missing_times(log.times))),
    }
    shown = [f"{count:,} without a {name}" for name, count in missing.items() if count]
    if shown:
        raise DataError(
            f"{purpose}: the log has events {' and '.join(shown)}; remove them with log.clean(DropMissing())"
        )


def _catalogue_prices(log: EventLog, catalogue: Any) -> FloatArray | None:
    """Return the catalogue's price of the item of each event; None without such a column."""
    if catalogue is None or "price" not in column_names(catalogue):
        return None
    codes = _catalogue_rows(log, catalogue)
    prices = np.append(to_optional_numbers(column(catalogue, "price"), "price"), np.nan)
    of_event: FloatArray = prices[codes][log.item_codes]
    return of_event


def _catalogue_rows(log: EventLog, catalogue: Any) -> AnyArray:
    """Return the row of each item of the log in a catalogue, −1 if it has none."""
    index = IdIndex(column(catalogue, "item_id"), name="item_id of the catalogue")
    reason = describe_mismatch(index, log.items, ("the catalogue", "the items of the log"))
    if reason is not None:
        raise DataError(f"catalogue: none of its {len(index)} items is in the log: {reason}")
    return index.codes(log.items)


def read_catalogue(log: EventLog, catalogue: Any, category: str, max_categories: int) -> Categories | None:
    """Return the category of each item; None without a catalogue or without such a column.

    If there are more categories than ``max_categories``, those with the fewest items in the catalogue are pooled as
    "other": a choice that does not depend on the events.
    """
    if catalogue is None:
        return None
    names = column_names(catalogue)
    if category not in names:
        if category == "category":
            return None
        raise DataError(f"catalogue: no column {category!r}; the columns are {first_few(names)}")
    labels = [None if _is_empty(label) else str(label) for label in column(catalogue, category)]
    distinct, counts = np.unique(
        np.array([label for label in labels if label is not None], dtype=object), return_counts=True
    )
    if len(distinct) > max_categories:
        largest = np.argsort(-counts, kind="stable")[: max_categories - 1]
        kept = sorted({*distinct[largest].tolist()} - {_OTHER})
        position = {name: place for place, name in enumerate([*kept, _OTHER])}
        codes = [-1 if label is None else position.get(label, len(kept)) for label in labels]
    else:
        position = {name: place for place, name in enumerate(distinct.tolist())}
        codes = [-1 if label is None else position[label] for label in labels]
    rows = _catalogue_rows(log, catalogue)
    return Categories(tuple(position), np.append(np.array(codes, dtype=np.int32), np.int32(-1))[rows])


def _is_empty(label: Any) -> bool:
    from recokit.data._frames import is_missing

    return is_missing(label)
