"""From the log of events to interactions: `EventLog` reads, joins, cleans, splits and weights logs.

`learn_weights` learns the weights of the kinds of events. `match_by` and `match_titles` match the items of two
platforms.
"""

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
from recokit.preprocessing.learned_weights import KindWeight, LearnedWeights, learn_weights
from recokit.preprocessing.log_parts import LogParts
from recokit.preprocessing.log_summary import KindSummary, LogSummary
from recokit.preprocessing.matching import Matches, match_by, match_titles

__all__ = [
    "CleaningReport",
    "ClipQuantities",
    "DropBots",
    "DropDuplicates",
    "DropItems",
    "DropMissing",
    "EventLog",
    "KCore",
    "KindSummary",
    "KindWeight",
    "LearnedWeights",
    "LogParts",
    "LogSummary",
    "Matches",
    "NetReturns",
    "learn_weights",
    "match_by",
    "match_titles",
]
