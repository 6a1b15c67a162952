"""Hybrids: recommenders made of recommenders."""

from recokit.hybrid._why_not import PartRank, WhyNot
from recokit.hybrid.cascade import CascadeHybrid
from recokit.hybrid.fallback import FallbackRecommender
from recokit.hybrid.switching import SwitchingHybrid
from recokit.hybrid.weighted import WeightedHybrid

__all__ = ["CascadeHybrid", "FallbackRecommender", "PartRank", "SwitchingHybrid", "WeightedHybrid", "WhyNot"]
