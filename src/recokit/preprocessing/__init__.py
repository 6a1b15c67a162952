"""From the log of events to interactions: `EventLog` reads, joins, splits and weights logs.

`learn_weights` learns the weights of the kinds of events.
"""

from recokit.preprocessing.event_log import EventLog
from recokit.preprocessing.learned_weights import KindWeight, LearnedWeights, learn_weights
from recokit.preprocessing.log_parts import LogParts
from recokit.preprocessing.log_summary import KindSummary, LogSummary

__all__ = [
    "EventLog",
    "KindSummary",
    "KindWeight",
    "LearnedWeights",
    "LogParts",
    "LogSummary",
    "learn_weights",
]
