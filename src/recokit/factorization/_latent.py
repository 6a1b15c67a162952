"""What is done with learned factors: inner products and neighbours by cosine."""

import threading
from typing import NamedTuple

import numpy as np

from recokit._threads import for_each, for_rows, single_threaded_blas
from recokit._typing import CodeArray, FloatArray
from recokit.base import Choice, Top
from recokit.kernels.selection import select_shown, select_top
from recokit.kernels.sgd_predict import inner_products

__all__ = ["Profiles", "nearest_by_cosine", "products", "top_of_products"]

_BLOCK = 1024  # queries at a time
_PEOPLE_IN_CACHE = 64  # the scores of 27,000 items for them take 7 MB; fewer make the product slower
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


def top_of_products(
    people: FloatArray, items: FloatArray, item_bias: FloatArray | None, n: int, choice: Choice, n_threads: int
) -> Top:
    """Return the items that may be listed for each person with the largest inner product, plus bias where there is one.

    Items that may be listed for nobody are not scored. Scores are held for a block of people at a time, small enough
    to stay in the cache of the processor until they have been looked at.

    Parameters
    ----------
    people : (n_people, n_factors) float32 array
    items : (n_items, n_factors) float32 array
    item_bias : (n_items,) array, optional
    n : int
        Length of the lists.
    choice : Choice
    n_threads : int
    """
    codes = choice.listable(len(items))
    bias = np.empty(0, dtype=np.float32) if item_bias is None else item_bias.astype(np.float32, copy=False)
    if codes is not None:
        choice = choice.over(codes, len(items))
        items, bias = items[codes], bias[codes] if len(bias) else bias
    if items.size < _WORTH_BLAS or choice.kept is not None:
        scores = products(people, items, n_threads)
        top = choice.select(scores + bias if len(bias) else scores, n, n_threads)
    else:
        top = _top_by_blocks(people, items, bias, n, choice, n_threads)
    if codes is None:
        return top
    return top._replace(item_codes=np.append(codes, -1)[top.item_codes].astype(np.int32))


def _top_by_blocks(
    people: FloatArray, items: FloatArray, bias: FloatArray, n: int, choice: Choice, n_threads: int
) -> Top:
    """Return the lists of `top_of_products` where everything but what is hidden may be listed."""
    top, columns = Top.empty(len(people), n), np.ascontiguousarray(items.T)
    buffers = threading.local()

    def work(first: int) -> None:
        if not hasattr(buffers, "scores"):
            buffers.scores = np.empty((_PEOPLE_IN_CACHE, len(items)), dtype=np.float32)
        block = people[first : first + _PEOPLE_IN_CACHE]
        scores = buffers.scores[: len(block)]
        if len(block) == 1:  # as in `products`
            scores[:] = products(block, items, 1)
        else:
            np.dot(block, columns, out=scores)
        select_shown(scores, bias, first, *choice.hidden, top.item_codes, top.scores, top.counts)

    starts = range(0, len(people), _PEOPLE_IN_CACHE)
    if len(starts) == 1:
        work(0)
        return top
    with single_threaded_blas():
        for_each(starts, work, n_threads)
    return top


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
