"""Accuracy of both models on published data."""

import numpy as np
import pytest
from scipy import sparse

from recokit import Interactions
from recokit.neighbors import ItemKNN, UserKNN

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.mark.parametrize(
    ("model", "most"),
    [
        (UserKNN(), 0.935),
        (ItemKNN(), 0.922),
        (ItemKNN(40, similarity="pearson_baseline", shrinkage=100, centering="baseline"), 0.918),
        (ItemKNN(20, min_common=2, amplification=2.0, prediction_shrinkage=0.2), 0.912),
        (UserKNN(30, similarity="pearson_baseline", shrinkage=150, prediction_shrinkage=0.2), 0.919),
    ],
)
def test_rating_errors_on_movielens_are_low(model, most, data_dir):
    errors = []
    for fold in range(1, 6):
        train, test = (
            np.loadtxt(data_dir / "ml-100k" / f"u{fold}.{part}", dtype=np.int64)[:, :3] for part in ("base", "test")
        )
        predicted = model.fit(train[:, :2], train[:, 2]).predict(test[:, :2])
        errors.append(np.sqrt(np.mean((predicted - test[:, 2]) ** 2)))
    assert np.mean(errors) <= most


def read_implicit(path, shape=None):
    rows = [list(map(int, line.split())) for line in path.read_text().splitlines()]
    users = np.repeat([row[0] for row in rows], [len(row) - 1 for row in rows])
    items = np.concatenate([row[1:] for row in rows]).astype(np.int64)
    return sparse.csr_array((np.ones(len(users)), (users, items)), shape=shape).sign()


@pytest.mark.parametrize(("model", "recall", "ndcg"), [(ItemKNN(100), 0.226, 0.222), (UserKNN(), 0.245, 0.236)])
def test_lists_for_movielens_contain_held_out_items(model, recall, ndcg, data_dir):
    train = read_implicit(data_dir / "ml-1m-implicit" / "train.txt")
    test = read_implicit(data_dir / "ml-1m-implicit" / "test.txt", train.shape).toarray() > 0
    lists = model.fit(Interactions.from_matrix(train)).recommend(n=20)
    assert np.all(lists.counts == 20)
    wanted = test.sum(axis=1)
    hits = np.take_along_axis(test, lists.items, axis=1)[wanted > 0]
    wanted = wanted[wanted > 0]
    discounts = 1 / np.log2(np.arange(2, 22))
    assert np.mean(hits.sum(axis=1) / wanted) >= recall
    assert np.mean(hits @ discounts / np.cumsum(discounts)[np.minimum(wanted, 20) - 1]) >= ndcg
