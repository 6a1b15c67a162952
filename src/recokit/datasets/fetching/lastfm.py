"""fetch_lastfm: listening counts of Last.fm, from HetRec 2011."""

import os
import zipfile

import numpy as np

from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, Tables
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._tables import folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.datasets.interaction_data import InteractionData

__all__ = ["fetch_lastfm"]


def fetch_lastfm(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> InteractionData:
    """Download and read Last.fm of HetRec 2011: listening counts of artists, with tags and friends.

    This is the small set of GroupLens with tags and friends, and not the one of 360,000 users.

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
    InteractionData
        ``interactions``: how often a user listened to an artist, without times. ``items`` with item_id, title (the
        artist) and url. ``tags`` with user_id, item_id, tag and timestamp (datetime64). The table "friends" with
        user_id and friend_id, each pair in both directions.

    Raises
    ------
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.fetch_goodbooks :
        Download and read goodbooks-10k: six million ratings from 1 to 5 of ten thousand popular books.
    recokit.datasets.InteractionData : Implicit feedback without a split.

    References
    ----------
    I. Cantador, P. Brusilovsky, T. Kuflik (2011). 2nd Workshop on Information Heterogeneity and Fusion in Recommender
    Systems (HetRec 2011). RecSys.

    Examples
    --------
    >>> fetch_lastfm().interactions  # doctest: +SKIP
    Interactions(1,892 users × 17,632 items, 92,834 interactions, implicit)
    """
    dataset = PUBLISHED["lastfm"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    folder = folder_with(archive, "user_artists.dat")
    kinds = {"userID": "int64", "artistID": "int64", "weight": "float64"}
    columns = read_columns(folder / "user_artists.dat", kinds, sep="\t")
    made = Interactions.from_arrays(*columns.values(), feedback="implicit")
    tags = _read_tags(folder)
    description = (
        f"{dataset.title}: {made.n_interactions:,} listening counts of {made.n_users:,} users with {made.n_items:,} "
        f"artists, {len(tags['tag']):,} tags"
    )
    data = InteractionData(made, _read_artists(folder), tags, description, _read_friends(folder))
    return with_terms(data, dataset)


def _read_artists(folder: zipfile.Path) -> Columns:
    kinds = {"id": "int64", "name": "text", "url": "text"}
    columns = read_columns(folder / "artists.dat", kinds, sep="\t", quoting=3)  # names contain quotation marks
    return dict(zip(("item_id", "title", "url"), columns.values(), strict=True))


def _read_tags(folder: zipfile.Path) -> Columns:
    kinds = {"tagID": "int64", "tagValue": "text"}
    ids, words = read_columns(folder / "tags.dat", kinds, sep="\t", quoting=3, encoding="latin-1").values()
    word_of = dict(zip(ids.tolist(), words, strict=True))
    kinds = {"userID": "int64", "artistID": "int64", "tagID": "int64", "timestamp": "int64"}
    users, artists, tags, times = read_columns(folder / "user_taggedartists-timestamps.dat", kinds, sep="\t").values()
    texts = np.array([word_of.get(tag, "") for tag in tags.tolist()], dtype=object)
    return {"user_id": users, "item_id": artists, "tag": texts, "timestamp": times.astype("datetime64[ms]")}


def _read_friends(folder: zipfile.Path) -> Tables:
    users, friends = read_columns(
        folder / "user_friends.dat", {"userID": "int64", "friendID": "int64"}, sep="\t"
    ).values()
    return {"friends": {"user_id": users, "friend_id": friends}}
