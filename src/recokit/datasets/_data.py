"""What the readers return."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions

__all__ = ["Columns", "RatingData", "RatingFolds", "Split"]

Columns = Mapping[str, AnyArray]
"""Columns of equal length by name: `pandas.DataFrame`, `polars.DataFrame` and `pyarrow.table` take it as it is."""


@dataclass(frozen=True, eq=False)
class Split:
    """Interactions to learn from, and interactions to test with.

    Attributes
    ----------
    train, test : Interactions
        No (user, item) pair is in both.
    items : mapping of str to (n,) array
        The catalogue by column, ``item_id`` first; no further column where nothing more was published.
    description : str
        Source, sizes, and how the split was made and what was left out.
    """

    train: Interactions
    test: Interactions
    items: Columns = field(repr=False)
    description: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class RatingFolds:
    """Ratings with the folds of a cross-validation that their publisher fixed.

    Attributes
    ----------
    ratings : Interactions
        All of them.
    folds : tuple of Split
        The tests are disjoint and together are all the ratings.
    items, users : mapping of str to (n,) array
        Movies and people by column, ``item_id`` and ``user_id`` first.
    description : str
        Source and sizes.
    """

    ratings: Interactions
    folds: tuple[Split, ...] = field(repr=False)
    items: Columns = field(repr=False)
    users: Columns = field(repr=False)
    description: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class RatingData:
    """Ratings without a split.

    Attributes
    ----------
    ratings : Interactions
        With timestamps.
    items, tags : mapping of str to (n,) array
        Movies, and the words that users gave them, by column.
    description : str
        Source and sizes.
    """

    ratings: Interactions
    items: Columns = field(repr=False)
    tags: Columns = field(repr=False)
    description: str = field(repr=False)
