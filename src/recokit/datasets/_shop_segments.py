"""Planted segments of customers: groups that differ in categories, price level and day of the week."""

from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.datasets._shop_words import CATEGORIES

__all__ = ["SEGMENTS", "apart", "segment_budgets", "segment_categories", "segment_weekdays"]


class _Segment(NamedTuple):
    """A planted segment.

    Attributes
    ----------
    name : str
    categories : tuple of str
        English names of the two favourite categories.
    budget : float
        Mean price level; 0 is the mean of all customers, 1 a standard deviation.
    weekend : float
        Activity on weekends relative to weekdays.
    """

    name: str
    categories: tuple[str, str]
    budget: float
    weekend: float


SEGMENTS = (
    _Segment("weekend families", ("toys", "books"), -1.2, 4.0),
    _Segment("premium electronics", ("audio", "computers"), 1.4, 1.0),
    _Segment("home and garden", ("furniture", "garden"), 0.4, 0.3),
    _Segment("fashion and beauty", ("fashion", "beauty"), -0.2, 1.0),
    _Segment("active outdoors", ("sports", "outdoor"), 0.8, 4.0),
)

_POSITIONS = {category.name.en: position for position, category in enumerate(CATEGORIES)}


def segment_categories(groups: IntArray) -> IntArray:
    """Return the positions in CATEGORIES of the two favourite categories of each customer's segment."""
    table = np.array([[_POSITIONS[name] for name in segment.categories] for segment in SEGMENTS])
    favourites: IntArray = table[groups]
    return favourites


def segment_budgets(groups: IntArray) -> FloatArray:
    """Return the mean price level of each customer's segment."""
    levels: FloatArray = np.array([segment.budget for segment in SEGMENTS])[groups]
    return levels


def segment_weekdays(groups: IntArray, weekend: bool) -> FloatArray:
    """Return the relative activity of each customer on a weekday or on a day of the weekend."""
    weights = np.array([segment.weekend for segment in SEGMENTS]) if weekend else np.ones(len(SEGMENTS))
    activity: FloatArray = weights[groups]
    return activity


def apart(directions: FloatArray) -> FloatArray:
    """Return the directions of the categories, with those of different segments nearly orthogonal.

    Random directions in a space of 8 factors can be so close that two segments like the same products.
    """
    favourites = segment_categories(np.arange(len(SEGMENTS)))
    axes = np.linalg.qr(directions[favourites[:, 0]].T)[0].T
    moved = directions.copy()
    for place in range(favourites.shape[1]):
        moved[favourites[:, place]] = axes + 0.3 * directions[favourites[:, place]]
    return moved
