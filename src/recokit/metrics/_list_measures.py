"""Metrics without a test set: of all lists together, or of each list."""

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.exceptions import DataError, first_few
from recokit.metrics._context import Context
from recokit.metrics._lists import Lists

__all__ = ["coverage", "diversity", "gini", "novelty", "personalization", "popularity_bias"]


def coverage(lists: Lists, k: int | None, context: Context) -> float:
    """Return the share of the catalogue in the lists."""
    catalogue = context.catalogue_for("coverage")
    is_listed = np.zeros(len(lists.items), dtype=np.bool_)
    is_listed[lists.top(k)[0]] = True
    return float(np.count_nonzero(is_listed & (catalogue.codes(lists.items) >= 0)) / len(catalogue))


def gini(lists: Lists, k: int | None, context: Context) -> float:
    """Return the Gini index of the numbers of recommendations of the catalogue items."""
    catalogue = context.catalogue_for("gini")
    codes = catalogue.codes(lists.items)
    counts = np.zeros(len(catalogue), dtype=np.int64)
    counts[codes[codes >= 0]] = np.bincount(lists.top(k)[0], minlength=len(lists.items))[codes >= 0]
    if not np.any(counts):
        raise DataError("gini: no item of the catalogue is in a list")
    n = len(counts)
    weights = np.arange(1 - n, n + 1, 2)  # 2 rank − n − 1
    return float(weights @ np.sort(counts) / (n * counts.sum()))


def personalization(lists: Lists, k: int | None, context: Context) -> float:
    """Return 1 − the mean cosine similarity of two lists.

    The sum of the cosines of all pairs is the squared length of the sum of the unit vectors, minus the squared length
    of each vector. So the pairs need not be enumerated.
    """
    lists.check_distinct(k, "personalization")
    codes, sizes = lists.top(k)
    lengths = sizes[sizes > 0]
    if len(lengths) < 2:
        raise DataError(f"personalization compares lists: expected two or more non-empty lists, got {len(lengths)}")
    total = np.bincount(codes, weights=np.repeat(1 / np.sqrt(lengths), lengths))
    return float(1 - (total @ total - len(lengths)) / (len(lengths) * (len(lengths) - 1)))


def novelty(lists: Lists, k: int | None, context: Context) -> FloatArray:
    """Return the mean self-information of the items of each list, in bits; NaN for an empty list."""
    shares, n_users = context.popularity(lists.items, "novelty")
    return _means_over_items(lists, k, -np.log2(np.maximum(shares, 1 / n_users)))


def popularity_bias(lists: Lists, k: int | None, context: Context) -> FloatArray:
    """Return the mean popularity of the items of each list; NaN for an empty list."""
    return _means_over_items(lists, k, context.popularity(lists.items, "popularity_bias")[0])


def _means_over_items(lists: Lists, k: int | None, values: AnyArray) -> FloatArray:
    """Return the mean over each list of the values of its items."""
    codes, sizes = lists.top(k)
    if not np.any(sizes):
        raise DataError("all lists are empty")
    rows = np.repeat(np.arange(len(sizes)), sizes)
    return _divide(np.bincount(rows, weights=values[codes], minlength=len(sizes)), sizes)


def diversity(lists: Lists, k: int | None, context: Context) -> FloatArray:
    """Return 1 − the mean cosine similarity of two items of each list; NaN for a list with fewer than two items.

    The pairs are not enumerated, as in `personalization`.
    """
    items, units = context.vectors_for("diversity")
    lists.check_distinct(k, "diversity")
    codes, sizes = lists.top(k)
    vector_rows = items.codes(lists.items)[codes]
    if np.any(vector_rows < 0):
        lacking = lists.items.take(np.unique(codes[vector_rows < 0])).tolist()
        raise DataError(f"{len(lacking)} recommended item(s) have no vector: {first_few(lacking)}")
    if not np.any(sizes > 1):
        raise DataError("diversity compares the items of a list, but no list has two items")
    rows = np.repeat(np.arange(len(sizes)), sizes)
    members = sparse.csr_array((np.ones(len(rows)), (rows, vector_rows)), shape=(len(sizes), len(items)))
    own = np.asarray(units.multiply(units).sum(axis=1)).ravel()
    sums = members @ units
    squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - members @ own
    return 1 - _divide(squares, sizes * (sizes.astype(np.int64) - 1))


def _divide(sums: AnyArray, counts: AnyArray) -> FloatArray:
    """Return sums divided by counts, NaN where the count is 0."""
    quotients: FloatArray = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return quotients
