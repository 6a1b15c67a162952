"""Predict ratings by a truncated SVD in which missing ratings count as 0, and by models of the observed ratings.

    python benchmarks/truncated_svd.py

Data: MovieLens 100K, the publisher's five folds. Figures are means over the folds: the RMSE on the test ratings, the
mean prediction for them, and the NDCG@10 of lists of unseen films (relevant are test ratings of 4 and 5). The SVD keeps
the ``--n-factors`` largest singular values of the users × items matrix. "rows centred" subtracts the mean rating of the
user first, so that a missing rating counts as this mean.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _common.published_data import data_folder
from scipy import sparse
from scipy.sparse.linalg import svds

from recokit import BiasBaseline, Interactions, Recommendations, SGDMatrixFactorization, evaluate
from recokit.datasets import load_movielens_100k
from recokit.metrics import rmse

Scores = np.ndarray


def truncated_svd(train: Interactions, n_factors: int, *, centred: bool) -> Scores:
    """Return the scores of all users and items by a truncated SVD with missing ratings as 0, or as the user's mean."""
    lengths = np.maximum(np.diff(train.indptr), 1)
    sums = np.bincount(train.user_codes, weights=train.values, minlength=train.n_users)
    means = sums / lengths if centred else np.zeros(train.n_users)
    values = train.values - means[train.user_codes]
    matrix = sparse.csr_array((values, train.item_codes, train.indptr), shape=(train.n_users, train.n_items))
    left, singular, right = svds(matrix, k=n_factors, random_state=0)
    return (left * singular) @ right + means[:, None]


def model_scores(model: BiasBaseline | SGDMatrixFactorization) -> Callable[[Interactions], Scores]:
    """Return a function that fits the model and predicts all users and items."""

    def scores(train: Interactions) -> Scores:
        pairs = [(user, item) for user in train.users for item in train.items]
        return model.fit(train).predict(pairs).reshape(train.n_users, train.n_items)

    return scores


def measure(scores: Scores, train: Interactions, test: Interactions) -> tuple[float, float, float]:
    """Return the RMSE on the test ratings of known users and items, the mean prediction for them, and NDCG@10."""
    users, items = (
        train.users.codes(test.users.take(test.user_codes)),
        train.items.codes(test.items.take(test.item_codes)),
    )
    known = (users >= 0) & (items >= 0)
    predicted = scores[users[known], items[known]]
    unseen = scores.copy()
    unseen[train.user_codes, train.item_codes] = -np.inf
    best = np.argsort(-unseen, axis=1, kind="stable")[:, :10]
    lists = Recommendations(users=train.users.ids, items=train.items.take(best.ravel()).reshape(best.shape))
    quality = evaluate(lists, test.select(test.values >= 4), ["ndcg@10"])["ndcg@10"]
    return rmse(test.values[known], predicted), float(predicted.mean()), quality


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data-dir", type=Path, default=data_folder(), help="folder of the data (default: RECOKIT_DATA)"
    )
    parser.add_argument("--n-factors", type=int, default=50)
    args = parser.parse_args()
    folds = load_movielens_100k(args.data_dir).folds
    k = args.n_factors
    methods: dict[str, Callable[[Interactions], Scores]] = {
        f"SVD, {k} factors, missing = 0": lambda train: truncated_svd(train, k, centred=False),
        f"SVD, {k} factors, rows centred": lambda train: truncated_svd(train, k, centred=True),
        "BiasBaseline()": model_scores(BiasBaseline()),
        f"SGDMatrixFactorization({k})": model_scores(SGDMatrixFactorization(k, random_state=0)),
    }
    print(f"{'method':34}  test RMSE  mean prediction  NDCG@10")
    for name, scores in methods.items():
        rows = [measure(scores(fold.train), fold.train, fold.test) for fold in folds]
        error, mean, quality = np.mean(rows, axis=0)
        print(f"{name:34}  {error:9.4f}  {mean:15.2f}  {quality:7.4f}", flush=True)
    mean = np.mean([fold.test.values.mean() for fold in folds])
    print(f"mean of the test ratings: {mean:.2f}")


if __name__ == "__main__":
    main()
