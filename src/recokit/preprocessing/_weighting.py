"""From the events of a log to interactions: weights by kind, quantity, age and source, summed by pair."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from recokit._runtime.arguments import check_number
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray
from recokit.data._columns import to_values
from recokit.data._keyed import by_label
from recokit.data._moments import to_moment
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._lengths import read_length
from recokit.preprocessing._rows import required_times
from recokit.preprocessing._sequences import warn_of_omitted
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing._table import EventTable

__all__ = ["Quantity", "event_values", "interactions_of", "only_used_ids"]

Quantity = Literal["linear", "log"]


def interactions_of(
    log: "EventTable",
    weights: Mapping[str, float] | None,
    quantity: Quantity | None,
    half_life: Any,
    at: Any,
    sources: Mapping[Any, float] | None,
) -> Interactions:
    """Return the interactions of a log: the sum of the values of the events of each pair."""
    log = _complete(log)
    if at is not None:
        log = log.between(None, at)
        if len(log) == 0:
            raise DataError(f"interactions: all events are at at={at!r} or later")
    values = event_values(log, weights, quantity, sources)
    if half_life is not None:
        values = values * _decays(log, half_life, at)
    if not np.any(values > 0):
        raise DataError(
            "interactions: no event has a positive value; check the weights" + ("" if at is None else f" and at={at!r}")
        )
    used = values != 0
    strengths = to_values(values[used], "strengths of the events")
    users, items = log.user_codes[used], log.item_codes[used]
    times = None if log.times is None else log.times[used]
    made = Interactions._from_codes(log.users, log.items, users, items, strengths, times, "implicit", "sum")
    is_positive = made.values > 0
    n_dropped = int(np.count_nonzero(~is_positive))
    if n_dropped:
        warnings.warn(
            f"interactions: {n_dropped:,} of {len(is_positive):,} (user, item) pairs are left out, because their "
            "events sum to 0 or less, as returns do",
            stacklevel=levels_inside(),
        )
        if n_dropped == len(is_positive):
            raise DataError("interactions: all pairs sum to 0 or less; check the weights")
        made = made.select(is_positive)
    return only_used_ids(made)


def _complete(log: "EventTable") -> "EventTable":
    """Return the events with user, item and, if the log has times, a time; warn about the others."""
    lacking = (log.user_codes < 0) | (log.item_codes < 0)
    if log.times is not None:
        lacking |= missing_times(log.times)
    warn_of_omitted("interactions", lacking, "no user, item or time")
    log = log.take(~lacking, keep_ids=True) if np.any(lacking) else log
    if len(log) == 0:
        raise DataError("interactions: no events are left")
    return log


def event_values(
    log: "EventTable",
    weights: Mapping[str, float] | None,
    quantity: Quantity | None,
    sources: Mapping[Any, float] | None,
) -> FloatArray:
    """Return the value of each event: weight of its kind × quantity × weight of its source; (n_events,) float64.

    Raises
    ------
    DataError
        A kind of event or a source has no weight, or the log lacks the quantities or sources.
    """
    by_kind = _kind_weights(log, weights)
    codes = log.event_codes
    values: FloatArray = by_kind[codes]
    if log.quantities is not None:
        returned = log.is_kind("purchase") & (log.quantities < 0)
        if np.any(returned):
            values = np.where(returned, _return_weight(weights, int(np.count_nonzero(returned))), values)
    if quantity is not None:
        values = values * _quantity_factors(log, quantity)
    return values if sources is None else values * _source_weights(log, sources)


def _kind_weights(log: "EventTable", weights: Mapping[str, float] | None) -> FloatArray:
    present = np.bincount(log.event_codes, minlength=len(log.kinds)) > 0
    kinds = [kind for kind, is_present in zip(log.kinds, present, strict=True) if is_present]
    if weights is None:
        if len(kinds) > 1:
            raise DataError(
                f"the log has several kinds of events: {first_few(kinds)}; give a weight for each, such as "
                f"log.interactions(weights={{{', '.join(f'{kind!r}: 1' for kind in kinds[:4])}}}), learn them with "
                f"weights='learn', or choose kinds with log.filter(events={kinds[0]!r})"
            )
        weights = dict.fromkeys(kinds, 1.0)
    weights = by_label(weights, "weights", "name")
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights={weights!r}: expected a mapping of kinds of events to numbers, 'learn', or None")
    lacking = [kind for kind in kinds if kind not in weights]
    if lacking:
        raise DataError(
            f"weights: no weight for {first_few(lacking)}; give one (0 ignores the events), or choose kinds with "
            "log.filter(events=…)"
        )
    return np.array([check_number(weights.get(kind, 0), f"weights[{kind!r}]") for kind in log.kinds])


def _return_weight(weights: Mapping[str, float] | None, n_returns: int) -> float:
    if weights is None or "return" not in weights:
        raise DataError(
            f"{n_returns:,} purchase(s) have a negative quantity, and so are returns; net them with "
            "log.clean(NetReturns()), or give a weight for 'return', such as the negative weight of a purchase"
        )
    return check_number(weights["return"], "weights['return']")


def _quantity_factors(log: "EventTable", quantity: str) -> FloatArray:
    """Return |q| or log₂(1 + |q|) of each event, 1 for a missing quantity."""
    if quantity not in get_args(Quantity):
        raise ValueError(f"quantity={quantity!r}: expected 'linear', 'log' or None")
    if log.quantities is None:
        raise DataError(
            f"quantity={quantity!r}: the log has no quantities; give their column as quantity= to EventLog.from_frame"
        )
    pieces = np.abs(np.nan_to_num(log.quantities, nan=1.0))
    return pieces if quantity == "linear" else np.log2(1 + pieces)


def _source_weights(log: "EventTable", weights: Mapping[Any, float]) -> FloatArray:
    if log.sources is None or log.source_codes is None:
        raise DataError("sources: the log has no sources; join logs with EventLog.concat({'app': log, 'web': log})")
    lacking = [source for source in log.sources if source not in weights]
    if lacking:
        raise DataError(f"sources: no weight for {first_few(lacking)}; give one (0 ignores the events)")
    if np.any(log.source_codes < 0):
        raise DataError(f"sources: {np.count_nonzero(log.source_codes < 0):,} event(s) have no source")
    by_source = np.array([check_number(weights[source], f"sources[{source!r}]") for source in log.sources])
    if np.any(by_source < 0):
        raise ValueError(f"sources={dict(weights)!r}: expected weights of at least 0")
    found: FloatArray = by_source[log.source_codes]
    return found


def _decays(log: "EventTable", half_life: Any, at: Any) -> FloatArray:
    """Return 2^(−age / half_life) of each event; the age is the time before ``at``, or before the latest event."""
    times = required_times(log, "half_life")
    length = read_length(half_life, times, "half_life")
    now = times.max() if at is None else to_moment(at, times, "at")
    decays: FloatArray = np.exp2(-((now - times) / length))
    return decays


def only_used_ids(data: Interactions) -> Interactions:
    """Return the same interactions over the users and items that have any."""
    users = Coded(data.users, data.user_codes).compact()
    items = Coded(data.items, data.item_codes).compact()
    if users.ids is data.users and items.ids is data.items:
        return data
    lengths: AnyArray = np.diff(data.indptr)
    indptr = data.indptr[np.append(0, np.flatnonzero(lengths) + 1)]
    ids: tuple[IdIndex, IdIndex] = (users.ids, items.ids)
    return replace(data, users=ids[0], items=ids[1], indptr=indptr, item_codes=items.codes)
