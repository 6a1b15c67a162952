"""Nearest items and users by cosine, by recokit and four other libraries."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from _common.algorithms import TEXTBOOK_COSINE
from _common.generated_data import generate_popular, generate_wide
from scipy import sparse

from .data import load_matrix, load_movielens, matrix_writer
from .measure import Run, Workload

__all__ = ["WORKLOADS", "rows_of"]

_K = 100


def rows_of(matrix: sparse.csr_array, users: bool) -> sparse.csr_matrix:
    """Return user or item rows with 32-bit indices, as the other libraries require."""
    rows = sparse.csr_matrix(matrix if users else matrix.T.tocsr())
    rows.indptr, rows.indices = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    return rows


def _recokit(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from recokit import Interactions, ItemKNN, UserKNN

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    kind, options = (UserKNN, {}) if users else (ItemKNN, TEXTBOOK_COSINE)
    # Interactions cache their transpose. `replace` drops the cache, so each run transposes, as in the other libraries.
    return Run(lambda: kind(_K, **{**options, "weighting": weighting}, n_threads=n_threads).fit(replace(data)))


def _similaripy(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    import similaripy

    rows = rows_of(load_matrix(folder), users)

    def run() -> object:
        weighted = similaripy.normalization.bm25(rows, axis=1) if weighting else rows
        return similaripy.cosine(weighted, k=_K, num_threads=n_threads, verbose=False)

    return Run(run)


def _implicit(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

    columns, kind = rows_of(load_matrix(folder), not users), BM25Recommender if weighting else CosineRecommender
    return Run(lambda: kind(K=_K, num_threads=n_threads).fit(columns, show_progress=False))


def _sparse_dot_topn(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from sparse_dot_topn import sp_matmul_topn

    if weighting:
        raise NotImplementedError("no weighting")
    rows = rows_of(load_matrix(folder), users)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(rows.indptr)).astype(np.float32)
    columns = rows.T.tocsr()
    # One more than the others: each row is its own nearest neighbour.
    return Run(lambda: sp_matmul_topn(rows, columns, top_n=_K + 1, n_threads=n_threads))


def _skrecsys(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from skrecsys.recommendation import BM25Recommender, ItemKNNRecommender

    if users:
        raise NotImplementedError("no user neighbours")
    # It accepts pairs and values only, and builds the matrix itself.
    matrix = load_matrix(folder).tocoo()
    pairs, kind = np.column_stack([matrix.row, matrix.col]), BM25Recommender if weighting else ItemKNNRecommender
    return Run(lambda: kind(n_neighbors=_K, n_jobs=n_threads).fit(pairs, matrix.data))


_LIBRARIES = {
    "recokit": _recokit,
    "similaripy": _similaripy,
    "implicit": _implicit,
    "sparse_dot_topn": _sparse_dot_topn,
    "skrecsys": _skrecsys,
}


def _rated(make: Callable[[], sparse.csr_array]) -> sparse.csr_array:
    """Return the matrix with random values from 1 to 5."""
    matrix = make()
    matrix.data = np.random.default_rng(1).integers(1, 6, len(matrix.data)).astype(np.float32)
    return matrix


def _workload(
    about: str, make: Callable[[], sparse.csr_array], *, users: bool = False, weighting: str | None = None
) -> Workload:
    prepared = {name: partial(library, users=users, weighting=weighting) for name, library in _LIBRARIES.items()}
    description = f"the {_K} nearest {'users' if users else 'items'} by cosine, {about}"
    return Workload(description, matrix_writer(make), prepared)


_POPULAR, _WIDE = "138,000 users × 27,000 items, 20 M", "300,000 users × 200,000 items, 10 M"

WORKLOADS = {
    "items-popular": _workload(f"{_POPULAR} ones, popularity as in MovieLens 20M", generate_popular),
    "items-wide": _workload(f"{_WIDE} ones", generate_wide),
    "items-popular-bm25": _workload(f"{_POPULAR}, BM25", generate_popular, weighting="bm25"),
    "items-wide-bm25": _workload(f"{_WIDE}, BM25", generate_wide, weighting="bm25"),
    "items-popular-rated": _workload(f"{_POPULAR} ratings", partial(_rated, generate_popular)),
    "items-wide-rated": _workload(f"{_WIDE} ratings", partial(_rated, generate_wide)),
    "items-ml-1m": _workload("MovieLens 1M, implicit, the published training split", load_movielens),
    "users-ml-1m": _workload("the same", load_movielens, users=True),
}
