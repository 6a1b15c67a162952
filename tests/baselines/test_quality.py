"""Quality of the baselines on public data sets."""

import numpy as np
import pytest

from recokit import BiasBaseline, Popularity, evaluate
from recokit.datasets import load_movielens_1m_implicit, load_movielens_100k
from recokit.metrics import rmse

pytestmark = [pytest.mark.data, pytest.mark.slow]


def test_rmse_of_biases_on_movielens_100k(data_dir):
    errors = []
    for fold in load_movielens_100k(data_dir).folds:
        pairs, ratings = fold.test.to_pairs()
        errors.append(rmse(ratings, BiasBaseline().fit(fold.train).predict(pairs)))
    assert len(errors) == 5
    assert np.mean(errors) <= 0.943


def test_popularity_equals_another_library_on_movielens_1m(data_dir):
    split = load_movielens_1m_implicit(data_dir)
    lists = Popularity().fit(split.train).recommend(n=20)
    measured = evaluate(lists, split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] == pytest.approx(0.116, abs=0.0005)
    assert measured["ndcg@20"] == pytest.approx(0.118, abs=0.0005)
