"""DropBots: remove users whose behaviour is that of a program."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from recokit._runtime.arguments import check_count, check_number, check_probability
from recokit._typing import AnyArray, BoolArray
from recokit.exceptions import DataError
from recokit.preprocessing.cleaning._bot_signals import Signals, signals_of, upper_limit
from recokit.preprocessing.cleaning._shared import RuleText, ids_of, removing
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["DropBots"]

_NAMES = ("rate", "burst", "breadth", "quiet_share")
_FAR_RATE, _FAR_BURST = 4.0, 1.5  # multiples of the limits beyond which a signal counts twice
_N_ERRORS = 1.5  # standard errors by which a quiet share that counts twice exceeds the minimum
_UNITS = ("actions an hour", "actions a minute", "items a day", "of the active hours in the quietest six")


@dataclass(frozen=True, repr=False)
class DropBots(RuleText):
    """Remove users whose behaviour is that of a program: crawlers, price monitors, scalpers.

    Four signals are computed for each user with enough actions; the lines of an order are one action:

    - *rate*: actions per active hour, an hour of the calendar with an action,
    - *burst*: the most actions within 60 seconds,
    - *breadth*: distinct items per active day, without purchases,
    - *quiet share*: the share of the active hours in the six consecutive hours of the day with the fewest, for users
      with at least 24 active hours. Users sleep, in every time zone; activity around the clock has a share near 0.25.

    The first three must exceed both their minimum and a robust limit: on the scale of logarithms, ``threshold``
    standard deviations above the median, both estimated by the median and the median absolute deviation of the users
    with at least 5 actions, which outliers do not move [1]_. A user with at least ``min_signals`` signals is a bot. A
    signal counts twice if it is far beyond its limit: a rate above four times the limit, a burst above 1.5 times the
    limit, or a quiet share above the minimum by 1.5 standard errors. Bots are removed and limits computed again until
    no bot is left. ``report.details("DropBots")`` lists the bots with their signals and reasons.

    Parameters
    ----------
    min_signals : int
        Number of signals that make a bot, 1 to 4; signals far beyond their limit count twice.
    threshold : float
        Robust limit in standard deviations.
    min_events : int
        Fewest actions of a bot.
    min_rate, min_burst, min_breadth : float
        Smallest suspicious values.
    min_quiet_share : float
        Smallest suspicious share, between 0 and 1.
    keep : user id, or sequence of user ids
        Users that are never removed, such as resellers and test accounts; they count in the medians.

    Raises
    ------
    ValueError
        A parameter is out of range.
    DataError
        The log has no times, or steps (`apply`).

    See Also
    --------
    recokit.preprocessing.DropDuplicates :
        Remove exact repeats: events with the same values in all columns, within a window of time.
    recokit.preprocessing.ClipQuantities : Limit quantities above a number or a quantile to it.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    References
    ----------
    .. [1] B. Iglewicz, D. Hoaglin: How to detect and handle outliers. ASQC Quality Press, 1993.

    Examples
    --------
    >>> from recokit import EventLog
    >>> from recokit.datasets import make_shop
    >>> shop = make_shop(200, 100, 10_000, bots=2)
    >>> cleaned, report = EventLog.from_frame(shop.events).clean(DropBots())
    >>> report["DropBots"].users
    2
    >>> report.details("DropBots")["user_id"].tolist() == shop.truth.bots.tolist()
    True
    >>> int(DropBots().apply(cleaned).removed.sum())
    0
    """

    min_signals: int = 2
    threshold: float = 4.0
    min_events: int = 50
    min_rate: float = 30.0
    min_burst: float = 15.0
    min_breadth: float = 30.0
    min_quiet_share: float = 0.1
    keep: Any = ()
    remedy: ClassVar[str] = "raise threshold= and the minimums; report.details shows the signals of a smaller log"

    def __post_init__(self) -> None:
        if check_count(self.min_signals, "min_signals") > len(_NAMES):
            raise ValueError(f"min_signals={self.min_signals!r}: expected at most {len(_NAMES)}")
        check_number(self.threshold, "threshold", above=0)
        check_count(self.min_events, "min_events")
        for name in ("min_rate", "min_burst", "min_breadth"):
            check_number(getattr(self, name), name, above=0)
        check_probability(self.min_quiet_share, "min_quiet_share")
        object.__setattr__(self, "keep", ids_of(self.keep))

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the events of the other users."""
        if log.times is None or log.times.dtype.kind != "M":
            had = "has no times" if log.times is None else "has steps in place of dates"
            raise DataError(
                f"DropBots needs dates and times, but the log {had}; give timestamp= to EventLog.from_frame"
            )
        signals = signals_of(log, log.is_kind("purchase", "return"))
        found = self._find(signals, _kept(log, self.keep))
        bots = np.flatnonzero(found.is_bot)
        removed = np.append(found.is_bot, False)[log.user_codes]
        notes = [f"limits: {', '.join(_with_units(found.limits)).replace('inf', 'any number of')}"]
        notes += [f"{len(bots):,} of {log.n_users:,} users are bots" if len(bots) else "no bots"]
        most = bots[np.argsort(-signals.n_actions[bots], kind="stable")[:3]]
        notes += [f"user {log.users.take([bot])[0]}: {_reasons(signals, found.flags, bot)}" for bot in most]
        details = _details(log, signals, found.flags, bots) if len(bots) else {}
        return RuleResult(removing(log, removed), removed, notes=tuple(notes), details=details)

    def _find(self, signals: Signals, keep: BoolArray) -> "_Found":
        """Return the bots: remove bots from the users of the medians until no further user exceeds the limits."""
        is_bot = np.zeros(len(signals.rate), dtype=np.bool_)
        candidates = (signals.n_actions >= self.min_events) & ~keep
        minimums = (self.min_rate, self.min_burst, self.min_breadth)
        while True:
            columns = (signals.rate, signals.burst.astype(np.float64), signals.breadth)
            limits = [
                max(least, upper_limit(column, ~is_bot, signals.n_actions, self.threshold))
                for least, column in zip(minimums, columns, strict=True)
            ]
            flags = [column > limit for column, limit in zip(columns, limits, strict=True)]
            flags.append(np.nan_to_num(signals.quiet_share) > self.min_quiet_share)
            stacked = np.column_stack(flags)
            points = stacked.sum(axis=1) + self._strong(signals, limits).sum(axis=0)
            new = candidates & ~is_bot & (points >= self.min_signals)
            if not np.any(new):
                return _Found(is_bot, stacked, (*limits, self.min_quiet_share))
            is_bot |= new

    def _strong(self, signals: Signals, limits: list[float]) -> BoolArray:
        """Return whether the rate, the burst and the quiet share are beyond doubt, (3, n_users)."""
        share = np.nan_to_num(signals.quiet_share)
        error = np.sqrt(share * (1 - share) / np.maximum(signals.n_hours, 1))
        is_awake = share - _N_ERRORS * error > self.min_quiet_share
        return np.array([signals.rate > _FAR_RATE * limits[0], signals.burst > _FAR_BURST * limits[1], is_awake])


