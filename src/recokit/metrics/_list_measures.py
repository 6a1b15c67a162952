"""Measures of lists that need no hits: of all lists together, and of each list by itself."""

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.exceptions import DataError, first_few
from recokit.metrics._background import Background
from recokit.metrics._lists import Lists

__all__ = ["coverage", "diversity", "gini", "novelty", "personalization", "popularity_bias"]


def coverage(lists: Lists, k: int | None, background: Background) -> float:
    """Return the share of the catalogue that occurs in the lists."""
    catalogue = background.items("coverage")
    occurs = np.zeros(len(lists.items), dtype=np.bool_)
    occurs[lists.top(k)[0]] = True
    return float(np.count_nonzero(occurs & (catalogue.codes(lists.items) >= 0)) / len(catalogue))


def gini(lists: Lists, k: int | None, background: Background) -> float:
    """Return the Gini index of how often each item of the catalogue occurs."""
    catalogue = background.items("gini")
    known = catalogue.codes(lists.items)
    occurrences = np.zeros(len(catalogue), dtype=np.int64)
    occurrences[known[known >= 0]] = np.bincount(lists.top(k)[0], minlength=len(lists.items))[known >= 0]
    if not np.any(occurrences):
        raise DataError("gini: no item of the catalogue is in a list")
    n = len(occurrences)
    ranks = np.arange(1 - n, n + 1, 2)  # 2 rank − n − 1
    return float(ranks @ np.sort(occurrences) / (n * occurrences.sum()))


def personalization(lists: Lists, k: int | None, background: Background) -> float:
    """Return 1 − the mean cosine of two lists.

    The cosines of all pairs add up to the squared length of the sum of all unit vectors, less each vector's own.
    """
    lists.check_distinct(k, "personalization")
    codes, sizes = lists.top(k)
    held = sizes[sizes > 0]
    if len(held) < 2:
        raise DataError("personalization compares lists, and there are not two that hold an item")
    total = np.bincount(codes, weights=np.repeat(1 / np.sqrt(held), held))
    return float(1 - (total @ total - len(held)) / (len(held) * (len(held) - 1)))


def novelty(lists: Lists, k: int | None, background: Background) -> FloatArray:
    """Return the mean self-information of what each list holds, in bits; NaN where it holds nothing."""
    shares, n_users = background.popularity(lists.items, "novelty")
    return _means_of_items(lists, k, -np.log2(np.maximum(shares, 1 / n_users)))


def popularity_bias(lists: Lists, k: int | None, background: Background) -> FloatArray:
    """Return the mean popularity of what each list holds; NaN where it holds nothing."""
    return _means_of_items(lists, k, background.popularity(lists.items, "popularity_bias")[0])


def _means_of_items(lists: Lists, k: int | None, values: AnyArray) -> FloatArray:
    """Average values of the items over each list."""
    codes, sizes = lists.top(k)
    if not np.any(sizes):
        raise DataError("no list holds an item")
    rows = np.repeat(np.arange(len(sizes)), sizes)
    return _quotients(np.bincount(rows, weights=values[codes], minlength=len(sizes)), sizes)


def diversity(lists: Lists, k: int | None, background: Background) -> FloatArray:
    """Return the mean of 1 − the cosine of two items of each list; NaN where it does not hold two.

    The cosines of all pairs add up to the squared length of the sum of all unit vectors, less each vector's own.
    """
    if background.vectors is None:
        raise ValueError("diversity needs to know what items are like: give item_vectors=")
    known, units = background.vectors
    lists.check_distinct(k, "diversity")
    codes, sizes = lists.top(k)
    places = known.codes(lists.items)[codes]
    if np.any(places < 0):
        lacking = lists.items.take(np.unique(codes[places < 0])).tolist()
        raise DataError(f"{len(lacking)} recommended item(s) have no vector: {first_few(lacking)}")
    if not np.any(sizes > 1):
        raise DataError("diversity compares the items of a list, and no list holds two")
    rows = np.repeat(np.arange(len(sizes)), sizes)
    members = sparse.csr_array((np.ones(len(rows)), (rows, places)), shape=(len(sizes), len(known)))
    own = np.asarray(units.multiply(units).sum(axis=1)).ravel()
    sums = members @ units
    squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - members @ own
    return 1 - _quotients(squares, sizes * (sizes.astype(np.int64) - 1))


def _quotients(sums: AnyArray, counts: AnyArray) -> FloatArray:
    """Return sums over counts, NaN where nothing was counted."""
    quotients: FloatArray = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return quotients
