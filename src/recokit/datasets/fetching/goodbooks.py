"""fetch_goodbooks: ratings of ten thousand popular books."""

import os
import zipfile

import numpy as np

from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, RatingData
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._tables import folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED

__all__ = ["fetch_goodbooks"]


def fetch_goodbooks(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingData:
    """Download and read goodbooks-10k: six million ratings from 1 to 5 of ten thousand popular books.

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
    RatingData
        ``ratings`` without times; of repeated ratings of a book by a user, the last one counts. ``items`` with item_id,
        title, authors, year (NaN if unknown), language ("" if unknown), average_rating and goodreads_id. ``tags`` with
        item_id, tag and count: how many readers shelved the book under this name. The table "to_read" with user_id and
        item_id.

    Raises
    ------
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.fetch_movielens : Download and read MovieLens: ratings of movies with times, titles and genres.
    recokit.datasets.fetch_jester :
        Download and read Jester: ratings of jokes from −10 to 10, in a dense matrix of few items.

    References
    ----------
    Z. Zając (2017). Goodbooks-10k: a new dataset for book recommendations. FastML. https://fastml.com/goodbooks-10k

    Examples
    --------
    >>> fetch_goodbooks().ratings  # doctest: +SKIP
    Interactions(53,424 users × 10,000 items, 5,976,479 interactions, explicit)
    """
    dataset = PUBLISHED["goodbooks-10k"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    folder = folder_with(archive, "ratings.csv")
    columns = read_columns(folder / "ratings.csv", {"user_id": "int64", "book_id": "int64", "rating": "float64"})
    n_rows = len(columns["rating"])
    ratings = Interactions.from_arrays(*columns.values(), feedback="explicit", duplicates="last")
    to_read = read_columns(folder / "to_read.csv", {"user_id": "int64", "book_id": "int64"})
    tables = {"to_read": {"user_id": to_read["user_id"], "item_id": to_read["book_id"]}}
    items = _read_books(folder)
    description = (
        f"goodbooks-10k: {ratings.n_interactions:,} ratings of {ratings.n_users:,} users with {ratings.n_items:,} "
        f"books; {n_rows - ratings.n_interactions:,} earlier ratings of the same pair are left out"
    )
    return with_terms(RatingData(ratings, items, _read_tags(folder, items), description, tables=tables), dataset)


def _read_books(folder: zipfile.Path) -> Columns:
    kinds = {
        "book_id": "int64", "title": "text", "authors": "text", "original_publication_year": "float64",
        "language_code": "text", "average_rating": "float64", "goodreads_book_id": "int64",
    }  # fmt: skip
    names = ("item_id", "title", "authors", "year", "language", "average_rating", "goodreads_id")
    return dict(zip(names, read_columns(folder / "books.csv", kinds).values(), strict=True))


def _read_tags(folder: zipfile.Path, items: Columns) -> Columns:
    """Return the tags of books by their ids in the ratings: the file has ids of Goodreads."""
    kinds = {"goodreads_book_id": "int64", "tag_id": "int64", "count": "int64"}
    books, tags, counts = read_columns(folder / "book_tags.csv", kinds).values()
    tag_ids, names = read_columns(folder / "tags.csv", {"tag_id": "int64", "tag_name": "text"}).values()
    name_of = dict(zip(tag_ids.tolist(), names, strict=True))
    order = np.argsort(items["goodreads_id"], kind="stable")
    sorted_ids = items["goodreads_id"][order]
    places = np.minimum(np.searchsorted(sorted_ids, books), len(order) - 1)
    is_known = sorted_ids[places] == books
    texts = np.array([name_of.get(tag, "") for tag in tags[is_known].tolist()], dtype=object)
    return {"item_id": items["item_id"][order[places[is_known]]], "tag": texts, "count": counts[is_known]}
