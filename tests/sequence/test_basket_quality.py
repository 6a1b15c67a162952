"""Lists for the last basket of Ta-Feng, with the defaults of the models."""

import pytest

from recokit import datasets, evaluate
from recokit.model_selection import leave_last_basket
from recokit.sequence import TIFUKNN, RepeatFrequency

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.mark.parametrize(("model", "recall", "ndcg"), [(RepeatFrequency(), 0.135, 0.123), (TIFUKNN(), 0.145, 0.127)])
def test_the_defaults_reach_these_metrics_on_ta_feng(data_dir, model, recall, ndcg):
    train, histories, targets = leave_last_basket(datasets.load_ta_feng(data_dir).sequences)
    lists = model.fit(train).recommend_for(histories)
    means = evaluate(lists, targets, ["recall@10", "ndcg@10"]).means
    assert means["recall@10"] >= recall
    assert means["ndcg@10"] >= ndcg
