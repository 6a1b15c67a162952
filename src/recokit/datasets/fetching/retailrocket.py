"""fetch_retailrocket: views, carts and purchases of a shop."""

import os
import zipfile

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._data import Columns
from recokit.datasets._lines import to_objects
from recokit.datasets.event_data import EventData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._tables import chunks_of, folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.exceptions import DataError, first_few

__all__ = ["fetch_retailrocket"]

_KINDS = {"view": "view", "addtocart": "cart", "transaction": "purchase"}
_CHUNK = 2_000_000


def fetch_retailrocket(
    *,
    properties: bool = True,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData:
    """Download and read Retailrocket: 2.8 million views, carts and purchases of a shop in four and a half months.

    Parameters
    ----------
    properties : bool
        Read the properties of the items, which are most of the data.
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
        ``events`` with user_id, item_id, event ("view", "cart" or "purchase"), timestamp and order_id (None without a
        purchase). ``items`` with item_id, category and is_available, both as last published (−1 if unknown); without
        properties, the items of the events alone. The table "categories" with category and parent (−1 for a root).
        Other properties have hashed names and values and are left out.

    Raises
    ------
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.fetch_diginetica :
        Download and read Diginetica: views and purchases in the sessions of a shop, from the CIKM Cup 2016.
    recokit.datasets.fetch_yoochoose :
        Download and read YooChoose: clicks and purchases in sessions of a shop, from the RecSys Challenge 2015.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> fetch_retailrocket().log()  # doctest: +SKIP
    EventLog(2,756,101 events of 1,407,580 users and 235,061 items, …)
    """
    dataset = PUBLISHED["retailrocket"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    folder = folder_with(archive, "events.csv")
    events = _read_events(folder)
    items = _read_items(folder) if properties else {"item_id": np.unique(events["item_id"])}
    tree = read_columns(folder / "category_tree.csv", {"categoryid": "int64", "parentid": "float64"})
    parents = np.nan_to_num(tree["parentid"], nan=-1).astype(np.int64)
    description = (
        f"{dataset.title}: {len(events['event']):,} events of {len(np.unique(events['user_id'])):,} visitors with "
        f"{len(np.unique(events['item_id'])):,} items"
    )
    tables = {"categories": {"category": tree["categoryid"], "parent": parents}}
    return with_terms(EventData(events, items, {}, description, tables), dataset)


def _read_events(folder: zipfile.Path) -> Columns:
    kinds = {
        "timestamp": "int64", "visitorid": "int64", "event": "ids", "itemid": "int64", "transactionid": "float64",
    }  # fmt: skip
    times, users, names, items, orders = read_columns(folder / "events.csv", kinds).values()
    unknown = sorted(set(names.tolist()) - set(_KINDS))
    if unknown:
        raise DataError(f"events.csv: unknown event {first_few(unknown)}; expected {', '.join(_KINDS)}")
    return {
        "user_id": users,
        "item_id": items,
        "event": to_objects(_KINDS[name] for name in names),
        "timestamp": times.astype("datetime64[ms]"),
        "order_id": to_objects(None if order != order else int(order) for order in orders.tolist()),
    }


def _read_items(folder: zipfile.Path) -> Columns:
    """Return the last category and availability of each item; the files have a row for each change."""
    kinds = {"timestamp": "int64", "itemid": "int64", "property": "ids", "value": "text"}
    found: dict[str, list[tuple[AnyArray, AnyArray, AnyArray]]] = {"categoryid": [], "available": []}
    seen = []
    for name in ("item_properties_part1.csv", "item_properties_part2.csv"):
        for chunk in chunks_of(folder / name, kinds, _CHUNK):
            seen.append(np.unique(chunk["itemid"]))
            for wanted, parts in found.items():
                rows = chunk["property"] == wanted
                parts.append((chunk["itemid"][rows], chunk["timestamp"][rows], chunk["value"][rows].astype(np.int64)))
    ids = np.unique(np.concatenate(seen))
    last = {name: _last(ids, *map(np.concatenate, zip(*parts, strict=True))) for name, parts in found.items()}
    return {"item_id": ids, "category": last["categoryid"], "is_available": last["available"]}


def _last(ids: AnyArray, items: AnyArray, times: AnyArray, values: AnyArray) -> AnyArray:
    """Return the value with the latest time of each id, −1 without a value."""
    order = np.lexsort((times, items))
    latest = np.full(len(ids), -1, dtype=np.int64)
    latest[np.searchsorted(ids, items[order])] = values[order]  # of repeated places, NumPy keeps the last value
    return latest
