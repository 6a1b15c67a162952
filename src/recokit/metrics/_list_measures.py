"""Measures of all lists together, on codes."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.exceptions import DataError
from recokit.interactions import IdIndex, Interactions
from recokit.metrics._lists import Lists

__all__ = ["Background", "coverage", "gini", "novelty", "personalization", "popularity_bias"]


class Background(NamedTuple):
    """What is known apart from the lists and the test set; each part may be missing."""

    catalogue: IdIndex | None = None
    train: Interactions | None = None

    @classmethod
    def of(cls, train: Any, catalogue: Any) -> "Background":
        """Return the background, the items of the training data being the catalogue where none is given.

        Raises
        ------
        DataError
            The catalogue is empty, or an id repeats.
        """
        given = train if catalogue is None else catalogue
        if given is None or isinstance(given, IdIndex):
            index = given
        else:
            index = given.items if isinstance(given, Interactions) else IdIndex(given, name="catalogue")
        if index is not None and len(index) == 0:
            raise DataError("the catalogue is empty")
        return cls(index, train)

    def items(self, metric: str) -> IdIndex:
        """Return the catalogue, or say that the metric needs it."""
        if self.catalogue is None:
            raise ValueError(f"{metric} needs the catalogue: give train= or catalogue=")
        return self.catalogue

    def popularity(self, items: IdIndex, metric: str) -> FloatArray:
        """Return which share of the training users took each item, or say that the metric needs to know."""
        if self.train is None:
            raise ValueError(f"{metric} needs the training data: give train=")
        takers = np.append(np.bincount(self.train.item_codes, minlength=self.train.n_items), 0)
        shares: FloatArray = takers[self.train.items.codes(items)] / np.count_nonzero(np.diff(self.train.indptr))
        return shares


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


def novelty(lists: Lists, k: int | None, background: Background) -> float:
    """Return the mean self-information of what is listed, in bits."""
    shares = background.popularity(lists.items, "novelty")
    one_user = 1 / np.count_nonzero(np.diff(background.train.indptr)) if background.train is not None else 1.0
    return _mean_of_items(lists, k, -np.log2(np.maximum(shares, one_user)))


def popularity_bias(lists: Lists, k: int | None, background: Background) -> float:
    """Return the mean popularity of what is listed."""
    return _mean_of_items(lists, k, background.popularity(lists.items, "popularity_bias"))


def _mean_of_items(lists: Lists, k: int | None, values: AnyArray) -> float:
    """Average values of the items over each list that is not empty, then over these lists."""
    codes, sizes = lists.top(k)
    held = sizes[sizes > 0]
    if len(held) == 0:
        raise DataError("no list holds an item")
    weights = np.bincount(codes, weights=np.repeat(1 / held, held), minlength=len(values))
    return float(weights @ values / len(held))


def personalization(lists: Lists, k: int | None, background: Background) -> float:
    """Return 1 − the mean cosine of two lists.

    The cosines of all pairs add up to the squared length of the sum of all unit vectors, less each vector's own.
    """
    codes, sizes = lists.top(k)
    held = sizes[sizes > 0]
    if len(held) < 2:
        raise DataError("personalization compares lists, and there are not two that hold an item")
    total = np.bincount(codes, weights=np.repeat(1 / np.sqrt(held), held))
    return float(1 - (total @ total - len(held)) / (len(held) * (len(held) - 1)))
