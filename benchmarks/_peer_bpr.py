"""Bayesian personalised ranking beside implicit and skrecsys: speed, quality, and whether a fit repeats."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _peer_als import movielens
from _peer_data import load_matrix
from _peer_process import Run, Work
from _peer_quality import ndcg
from scipy import sparse

__all__ = ["WORKS"]

_FACTORS, _EPOCHS, _FEW = 64, 50, 5

Factors = tuple[np.ndarray, ...]


def _run(folder: Path, fit: Callable[[int], Factors]) -> Run:
    """Return a run of all epochs; ``fit`` gives factors of users and of items, biases among them, after some epochs."""

    def figures(factors: Factors) -> dict[str, float]:
        again = fit(_EPOCHS)
        same = all(np.array_equal(a, b) for a, b in zip(factors, again, strict=True))
        return ndcg(folder, *factors) | {"same_bits": float(same), "epoch_seconds": _epoch_seconds(fit)}

    return Run(lambda: fit(_EPOCHS), figures)


def _epoch_seconds(fit: Callable[[int], Factors]) -> float:
    """Return the seconds of one more epoch, whatever a fit takes besides."""
    seconds = []
    for n_epochs in (1, 1 + _FEW):
        start = time.perf_counter()
        fit(n_epochs)
        seconds.append(time.perf_counter() - start)
    return (seconds[1] - seconds[0]) / _FEW


def _with_bias(users: np.ndarray, items: np.ndarray, bias: np.ndarray) -> Factors:
    """Return factors whose products have the items' biases in them."""
    return np.column_stack([users, np.ones(len(users), users.dtype)]), np.column_stack([items, bias])


class _Recokit:
    """With so many items drawn for a step; the peers draw one."""

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    def __call__(self, folder: Path, n_threads: int) -> Run:
        from recokit import BPR, Interactions

        data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")

        def fit(n_epochs: int) -> Factors:
            options = {"n_epochs": n_epochs, "random_state": 0, "n_threads": n_threads}
            model = BPR(_FACTORS, **options, **self.parameters).fit(data)
            return _with_bias(model.user_factors_, model.item_factors_, model.item_bias_)

        return _run(folder, fit)


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit(n_epochs: int) -> Factors:
        options = {"iterations": n_epochs, "num_threads": n_threads, "random_state": 0}
        model = BayesianPersonalizedRanking(factors=_FACTORS, learning_rate=0.02, regularization=0.01, **options)
        model.fit(matrix, show_progress=False)
        return model.user_factors, model.item_factors  # the bias is the last of the factors

    return _run(folder, fit)


def _skrecsys(folder: Path, n_threads: int) -> Run:
    from skrecsys.recommendation import BayesianPersonalizedRanking

    pairs = np.column_stack(load_matrix(folder).nonzero())

    def fit(n_epochs: int) -> Factors:
        options = {"max_iter": n_epochs, "n_jobs": n_threads, "random_state": 0}
        model = BayesianPersonalizedRanking(_FACTORS, learning_rate=0.05, regularization=0.002, **options).fit(pairs)
        return _with_bias(model.user_factors_, model.item_factors_, model.item_bias_)

    return _run(folder, fit)


WORKS = {
    "bpr-ml-1m": Work(
        f"BPR on MovieLens 1M, {_FACTORS} factors, {_EPOCHS} epochs; same_bits: a second fit gives the same factors",
        movielens,
        {
            "recokit": _Recokit(),
            "recokit:one-candidate": _Recokit(n_candidates=1, learning_rate=0.05, l2=0.005),
            "implicit": _implicit,
            "skrecsys": _skrecsys,
        },
    )
}
