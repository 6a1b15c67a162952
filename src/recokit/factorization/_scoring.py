"""Scores, top-n lists and nearest neighbours from factors."""

import threading
from collections.abc import Callable

import numpy as np

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.small_work import chosen, is_small
from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.base import EligibleItems, Top
from recokit.data.rows import Rows, read_only
from recokit.factorization._factors import Factors
from recokit.factorization._item_vectors import ItemVectors
from recokit.kernels.selection import select_listed, select_top
from recokit.kernels.sgd_predict import inner_products
from recokit.kernels.sgd_predict import score_pairs as score_pairs_kernel
from recokit.kernels.top_products import listed_products, rough_products, select_exact, top_by_norm

__all__ = ["nearest_by_cosine", "products", "score_pairs", "top_of_products"]

_BUFFER_BYTES = 64 << 20  # scores held at a time
_MIN_USERS_IN_CACHE = 64  # their scores of 27,000 items take 7 MB; fewer users make the product slower
_CELLS_IN_CACHE = 1 << 18  # more users at a time if there are few items
_MIN_USERS_TO_TRANSPOSE = 8 * _MIN_USERS_IN_CACHE  # a product is a quarter faster if items are columns
_FEW_USERS = 8  # up to this number, products by 8-bit vectors are faster than BLAS
_ROUNDED_UP = 1 + 2.0**-20
_LARGEST = 1e30  # products of this size are far from an overflow of float32
_MIN_CELLS_FOR_BLAS = 1 << 16  # numbers in a matrix; the kernel is as fast for smaller ones
# Up to this number of multiplications, OpenBLAS uses routines that round in another order than for larger products.
_SMALL_FOR_BLAS = 1_000_000


def score_pairs(
    users: Factors, items: Factors, user_codes: CodeArray, item_codes: CodeArray, runner: Runner
) -> FloatArray:
    """Return b_u + b_i + p_u·q_i of pairs: (n_pairs,) float64."""
    scores = np.empty(len(user_codes))
    factors = (users.bias_or_zeros(), items.bias_or_zeros(), users.vectors, items.vectors)
    runner.rows(score_pairs_kernel, len(scores), (read_only(user_codes), read_only(item_codes), *factors, scores))
    return scores


def products(users: FloatArray, items: FloatArray, runner: Runner) -> FloatArray:
    """Return all inner products: (n_users, n_items) float32; the bits of a row do not depend on the other rows."""
    result = np.empty((len(users), len(items)), dtype=np.float32)
    if items.size < _MIN_CELLS_FOR_BLAS:
        costs = np.full(len(users), items.size)
        runner.rows(inner_products, len(users), (users, items, result), costs=costs)
    else:
        _multiply(users, items.T, result)
    return result


def _multiply(users: FloatArray, columns: FloatArray, scores: FloatArray) -> None:
    """Write the inner products by BLAS, padded to a size at which BLAS always uses the same routine."""
    min_rows = 2 + _SMALL_FOR_BLAS // columns.size
    if len(users) >= max(min_rows, 2 * _FEW_USERS):
        np.dot(users, columns, out=scores)
        return
    padded = np.zeros((max(min_rows, len(users)), users.shape[1]), dtype=np.float32)
    padded[: len(users)] = users
    scores[:] = np.dot(columns.T, padded.T)[:, : len(users)].T  # for few users twice as fast as the other way round


