"""fetch_online_retail: the raw invoices of a gift shop, in both versions of UCI."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from recokit._storage.atomic import write_atomically
from recokit._typing import AnyArray
from recokit.datasets._data import Columns
from recokit.datasets._lines import to_objects
from recokit.datasets.event_data import EventData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._choices import chosen
from recokit.datasets.fetching._tables import folder_with, import_pandas
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching._workbook import read_sheets
from recokit.datasets.fetching.published import PUBLISHED
from recokit.datasets.retail import most_frequent
from recokit.exceptions import DataError

__all__ = ["fetch_online_retail", "read_online_retail"]

_WORKBOOKS = {"1": "Online Retail.xlsx", "2": "online_retail_II.xlsx"}
_NAMES = {  # of both versions
    "Invoice": "InvoiceNo",
    "Price": "UnitPrice",
    "Customer ID": "CustomerID",
}
_TEXT = ("InvoiceNo", "Invoice", "StockCode", "Description")
_COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


def fetch_online_retail(
    version: str = "1",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData:
    """Download and read UCI Online Retail: all raw invoice lines of a gift shop, with cancellations and services.

    The workbook is converted to a Parquet file beside it, which later calls read (if PyArrow is installed).

    Parameters
    ----------
    version : {"1", "2"}
        "1" is Online Retail, December 2010 to December 2011; "2" is Online Retail II, from December 2009. The two
        sheets of version 2 both hold the lines of 1 to 9 December 2010, which are kept once.
    data_home : path, optional
        Folder of downloaded files; by default the environment variable ``RECOKIT_DATA_HOME``, or the user's cache
        folder. A file that was put there by hand is used.
    download : bool
        Download a missing file; otherwise raise an error that names its address and its place.
    verify : bool
        Raise an error if a file has another checksum than the known one or the one of its first use; otherwise warn.

    Returns
    -------
    EventData
        As from `read_online_retail`.

    Raises
    ------
    ValueError
        There is no such version.
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.
    ImportError
        pandas or python-calamine is not installed.

    See Also
    --------
    recokit.datasets.read_online_retail :
        Read the raw invoice lines of UCI Online Retail or Online Retail II from a workbook or a CSV file.
    recokit.datasets.load_online_retail : Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.
    recokit.datasets.EventData : Events of a shop as published, with the catalogue and the known properties of users.

    References
    ----------
    D. Chen (2015). Online Retail. UCI Machine Learning Repository. https://doi.org/10.24432/C5BW33

    D. Chen (2012). Online Retail II. UCI Machine Learning Repository. https://doi.org/10.24432/C5CG6D

    Examples
    --------
    >>> fetch_online_retail().log()  # doctest: +SKIP
    EventLog(541,909 events of 4,372 users and 4,070 items, adjustment …)
    """
    chosen_version = chosen("version", version, _WORKBOOKS)
    dataset = PUBLISHED[f"online-retail-{chosen_version}"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    workbook = _WORKBOOKS[chosen_version]
    lines = _converted(archive, folder_with(archive, workbook) / workbook)
    return with_terms(_events(lines, dataset.title), dataset)


def read_online_retail(path: str | os.PathLike[str]) -> EventData:
    """Read the raw invoice lines of UCI Online Retail or Online Retail II from a workbook or a CSV file.

    Parameters
    ----------
    path : path
        The publisher's workbook (``.xlsx``), or a copy of it as ``.csv`` in UTF-8 or Latin-1, with times as
        "2010-12-01 08:26:00" or "12/1/2010 8:26".

    Returns
    -------
    EventData
        ``events`` with order_id (the invoice), item_id (stock code), title, quantity, timestamp, price (pounds sterling
        for a piece), user_id (customer, None if missing), country and event: "return" for cancellations, whose invoices
        begin with C, with a positive quantity; "adjustment" for other lines without a positive quantity and for
        corrections of bad debt, whose invoices begin with A; otherwise "purchase".
        ``items`` with item_id, title (the most frequent one of its purchases), price (the median of purchases) and
        is_product: False for services such as postage, whose codes do not begin with five digits. ``users`` with
        user_id and country.

    Raises
    ------
    DataError
        Columns are missing, or the file is in another format.
    ImportError
        pandas, or python-calamine for a workbook, is not installed.

    See Also
    --------
    recokit.datasets.fetch_online_retail :
        Download and read UCI Online Retail: all raw invoice lines of a gift shop, with cancellations and
        services.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> read_online_retail("Online Retail.xlsx").log()  # doctest: +SKIP
    EventLog(541,909 events of 4,372 users and 4,070 items, adjustment …)
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"no file {str(file)!r}")
    readers = {".csv": _read_csv, ".xlsx": _read_workbook}
    if file.suffix.lower() not in readers:
        raise DataError(f"{file.name}: expected a file with the ending {' or '.join(sorted(readers, reverse=True))}")
    lines = readers[file.suffix.lower()](file)
    return _events(lines, f"UCI Online Retail ({file.name})")


