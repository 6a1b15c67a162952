"""Apply cleaning rules in order and report their effects."""

from typing import TYPE_CHECKING, Any

import numpy as np

from recokit.exceptions import DataError
from recokit.preprocessing.cleaning.report import CleaningReport, CleaningStep
from recokit.preprocessing.cleaning.rule import Rule, RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["clean"]

_Sizes = tuple[int, int, int, float]


def clean(log: "EventLog", rules: tuple[Any, ...]) -> tuple["EventLog", CleaningReport]:
    """Return the log after all rules, and the report.

    Raises
    ------
    DataError
        A rule removed the last events, or its result does not fit the log.
    TypeError
        A rule has no method ``apply``.
    """
    for rule in rules:
        _check(rule)
    if len(log) == 0:
        raise DataError("clean: the log has no events; check the filters before it")
    steps, current = [], log
    sizes = before = _sizes(log)
    for rule in rules:
        result = rule.apply(current)
        if not isinstance(result, RuleResult) or len(result.log) != len(current) - int(np.sum(result.removed)):
            raise DataError(
                f"{rule!r}: expected a RuleResult with a mask of the removed events; the events of its log must be all "
                "others"
            )
        if len(result.log) == 0:
            raise DataError(_emptied(rule, len(current), result))
        left = sizes if result.log is current else _sizes(result.log)
        steps.append(_step(rule, sizes, left, result))
        current, sizes = result.log, left
    return current, CleaningReport(tuple(steps), before, sizes)


def _check(rule: Any) -> None:
    if isinstance(rule, type):
        raise TypeError(f"{rule.__name__} is a class; pass an instance, such as {rule.__name__}(…)")
    if not isinstance(rule, Rule):
        raise TypeError(f"{rule!r} is not a rule: it has no method apply(log)")


def _emptied(rule: Any, n_left: int, result: RuleResult) -> str:
    reasons = f" ({'; '.join(result.notes[:3])})" if result.notes else ""
    remedy = getattr(rule, "remedy", "change the parameters of the rule, or leave it out")
    return f"{rule!r} removed all {n_left:,} remaining events{reasons}; {remedy}"


def _step(rule: Any, before: _Sizes, after: _Sizes, result: RuleResult) -> CleaningStep:
    return CleaningStep(
        rule=rule,
        events=before[0] - after[0],
        users=before[1] - after[1],
        items=before[2] - after[2],
        revenue=before[3] - after[3],
        changed=result.changed,
        examples=result.notes,
        details=result.details,
    )


def _sizes(log: "EventLog") -> _Sizes:
    """Return the numbers of events, users and items, and the revenue, NaN without prices."""
    revenue = log.revenue
    return len(log), log.n_users, log.n_items, float("nan") if revenue is None else float(revenue.sum())
