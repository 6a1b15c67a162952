"""What is done with learned factors: inner products and neighbours by cosine."""

import threading
from typing import NamedTuple

import numpy as np

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.base import EligibleItems, Top
from recokit.data.rows import Rows
from recokit.kernels.selection import select_listed, select_shown, select_top
from recokit.kernels.sgd_predict import inner_products, listed_products

__all__ = ["USERS_PER_BLOCK", "Profiles", "nearest_by_cosine", "products", "top_of_products"]

USERS_PER_BLOCK = 16_384  # whose lists are made together: enough that what is done once for all of them does not tell

_BUFFER_BYTES = 64 << 20  # of scores that are held at a time
_PEOPLE_IN_CACHE = 64  # the scores of 27,000 items for them take 7 MB; fewer make the product slower
_CELLS_IN_CACHE = 1 << 18  # where there are few items, more people at a time
_WORTH_TRANSPOSING = 8 * _PEOPLE_IN_CACHE  # people; a product is quicker by a quarter where items are columns
_WORTH_BLAS = 1 << 16  # numbers in a matrix; below, the kernel is as quick
# Multiplications up to which OpenBLAS has routines that round in another order than those for larger products.
_SMALL_FOR_BLAS = 1_000_000


class Profiles(NamedTuple):
    """Several people: what is needed to score items for them.

    Attributes
    ----------
    bias : (n_people,) float32 array
    factors : (n_people, n_factors) float32 array
    """

    bias: FloatArray
    factors: FloatArray


def products(people: FloatArray, items: FloatArray, runner: Runner) -> FloatArray:
    """Return all inner products: (n_people, n_items) float32, a row the same bits whatever the other rows."""
    result = np.empty((len(people), len(items)), dtype=np.float32)
    if items.size < _WORTH_BLAS:
        costs = np.full(len(people), items.size)
        runner.rows(inner_products, len(people), (people, items, result), costs=costs)
    else:
        _multiply(people, items.T, result)
    return result


def _multiply(people: FloatArray, columns: FloatArray, scores: FloatArray) -> None:
    """Write the inner products by BLAS; few people are filled up with rows of 0, so that its routine is the same."""
    least = 2 + _SMALL_FOR_BLAS // columns.size
    if len(people) >= least:
        np.dot(people, columns, out=scores)
        return
    filled = np.zeros((least, people.shape[1]), dtype=np.float32)
    filled[: len(people)] = people
    scores[:] = np.dot(filled, columns)[: len(people)]


