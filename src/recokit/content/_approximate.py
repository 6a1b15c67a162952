"""ApproximateIndex: nearest dense vectors by a graph of neighbours, with the library usearch."""

import importlib
from typing import Any

import numpy as np

from recokit._typing import CodeArray, FloatArray

__all__ = ["ApproximateIndex"]

_CONNECTIVITY, _EXPANSION_ADD, _EXPANSION_SEARCH = 16, 64, 64  # measured: benchmarks/content.py index


class ApproximateIndex:
    """An index of dense vectors for approximate nearest neighbours by inner products.

    Parameters
    ----------
    vectors : (n_items, n_dimensions) float32 array
        Rows of zeros are not indexed.
    n_threads : int
        With more than one thread, the graph depends on their timing, and so may the neighbours.

    Raises
    ------
    ImportError
        usearch is not installed.

    References
    ----------
    Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
    world graphs", IEEE Transactions on Pattern Analysis and Machine Intelligence 42(4), 2020.
    """

    def __init__(self, vectors: FloatArray, n_threads: int) -> None:
        self._vectors, self._n_threads = vectors, n_threads
        index_module = _usearch()
        self._index = index_module.Index(
            ndim=vectors.shape[1],
            metric="ip",
            dtype="f32",
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION_ADD,
            expansion_search=_EXPANSION_SEARCH,
        )
        codes = np.flatnonzero(np.any(vectors != 0, axis=1))
        self._n_indexed = len(codes)
        if len(codes):
            self._index.add(codes.astype(np.uint64), vectors[codes], threads=n_threads)

    def nearest(self, item_codes: CodeArray, n: int) -> tuple[CodeArray, CodeArray]:
        """Return candidates near items, as places in ``item_codes`` and codes; items without vectors have none."""
        places = np.flatnonzero(np.any(self._vectors[item_codes] != 0, axis=1))
        n = min(n, self._n_indexed)
        if len(places) == 0:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        found = self._index.search(self._vectors[item_codes[places]], n, threads=self._n_threads)
        keys = np.asarray(found.keys).reshape(len(places), -1)
        counts = np.atleast_1d(getattr(found, "counts", keys.shape[1]))  # a single query has no counts
        is_found = np.arange(keys.shape[1]) < counts[:, None]
        rows = np.broadcast_to(places[:, None], keys.shape)
        return rows[is_found].astype(np.int32), keys[is_found].astype(np.int32)

    def __getstate__(self) -> tuple[FloatArray, int]:
        return self._vectors, self._n_threads

    def __setstate__(self, state: tuple[FloatArray, int]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # graphs are built again


def _usearch() -> Any:
    try:
        return importlib.import_module("usearch.index")
    except ImportError:
        raise ImportError(
            "index='approximate' needs usearch: pip install 'recokit[ann]', or use index='exact'"
        ) from None
