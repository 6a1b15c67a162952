"""Hybrids: recommenders made of recommenders."""

from recokit.hybrid.weighted import WeightedHybrid

__all__ = ["WeightedHybrid"]
