"""fetch_diginetica: sessions with views and purchases of a shop."""

import os
import zipfile

import numpy as np

from recokit._typing import AnyArray
from recokit.datasets._data import Columns
from recokit.datasets._lines import to_objects
from recokit.datasets.event_data import EventData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._tables import folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.exceptions import DataError

__all__ = ["fetch_diginetica"]


def fetch_diginetica(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData:
    """Download and read Diginetica: views and purchases in the sessions of a shop, from the CIKM Cup 2016.

    The file is on Google Drive, which does not always give it to programs. The error then names the page and the place
    for the file.

    Parameters
    ----------
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
        ``events`` with user_id (None for most visitors), item_id, event ("view" or "purchase"), timestamp (the day plus
        the time since the beginning of the session), session_id and order_id (None for views). ``items`` with item_id,
        category (−1 if unknown), price_log2 (logarithm of the price to base 2) and title (the hashed words of the name,
        with spaces between them).

    Raises
    ------
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.fetch_retailrocket :
        Download and read Retailrocket: 2.8 million views, carts and purchases of a shop in four and a half
        months.
    recokit.datasets.fetch_yoochoose :
        Download and read YooChoose: clicks and purchases in sessions of a shop, from the RecSys Challenge 2015.

    References
    ----------
    CIKM Cup 2016 Track 2: Personalized E-Commerce Search Challenge. https://competitions.codalab.org/competitions/11161

    Examples
    --------
    >>> fetch_diginetica().log().sequences(by="session")  # doctest: +SKIP
    """
    dataset = PUBLISHED["diginetica"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    folder = folder_with(archive, "train-item-views.csv")
    events = _read_events(folder)
    sizes = [len(np.unique(events[name])) for name in ("session_id", "item_id")]
    description = f"{dataset.title}: {len(events['event']):,} events in {sizes[0]:,} sessions with {sizes[1]:,} items"
    return with_terms(EventData(events, _read_items(folder), {}, description), dataset)


def _read_events(folder: zipfile.Path) -> Columns:
    kinds = {"sessionId": "int64", "userId": "ids", "itemId": "int64", "timeframe": "int64", "eventdate": "ids"}
    views = read_columns(folder / "train-item-views.csv", kinds, sep=";")
    bought = read_columns(folder / "train-purchases.csv", {**kinds, "ordernumber": "int64"}, sep=";")
    columns = {name: np.concatenate([views[name], bought[name]]) for name in kinds}
    n_views, n_bought = len(views["itemId"]), len(bought["itemId"])
    return {
        "user_id": to_objects(None if user in ("NA", "") else int(user) for user in columns["userId"]),
        "item_id": columns["itemId"],
        "event": to_objects(["view"] * n_views + ["purchase"] * n_bought),
        "timestamp": _days(columns["eventdate"]) + columns["timeframe"].astype("timedelta64[ms]"),
        "session_id": columns["sessionId"],
        "order_id": to_objects([None] * n_views + bought["ordernumber"].tolist()),
    }


def _days(texts: AnyArray) -> AnyArray:
    try:
        return texts.astype("datetime64[D]").astype("datetime64[ms]")
    except ValueError as error:
        raise DataError(f"eventdate: expected days such as 2016-05-09: {error}") from None


def _read_items(folder: zipfile.Path) -> Columns:
    ids, prices, words = read_columns(
        folder / "products.csv", {"itemId": "int64", "pricelog2": "float64", "product.name.tokens": "text"}, sep=";"
    ).values()
    known, categories = read_columns(
        folder / "product-categories.csv", {"itemId": "int64", "categoryId": "int64"}, sep=";"
    ).values()
    category_of = dict(zip(known.tolist(), categories.tolist(), strict=True))
    return {
        "item_id": ids,
        "category": np.array([category_of.get(item, -1) for item in ids.tolist()], dtype=np.int64),
        "price_log2": prices,
        "title": to_objects(" ".join(text.split(",")) for text in words),
    }