def top_of_products(
    users: FloatArray, items: ItemVectors, item_bias: FloatArray | None, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return, for each user, the eligible items with the largest inner products plus item biases.

    A score is the product, summed in float64 and rounded to float32, plus the bias. Its bits depend neither on the
    other users and items of the request, nor on the BLAS library or the processor.

    Only eligible items are scored if few items are eligible for any user; users with candidates of their own are scored
    on these only. Scores are held for one block of users at a time, which fits into the processor's cache.

    Parameters
    ----------
    users : (n_users, n_factors) float32 array
    items : ItemVectors
    item_bias : (n_items,) array, optional
    n : int
        Length of the lists.
    eligible : EligibleItems
    runner : Runner
    """
    bias = np.empty(0, dtype=np.float32) if item_bias is None else item_bias.astype(np.float32, copy=False)
    if eligible.candidates is None or eligible.restricted is None:
        return _top_of_allowed(users, items, bias, n, eligible, runner)
    top = Top.empty(len(users), n)
    rows = np.flatnonzero(eligible.restricted)
    top.put(rows, _top_of_candidates(users[rows], items.vectors, bias, n, eligible.take(rows), runner))
    rows = np.flatnonzero(~eligible.restricted)
    top.put(rows, _top_of_allowed(users[rows], items, bias, n, eligible.take(rows), runner))
    return top


def _top_of_candidates(
    users: FloatArray, items: FloatArray, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of users that all have candidates of their own."""
    indptr, codes = _eligible_candidates(eligible, len(items))[:2]
    scores, top = np.empty(len(codes), dtype=np.float32), Top.empty(len(users), n)
    costs = np.diff(indptr) * items.shape[1]
    runner.rows(listed_products, len(users), (indptr, codes, users, items, scores), costs=costs)
    if len(bias):
        scores += bias[codes]
    runner.rows(select_listed, len(users), (indptr, codes, scores, *top), costs=np.diff(indptr))
    return top


def _eligible_candidates(eligible: EligibleItems, n_items: int) -> Rows:
    """Return the eligible ones among each user's candidates, sorted and without repeats."""
    assert eligible.candidates is not None
    keys = np.sort(_pair_keys(eligible.candidates, n_items))
    keys = keys[np.diff(keys, prepend=-1) > 0]
    is_eligible = np.ones(len(keys), dtype=np.bool_) if eligible.allowed is None else eligible.allowed[keys % n_items]
    excluded = _pair_keys(eligible.excluded, n_items)
    places = np.searchsorted(keys, excluded)
    found = np.append(keys, -1)[places] == excluded
    is_eligible[places[found]] = False
    user_rows, codes = np.divmod(keys[is_eligible], n_items)
    return Rows.from_row_codes(user_rows, codes, eligible.n_users)


def _pair_keys(rows: Rows, n_items: int) -> IntArray:
    """Return one number for each (user, item) pair, in the order of the pairs."""
    keys: IntArray = rows.row_codes * n_items + rows.codes
    return keys


def _top_of_allowed(
    users: FloatArray, items: ItemVectors, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of users without candidates of their own."""
    eligible = eligible._replace(candidates=None, restricted=None)
    codes, n_items = eligible.codes(len(items.vectors)), len(items.vectors)
    if codes is None or 2 * len(codes) > n_items:  # copying most factors takes longer than scoring the other items
        return _top_by_blocks(users, items, _masked_bias(bias, eligible), n, eligible, runner)
    bias = bias[codes] if len(bias) else bias
    some = ItemVectors(items.vectors[codes])
    top = _top_by_blocks(users, some, bias, n, eligible.among(codes, n_items), runner)
    return top._replace(codes=np.append(codes, -1)[top.codes].astype(np.int32))


def _masked_bias(bias: FloatArray, eligible: EligibleItems) -> FloatArray:
    """Return the biases, with −∞ for items that are not eligible for any user."""
    if eligible.allowed is None:
        return bias
    return np.where(eligible.allowed, bias if len(bias) else np.float32(0), np.float32(-np.inf)).astype(np.float32)


def _top_by_blocks(
    users: FloatArray, items: ItemVectors, bias: FloatArray, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the lists of all items, without the excluded items of each user and the items with a bias of −∞."""
    top, buffers, vectors = Top.empty(len(users), n), threading.local(), items.vectors
    n_items, is_few, norms = max(len(vectors), 1), _are_few(users, vectors), _norms(users)
    if is_few and len(vectors) and not len(bias) and np.all((norms > 0) & (norms * items.by_norm.norms[0] < _LARGEST)):
        slack = _slack_of(bias, vectors.shape[1])
        padded = _padded(users, items.by_norm.levels.shape[1])
        of_users = (read_only(padded), norms, slack, read_only(users))
        args = (*of_users, *items.by_norm, read_only(vectors), *eligible.excluded[:2], *top)
        runner.rows(top_by_norm, len(users), args, costs=np.full(len(users), vectors.size))
        return top
    size = max(8, min(_BUFFER_BYTES // (4 * n_items), max(_MIN_USERS_IN_CACHE, _CELLS_IN_CACHE // n_items)))
    select = chosen(select_exact, len(users) * len(vectors))
    slacks = items.rough.slacks if is_few else items.slacks
    arrays = map(read_only, (bias, users, vectors))
    exact = (norms, slacks, _slack_of(bias, vectors.shape[1]), *arrays)
    by_users = (*eligible.excluded[:2], *top)
    products = _rough_products(users, items, runner) if is_few else _blas_products(users, vectors)

    def work(first: int) -> None:
        if not hasattr(buffers, "scores"):
            buffers.scores = np.empty((min(size, len(users)), len(vectors)), dtype=np.float32)
        scores = buffers.scores[: len(users) - first]
        products(first, scores)
        select(scores, *exact, first, *by_users)

    starts = range(0, len(users), size)
    if not is_few and (len(starts) > 1 or runner.n_threads == 1):
        with single_threaded_blas():
            runner.each(starts, work)
    else:
        runner.each(starts, work)
    return top


def _are_few(users: FloatArray, items: FloatArray) -> bool:
    """Return whether the products of users take the least time by vectors rounded to 8 bits."""
    return len(users) <= _FEW_USERS and not is_small(rough_products, len(users) * items.size)


def _rough_products(users: FloatArray, items: ItemVectors, runner: Runner) -> Callable[[int, FloatArray], None]:
    """Return the function that writes the products of a block of few users, by vectors rounded to 8 bits."""
    levels, scales, _ = items.rough
    padded = _padded(users, levels.shape[1])

    def write(first: int, scores: FloatArray) -> None:
        args = (read_only(padded[first : first + len(scores)]), read_only(levels), read_only(scales), scores)
        runner.rows(rough_products, len(scores), args, costs=np.full(len(scores), levels.size))

    return write


def _padded(users: FloatArray, width: int) -> FloatArray:
    """Return vectors padded with zeros."""
    padded = np.zeros((len(users), width), dtype=np.float32)
    padded[:, : users.shape[1]] = users
    return padded


def _blas_products(users: FloatArray, items: FloatArray) -> Callable[[int, FloatArray], None]:
    """Return the function that writes the products of a block of users, by BLAS."""
    columns = np.ascontiguousarray(items.T) if len(users) >= _MIN_USERS_TO_TRANSPOSE else items.T

    def write(first: int, scores: FloatArray) -> None:
        np.dot(users[first : first + len(scores)], columns, out=scores)

    return write


def _norms(users: FloatArray) -> FloatArray:
    """Return the norms of vectors, rounded up: (n_users,) float32."""
    norms: FloatArray = np.sqrt(np.einsum("ij,ij->i", users, users, dtype=np.float64)) * _ROUNDED_UP
    return norms.astype(np.float32)


def _slack_of(bias: FloatArray, n_factors: int) -> float:
    """Return the largest rounding error of the addition of a bias, and of products near the smallest numbers."""
    largest = np.abs(bias[bias > -np.inf]).max(initial=0) if len(bias) else 0.0
    return float(2.0**-22 * largest + n_factors * 2.0**-125)


def nearest_by_cosine(vectors: FloatArray, codes: CodeArray, n: int, runner: Runner) -> Top:
    """Return the nearest neighbours of rows by cosine.

    Parameters
    ----------
    vectors : (n_rows, n_factors) float32 array
        A row of zeros has no neighbours and is no neighbour.
    codes : (n_queries,) int32 array
        Rows to find the neighbours of; a row is not its own neighbour.
    n : int
        Maximum number of neighbours.
    runner : Runner
    """
    norms = np.linalg.norm(vectors, axis=1)
    units = vectors / np.where(norms > 0, norms, 1)[:, None]
    nearest = Top.empty(len(codes), n)
    size = max(1, _BUFFER_BYTES // (4 * len(vectors)))
    for start in range(0, len(codes), size):
        block = slice(start, start + size)
        scores = products(units[codes[block]], units, runner)
        np.clip(scores, -1, 1, out=scores)
        scores[:, norms == 0] = -np.inf
        scores[norms[codes[block]] == 0] = -np.inf
        scores[np.arange(len(scores)), codes[block]] = -np.inf
        args = (scores, *(array[block] for array in nearest))
        runner.rows(select_top, len(scores), args, costs=np.full(len(scores), len(vectors)))
    return nearest
