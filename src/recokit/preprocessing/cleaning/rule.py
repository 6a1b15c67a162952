"""Rule and RuleResult: the protocol of cleaning rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from recokit._typing import AnyArray, BoolArray

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["Rule", "RuleResult"]


@dataclass(frozen=True, eq=False)
class RuleResult:
    """Result of a rule.

    Attributes
    ----------
    log : EventLog
        The log without the removed rows, and with the changed ones.
    removed : (n_events,) bool array
        Rows of the input that were removed.
    changed : int
        Number of remaining rows with another value.
    notes : tuple of str
        Reasons and examples, for the report.
    details : mapping of str to (n,) array
        A table of the findings, such as the bots with their reasons; empty if there is none.

    See Also
    --------
    recokit.preprocessing.cleaning.Rule :
        Protocol of cleaning rules: any object with this method is a rule of `EventLog.clean`.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> from recokit.preprocessing import DropItems
    >>> result = DropItems(ids=["cup"]).apply(log)
    >>> result.removed.tolist(), len(result.log)
    ([False, False, True], 2)
    """

    log: "EventLog" = field(repr=False)
    removed: BoolArray = field(repr=False)
    changed: int = 0
    notes: tuple[str, ...] = ()
    details: Mapping[str, AnyArray] = field(default_factory=dict, repr=False)


@runtime_checkable
class Rule(Protocol):
    """Protocol of cleaning rules: any object with this method is a rule of `EventLog.clean`.

    A rule is idempotent: its own result is unchanged if it is applied again. A rule may have an attribute ``remedy``, a
    text that the error for an empty result shows.

    See Also
    --------
    recokit.preprocessing.cleaning.RuleResult : Result of a rule.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> from recokit import EventLog
    >>> class DropKind:
    ...     def __init__(self, kind):
    ...         self.kind = kind
    ...     def apply(self, log):
    ...         removed = log.is_kind(self.kind)
    ...         return RuleResult(log.take(~removed), removed)
    >>> log = EventLog.from_frame(
    ...     {"user_id": [1, 1], "item_id": [2, 3], "event": ["view", "purchase"]}
    ... )
    >>> cleaned, report = log.clean(DropKind("view"))
    >>> cleaned
    EventLog(1 event of 1 user and 1 item, purchase 1, no times)
    >>> DropKind("view").apply(log).removed.tolist()
    [True, False]
    """

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the cleaned log and the removed rows.

        Parameters
        ----------
        log : EventLog

        Returns
        -------
        RuleResult
        """
        ...
