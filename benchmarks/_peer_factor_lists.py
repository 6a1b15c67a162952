"""Lists for all users from factors, without what was seen, beside implicit and NumPy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _peer_data import load_matrix, popular, saved
from _peer_process import Run, Work
from _peer_quality import agreement, best_items
from scipy import sparse

__all__ = ["WORKS"]

_N, _FACTORS, _BATCH, _SAMPLE = 20, 64, 2_048, 1_000


def _factors(folder: Path) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Return the data, and random factors for it: lists cost the same whatever they say.

    Items without interactions have factors of 0, as after a fit: recokit does not list them.
    """
    matrix, rng = load_matrix(folder), np.random.default_rng(0)
    users, items = (rng.normal(size=(n, _FACTORS)).astype(np.float32) for n in matrix.shape)
    items[np.bincount(matrix.indices, minlength=len(items)) == 0] = 0
    return matrix, users, items


def _parts(n_users: int) -> list[np.ndarray]:
    return np.array_split(np.arange(n_users), n_users // _BATCH + 1)


def _agreement(
    matrix: sparse.csr_array, users: np.ndarray, items: np.ndarray
) -> Callable[[np.ndarray], dict[str, float]]:
    """Return what compares lists of all users with exact ones (NumPy's, in float64) of a sample."""
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
            return [model.recommend(part, rows[part], **options)[0] for part in _parts(len(users))]

    compare = _agreement(matrix, users, items)
    return Run(run, lambda lists: compare(np.concatenate(lists)))


def _numpy(folder: Path, n_threads: int) -> Run:
    from threadpoolctl import threadpool_limits

    matrix, users, items = _factors(folder)

    def run() -> Any:
        with threadpool_limits(n_threads):
            return [best_items(part, matrix, users, items) for part in _parts(len(users))]

    compare = _agreement(matrix, users, items)
    return Run(run, lambda lists: compare(np.concatenate(lists)))


WORKS = {
    "lists-factors": Work(
        f"the best {_N} of 27,000 items for 138,000 users, {_FACTORS} factors, without what was seen",
        saved(popular),
        {"recokit": _recokit, "implicit": _implicit, "numpy": _numpy},
    )
}
