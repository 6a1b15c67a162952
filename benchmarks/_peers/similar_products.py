"""The most similar products of a catalogue, by recokit and sparse_dot_topn on the same sparse vectors."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from .measure import Run, Workload

__all__ = ["WORKLOADS"]

_N_ITEMS, _N, _N_WORDS = 100_000, 20, 20_000
_MATRIX = "vectors.npz"


def _model(*, titles_only: bool, n_threads: int | None = None) -> Any:
    """Return a model that is fitted to generated products: titles of 4 to 10 words, and brands, paths and prices."""
    from recokit import ContentRecommender
    from recokit.content import Category, Number, Text

    rng = np.random.default_rng(0)
    chances = np.arange(1, _N_WORDS + 1) ** -0.9
    lengths = rng.integers(4, 11, _N_ITEMS)
    words = rng.choice(_N_WORDS, size=lengths.sum(), p=chances / chances.sum())
    parts = np.split(words, np.cumsum(lengths)[:-1])
    levels = rng.integers(0, [20, 10, 10], (_N_ITEMS, 3)).tolist()
    catalogue = {
        "item_id": np.arange(_N_ITEMS),
        "title": [" ".join(f"w{word}" for word in part) for part in parts],
        "brand": [f"b{rank}" for rank in rng.zipf(1.3, _N_ITEMS) % 500],
        "path": [f"c{a}>c{a}.{b}>c{a}.{b}.{c}" for a, b, c in levels],
        "price": np.exp(rng.normal(3.3, 1.1, _N_ITEMS)).round(2),
    }
    blocks = [Text("title", weight=2.0)]
    if not titles_only:
        blocks += [Category("brand"), Category("path", sep=">"), Number("price")]
    return ContentRecommender(blocks, n_threads=n_threads).fit([(0, 1), (1, 2)], catalogue=catalogue)


def _make(folder: Path, *, titles_only: bool) -> None:
    """Write the joined vectors of the products."""
    vectors = _model(titles_only=titles_only)._mixture.sparse_vectors().matrix
    sparse.save_npz(folder / _MATRIX, sparse.csr_matrix(vectors))


def _recokit(folder: Path, n_threads: int, *, titles_only: bool) -> Run:
    model = _model(titles_only=titles_only, n_threads=n_threads)
    items = np.arange(_N_ITEMS)
    return Run(lambda: model.similar_items(items, _N), _mean_score)


def _mean_score(lists: Any) -> Mapping[str, float]:
    return {"mean_score": float(np.nanmean(lists.scores))}


def _sparse_dot_topn(folder: Path, n_threads: int, *, titles_only: bool) -> Run:
    from sparse_dot_topn import sp_matmul_topn

    rows = sparse.csr_matrix(sparse.load_npz(folder / _MATRIX))
    rows.indptr, rows.indices = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    columns = rows.T.tocsr()
    # One more than recokit: each product is the most similar to itself.
    return Run(lambda: sp_matmul_topn(rows, columns, top_n=_N + 1, n_threads=n_threads, sort=True), _mean_of_others)


def _mean_of_others(found: Any) -> Mapping[str, float]:
    return {"mean_score": float((found.data.sum() - found.diagonal().sum()) / (found.nnz - found.shape[0]))}


_LIBRARIES: dict[str, Callable[..., Run]] = {"recokit": _recokit, "sparse_dot_topn": _sparse_dot_topn}


def _workload(about: str, *, titles_only: bool) -> Workload:
    prepared = {name: partial(library, titles_only=titles_only) for name, library in _LIBRARIES.items()}
    description = f"the {_N} most similar of {_N_ITEMS:,} products by {about}"
    return Workload(description, partial(_make, titles_only=titles_only), prepared)


WORKLOADS = {
    "similar-titles": _workload("TF-IDF of titles", titles_only=True),
    "similar-products": _workload("titles, brands, category paths and prices", titles_only=False),
}
