"""ClipQuantities: limit very large quantities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recokit._runtime.arguments import check_number, check_probability
from recokit.exceptions import DataError
from recokit.preprocessing._rows import in_order
from recokit.preprocessing.cleaning._shared import RuleText, example, number
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["ClipQuantities"]


@dataclass(frozen=True, repr=False)
class ClipQuantities(RuleText):
    """Limit quantities above a number or a quantile to it.

    Negative quantities are limited in the same way, so that a return never exceeds a limited purchase. No event is
    removed. Missing quantities and 0 stay.

    Parameters
    ----------
    quantile : float, optional
        Limit as a quantile of the absolute quantities other than 0, between 0 and 1: the smallest quantity that at
        least this share of them does not exceed.
    max : float, optional
        Limit as a number. Give either ``quantile`` or ``max``.

    Raises
    ------
    ValueError
        Both or none are given, or one is out of range.
    DataError
        The log has no quantities (`apply`).

    See Also
    --------
    recokit.preprocessing.NetReturns :
        Subtract returns from earlier purchases of the same user and item, latest first, and remove the returns.
    recokit.preprocessing.DropBots :
        Remove users whose behaviour is that of a program: crawlers, price monitors, scalpers.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {"user_id": [1, 2, 3], "item_id": [7, 7, 7], "quantity": [1, 80_000, 2]}
    ... )
    >>> cleaned, report = log.clean(ClipQuantities(max=100))
    >>> cleaned.quantities.tolist(), report["ClipQuantities"].changed
    ([1.0, 100.0, 2.0], 1)
    >>> ClipQuantities(max=100).apply(log).changed
    1
    """

    quantile: float | None = None
    max: float | None = None
    remedy: ClassVar[str] = "raise the limit"

    def __post_init__(self) -> None:
        if (self.quantile is None) == (self.max is None):
            raise ValueError(f"quantile={self.quantile!r}, max={self.max!r}: expected one of them")
        if self.quantile is not None:
            check_probability(self.quantile, "quantile")
        if self.max is not None:
            check_number(self.max, "max", above=0)

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the log with limited quantities."""
        none = np.zeros(len(log), dtype=np.bool_)
        if log.quantities is None:
            raise DataError("ClipQuantities: the log has no quantities; give quantity= to EventLog.from_frame")
        sizes = np.abs(log.quantities)
        present = sizes[sizes > 0]
        if len(present) == 0:
            return RuleResult(log, none, notes=("no quantities other than 0",))
        if self.quantile is None:
            limit = float(self.max or 0)
        else:
            limit = float(np.quantile(present, self.quantile, method="inverted_cdf"))
        rows = np.flatnonzero(sizes > limit)
        if len(rows) == 0:
            return RuleResult(log, none)
        clipped = in_order(log.with_columns(quantities=np.clip(log.quantities, -limit, limit)))
        largest = rows[np.argmax(sizes[rows])]
        note = f"limit {number(limit)}; largest quantity {number(log.quantities[largest])}: {example(log, largest)}"
        return RuleResult(clipped, none, len(rows), (note,))
