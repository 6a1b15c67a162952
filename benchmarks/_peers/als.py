"""Alternating least squares of recokit, irspack and implicit."""

from pathlib import Path
from typing import Any

import numpy as np
from _common.generated_data import generate_popular
from _common.published_data import data_folder
from scipy import sparse

from .data import load_matrix, save
from .measure import Run, Workload
from .quality import hold_out, ndcg

__all__ = ["WORKLOADS", "write_grouped", "write_movielens"]

_FACTORS, _EPOCHS, _GROUPS, _TEST_SHARE = 128, 16, 50, 0.2


def write_movielens(folder: Path) -> None:
    """Save the published split of MovieLens 1M as implicit feedback in a folder."""
    from recokit import datasets

    split = datasets.load_movielens_1m_implicit(data_folder())
    test = split.test.reindex(split.train.users.union(split.test.users), split.train.items.union(split.test.items))
    save(folder, split.train.matrix, test.matrix)


def write_grouped(folder: Path, n_interactions: int = 20_000_000) -> None:
    """Save generated interactions of user groups; a fifth of the interactions of 5,000 users is held out."""
    save(folder, *hold_out(_add_groups(generate_popular(n_interactions)), _TEST_SHARE))


def _add_groups(matrix: sparse.csr_array) -> sparse.csr_array:
    """Assign users to 50 groups with different popular items, by scaling each item's rank by a random factor.

    The groups add a signal to learn. Items keep a long-tailed popularity, and users keep their number of items.
    """
    rng = np.random.default_rng(1)
    n_users, n_items = matrix.shape
    by_rank = np.argsort(-np.bincount(matrix.indices, minlength=n_items), kind="stable")
    shifted_ranks = np.log(np.arange(1, n_items + 1)) + rng.normal(0, 1, (_GROUPS, n_items))
    table = np.empty((_GROUPS, n_items), dtype=np.int32)
    table[:, by_rank] = by_rank[np.argsort(shifted_ranks, axis=1)]
    groups = np.repeat(rng.integers(0, _GROUPS, n_users), np.diff(matrix.indptr))
    items = table[groups, matrix.indices]
    grouped = sparse.csr_array((matrix.data, items, matrix.indptr), shape=matrix.shape)
    grouped.sort_indices()
    return grouped


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import ImplicitALS, Interactions

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    penalty = {"unobserved_weight": 0.3, "l2": 0.0095, "l2_exponent": 1.1}  # as chosen for irspack below
    model = ImplicitALS(_FACTORS, n_epochs=_EPOCHS, **penalty, random_state=0, n_threads=n_threads)
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

WORKLOADS = {
    "als-ml-1m": Workload(
        f"ImplicitALS on MovieLens 1M, {_FACTORS} factors, {_EPOCHS} epochs; each library with suitable settings",
        write_movielens,
        _FITS,
    ),
    "als-popular": Workload("the same on 138,000 users × 27,000 items, 20 M, generated", write_grouped, _FITS),
}
