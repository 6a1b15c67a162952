"""The nearest items and users by cosine, beside the libraries that are known for it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from _peer_data import load_matrix, movielens, popular, saved, wide
from _peer_process import Run, Work
from scipy import sparse

__all__ = ["WORKS", "rows_of"]

_K = 100


def rows_of(matrix: sparse.csr_array, users: bool) -> sparse.csr_matrix:
    """Return the rows to be compared, with the 32-bit indices that the peers take."""
    rows = sparse.csr_matrix(matrix if users else matrix.T.tocsr())
    rows.indptr, rows.indices = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    return rows


def _recokit(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from recokit import Interactions, ItemKNN, UserKNN

    data = Interactions.from_matrix(load_matrix(folder), feedback="implicit")
    kind = UserKNN if users else ItemKNN
    # The data keep their transpose once it is made: with `replace`, each run makes it anew, as the peers' do.
    return Run(lambda: kind(_K, weighting=weighting, n_threads=n_threads).fit(replace(data)))


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
        raise NotImplementedError("it has no weighting")
    rows = rows_of(load_matrix(folder), users)
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(rows.indptr)).astype(np.float32)
    columns = rows.T.tocsr()
    return Run(lambda: sp_matmul_topn(rows, columns, top_n=_K + 1, n_threads=n_threads))  # each is nearest to itself


def _skrecsys(folder: Path, n_threads: int, *, users: bool, weighting: str | None) -> Run:
    from skrecsys.recommendation import BM25Recommender, ItemKNNRecommender

    if users:
        raise NotImplementedError("it has no neighbours of users")
    # It takes pairs and values only, and puts them in rows itself.
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


def _rated(make: Callable[[], sparse.csr_array]) -> Callable[[Path], None]:
    """Write the same matrix with values from 1 to 5."""

    def write(folder: Path) -> None:
        matrix = make()
        matrix.data = np.random.default_rng(1).integers(1, 6, len(matrix.data)).astype(np.float32)
        sparse.save_npz(folder / "matrix.npz", matrix, compressed=False)

    return write


def _work(about: str, make: Callable[[Path], None], *, users: bool = False, weighting: str | None = None) -> Work:
    prepared = {name: partial(library, users=users, weighting=weighting) for name, library in _LIBRARIES.items()}
    return Work(f"the {_K} nearest {'users' if users else 'items'} by cosine, {about}", make, prepared)


_POPULAR, _WIDE = "138,000 users × 27,000 items, 20 M", "300,000 users × 200,000 items, 10 M"

WORKS = {
    "items-popular": _work(f"{_POPULAR} ones, popularity as in MovieLens 20M", saved(popular)),
    "items-wide": _work(f"{_WIDE} ones", saved(wide)),
    "items-popular-bm25": _work(f"{_POPULAR}, BM25", saved(popular), weighting="bm25"),
    "items-wide-bm25": _work(f"{_WIDE}, BM25", saved(wide), weighting="bm25"),
    "items-popular-rated": _work(f"{_POPULAR} ratings", _rated(popular)),
    "items-wide-rated": _work(f"{_WIDE} ratings", _rated(wide)),
    "items-ml-1m": _work("MovieLens 1M, implicit, the published training split", saved(movielens)),
    "users-ml-1m": _work("the same", saved(movielens), users=True),
}
