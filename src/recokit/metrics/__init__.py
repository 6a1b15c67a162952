"""Metrics of predicted ratings and of recommended lists.

- Rating metrics: `rmse`, `mse`, `mae`.
- Ranking metrics: `precision`, `recall`, `hit_rate`, `ndcg`, `average_precision`, `reciprocal_rank`, `auc`.
- Beyond-accuracy metrics: `coverage`, `gini`, `novelty`, `diversity`, `serendipity`, `popularity_bias`,
  `personalization`.
- Business metrics: `revenue_at_k`, `margin_at_k`.

`evaluate` computes any number of these in one pass over the lists, and custom metrics. `compare` finds the significant
differences between evaluations.

Libraries differ in their conventions, which are parameters here. The tests check that these metrics are equal:

=============================  =============================================================================
recokit                        other libraries
=============================  =============================================================================
``precision@k``                trec_eval ``P_k``, ranx ``precision@k``
``recall@k``                   trec_eval ``recall_k``, ranx ``recall@k``
``hit_rate@k``                 trec_eval ``success_k``, ranx ``hit_rate@k``
``ndcg@k``                     implicit ``ndcg_at_k``, RecTools ``NDCG(divide_by_achievable=True)``
``ndcg@k(denominator=k)``      RecTools ``NDCG``
``ndcg@k(gain=linear)``        trec_eval ``ndcg_cut_k``, ranx ``ndcg@k``, scikit-learn ``ndcg_score(k=k)``
``ndcg@k(gain=exponential)``   ranx ``ndcg_burges@k``
``average_precision@k``        trec_eval ``map_cut_k``, ranx ``map@k``
``map@k(denominator=min)``     implicit ``mean_average_precision_at_k``
``reciprocal_rank@k``          trec_eval ``recip_rank`` (without cut-off), ranx ``mrr@k``
``auc``                        scikit-learn ``roc_auc_score``, with a tie of all unlisted items at the end
``auc@k``                      implicit ``AUC_at_k``
=============================  =============================================================================

trec_eval skips users without a list; here they score 0.
"""

from recokit.metrics._groups import GroupEvaluation
from recokit.metrics._metric import Metric
from recokit.metrics.beyond_accuracy import (
    coverage,
    diversity,
    gini,
    novelty,
    personalization,
    popularity_bias,
    serendipity,
)
from recokit.metrics.business import margin_at_k, revenue_at_k
from recokit.metrics.comparison import Comparison, Difference, compare
from recokit.metrics.evaluation import Evaluation, evaluate
from recokit.metrics.ranking import auc, average_precision, hit_rate, ndcg, precision, recall, reciprocal_rank
from recokit.metrics.rating import mae, mse, rmse

__all__ = [
    "Comparison",
    "Difference",
    "Evaluation",
    "GroupEvaluation",
    "Metric",
    "auc",
    "average_precision",
    "compare",
    "coverage",
    "diversity",
    "evaluate",
    "gini",
    "hit_rate",
    "mae",
    "margin_at_k",
    "mse",
    "ndcg",
    "novelty",
    "personalization",
    "popularity_bias",
    "precision",
    "recall",
    "reciprocal_rank",
    "revenue_at_k",
    "rmse",
    "serendipity",
]
