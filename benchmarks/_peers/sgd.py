"""Stochastic gradient descent on generated ratings by recokit (grid and random order), LIBMF and Surprise."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _common.generated_data import N_RATED_ITEMS, generate_ratings

from .measure import Run, Workload

__all__ = ["WORKLOADS", "write_ratings"]

_RATINGS, _FACTORS, _EPOCHS = 10_000_000, 64, 20
_TEST_SHARE = 0.05

# The best settings of a small grid on validation ratings (for Surprise, on a tenth of the training ratings).
_RECOKIT_OPTIONS = {"learning_rate": 0.05, "learning_rate_decay": 0.8, "l2": 0.045, "l2_exponent": 1.0}
_LIBMF_OPTIONS = {"eta": 0.05, "lambda_p1": 0.0, "lambda_q1": 0.0, "lambda_p2": 0.04, "lambda_q2": 0.04}
_SURPRISE_OPTIONS = {"lr_all": 0.02, "reg_all": 0.08}


def write_ratings(folder: Path, n_ratings: int = _RATINGS) -> None:
    """Save generated ratings in a folder; a twentieth is held out for testing."""
    ratings = generate_ratings(n_ratings).tocoo()
    test = np.random.default_rng(1).random(ratings.nnz) < _TEST_SHARE
    pairs, values = np.column_stack([ratings.row, ratings.col]), ratings.data
    np.savez(folder / "ratings.npz", train=pairs[~test], y=values[~test], test=pairs[test], y_test=values[test])


def _load(folder: Path) -> list[np.ndarray]:
    with np.load(folder / "ratings.npz") as arrays:
        return [arrays[name] for name in ("train", "y", "test", "y_test")]


def _rmse(predicted: Any, truth: np.ndarray) -> dict[str, float]:
    """Return the RMSE of predictions clipped to the rating scale."""
    return {"rmse": float(np.sqrt(np.mean((np.clip(predicted, 1, 5).astype(np.float64) - truth) ** 2)))}


def _slope(fit: Callable[[int], Any], n_ratings: int) -> dict[str, float]:
    """Return nanoseconds per rating and epoch, and the preparation in epochs, from fits of 1 and of 5 epochs."""
    seconds = []
    for n_epochs in (1, 5):
        start = time.perf_counter()
        fit(n_epochs)
        seconds.append(time.perf_counter() - start)
    epoch = (seconds[1] - seconds[0]) / 4
    return {"ns_per_rating": 1e9 * epoch / n_ratings, "preparation_epochs": seconds[0] / epoch - 1}


def _recokit(folder: Path, n_threads: int, *, random_order: bool = False) -> Run:
    from _common.sgd_epochs import RandomOrder, TimedDescent, fit

    from recokit import Interactions

    if random_order and n_threads > 1:
        raise NotImplementedError("random order runs on one thread only")
    train, y, test, y_test = _load(folder)
    data = Interactions.from_arrays(*train.T, y)
    kind = RandomOrder if random_order else TimedDescent

    def run(n_threads: int, n_epochs: int = _EPOCHS) -> Any:
        return fit(data, kind, n_factors=_FACTORS, n_epochs=n_epochs, n_threads=n_threads, **_RECOKIT_OPTIONS)

    def medians(n_threads: int) -> dict[str, float]:
        rows = [run(n_threads, 5)[1].figures() for _ in range(3)]
        return {name: float(np.median([row[name] for row in rows])) for name in rows[0]}

    def figures(result: Any) -> dict[str, float]:
        timings = medians(n_threads)  # the timed result includes compilation
        speedup = {"speedup": medians(1)["ns_per_rating"] / timings["ns_per_rating"]} if n_threads > 1 else {}
        return _rmse(result[0].predict(test), y_test) | timings | speedup

    return Run(lambda: run(n_threads), figures)


def _libmf(folder: Path, n_threads: int) -> Run:
    from libmf import mf

    train, y, test, y_test = _load(folder)
    rows = np.column_stack([train, y]).astype(np.float32)

    def fit(n_epochs: int = _EPOCHS) -> Any:
        model = mf.MF(k=_FACTORS, nr_iters=n_epochs, nr_threads=n_threads, quiet=True, **_LIBMF_OPTIONS)
        model.fit(rows)
        return model

    def figures(model: Any) -> dict[str, float]:
        users, items = model.p_factors()[test[:, 0]], model.q_factors()[test[:, 1]]
        return _rmse(np.einsum("nf,nf->n", users, items), y_test) | _slope(fit, len(y))

    return Run(fit, figures)


def _surprise(folder: Path, n_threads: int) -> Run:
    from surprise import SVD, Trainset

    if n_threads > 1:
        raise NotImplementedError("it runs on one thread only")
    (train, y, test, y_test), ratings = _load(folder), {}
    for (user, item), rating in zip(train.tolist(), y.tolist(), strict=True):
        ratings.setdefault(user, []).append((item, rating))
    n_users = int(max(train[:, 0].max(), test[:, 0].max())) + 1
    # The fields that SVD reads; Dataset and Reader would exceed the memory.
    data = Trainset(ratings, {}, n_users, N_RATED_ITEMS, len(y), (1, 5), {}, {})

    def fit(n_epochs: int = _EPOCHS) -> Any:
        return SVD(n_factors=_FACTORS, n_epochs=n_epochs, random_state=0, **_SURPRISE_OPTIONS).fit(data)

    def figures(model: Any) -> dict[str, float]:
        users, items = test.T
        products = np.einsum("nf,nf->n", model.pu[users], model.qi[items])
        predicted = data.global_mean + model.bu[users] + model.bi[items] + products
        return _rmse(predicted, y_test) | _slope(fit, len(y))

    return Run(fit, figures)


WORKLOADS = {
    "sgd": Workload(
        f"{_EPOCHS} epochs, {_FACTORS} factors, 9 M ratings, 70,000 users × 10,700 items; tuned settings each",
        write_ratings,
        {
            "recokit": _recokit,
            "recokit:random-order": partial(_recokit, random_order=True),
            "libmf": _libmf,
            "surprise": _surprise,
        },
    )
}
