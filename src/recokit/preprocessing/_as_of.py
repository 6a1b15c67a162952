"""The events of a log before a moment, as arrays for features."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.data._moments import to_moment
from recokit.exceptions import DataError
from recokit.preprocessing._grouped import dense_ranks, distinct_pairs
from recokit.preprocessing._rows import known_kinds
from recokit.preprocessing._times import missing_times
from recokit.preprocessing.event_log import EventLog

__all__ = ["AsOf"]

_DAY_US = 86_400_000_000


@dataclass(eq=False)
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
    prices: FloatArray | None = None

    @classmethod
    def of(cls, log: Any, at: Any, target: str | Iterable[str], purpose: str) -> "AsOf":
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
        if at is None:
            return cls(log, None if log.times is None else log.times[-1], kinds, log.prices)
        moment = None if log.times is None else to_moment(at, log.times, "at")
        before = log.between(None, at if moment is None else moment)
        if len(before) == 0 or log.times is None:
            first = "" if log.times is None else f"; the first event is at {log.times[0]}"
            raise DataError(f"{purpose}: no event before at={at!r}{first}")
        return cls(before, moment, kinds, before.prices)

    @property
    def has_dates(self) -> bool:
        """Whether the log has dates, not only steps."""
        return self.log.times is not None and self.log.times.dtype.kind == "M"

    @property
    def unit(self) -> str:
        """Unit of times: "days" or "steps"."""
        return "days" if self.has_dates else "steps"

    @cached_property
    def ages(self) -> FloatArray:
        """Time from each event to the moment, in days or steps: (n_events,) float64."""
        times: Any = self.log.times
        if self.has_dates:
            ages: FloatArray = (self.moment - times).astype("timedelta64[us]").astype(np.int64) / _DAY_US
            return ages
        steps: FloatArray = np.asarray(self.moment - times, dtype=np.float64)
        return steps

    @cached_property
    def periods(self) -> tuple[IntArray, int]:
        """Number 0, 1, … of the day, or of the step, of each event, and the number of these."""
        times: Any = self.log.times
        if times is None:
            return np.arange(len(self.log)), len(self.log)
        return dense_ranks(times.astype("datetime64[D]") if self.has_dates else times)

    @cached_property
    def _is_negative(self) -> BoolArray:
        """Mask of negative quantities."""
        quantities = self.log.quantities
        return np.zeros(len(self.log), dtype=np.bool_) if quantities is None else quantities < 0

    @cached_property
    def bought(self) -> BoolArray:
        """Mask of the events of the target, without returned pieces."""
        return self.log.is_kind(*self.target) & ~self._is_negative

    @cached_property
    def returned(self) -> BoolArray:
        """Mask of returns: events of the kind "return", and events of the target with a negative quantity."""
        returned = self.log.is_kind(*self.target) & self._is_negative
        return returned if "return" in self.target else returned | self.log.is_kind("return")

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
        """Number of the order of each event, unique for each user, and a bound of the numbers.

        Orders are those of the log; an event without an order id belongs to the order of its day, or of its step.
        """
        periods, n_periods = self.periods
        if self.log.order_codes is None or self.log.orders is None:
            return periods, n_periods
        n_orders = len(self.log.orders)
        codes = self.log.order_codes.astype(np.int64)
        return np.where(codes >= 0, codes, n_orders + periods), n_orders + n_periods

    @cached_property
    def order_starts(self) -> IntArray:
        """Positions of the first bought event of each order of each user, in order of time."""
        rows = np.flatnonzero(self.bought)
        keys, n_keys = self.order_keys
        is_first, _ = distinct_pairs(self.log.user_codes[rows], keys[rows], self.log.n_users, n_keys)
        starts: IntArray = rows[is_first]
        return starts

    def count(self, codes: AnyArray, n_codes: int, rows: Any = slice(None)) -> FloatArray:
        """Return the number of events of each code among some rows: (n_codes,) float64."""
        return np.bincount(codes[rows], minlength=n_codes).astype(np.float64)

    def latest(self, codes: AnyArray, n_codes: int, rows: Any = slice(None)) -> FloatArray:
        """Return the age of the latest event of each code among some rows, NaN without any: (n_codes,) float64."""
        ages = np.full(n_codes, np.nan)
        ages[codes[rows]] = self.ages[rows]  # rows are in order of time, and the last assignment wins
        return ages

    def earliest(self, codes: AnyArray, n_codes: int) -> FloatArray:
        """Return the age of the earliest event of each code: (n_codes,) float64."""
        ages = np.full(n_codes, np.nan)
        ages[codes[::-1]] = self.ages[::-1]
        return ages


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
