"""Metrics of predicted ratings and of recommended lists.

Errors of ratings: `rmse`, `mse`, `mae`. Hits of lists: `precision`, `recall`, `hit_rate`, `ndcg`, `average_precision`,
`reciprocal_rank`. Lists as a whole: `coverage`, `gini`,
`novelty`, `popularity_bias`, `personalization`. `evaluate` computes any number of them in one pass over the lists,
`compare` tells which differences between evaluations are more than chance.

Libraries differ in their conventions, which here are parameters. Tests hold these to be equal:

=============================  =============================================================================
here                           elsewhere
=============================  =============================================================================
``precision@k``                trec_eval ``P_k``, ranx ``precision@k``
``recall@k``                   trec_eval ``recall_k``, ranx ``recall@k``
``hit_rate@k``                 trec_eval ``success_k``, ranx ``hit_rate@k``
``ndcg@k(gain=linear)``        trec_eval ``ndcg_cut_k``, ranx ``ndcg@k``, scikit-learn ``ndcg_score(k=k)``
``ndcg@k(gain=exponential)``   ranx ``ndcg_burges@k``
``average_precision@k``        trec_eval ``map_cut_k``, ranx ``map@k``
``reciprocal_rank@k``          trec_eval ``recip_rank`` (without cut-off), ranx ``mrr@k``
``auc``                        scikit-learn ``roc_auc_score``, items that are not listed being tied last
=============================  =============================================================================

trec_eval leaves out users without a list; here they score 0.
"""

from recokit.metrics._metric import Metric
from recokit.metrics.beyond import coverage, gini, novelty, personalization, popularity_bias
from recokit.metrics.comparison import Comparison, Difference, compare
from recokit.metrics.evaluation import Evaluation, evaluate
from recokit.metrics.policy import PolicyValue, doubly_robust, ips, snips
from recokit.metrics.ranking import average_precision, hit_rate, ndcg, precision, recall, reciprocal_rank
from recokit.metrics.rating import mae, mse, rmse

__all__ = [
    "Comparison",
    "Difference",
    "Evaluation",
    "Metric",
    "PolicyValue",
    "average_precision",
    "compare",
    "coverage",
    "doubly_robust",
    "evaluate",
    "gini",
    "hit_rate",
    "ips",
    "mae",
    "mse",
    "ndcg",
    "novelty",
    "personalization",
    "popularity_bias",
    "precision",
    "recall",
    "reciprocal_rank",
    "rmse",
    "snips",
]