class _Found(NamedTuple):
    """Bots, the signals of each user, and the limits at the end."""

    is_bot: BoolArray
    flags: BoolArray
    limits: tuple[float, ...]


def _kept(log: "EventLog", ids: tuple[Any, ...]) -> BoolArray:
    mask = np.zeros(log.n_users, dtype=np.bool_)
    codes = log.users.codes(list(ids)) if ids else np.empty(0, dtype=np.int32)
    mask[codes[codes >= 0]] = True
    return mask


def _with_units(values: tuple[float, ...]) -> list[str]:
    *counts, share = values
    shown = [f"{float(f'{value:.3g}'):,g} {unit}" for value, unit in zip(counts, _UNITS[:3], strict=True)]
    return [*shown, f"{share:.0%} {_UNITS[3]}"]


def _reasons(signals: Signals, flags: BoolArray, user: int) -> str:
    values = _with_units(tuple(float(getattr(signals, name)[user]) for name in _NAMES))
    return ", ".join(value for value, is_flagged in zip(values, flags[user], strict=True) if is_flagged)


def _details(log: "EventLog", signals: Signals, flags: BoolArray, bots: AnyArray) -> dict[str, AnyArray]:
    columns = {"user_id": log.users.take(bots), "actions": signals.n_actions[bots]}
    columns |= {name: getattr(signals, name)[bots] for name in _NAMES}
    reasons = [", ".join(name for name, flag in zip(_NAMES, row, strict=True) if flag) for row in flags[bots]]
    return columns | {"reasons": np.array(reasons, dtype=object)}
