"""CatalogueData: the products of a shop, without events."""

from dataclasses import dataclass, field

from recokit.datasets._data import Columns, Licensed

__all__ = ["CatalogueData"]


@dataclass(frozen=True, eq=False)
class CatalogueData(Licensed):
    """The products of a shop.

    Attributes
    ----------
    items : mapping of str to (n_items,) array
        Products by column, ``item_id`` first; data frame libraries accept it directly.
    description : str
        Source and sizes.
    license : str
        Licence, shortened.
    citation : str
        Source to name.

    See Also
    --------
    recokit.datasets.load_retail_demo_store :
        Read the catalogue of the AWS Retail Demo Store: 2,465 products with titles and descriptions, in
        English.

    Examples
    --------
    >>> from recokit.datasets import load_retail_demo_store
    >>> catalogue = load_retail_demo_store()
    >>> len(catalogue.items["item_id"]) > 1_000
    True
    """

    items: Columns = field(repr=False)
    description: str
