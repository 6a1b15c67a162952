"""Models of sequences: the order of events, sessions and baskets."""

from recokit.sequence.repeat_frequency import RepeatFrequency
from recokit.sequence.session_knn import SessionKNN
from recokit.sequence.tifu_knn import TIFUKNN
from recokit.sequence.transition_knn import TransitionKNN

__all__ = ["TIFUKNN", "RepeatFrequency", "SessionKNN", "TransitionKNN"]