def _converted(archive: Path, workbook: zipfile.Path) -> Any:
    """Return the lines from the Parquet file beside the archive, which the first call makes."""
    pandas = import_pandas()
    status = archive.stat()
    parquet = archive.with_name(f"{archive.stem}.{status.st_size}.{status.st_mtime_ns}.parquet")
    if parquet.is_file():
        return pandas.read_parquet(parquet)
    lines = _read_workbook(workbook)
    with suppress(OSError, ImportError):  # without it, the next call reads the workbook again
        write_atomically(parquet, lambda file: lines.to_parquet(file))
    return lines


def _read_workbook(file: Path | zipfile.Path) -> Any:
    sheets = [_renamed(sheet, file.name) for sheet in read_sheets(file, text=_TEXT)]
    pandas = import_pandas()
    kept = []
    for sheet, following in zip(sheets, [*sheets[1:], None], strict=True):
        overlap = False if following is None else sheet["InvoiceDate"] >= following["InvoiceDate"].min()
        kept.append(sheet[~(sheet["InvoiceDate"].notna() & overlap)])
    return pandas.concat(kept, ignore_index=True)


def _read_csv(file: Path) -> Any:
    pandas = import_pandas()
    dtypes = dict.fromkeys(_TEXT, str)
    try:
        frame = pandas.read_csv(file, dtype=dtypes, encoding="utf-8-sig")
    except UnicodeDecodeError:
        frame = pandas.read_csv(file, dtype=dtypes, encoding="latin-1")
    frame = _renamed(frame, file.name)
    first = str(frame["InvoiceDate"].iloc[0]) if len(frame) else ""
    try:
        times = pandas.to_datetime(frame["InvoiceDate"], format="%m/%d/%Y %H:%M" if "/" in first else "ISO8601")
    except ValueError as error:
        raise DataError(f"{file.name}: InvoiceDate: expected 2010-12-01 08:26:00 or 12/1/2010 8:26: {error}") from None
    return frame.assign(InvoiceDate=times)


def _renamed(frame: Any, name: str) -> Any:
    frame = frame.rename(columns=_NAMES)
    missing = [column for column in _COLUMNS if column not in frame.columns]
    if missing:
        raise DataError(f"{name}: no column {', '.join(missing)}; the columns are {', '.join(map(str, frame.columns))}")
    return frame[list(_COLUMNS)]


def _events(lines: Any, title: str) -> EventData:
    orders, codes, texts, countries = (
        _texts(lines[name]) for name in ("InvoiceNo", "StockCode", "Description", "Country")
    )
    quantities = lines["Quantity"].to_numpy(dtype=np.float64)
    kinds = _kinds(orders, quantities)
    events = {
        "user_id": _customers(lines["CustomerID"].to_numpy(dtype=np.float64)),
        "item_id": codes,
        "event": kinds,
        "timestamp": lines["InvoiceDate"].to_numpy(dtype="datetime64[us]"),
        "quantity": np.where(kinds == "return", np.abs(quantities), quantities),
        "price": lines["UnitPrice"].to_numpy(dtype=np.float64),
        "order_id": orders,
        "title": texts,
        "country": countries,
    }
    counts = {kind: int(np.sum(kinds == kind)) for kind in ("purchase", "return", "adjustment")}
    n_unknown = sum(user is None for user in events["user_id"])
    description = (
        f"{title}: {len(codes):,} invoice lines ({counts['purchase']:,} purchases, {counts['return']:,} cancellations, "
        f"{counts['adjustment']:,} adjustments); {n_unknown:,} lines without a customer"
    )
    return EventData(events, _items(events), _users(events), description)


def _customers(numbers: AnyArray) -> AnyArray:
    return to_objects(None if number != number else int(number) for number in numbers.tolist())


def _kinds(orders: AnyArray, quantities: AnyArray) -> AnyArray:
    letters = np.array([str(order)[:1].upper() for order in orders], dtype=object)
    is_other = (letters == "A") | ~(quantities > 0)
    kinds = np.where(letters == "C", "return", np.where(is_other, "adjustment", "purchase"))
    return kinds.astype(object)


def _items(events: Columns) -> Columns:
    ids, codes = np.unique(events["item_id"].astype(str), return_inverse=True)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    is_sale = (events["event"] == "purchase") & (events["price"] > 0)
    sold = [row[is_sale[row]] for row in rows]
    named = [some if len(some) else row for some, row in zip(sold, rows, strict=True)]  # others have notes as titles
    return {
        "item_id": to_objects(ids.tolist()),
        "title": to_objects(most_frequent(events["title"][row]) for row in named),
        "price": np.array([np.median(events["price"][row]) if len(row) else np.nan for row in sold]),
        "is_product": np.array([one[:5].isdigit() for one in ids.tolist()], dtype=np.bool_),
    }


def _users(events: Columns) -> Columns:
    is_known = np.array([user is not None for user in events["user_id"]], dtype=np.bool_)
    ids, rows = np.unique(events["user_id"][is_known].astype(np.int64), return_index=True)
    return {"user_id": ids, "country": events["country"][is_known][rows]}


def _texts(column: Any) -> AnyArray:
    """Return text without spaces around it; None where it is missing."""
    return to_objects(value.strip() if isinstance(value, str) else _text(value) for value in column.astype(object))


def _text(value: Any) -> str | None:
    return None if value is None or value != value else str(value)
