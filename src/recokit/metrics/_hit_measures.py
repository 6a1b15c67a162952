"""Measures of the hits of each user that are more than a count of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit._typing import BoolArray, FloatArray, IntArray
from recokit.data._columns import to_numbers
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.metrics._background import Background
from recokit.metrics._hits import Hits

__all__ = ["margin", "revenue", "serendipity"]


def revenue(hits: Hits, background: Background) -> FloatArray:
    """Return the sum of the prices of each user's hits."""
    return hits.by_user(_worth(hits, background.prices, "price"))


def margin(hits: Hits, background: Background) -> FloatArray:
    """Return the sum of the margins of each user's hits."""
    return hits.by_user(_worth(hits, background.margins, "margin"))


def _worth(hits: Hits, worth: Mapping[Any, Any] | None, name: str) -> FloatArray:
    """Return what each hit is worth; what the test set says where there is no mapping."""
    if worth is None:
        return hits.values
    codes, places = np.unique(hits.item_codes, return_inverse=True)
    items = hits.items.take(codes).tolist()
    lacking = [item for item in items if item not in worth]
    if lacking:
        raise DataError(f"{len(lacking)} item(s) that were hit have no {name}: {first_few(lacking)}")
    return to_numbers([worth[item] for item in items], f"{name}s")[places]


def serendipity(hits: Hits, background: Background) -> FloatArray:
    """Return which share of the places each user's hits fill, less those that everybody would be shown."""
    train = background.past("serendipity")
    if hits.width == 0:
        raise DataError("serendipity of lists without places")
    counts = np.bincount(train.item_codes, minlength=train.n_items)
    place = np.empty(train.n_items + 1, dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(train.n_items)
    place[-1] = train.n_items + hits.width  # what nobody took is no surprise to find unexpected
    item_places = place[train.items.codes(hits.items)[hits.item_codes]]
    user_codes = train.users.codes(hits.users)[hits.rows].astype(np.int64)
    before, taken = _taken_above(train, place, user_codes, item_places)
    return hits.by_user((item_places - before >= hits.width) & ~taken) / hits.width


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
