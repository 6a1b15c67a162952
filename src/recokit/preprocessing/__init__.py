"""From the log of events to interactions, features and segments.

`EventLog` reads, joins, cleans, splits and weights logs. `learn_weights` learns the weights of the kinds of events.
`match_by` and `match_titles` match the items of two platforms. `user_features` and `item_features` describe users and
items; `rfm` and `UserSegments` divide the users into segments.
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
from recokit.preprocessing.feature_lookup import FeatureLookup
from recokit.preprocessing.features import Feature, Features
from recokit.preprocessing.features_of_items import item_features
from recokit.preprocessing.features_of_users import user_features
from recokit.preprocessing.learned_weights import KindWeight, LearnedWeights, learn_weights
from recokit.preprocessing.log_parts import LogParts
from recokit.preprocessing.log_summary import KindSummary, LogSummary
from recokit.preprocessing.matching import Matches, match_by, match_titles
from recokit.preprocessing.rfm_segments import RFM, rfm
from recokit.preprocessing.segment_profiles import SegmentProfiles
from recokit.preprocessing.user_segments import UserSegments

__all__ = [
    "RFM",
    "CleaningReport",
    "ClipQuantities",
    "DropBots",
    "DropDuplicates",
    "DropItems",
    "DropMissing",
    "EventLog",
    "Feature",
    "FeatureLookup",
    "Features",
    "KCore",
    "KindSummary",
    "KindWeight",
    "LearnedWeights",
    "LogParts",
    "LogSummary",
    "Matches",
    "NetReturns",
    "SegmentProfiles",
    "UserSegments",
    "item_features",
    "learn_weights",
    "match_by",
    "match_titles",
    "rfm",
    "user_features",
]
