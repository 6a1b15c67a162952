"""Reader of UCI Online Retail: invoices of a gift shop."""

import os
from pathlib import Path

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._data import Columns, Split
from recokit.datasets._lines import to_objects
from recokit.datasets._sources import find
from recokit.datasets._splits import temporal_split

__all__ = ["load_online_retail", "most_frequent"]

_COLUMNS = ["InvoiceDate", "StockCode", "Description", "Quantity", "UnitPrice", "CustomerID"]


def load_online_retail(data_dir: str | os.PathLike[str] | None = None, *, test_fraction: float = 0.2) -> Split:
    """Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.

    Only sales of products to known customers are kept. The description counts the omitted lines: cancellations, lines
    without customer or price, and services (postage, bank charges, manual entries), whose codes do not begin with five
    digits. All values are 1.

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``online-retail/online_retail.parquet``; by default the environment variable ``RECOKIT_DATA``. To
        make this file from the publisher's workbook, read it with
        ``pandas.read_excel("Online Retail.xlsx", dtype={"InvoiceNo": str, "StockCode": str, "Description": str})``
        and write it with ``to_parquet``.
    test_fraction : float
        Share of the invoice lines in the test, which holds the latest.

    Returns
    -------
    Split
        Implicit, with timestamps (datetime64). The test has the new purchases of customers in the training data.
        ``items`` has the columns item_id (stock code), title (the most frequent description) and price (median,
        pounds sterling).

    Raises
    ------
    DatasetNotFoundError
        The file is missing.
    ImportError
        pyarrow is not installed.

    See Also
    --------
    recokit.datasets.load_ta_feng : Read Ta-Feng: the baskets of the customers of a supermarket, in order.
    recokit.datasets.load_complete_journey :
        Read The Complete Journey: 1.47 million lines of a year of baskets of 2,469 households at a grocery
        chain.
    recokit.datasets.Split : Training and test interactions.

    References
    ----------
    D. Chen: Online Retail. UCI Machine Learning Repository, 2015. https://doi.org/10.24432/C5BW33

    Examples
    --------
    >>> load_online_retail("data").items["title"][0]  # doctest: +SKIP
    'INFLATABLE POLITICAL GLOBE'
    """
    lines = _read_lines(find("online-retail", data_dir) / "online_retail.parquet")
    sold = ~np.isnan(lines["CustomerID"]) & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)
    product = np.array([code[:5].isdigit() for code in lines["StockCode"]], dtype=np.bool_)
    sales = {name: values[sold & product] for name, values in lines.items()}
    customers = sales["CustomerID"].astype(np.int64)
    split = temporal_split(customers, sales["StockCode"], sales["InvoiceDate"], test_fraction)
    omitted = (
        f"{np.sum(~sold):,} lines without a sale to a known customer and {np.sum(sold & ~product):,} lines of services"
    )
    description = f"UCI Online Retail: {len(customers):,} invoice lines ({omitted} omitted); {split.protocol}"
    return Split(split.train, split.test, _catalogue(sales), description)


def _read_lines(path: Path) -> dict[str, AnyArray]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError("online-retail is a Parquet file: pip install 'recokit[data]' (pyarrow is missing)") from None
    table = parquet.read_table(path, columns=_COLUMNS)
    columns = {name: table[name].to_numpy() for name in _COLUMNS}
    columns["CustomerID"] = columns["CustomerID"].astype(np.float64)
    columns["StockCode"] = columns["StockCode"].astype(object)
    return columns


def _catalogue(lines: Columns) -> Columns:
    ids, codes = np.unique(lines["StockCode"], return_inverse=True)
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    return {
        "item_id": ids,
        "title": to_objects(most_frequent(lines["Description"][row]) for row in rows),
        "price": np.array([np.median(lines["UnitPrice"][row]) for row in rows]),
    }


def most_frequent(texts: AnyArray) -> str:
    """Return the most frequent text without spaces around it, "" if all are missing."""
    values, counts = np.unique([(text or "").strip() for text in texts], return_counts=True)
    return str(values[np.argmax(counts)])
