"""From the log of events to interactions, features and segments: `EventLog` reads, joins, filters and splits logs."""

from recokit.preprocessing.event_log import EventLog
from recokit.preprocessing.feature_lookup import FeatureLookup
from recokit.preprocessing.features import Feature, Features
from recokit.preprocessing.features_of_items import item_features
from recokit.preprocessing.features_of_users import user_features
from recokit.preprocessing.rfm_segments import RFM, rfm
from recokit.preprocessing.segment_profiles import SegmentProfiles
from recokit.preprocessing.user_segments import UserSegments

__all__ = [
    "RFM",
    "EventLog",
    "Feature",
    "FeatureLookup",
    "Features",
    "SegmentProfiles",
    "UserSegments",
    "item_features",
    "rfm",
    "user_features",
]
