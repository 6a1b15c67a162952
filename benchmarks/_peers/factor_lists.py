"""Recommendations of unseen items for all users from given factors, by recokit, implicit and NumPy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _common.generated_data import generate_popular
from scipy import sparse

from .data import load_matrix, matrix_writer
from .measure import Run, Workload
from .quality import agreement, best_items

__all__ = ["WORKLOADS"]

_N, _FACTORS, _BATCH, _SAMPLE = 20, 64, 2_048, 1_000


def _factors(folder: Path) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Return interactions and random factors; the cost of a list does not depend on the values.

    Items without interactions have zero factors, as after a fit, and recokit never recommends them.
    """
    matrix, rng = load_matrix(folder), np.random.default_rng(0)
    users, items = (rng.normal(size=(n, _FACTORS)).astype(np.float32) for n in matrix.shape)
    items[np.bincount(matrix.indices, minlength=len(items)) == 0] = 0
    return matrix, users, items


def _batches(n_users: int) -> list[np.ndarray]:
    return np.array_split(np.arange(n_users), n_users // _BATCH + 1)


def _agreement(
    matrix: sparse.csr_array, users: np.ndarray, items: np.ndarray
) -> Callable[[np.ndarray], dict[str, float]]:
    """Return a function that compares lists with exact ones (NumPy in float64) on a sample of users."""
    sample = np.random.default_rng(1).choice(len(users), min(_SAMPLE, len(users)), replace=False)

    def compare(lists: np.ndarray) -> dict[str, float]:
        exact = best_items(sample, matrix, users.astype(np.float64), items.astype(np.float64))
        return agreement(lists[sample], exact)

    return compare


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import ImplicitALS, Interactions

    matrix, users, items = _factors(folder)
    data = Interactions.from_matrix(matrix, feedback="implicit")
    model = ImplicitALS(_FACTORS, n_epochs=1, random_state=0, n_threads=n_threads).fit(data)
    model.user_factors_, model.item_factors_ = users, items
    compare = _agreement(matrix, users, items)
    return Run(lambda: model.recommend(n=_N), lambda lists: compare(lists.items))


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    matrix, users, items = _factors(folder)
    rows = sparse.csr_matrix(matrix)
    model = AlternatingLeastSquares(factors=_FACTORS, num_threads=n_threads)
    model.user_factors, model.item_factors = users, items

    def run() -> Any:
        with threadpool_limits(n_threads):
            options = {"N": _N, "filter_already_liked_items": True}
            return [model.recommend(batch, rows[batch], **options)[0] for batch in _batches(len(users))]

    compare = _agreement(matrix, users, items)
    return Run(run, lambda lists: compare(np.concatenate(lists)))


def _numpy(folder: Path, n_threads: int) -> Run:
    from threadpoolctl import threadpool_limits

    matrix, users, items = _factors(folder)

    def run() -> Any:
        with threadpool_limits(n_threads):
            return [best_items(batch, matrix, users, items) for batch in _batches(len(users))]

    compare = _agreement(matrix, users, items)
    return Run(run, lambda lists: compare(np.concatenate(lists)))


WORKLOADS = {
    "lists-factors": Workload(
        f"the best {_N} of 27,000 items for 138,000 users, {_FACTORS} factors, seen items excluded",
        matrix_writer(generate_popular),
        {"recokit": _recokit, "implicit": _implicit, "numpy": _numpy},
    )
}
