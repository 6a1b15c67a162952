"""Classes of the data that readers return."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.datasets._html import html_of_data

__all__ = ["Columns", "Licensed", "RatingData", "RatingFolds", "SequenceData", "SessionData", "Split", "Tables"]

Columns = Mapping[str, AnyArray]
"""Columns of equal length by name; `pandas.DataFrame`, `polars.DataFrame` and `pyarrow.table` accept it directly."""

Tables = Mapping[str, Columns]
"""Further tables of a data set by name."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Licensed:
    """Terms of a published data set.

    Attributes
    ----------
    license : str
        Licence or terms of use, shortened; empty if the function that read the data does not know them.
    citation : str
        Publication to cite.
    """

    license: str = field(default="", repr=False)
    citation: str = field(default="", repr=False)

    def _repr_html_(self) -> str:
        return html_of_data(self)


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test interactions.

    Attributes
    ----------
    train, test : Interactions
        No (user, item) pair is in both parts.
    items : mapping of str to (n,) array
        The catalogue by column, ``item_id`` first; the only column if no more was published.
    description : str
        Source, sizes, method of the split, and omitted data.

    See Also
    --------
    recokit.datasets.load_movielens_1m_implicit :
        Read MovieLens 1M as implicit feedback, in the split of UltraGCN and other publications.
    recokit.datasets.load_online_retail : Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.

    Examples
    --------
    >>> from recokit.datasets import make_shop
    >>> split = make_shop(
    ...     n_users=50, n_items=40, n_events=2_000, random_state=0
    ... ).temporal_split()
    >>> split.train.feedback
    'implicit'
    """

    train: Interactions
    test: Interactions
    items: Columns = field(repr=False)
    description: str = field(repr=False)

    def _repr_html_(self) -> str:
        return html_of_data(self)


@dataclass(frozen=True, eq=False)
class RatingFolds(Licensed):
    """Ratings with the cross-validation folds of their publisher.

    Attributes
    ----------
    ratings : Interactions
        All ratings.
    folds : tuple of Split
        The test parts are disjoint and together hold all ratings.
    items, users : mapping of str to (n,) array
        Movies and users by column, ``item_id`` and ``user_id`` first.
    description : str
        Source and sizes.

    See Also
    --------
    recokit.datasets.load_movielens_100k :
        Read MovieLens 100K: 100,000 ratings from 1 to 5, with the publisher's five folds.

    Examples
    --------
    >>> from recokit.datasets import load_movielens_100k
    >>> load_movielens_100k("data").folds[0].train  # doctest: +SKIP
    """

    ratings: Interactions
    folds: tuple[Split, ...] = field(repr=False)
    items: Columns = field(repr=False)
    users: Columns = field(repr=False)
    description: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class RatingData(Licensed):
    """Ratings without a split.

    Attributes
    ----------
    ratings : Interactions
        With timestamps, unless the publisher gives none.
    items, tags : mapping of str to (n,) array
        Items, and the tags of users for them, by column; ``tags`` is empty if there are none.
    description : str
        Source and sizes.
    users : mapping of str to (n,) array
        Users by column; empty if nothing is known about them.
    tables : mapping of str to mapping
        Further published tables by name, such as "links".
    license, citation : str
        Terms of use, and the publication to cite; empty for functions ``load_*``.

    See Also
    --------
    recokit.datasets.load_movielens_latest_small :
        Read MovieLens latest-small: ratings from 0.5 to 5 with times, titles, genres and free-text tags.

    Examples
    --------
    >>> from recokit.datasets import load_movielens_latest_small
    >>> load_movielens_latest_small("data").ratings  # doctest: +SKIP
    """

    ratings: Interactions
    items: Columns = field(repr=False)
    tags: Columns = field(repr=False)
    description: str = field(repr=False)
    users: Columns = field(default_factory=dict, repr=False)
    tables: Tables = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False)
class SequenceData(Licensed):
    """Sequences without a split.

    Attributes
    ----------
    sequences : Sequences
    description : str
        Source and sizes.

    See Also
    --------
    recokit.datasets.load_amazon_toys :
        Read Amazon Toys & Games: purchases in order of time, with each user's last purchase as the test.

    Examples
    --------
    >>> from recokit.datasets import load_amazon_toys
    >>> load_amazon_toys("data").sequences  # doctest: +SKIP
    """

    sequences: Sequences
    description: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class SessionData(Licensed):
    """Sessions, split by the time of their start.

    Attributes
    ----------
    train, test : Sequences
        Earlier and later sessions, with times.
    fitted, validation : Sequences
        The training sessions in two parts, for the choice of parameters: earlier and later ones.
    description : str
        Source and sizes.

    See Also
    --------
    recokit.datasets.load_yoochoose_100k :
        Read 100,000 clicks of the RecSys Challenge 2015 as sessions, split by time by session-rec.

    Examples
    --------
    >>> from recokit.datasets import load_yoochoose_100k
    >>> load_yoochoose_100k("data").train  # doctest: +SKIP
    """

    train: Sequences
    test: Sequences
    fitted: Sequences = field(repr=False)
    validation: Sequences = field(repr=False)
    description: str = field(repr=False)
