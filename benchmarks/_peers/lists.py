"""Recommendations of unseen items for all users from item neighbours."""

from pathlib import Path

import numpy as np
from _common.algorithms import TEXTBOOK_COSINE
from _common.generated_data import generate_popular
from scipy import sparse

from .data import load_matrix, load_movielens, matrix_writer
from .measure import Run, Workload
from .neighbors import rows_of

__all__ = ["WORKLOADS"]

_K, _N, _BATCH = 100, 20, 2_048


def _recokit(folder: Path, n_threads: int) -> Run:
    from recokit import Interactions, ItemKNN

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    model = ItemKNN(_K, **TEXTBOOK_COSINE, n_threads=n_threads).fit(data)
    return Run(lambda: model.recommend(n=_N))


def _similarities(matrix: sparse.csr_array, n_threads: int) -> sparse.csr_matrix:
    import similaripy

    return similaripy.cosine(rows_of(matrix, False), k=_K, num_threads=n_threads, verbose=False, format_output="csr")


def _similaripy(folder: Path, n_threads: int) -> Run:
    import similaripy

    matrix = load_matrix(folder)
    rows, similar = rows_of(matrix, True), _similarities(matrix, n_threads).T.tocsr()
    options = {"k": _N, "num_threads": n_threads, "verbose": False, "filter_cols": rows, "format_output": "csr"}
    return Run(lambda: similaripy.dot_product(rows, similar, **options))


def _implicit(folder: Path, n_threads: int) -> Run:
    from implicit.nearest_neighbours import CosineRecommender

    rows = rows_of(load_matrix(folder), True)
    model = CosineRecommender(K=_K, num_threads=n_threads)
    model.fit(rows, show_progress=False)
    batches = np.array_split(np.arange(rows.shape[0]), rows.shape[0] // _BATCH + 1)
    return Run(
        lambda: [model.recommend(batch, rows[batch], N=_N, filter_already_liked_items=True) for batch in batches]
    )


def _sparse_dot_topn(folder: Path, n_threads: int) -> Run:
    # It cannot exclude seen items, so it does less work than the others.
    from sparse_dot_topn import sp_matmul_topn

    matrix = load_matrix(folder)
    rows, similar = rows_of(matrix, True), sparse.csr_matrix(_similarities(matrix, n_threads).T.tocsr())
    return Run(lambda: sp_matmul_topn(rows, similar, top_n=_N, n_threads=n_threads))


_LIBRARIES = {
    "recokit": _recokit,
    "similaripy": _similaripy,
    "implicit": _implicit,
    "sparse_dot_topn": _sparse_dot_topn,
}

WORKLOADS = {
    "lists-popular": Workload(
        f"the best {_N} of 27,000 items for 138,000 users, {_K} neighbours per item, 20 M ones",
        matrix_writer(generate_popular),
        _LIBRARIES,
    ),
    "lists-ml-1m": Workload("the same on MovieLens 1M, implicit", matrix_writer(load_movielens), _LIBRARIES),
}
