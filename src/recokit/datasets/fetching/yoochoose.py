"""fetch_yoochoose: sessions with clicks and purchases of the RecSys Challenge 2015."""

import os
import zipfile

import numpy as np

from recokit._typing import AnyArray, BoolArray
from recokit.datasets._data import Columns
from recokit.datasets._lines import to_objects
from recokit.datasets.event_data import EventData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._tables import chunks_of, folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.exceptions import DataError

__all__ = ["fetch_yoochoose"]

_CHUNK = 2_000_000  # rows


def fetch_yoochoose(
    *,
    fraction: float = 1 / 64,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> EventData:
    """Download and read YooChoose: clicks and purchases in sessions of a shop, from the RecSys Challenge 2015.

    Parameters
    ----------
    fraction : float
        Share of the sessions to return, the most recent ones by their first click. Publications use 1/64 and 1/4; 1
        returns all 9.2 million.
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
        ``events`` with user_id and session_id (both the session; nothing is known about users), item_id, event ("view"
        or "purchase"), timestamp, quantity and price (NaN for clicks and where the publisher has 0), and category:
        "S" for a special offer, "0" if unknown, a number from 1 to 12, or the number of a brand; "" for purchases.
        ``items`` with item_id and category (the most recent one of its clicks).

    Raises
    ------
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.
    ValueError
        ``fraction`` is not in (0, 1].

    See Also
    --------
    recokit.datasets.load_yoochoose_100k :
        Read 100,000 clicks of the RecSys Challenge 2015 as sessions, split by time by session-rec.
    recokit.datasets.fetch_diginetica :
        Download and read Diginetica: views and purchases in the sessions of a shop, from the CIKM Cup 2016.

    References
    ----------
    D. Ben-Shimon et al. (2015). RecSys Challenge 2015 and the YOOCHOOSE dataset. RecSys.

    Examples
    --------
    >>> fetch_yoochoose(fraction=1 / 4).log().sequences(by="session")  # doctest: +SKIP
    """
    if not isinstance(fraction, int | float | np.number) or not 0 < fraction <= 1:
        raise ValueError(f"fraction={fraction!r}: expected a number in (0, 1], such as 1/64")
    dataset = PUBLISHED["yoochoose"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    folder = folder_with(archive, "yoochoose-clicks.dat")
    events, n_sessions = _read_events(folder, fraction)
    description = (
        f"{dataset.title}: {len(events['event']):,} events in {n_sessions:,} sessions, the most recent "
        f"{fraction:.4g} of all, with {len(np.unique(events['item_id'])):,} items"
    )
    return with_terms(EventData(events, _items(events), {}, description), dataset)


def _read_events(folder: zipfile.Path, fraction: float) -> tuple[Columns, int]:
    clicks = _read_clicks(folder)
    sessions = _recent(clicks[0], clicks[1], fraction)
    kept = np.isin(clicks[0], sessions)
    kinds = {0: "int64", 1: "text", 2: "int64", 3: "float64", 4: "float64"}
    buys = read_columns(folder / "yoochoose-buys.dat", kinds, header=None)
    bought = np.isin(buys[0], sessions)
    n_views, n_bought = int(kept.sum()), int(bought.sum())
    ids = np.concatenate([clicks[0][kept], buys[0][bought]])
    missing = np.full(n_views, np.nan)
    return {
        "user_id": ids,
        "session_id": ids,
        "item_id": np.concatenate([clicks[2][kept], buys[2][bought]]),
        "event": to_objects(["view"] * n_views + ["purchase"] * n_bought),
        "timestamp": np.concatenate([clicks[1][kept], _times(buys[1][bought])]),
        "quantity": np.concatenate([missing, _positive(buys[4][bought])]),
        "price": np.concatenate([missing, _positive(buys[3][bought])]),
        "category": np.concatenate([clicks[3][kept], to_objects([""] * n_bought)]),
    }, len(sessions)


def _read_clicks(folder: zipfile.Path) -> list[AnyArray]:
    """Return sessions, times, items and categories of all clicks."""
    kinds = {0: "int64", 1: "text", 2: "int64", 3: "ids"}
    chunks = chunks_of(folder / "yoochoose-clicks.dat", kinds, _CHUNK, header=None)
    parts = [[chunk[0], _times(chunk[1]), chunk[2], chunk[3]] for chunk in chunks]
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def _times(texts: AnyArray) -> AnyArray:
    """Convert times such as "2014-04-07T10:51:09.277Z", in UTC."""
    try:
        return np.array([text[:-1] for text in texts], dtype="datetime64[ms]")
    except ValueError as error:
        raise DataError(f"expected times such as 2014-04-07T10:51:09.277Z: {error}") from None


def _recent(sessions: AnyArray, times: AnyArray, fraction: float) -> AnyArray:
    """Return the ids of the sessions that begin last; of equal beginnings, the larger ids."""
    order = np.lexsort((times, sessions))
    ids, starts = np.unique(sessions[order], return_index=True)
    by_start = np.lexsort((ids, times[order][starts]))
    n_kept = max(1, round(fraction * len(ids)))
    return np.sort(ids[by_start[-n_kept:]])


def _positive(values: AnyArray) -> AnyArray:
    return np.where(values > 0, values, np.nan)


def _items(events: Columns) -> Columns:
    is_click: BoolArray = events["event"] == "view"
    items, categories, times = (events[name][is_click] for name in ("item_id", "category", "timestamp"))
    order = np.lexsort((times, items))
    is_last = np.append(items[order][1:] != items[order][:-1], True)
    category_of = dict(zip(items[order][is_last].tolist(), categories[order][is_last], strict=True))
    ids = np.unique(events["item_id"])
    return {"item_id": ids, "category": to_objects(category_of.get(item, "0") for item in ids.tolist())}
