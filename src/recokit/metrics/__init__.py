"""Metrics of predicted ratings and of recommended lists.

Errors of ratings: `rmse`, `mse`, `mae`. Hits of lists: `precision`, `recall`, `hit_rate`, `ndcg`, `average_precision`,
`reciprocal_rank`, `auc`. Lists as a whole: `coverage`, `gini`, `novelty`, `diversity`, `serendipity`,
`popularity_bias`, `personalization`. `evaluate` computes any number of these in one pass over the lists, `compare`
tells which differences between evaluations are more than chance.

What a shop counts: `conversion_rate`, `repeat_purchase_rate`, `revenue_at_k`, `margin_at_k`; `uplift` is what an
experiment showed, `sample_size` what it needs. `ips`, `snips` and `doubly_robust` tell from the log of one policy what
another would have earned.

Libraries differ in their conventions, which here are parameters. Tests hold these to be equal:

=============================  =============================================================================
here                           elsewhere
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
``auc``                        scikit-learn ``roc_auc_score``, items that are not listed being tied last
``auc@k``                      implicit ``AUC_at_k``
=============================  =============================================================================

trec_eval leaves out users without a list; here they score 0.
"""

from recokit.experiments.ab_test import Uplift, sample_size, uplift
from recokit.experiments.off_policy import PolicyValue, doubly_robust, ips, snips
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
from recokit.metrics.business import conversion_rate, margin_at_k, repeat_purchase_rate, revenue_at_k
from recokit.metrics.comparison import Comparison, Difference, compare
from recokit.metrics.evaluation import Evaluation, evaluate
from recokit.metrics.ranking import auc, average_precision, hit_rate, ndcg, precision, recall, reciprocal_rank
from recokit.metrics.rating import mae, mse, rmse

__all__ = [
    "Comparison",
    "Difference",
    "Evaluation",
    "Metric",
    "PolicyValue",
    "Uplift",
    "auc",
    "average_precision",
    "compare",
    "conversion_rate",
    "coverage",
    "diversity",
    "doubly_robust",
    "evaluate",
    "gini",
    "hit_rate",
    "ips",
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
    "repeat_purchase_rate",
    "revenue_at_k",
    "rmse",
    "sample_size",
    "serendipity",
    "snips",
    "uplift",
]
