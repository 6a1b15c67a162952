"""Splitting, scoring and tuning.

Splitters work on `Interactions` and as ``cv=`` in scikit-learn, and `split_log` splits logs of events.
`leave_last_out`, `leave_last_basket` and `split_sessions` split `Sequences`, and `evaluate_positions` evaluates the
next item at every position of a session. `check_split` looks for leaks, `ranking_scorer` makes ranking metrics usable
in scikit-learn's searches, `cross_validate` compares models on several splits, and `tune` searches for a model and its
parameters within a time budget.
"""

from recokit.model_selection.cold_splits import ColdItemKFold, UserFold, UserKFold
from recokit.model_selection.leaderboard import LeaderboardRow, Trial, Tuning
from recokit.model_selection.leakage import SplitReport, check_split
from recokit.model_selection.log_splits import LogSplit, split_log
from recokit.model_selection.pairs import Pairs, as_pairs
from recokit.model_selection.position_evaluation import evaluate_positions
from recokit.model_selection.random_splits import InteractionKFold, LeaveKOut, RandomHoldOut
from recokit.model_selection.scoring import RankingScorer, ranking_scorer
from recokit.model_selection.sequence_splits import (
    SequenceSplit,
    every_position,
    leave_last_basket,
    leave_last_out,
    split_sessions,
)
from recokit.model_selection.splitting import split_interactions, train_test_split
from recokit.model_selection.time_splits import GlobalTimeSplit, LeaveLastOut, RollingTimeSplit
from recokit.model_selection.tuning import tune
from recokit.model_selection.validation import CrossValidation, FoldScore, cross_validate

__all__ = [
    "ColdItemKFold",
    "CrossValidation",
    "FoldScore",
    "GlobalTimeSplit",
    "InteractionKFold",
    "LeaderboardRow",
    "LeaveKOut",
    "LeaveLastOut",
    "LogSplit",
    "Pairs",
    "RandomHoldOut",
    "RankingScorer",
    "RollingTimeSplit",
    "SequenceSplit",
    "SplitReport",
    "Trial",
    "Tuning",
    "UserFold",
    "UserKFold",
    "as_pairs",
    "check_split",
    "cross_validate",
    "evaluate_positions",
    "every_position",
    "leave_last_basket",
    "leave_last_out",
    "ranking_scorer",
    "split_interactions",
    "split_log",
    "split_sessions",
    "train_test_split",
    "tune",
]
