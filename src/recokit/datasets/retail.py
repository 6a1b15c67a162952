"""Reader of Online Retail: the invoices of a gift shop."""

import os
from pathlib import Path

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._data import Columns, Split
from recokit.datasets._lines import to_objects
from recokit.datasets._sources import find
from recokit.datasets._splits import temporal_split

__all__ = ["load_online_retail"]

_COLUMNS = ["InvoiceDate", "StockCode", "Description", "Quantity", "UnitPrice", "CustomerID"]


def load_online_retail(data_dir: str | os.PathLike[str] | None = None, *, test_fraction: float = 0.2) -> Split:
    """Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.

    Lines that are not a sale of a product to a known customer are left out, and counted in the description:
    cancellations, lines without customer or price, and codes that are services (postage, bank charges, manual entries:
    codes that do not begin with five digits). A customer either bought a product or did not: values are 1.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``online-retail/online_retail.parquet``; by default the one that the environment variable
        ``RECOKIT_DATA`` names. The publisher's workbook becomes this file by
        ``pandas.read_excel("Online Retail.xlsx", dtype={"InvoiceNo": str, "StockCode": str, "Description": str})``
        and its ``to_parquet``.
    test_fraction : float
        Share of the invoice lines, the latest, that is the test.

    Returns
    -------
    Split
        Implicit, with timestamps (datetime64). The test has the pairs of known customers that they had not bought
        before. ``items`` has the columns item_id (stock code), title (the most frequent description) and price (median,
        pounds sterling).

    Raises
    ------
    DatasetNotFoundError
        The file is missing.
    ImportError
        pyarrow is not installed.

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
    kept = {name: values[sold & product] for name, values in lines.items()}
    customers = kept["CustomerID"].astype(np.int64)
    split = temporal_split(customers, kept["StockCode"], kept["InvoiceDate"], test_fraction)
    left_out = (
        f"{np.sum(~sold):,} lines that are no sale to a known customer and {np.sum(sold & ~product):,} of services"
    )
    description = f"UCI Online Retail: {len(customers):,} invoice lines ({left_out} left out); {split.protocol}"
    return Split(split.train, split.test, _catalogue(kept), description)


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
        "title": to_objects(_most_frequent(lines["Description"][row]) for row in rows),
        "price": np.array([np.median(lines["UnitPrice"][row]) for row in rows]),
    }


def _most_frequent(texts: AnyArray) -> str:
    values, counts = np.unique([(text or "").strip() for text in texts], return_counts=True)
    return str(values[np.argmax(counts)])
