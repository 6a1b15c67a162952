"""Bayesian personalized ranking of recokit, implicit and skrecsys: speed, quality and reproducibility."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from .als import write_movielens
from .data import load_matrix
from .measure import Run, Workload
from .quality import ndcg

__all__ = ["WORKLOADS"]

_FACTORS, _EPOCHS, _TIMED_EPOCHS = 64, 50, 5

Factors = tuple[np.ndarray, ...]


def _run(folder: Path, fit: Callable[[int], Factors]) -> Run:
    """Return a run of all epochs; ``fit`` takes a number of epochs and returns user and item factors with biases."""

    def figures(factors: Factors) -> dict[str, float]:
        repeated = fit(_EPOCHS)
        same = all(np.array_equal(a, b) for a, b in zip(factors, repeated, strict=True))
        return ndcg(folder, *factors) | {"same_bits": float(same), "epoch_seconds": _epoch_seconds(fit)}

    return Run(lambda: fit(_EPOCHS), figures)


def _epoch_seconds(fit: Callable[[int], Factors]) -> float:
    """Return the seconds of an additional epoch, without the fixed costs of a fit."""
    seconds = []
    for n_epochs in (1, 1 + _TIMED_EPOCHS):
        start = time.perf_counter()
        fit(n_epochs)
        seconds.append(time.perf_counter() - start)
    return (seconds[1] - seconds[0]) / _TIMED_EPOCHS


def _with_bias(users: np.ndarray, items: np.ndarray, bias: np.ndarray) -> Factors:
    """Return factors whose products include the item biases."""
    return np.column_stack([users, np.ones(len(users), users.dtype)]), np.column_stack([items, bias])


def _recokit(folder: Path, n_threads: int, **parameters: Any) -> Run:
    from recokit import BPR, Interactions

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")

    def fit(n_epochs: int) -> Factors:
        options = {"n_epochs": n_epochs, "random_state": 0, "n_threads": n_threads}
        model = BPR(_FACTORS, **options, **parameters).fit(data)
        return _with_bias(model.user_factors_, model.item_factors_, model.item_bias_)

    return _run(folder, fit)


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit(n_epochs: int) -> Factors:
        options = {"iterations": n_epochs, "num_threads": n_threads, "random_state": 0}
        model = BayesianPersonalizedRanking(factors=_FACTORS, learning_rate=0.02, regularization=0.01, **options)
        model.fit(matrix, show_progress=False)
        return model.user_factors, model.item_factors  # the last factor is the bias

    return _run(folder, fit)


def _skrecsys(folder: Path, n_threads: int) -> Run:
    from skrecsys.recommendation import BayesianPersonalizedRanking

    pairs = np.column_stack(load_matrix(folder).nonzero())

    def fit(n_epochs: int) -> Factors:
        options = {"max_iter": n_epochs, "n_jobs": n_threads, "random_state": 0}
        model = BayesianPersonalizedRanking(_FACTORS, learning_rate=0.05, regularization=0.002, **options).fit(pairs)
        return _with_bias(model.user_factors_, model.item_factors_, model.item_bias_)

    return _run(folder, fit)


WORKLOADS = {
    "bpr-ml-1m": Workload(
        f"BPR on MovieLens 1M, {_FACTORS} factors, {_EPOCHS} epochs; same_bits: a second fit gives the same factors",
        write_movielens,
        {
            "recokit": _recokit,
            # The other libraries sample one item per step, recokit by default the best of several.
            "recokit:one-candidate": partial(_recokit, n_candidates=1, learning_rate=0.05, l2=0.005),
            "implicit": _implicit,
            "skrecsys": _skrecsys,
        },
    )
}
