"""What is done with learned factors: inner products and neighbours by cosine."""

from typing import NamedTuple

import numpy as np

from recokit._threads import for_rows
from recokit._typing import CodeArray, FloatArray
from recokit.kernels.selection import select_top
from recokit.kernels.sgd_predict import inner_products

__all__ = ["Profiles", "nearest_by_cosine", "products"]

_BLOCK = 1024  # queries at a time
_WORTH_BLAS = 1 << 16  # numbers in a matrix; below, BLAS has routines that round by the number of rows


class Profiles(NamedTuple):
    """Several people: what is needed to score items for them.

    Attributes
    ----------
    bias : (n_people,) float32 array
    factors : (n_people, n_factors) float32 array
    """

    bias: FloatArray
    factors: FloatArray


def products(people: FloatArray, items: FloatArray, n_threads: int) -> FloatArray:
    """Return all inner products: (n_people, n_items) float32, a row the same bits whatever the other rows."""
    if items.size < _WORTH_BLAS:
        result = np.empty((len(people), len(items)), dtype=np.float32)
        costs = np.full(len(people), items.size)
        for_rows(inner_products, len(people), (people, items, result), n_threads=n_threads, costs=costs)
        return result
    if len(people) == 1:  # BLAS has another routine for a vector, which rounds in another order
        return products(np.repeat(people, 2, axis=0), items, n_threads)[:1].copy()
    scores: FloatArray = people @ items.T
    return scores


def nearest_by_cosine(
    factors: FloatArray, codes: CodeArray, n: int, n_threads: int
) -> tuple[CodeArray, FloatArray, CodeArray]:
    """Return the rows with the largest cosine to the rows asked for.

    Parameters
    ----------
    factors : (n_rows, n_factors) float32 array
        A row of zeros is similar to nothing.
    codes : (n_queries,) int32 array
        Rows to find neighbours of; none is its own neighbour.
    n : int
        Neighbours at most.
    n_threads : int

    Returns
    -------
    neighbors : (n_queries, n) int32 array
        Best first; −1 beyond the count.
    cosines : (n_queries, n) float32 array
    counts : (n_queries,) int32 array
    """
    norms = np.linalg.norm(factors, axis=1)
    units = factors / np.where(norms > 0, norms, 1)[:, None]
    neighbors, cosines = np.empty((len(codes), n), np.int32), np.empty((len(codes), n), np.float32)
    counts = np.empty(len(codes), np.int32)
    for start in range(0, len(codes), _BLOCK):
        block = slice(start, start + _BLOCK)
        scores = np.clip(products(units[codes[block]], units, n_threads), -1, 1)
        scores[:, norms == 0] = -np.inf
        scores[norms[codes[block]] == 0] = -np.inf
        scores[np.arange(len(scores)), codes[block]] = -np.inf
        args = (scores, neighbors[block], cosines[block], counts[block])
        for_rows(select_top, len(scores), args, n_threads=n_threads, costs=np.full(len(scores), len(factors)))
    return neighbors, cosines, counts
