"""What every recommender has to beat."""

from recokit.baselines.bias import BiasBaseline
from recokit.baselines.popularity import Popularity

__all__ = ["BiasBaseline", "Popularity"]
