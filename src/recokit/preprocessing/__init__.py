"""Preprocessing: features and segments of users and items."""

from recokit.preprocessing.feature_lookup import FeatureLookup
from recokit.preprocessing.features import Feature, Features
from recokit.preprocessing.segment_profiles import SegmentProfiles
from recokit.preprocessing.user_segments import UserSegments

__all__ = ["Feature", "FeatureLookup", "Features", "SegmentProfiles", "UserSegments"]
