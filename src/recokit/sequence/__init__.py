"""Models of sequences: the order of events, sessions and baskets."""

from recokit.sequence.slist import SLIST
from recokit.sequence.transition_knn import TransitionKNN

__all__ = ["SLIST", "TransitionKNN"]
