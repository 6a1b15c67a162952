"""From the log of events to interactions: `EventLog` reads, joins, cleans, filters and splits logs."""

from recokit.preprocessing.cleaning import (
    CleaningReport,
    ClipQuantities,
    DropBots,
    DropDuplicates,
    DropItems,
    DropMissing,
    KCore,
    NetReturns,
)
from recokit.preprocessing.event_log import EventLog

__all__ = [
    "CleaningReport",
    "ClipQuantities",
    "DropBots",
    "DropDuplicates",
    "DropItems",
    "DropMissing",
    "EventLog",
    "KCore",
    "NetReturns",
]