def top_of_products(
    people: FloatArray, items: FloatArray, item_bias: FloatArray | None, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the items that may be listed for each person with the largest inner product, plus bias where there is one.

    Where most items may be listed for nobody, they are not scored, and of a person with candidates of their own only
    these are. Scores are held for a block of people at a time, small enough to stay in the cache of the processor until
    they have been looked at.

    Parameters
    ----------
    people : (n_people, n_factors) float32 array
    items : (n_items, n_factors) float32 array
    item_bias : (n_items,) array, optional
    n : int
        Length of the lists.
    eligible : EligibleItems
    runner : Runner
    """
    bias = np.empty(0, dtype=np.float32) if item_bias is None else item_bias.astype(np.float32, copy=False)
    if eligible.candidates is None or eligible.restricted is None:
        return _top_of_allowed(people, items, bias, n, eligible, runner)
    top = Top.empty(len(people), n)
    for rows, make in (
        (np.flatnonzero(eligible.restricted), _top_of_candidates),
        (np.flatnonzero(~eligible.restricted), _top_of_allowed),
    ):
        top.put(rows, make(people[rows], items, bias, n, eligible.take(rows), runner))
    return top


def _top_of_candidates(
    people: FloatArray, items: FloatArray, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of people each of whom has items that alone may be listed."""
    indptr, codes = _eligible_candidates(eligible, len(items))[:2]
    scores, top = np.empty(len(codes), dtype=np.float32), Top.empty(len(people), n)
    costs = np.diff(indptr) * items.shape[1]
    args = (indptr, codes, people, items, scores)
    runner.rows(listed_products, len(people), args, costs=costs)
    if len(bias):
        scores += bias[codes]
    runner.rows(select_listed, len(people), (indptr, codes, scores, *top), costs=np.diff(indptr))
    return top


def _eligible_candidates(eligible: EligibleItems, n_items: int) -> Rows:
    """Return the eligible ones among each user's candidates, sorted and without repeats."""
    assert eligible.candidates is not None
    keys = np.sort(_keys(eligible.candidates, n_items))
    keys = keys[np.diff(keys, prepend=-1) > 0]
    is_eligible = np.ones(len(keys), dtype=np.bool_) if eligible.allowed is None else eligible.allowed[keys % n_items]
    excluded = _keys(eligible.excluded, n_items)
    places = np.searchsorted(keys, excluded)
    found = np.append(keys, -1)[places] == excluded
    is_eligible[places[found]] = False
    user_rows, codes = np.divmod(keys[is_eligible], n_items)
    return Rows.from_row_codes(user_rows, codes, eligible.n_users)


def _keys(rows: Rows, n_items: int) -> IntArray:
    """Return a number for each pair of user and item."""
    keys: IntArray = rows.row_codes * n_items + rows.codes
    return keys


def _top_of_allowed(
    people: FloatArray, items: FloatArray, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of people nobody of whom has items that alone may be listed."""
    eligible = eligible._replace(candidates=None, restricted=None)
    codes = eligible.codes(len(items))
    if codes is None or 2 * len(codes) > len(items):  # a copy of most factors takes longer than the scores of the rest
        return _top_by_blocks(people, items, _without(bias, eligible), n, eligible, runner)
    bias = bias[codes] if len(bias) else bias
    top = _top_by_blocks(people, items[codes], bias, n, eligible.among(codes, len(items)), runner)
    return top._replace(codes=np.append(codes, -1)[top.codes].astype(np.int32))


def _without(bias: FloatArray, eligible: EligibleItems) -> FloatArray:
    """Return biases of −∞ for the items that may be listed for nobody."""
    if eligible.allowed is None:
        return bias
    return np.where(eligible.allowed, bias if len(bias) else np.float32(0), np.float32(-np.inf)).astype(np.float32)


def _top_by_blocks(
    people: FloatArray, items: FloatArray, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of `top_of_products` of all items but those that are hidden or have a bias of −∞."""
    top, buffers, by_blas = Top.empty(len(people), n), threading.local(), items.size >= _WORTH_BLAS
    n_items = max(len(items), 1)
    size = max(8, min(_BUFFER_BYTES // (4 * n_items), max(_PEOPLE_IN_CACHE, _CELLS_IN_CACHE // n_items)))
    columns = np.ascontiguousarray(items.T) if by_blas and len(people) >= _WORTH_TRANSPOSING else items.T

    def work(first: int) -> None:
        block = people[first : first + size]
        if not hasattr(buffers, "scores"):
            buffers.scores = np.empty((min(size, len(people)), len(items)), dtype=np.float32)
        scores = buffers.scores[: len(block)]
        if by_blas:
            _multiply(block, columns, scores)
        else:
            inner_products(0, len(block), block, items, scores)
        select_shown(scores, bias, first, *eligible.excluded[:2], top.codes, top.scores, top.counts)

    starts = range(0, len(people), size)
    if len(starts) > 1 and by_blas:
        with single_threaded_blas():
            runner.each(starts, work)
    else:
        runner.each(starts, work)
    return top


def nearest_by_cosine(factors: FloatArray, codes: CodeArray, n: int, runner: Runner) -> Top:
    """Return the rows with the largest cosine to the rows asked for.

    Parameters
    ----------
    factors : (n_rows, n_factors) float32 array
        A row of zeros is similar to nothing.
    codes : (n_queries,) int32 array
        Rows to find neighbours of; none is its own neighbour.
    n : int
        Neighbours at most.
    runner : Runner
    """
    norms = np.linalg.norm(factors, axis=1)
    units = factors / np.where(norms > 0, norms, 1)[:, None]
    nearest = Top.empty(len(codes), n)
    size = max(1, _BUFFER_BYTES // (4 * len(factors)))
    for start in range(0, len(codes), size):
        block = slice(start, start + size)
        scores = products(units[codes[block]], units, runner)
        np.clip(scores, -1, 1, out=scores)
        scores[:, norms == 0] = -np.inf
        scores[norms[codes[block]] == 0] = -np.inf
        scores[np.arange(len(scores)), codes[block]] = -np.inf
        args = (scores, *(array[block] for array in nearest))
        runner.rows(select_top, len(scores), args, costs=np.full(len(scores), len(factors)))
    return nearest
