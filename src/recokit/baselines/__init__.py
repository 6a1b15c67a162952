"""Baselines: non-personalized and bias models that other recommenders should beat."""

from recokit.baselines.bias import BiasBaseline
from recokit.baselines.popularity import Popularity

__all__ = ["BiasBaseline", "Popularity"]
