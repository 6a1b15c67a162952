"""KCore: keep users and items with enough events among each other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._typing import BoolArray, CodeArray
from recokit.data.rows import read_only
from recokit.exceptions import DataError, first_few
from recokit.kernels.cleaning import peel
from recokit.preprocessing.cleaning._shared import RuleText, by_pair, changes, count, names, removing
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["KCore"]


@dataclass(frozen=True, repr=False)
class KCore(RuleText):
    """Keep users and items with enough counterparts: the largest part of the log in which all have them.

    Users with fewer than ``user`` distinct items and items with fewer than ``item`` distinct users are removed, until
    none is left. The result does not depend on the order of removal [1]_. Events without a user or an item do not
    count; they are removed with their item or user.

    Parameters
    ----------
    user : int
        Fewest items of a user, at least 1.
    item : int
        Fewest users of an item, at least 1.
    distinct : bool
        Count pairs of user and item once. False counts events.
    events : str or sequence of str, optional
        Kinds of events that count, such as "purchase"; all by default. The other events of the users and items that
        stay are kept.

    Raises
    ------
    ValueError
        A number is less than 1.
    DataError
        A kind of event does not occur (`apply`).

    See Also
    --------
    recokit.preprocessing.DropItems : Remove events of items: services, postage, vouchers, test products.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    References
    ----------
    .. [1] V. Batagelj, M. Zaveršnik: An O(m) algorithm for cores decomposition of networks. 2003. arXiv:cs/0310049.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {"user_id": [1, 1, 2, 2, 3], "item_id": ["a", "b", "a", "b", "b"]}
    ... )
    >>> cleaned, report = log.clean(KCore(user=2, item=2))
    >>> cleaned.users.ids.tolist(), cleaned.items.ids.tolist()
    ([1, 2], ['a', 'b'])
    >>> KCore(user=2, item=2).apply(log).removed.tolist()
    [False, False, False, False, True]
    """

    user: int = 5
    item: int = 5
    distinct: bool = True
    events: tuple[str, ...] | str | None = None
    remedy: ClassVar[str] = "use smaller numbers, or count more kinds of events"

    def __post_init__(self) -> None:
        check_count(self.user, "user")
        check_count(self.item, "item")
        if self.events is not None:
            object.__setattr__(self, "events", names(self.events, "events"))

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the events of the users and items of the core."""
        users, items = self._counted(log)
        user_counts = np.bincount(users, minlength=log.n_users).astype(np.int64)
        item_counts = np.bincount(items, minlength=log.n_items).astype(np.int64)
        peel(read_only(users), read_only(items), (int(self.user), int(self.item)), user_counts, item_counts)
        user_stays, item_stays = user_counts >= self.user, item_counts >= self.item
        # the last place is that of missing ids
        removed = ~(np.append(user_stays, True)[log.user_codes] & np.append(item_stays, True)[log.item_codes])
        notes = []
        words = ("item", "user") if self.distinct else ("event", "event")
        for kind, index, stays, least, word in (
            ("users", log.users, user_stays, self.user, words[0]),
            ("items", log.items, item_stays, self.item, words[1]),
        ):
            gone = index.take(np.flatnonzero(~stays)[:3])
            if len(gone):
                fewer = f"{np.sum(~stays):,} of {len(stays):,} {kind} with fewer than {count(least, word)}"
                notes.append(f"{fewer}, such as {first_few(gone)}")
        return RuleResult(removing(log, removed), removed, notes=tuple(notes))

    def _counted(self, log: "EventLog") -> tuple[CodeArray, CodeArray]:
        """Return the users and items of the events that count."""
        rows = np.flatnonzero((log.user_codes >= 0) & (log.item_codes >= 0) & self._of_kinds(log))
        if self.distinct:
            rows = by_pair(log, rows)
            rows = rows[changes(log.user_codes[rows]) | changes(log.item_codes[rows])]
        return log.user_codes[rows], log.item_codes[rows]

    def _of_kinds(self, log: "EventLog") -> BoolArray:
        if self.events is None:
            return np.ones(len(log), dtype=np.bool_)
        unknown = [kind for kind in self.events if kind not in log.kinds]
        if unknown:
            raise DataError(
                f"KCore: events: {first_few(unknown)} is not in the log; its kinds are {first_few(log.kinds)}"
            )
        return log.is_kind(*self.events)
