"""Measures of all lists together, on codes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.exceptions import DataError, first_few
from recokit.interactions import IdIndex, Interactions
from recokit.metrics._lists import Lists

if TYPE_CHECKING:
    from recokit.metrics._hits import Hits

__all__ = [
    "Background",
    "ItemVectors",
    "coverage",
    "diversity",
    "gini",
    "novelty",
    "personalization",
    "popularity_bias",
    "serendipity",
]


class ItemVectors(NamedTuple):
    """What items are like.

    Attributes
    ----------
    items : IdIndex
    units : (n_items, n_features) sparse array
        A row of length 1 for each, or of zeros.
    """

    items: IdIndex
    units: sparse.csr_array

    @classmethod
    def of(cls, vectors: Any, items: Any) -> "ItemVectors":
        """Return vectors of items as rows of length 1.

        Raises
        ------
        DataError
            There are not as many vectors as items, or something is no finite number.
        """
        index = items.items if isinstance(items, Interactions) else items
        index = index if isinstance(index, IdIndex) else IdIndex(index, name="items")
        try:
            rows = sparse.csr_array(vectors, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"vectors: expected numbers, a row for each item ({error})") from None
        if rows.ndim != 2 or rows.shape[0] != len(index):
            raise DataError(f"vectors of shape {rows.shape} for {len(index)} items: expected a row for each item")
        if not np.all(np.isfinite(rows.data)):
            raise DataError(f"vectors: {np.count_nonzero(~np.isfinite(rows.data))} value(s) are NaN or infinite")
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        scales = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
        return cls(index, sparse.csr_array(sparse.dia_array((scales[None], [0]), shape=(len(index),) * 2) @ rows))


class Background(NamedTuple):
    """What is known apart from the lists and the test set; each part may be missing."""

    catalogue: IdIndex | None = None
    train: Interactions | None = None
    vectors: ItemVectors | None = None
    hits: "Callable[[int | None], Hits] | None" = None

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
    lists.check_distinct(k, "personalization")
    codes, sizes = lists.top(k)
    held = sizes[sizes > 0]
    if len(held) < 2:
        raise DataError("personalization compares lists, and there are not two that hold an item")
    total = np.bincount(codes, weights=np.repeat(1 / np.sqrt(held), held))
    return float(1 - (total @ total - len(held)) / (len(held) * (len(held) - 1)))


def diversity(lists: Lists, k: int | None, background: Background) -> float:
    """Return the mean of 1 − the cosine of two items of a list.

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
    rows = np.repeat(np.arange(len(sizes)), sizes)
    members = sparse.csr_array((np.ones(len(rows)), (rows, places)), shape=(len(sizes), len(known)))
    own = np.asarray(units.multiply(units).sum(axis=1)).ravel()
    sums = members @ units
    squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - members @ own
    several = sizes > 1
    if not np.any(several):
        raise DataError("diversity compares the items of a list, and no list holds two")
    held = sizes[several].astype(np.float64)
    return float(np.mean(1 - squares[several] / (held * (held - 1))))


def serendipity(lists: Lists, k: int | None, background: Background) -> float:
    """Return the mean share of the first k places that hit, and are not what everybody would be shown."""
    if background.train is None or background.hits is None:
        raise ValueError("serendipity needs the training data: give train=")
    train, hits = background.train, background.hits(k)
    width = lists.codes.shape[1] if k is None else k
    if width == 0:
        raise DataError("serendipity of lists without places")
    counts = np.bincount(train.item_codes, minlength=train.n_items)
    place = np.empty(train.n_items + 1, dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(train.n_items)
    place[-1] = train.n_items + width  # what nobody took is no surprise to find unexpected
    item_places = place[train.items.codes(hits.items)[hits.item_codes]]
    user_codes = train.users.codes(hits.users)[hits.rows].astype(np.int64)
    before, taken = _taken_above(train, place, user_codes, item_places)
    unexpected = (item_places - before >= width) & ~taken
    return float(np.count_nonzero(unexpected) / (width * len(hits.users)))


def _taken_above(
    train: Interactions, place: IntArray, user_codes: IntArray, item_places: IntArray
) -> tuple[IntArray, BoolArray]:
    """Return of (user, place) pairs how many items of the user's training stand above, and whether one stands there."""
    asked = np.zeros(train.n_users + 1, dtype=np.bool_)  # the last is for users who are not in training
    asked[user_codes] = True
    own = asked[train.user_codes]
    stride = place[-1] + 1
    cells = np.sort(train.user_codes[own].astype(np.int64) * stride + place[train.item_codes[own]])
    first = user_codes * stride
    above = np.searchsorted(cells, first + item_places)
    here = np.searchsorted(cells, first + item_places, side="right") > above
    return above - np.searchsorted(cells, first), here
