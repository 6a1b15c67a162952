"""InteractionData: published interactions without ratings."""

from dataclasses import dataclass, field

from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, Licensed, Tables

__all__ = ["InteractionData"]


@dataclass(frozen=True, eq=False)
class InteractionData(Licensed):
    """Implicit feedback without a split.

    Attributes
    ----------
    interactions : Interactions
        Implicit.
    items, tags : mapping of str to (n,) array
        Items, and the tags of users for them, by column.
    description : str
        Source and sizes.
    tables : mapping of str to mapping
        Further published tables by name.
    license : str
        Licence or terms of use, shortened.
    citation : str
        Publication to cite.

    See Also
    --------
    recokit.datasets.fetch_lastfm :
        Download and read Last.fm of HetRec 2011: listening counts of artists, with tags and friends.

    Examples
    --------
    >>> from recokit.datasets import fetch_lastfm
    >>> fetch_lastfm().interactions  # doctest: +SKIP
    """

    interactions: Interactions
    items: Columns = field(repr=False)
    tags: Columns = field(repr=False)
    description: str = field(repr=False)
    tables: Tables = field(default_factory=dict, repr=False)
