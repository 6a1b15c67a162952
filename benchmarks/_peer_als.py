"""Alternating least squares beside irspack and implicit."""

from pathlib import Path
from typing import Any

import numpy as np
from _peer_data import MATRIX, data_folder, generate_popular, load_matrix
from _peer_process import Run, Work
from _peer_quality import TEST, hold_out, ndcg
from scipy import sparse

__all__ = ["WORKS", "make_tasteful", "movielens"]

_FACTORS, _EPOCHS, _GROUPS, _HELD_OUT = 128, 16, 50, 0.2


def movielens(folder: Path) -> None:
    """Write the published split of MovieLens 1M as implicit feedback into a folder."""
    from recokit import datasets

    split = datasets.load_movielens_1m_implicit(data_folder())
    sparse.save_npz(folder / MATRIX, split.train.matrix, compressed=False)
    test = split.test.reindex(split.train.users.union(split.test.users), split.train.items.union(split.test.items))
    sparse.save_npz(folder / TEST, test.matrix, compressed=False)


def make_tasteful(folder: Path, n: int = 20_000_000) -> None:
    """Write generated interactions of users with tastes, a fifth of those of 5,000 users held out, into a folder."""
    for name, matrix in zip((MATRIX, TEST), hold_out(_with_tastes(generate_popular(n)), _HELD_OUT), strict=True):
        sparse.save_npz(folder / name, matrix, compressed=False)


def _with_tastes(matrix: sparse.csr_array) -> sparse.csr_array:
    """Give each of 50 groups of users its own favourites, by moving each item's rank by a random factor.

    Items keep their long tail and users the number of their items; but now there is something to learn.
    """
    rng = np.random.default_rng(1)
    n_users, n_items = matrix.shape
    by_rank = np.argsort(-np.bincount(matrix.indices, minlength=n_items), kind="stable")
    moved = np.log(np.arange(1, n_items + 1)) + rng.normal(0, 1, (_GROUPS, n_items))
    table = np.empty((_GROUPS, n_items), dtype=np.int32)
    table[:, by_rank] = by_rank[np.argsort(moved, axis=1)]
    groups = np.repeat(rng.integers(0, _GROUPS, n_users), np.diff(matrix.indptr))
    items = table[groups, matrix.indices]
    moved_matrix = sparse.csr_array((matrix.data, items, matrix.indptr), shape=matrix.shape)
    moved_matrix.sort_indices()
    return moved_matrix


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import ImplicitALS, Interactions

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    model = ImplicitALS(_FACTORS, n_epochs=_EPOCHS, random_state=0, n_threads=n_threads)
    return Run(lambda: model.fit(data), lambda fitted: ndcg(folder, fitted.user_factors_, fitted.item_factors_))


def _irspack(folder: Path, n_threads: int) -> Run:
    from irspack import IALSRecommender

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit() -> Any:
        options = {"n_components": _FACTORS, "n_threads": n_threads, "random_seed": 0}
        return IALSRecommender(matrix, train_epochs=_EPOCHS, alpha0=0.3, reg=0.01, **options).learn()

    return Run(fit, lambda model: ndcg(folder, model.get_user_embedding(), model.get_item_embedding()))


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.als import AlternatingLeastSquares

    matrix = sparse.csr_matrix(load_matrix(folder))

    def fit() -> Any:
        options = {"factors": _FACTORS, "iterations": _EPOCHS, "num_threads": n_threads, "random_state": 0}
        model = AlternatingLeastSquares(regularization=20.0, alpha=4.0, **options)
        model.fit(matrix, show_progress=False)
        return model

    return Run(fit, lambda model: ndcg(folder, model.user_factors, model.item_factors))


_FITS = {"recokit": _recokit, "irspack": _irspack, "implicit": _implicit}

WORKS = {
    "als-ml-1m": Work(
        f"ImplicitALS on MovieLens 1M, {_FACTORS} factors, {_EPOCHS} epochs; each with settings that suit it",
        movielens,
        _FITS,
    ),
    "als-popular": Work("the same on 138,000 users × 27,000 items, 20 M, generated", make_tasteful, _FITS),
}
