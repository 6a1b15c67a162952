"""The catalogue of the AWS Retail Demo Store, which comes with recokit."""

import csv
import gzip
import io
from importlib import resources

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._lines import to_objects
from recokit.datasets.catalogue_data import CatalogueData

__all__ = ["load_retail_demo_store"]

_FILE = "retail_demo_store.csv.gz"
_NUMBERS = {"price": np.float64, "stock": np.int64}


def load_retail_demo_store() -> CatalogueData:
    """Read the catalogue of the AWS Retail Demo Store: 2,465 products with titles and descriptions, in English.

    The file is a part of recokit, so that examples need no network. The shop is made up; its products and texts look
    like those of a department store.

    Returns
    -------
    CatalogueData
        ``items`` with item_id (the first eight letters of the published id), title, description, category, style, price
        (US dollars), stock (pieces), gender ("F", "M", or None for everybody) and is_promoted.

    See Also
    --------
    recokit.datasets.CatalogueData : The products of a shop.
    recokit.datasets.make_shop : Generate a year of data of a shop: users, products with titles, events and ratings.

    References
    ----------
    Amazon Web Services: Retail Demo Store. https://github.com/aws-samples/retail-demo-store

    Examples
    --------
    >>> shop = load_retail_demo_store()
    >>> shop
    CatalogueData(description='AWS Retail Demo Store: 2,465 products in 20 categories')
    >>> shop.license
    'MIT-0'
    >>> shop.items["title"][0], float(shop.items["price"][0])
    ('Adventure-Ready Expedition Backpack', 129.99)
    """
    content = resources.files("recokit.datasets").joinpath(_FILE).read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(content).decode("utf-8"), newline=""))
    columns: dict[str, list[str]] = {name: [] for name in rows.fieldnames or ()}
    for row in rows:
        for name, value in row.items():
            columns[name].append(value)
    items: dict[str, AnyArray] = {
        name: np.array(values, _NUMBERS[name]) if name in _NUMBERS else to_objects(values)
        for name, values in columns.items()
    }
    items["gender"] = to_objects(value or None for value in columns["gender"])
    items["is_promoted"] = np.array(columns["is_promoted"]) == "1"
    n_categories = len(set(columns["category"]))
    return CatalogueData(
        items,
        f"AWS Retail Demo Store: {len(items['item_id']):,} products in {n_categories} categories",
        license="MIT-0",
        citation="Amazon Web Services: Retail Demo Store. https://github.com/aws-samples/retail-demo-store",
    )
