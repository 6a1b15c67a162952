"""Models of sequences: the order of events, sessions and baskets."""

from recokit.sequence._item_sets import Bundle, Rule
from recokit.sequence.bought_together import BoughtTogether
from recokit.sequence.repeat_frequency import RepeatFrequency
from recokit.sequence.session_knn import SessionKNN
from recokit.sequence.slist import SLIST
from recokit.sequence.tifu_knn import TIFUKNN
from recokit.sequence.transition_knn import TransitionKNN

__all__ = ["SLIST", "TIFUKNN", "BoughtTogether", "Bundle", "RepeatFrequency", "Rule", "SessionKNN", "TransitionKNN"]
