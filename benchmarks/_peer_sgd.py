"""Epochs of stochastic gradient descent on generated ratings, beside LIBMF and Surprise."""

from pathlib import Path
from typing import Any

import numpy as np
from _peer_process import Run, Work

__all__ = ["WORKS"]

_USERS, _ITEMS, _RATINGS, _FACTORS = 70_000, 10_700, 10_000_000, 64
_HELD_OUT = 0.05


def _make(folder: Path) -> None:
    """Ratings of a mean, biases, eight factors and noise; popular items more often; no pair twice."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, _USERS, _RATINGS)
    items = (_ITEMS * rng.random(_RATINGS) ** 2.5).astype(np.int64)
    keys = np.unique(users * _ITEMS + items)
    users, items = keys // _ITEMS, keys % _ITEMS
    p, q = rng.normal(0, 0.55, (_USERS, 8)), rng.normal(0, 0.55, (_ITEMS, 8))
    bias = rng.normal(0, 0.4, _USERS), rng.normal(0, 0.4, _ITEMS)
    ratings = 3.5 + bias[0][users] + bias[1][items] + np.einsum("nf,nf->n", p[users], q[items])
    ratings = np.clip(ratings + rng.normal(0, 0.8, len(ratings)), 1, 5).astype(np.float32)
    test = rng.random(len(ratings)) < _HELD_OUT
    pairs = np.column_stack([users, items])
    np.savez(folder / "ratings.npz", train=pairs[~test], y=ratings[~test], test=pairs[test], y_test=ratings[test])


def _load(folder: Path) -> list[np.ndarray]:
    with np.load(folder / "ratings.npz") as arrays:
        return [arrays[name] for name in ("train", "y", "test", "y_test")]


def _rmse(predicted: Any, truth: np.ndarray) -> dict[str, float]:
    return {"rmse": float(np.sqrt(np.mean((np.asarray(predicted, dtype=np.float64) - truth) ** 2)))}


class _Recokit:
    """A number of epochs; a class, since a process that is started must be able to find it."""

    def __init__(self, n_epochs: int) -> None:
        self.n_epochs = n_epochs

    def __call__(self, folder: Path, n_threads: int) -> Run:
        from recokit import Interactions, SGDMatrixFactorization

        train, y, test, y_test = _load(folder)
        data = Interactions.from_arrays(*train.T, y)
        model = SGDMatrixFactorization(_FACTORS, n_epochs=self.n_epochs, random_state=0, n_threads=n_threads)
        return Run(lambda: model.fit(data), lambda fitted: _rmse(fitted.predict(test), y_test))


class _Libmf(_Recokit):
    def __call__(self, folder: Path, n_threads: int) -> Run:
        from libmf import mf

        train, y, test, y_test = _load(folder)
        rows = np.column_stack([train, y]).astype(np.float32)

        def fit() -> Any:
            options = {"k": _FACTORS, "nr_iters": self.n_epochs, "nr_threads": n_threads, "eta": 0.05, "quiet": True}
            model = mf.MF(lambda_p2=0.05, lambda_q2=0.05, **options)
            model.fit(rows)
            return model

        return Run(fit, lambda model: _rmse(model.predict(test.astype(np.float32)), y_test))


class _Surprise(_Recokit):
    def __call__(self, folder: Path, n_threads: int) -> Run:
        import pandas as pd
        from surprise import SVD, Dataset, Reader

        train, y, *_ = _load(folder)
        some = slice(None, None, 10)  # its own data structures take too much memory for all
        frame = pd.DataFrame({"user": train[some, 0], "item": train[some, 1], "rating": y[some]})
        data = Dataset.load_from_df(frame, Reader(rating_scale=(1, 5))).build_full_trainset()
        return Run(lambda: SVD(n_factors=_FACTORS, n_epochs=self.n_epochs, random_state=0).fit(data))


WORKS = {
    f"sgd-{n_epochs}": Work(
        f"{n_epochs} epochs, {_FACTORS} factors, 9.5 M ratings, 70,000 users × 10,700 items; Surprise: a tenth of them",
        _make,
        {"recokit": _Recokit(n_epochs), "libmf": _Libmf(n_epochs), "surprise": _Surprise(n_epochs)},
    )
    for n_epochs in (1, 11, 20)
}
