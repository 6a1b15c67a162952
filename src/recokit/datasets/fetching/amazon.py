"""fetch_amazon: ratings, reviews and products of a category of Amazon."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, RatingData, Tables
from recokit.datasets._lines import to_objects
from recokit.datasets.fetching._amazon_files import (
    CATEGORIES,
    json_lines,
    metadata_file,
    product_of,
    review_file,
    review_of,
)
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._choices import chosen
from recokit.datasets.fetching._tables import read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.exceptions import DataError

__all__ = ["fetch_amazon"]

_CONTENTS = ("ratings", "5core", "reviews")
_REVIEW_COLUMNS = ("user_id", "item_id", "rating", "timestamp", "is_verified", "helpful_votes", "title", "text")
_PRODUCT_COLUMNS = ("item_id", "title", "brand", "category", "price", "description")


def fetch_amazon(
    category: str,
    *,
    version: str = "2023",
    content: str = "ratings",
    metadata: bool = True,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingData:
    """Download and read Amazon reviews of a category, with the products.

    Large categories have files of several gigabytes; "All_Beauty", "Gift_Cards" and "Digital_Music" are small.

    Parameters
    ----------
    category : str
        Such as "All_Beauty" or "Video_Games"; an unknown name raises an error that lists all categories.
    version : {"2023", "2018"}
        Reviews from 1996 to 2023, or to 2018. In 2023, variants of a product have one id.
    content : {"ratings", "5core", "reviews"}
        "ratings" are all ratings without texts; "5core" are the ratings of users and products with at least five;
        "reviews" are all reviews with their texts, in much larger files.
    metadata : bool
        Also download and read the products.
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
        ``ratings`` from 1 to 5 with times (seconds since 1970); the latest of several ratings of a product by a user
        counts. ``items`` are the rated products: item_id, and with metadata title, brand, category ("Beauty > Hair"),
        price (US dollars; NaN if unknown) and description; None where missing. For "reviews", the table "reviews" has
        all reviews: user_id, item_id, rating, timestamp, is_verified, helpful_votes, title and text.

    Raises
    ------
    ValueError
        There is no such category, version or content.
    DatasetNotFoundError
        A file is missing and ``download`` is False.
    DownloadError
        A file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.load_amazon_toys :
        Read Amazon Toys & Games: purchases in order of time, with each user's last purchase as the test.
    recokit.datasets.fetch_goodbooks :
        Download and read goodbooks-10k: six million ratings from 1 to 5 of ten thousand popular books.

    References
    ----------
    J. Ni, J. Li, J. McAuley (2019). Justifying recommendations using distantly-labeled reviews and fine-grained
    aspects. EMNLP.

    Y. Hou et al. (2024). Bridging language and items for retrieval and recommendation. https://arxiv.org/abs/2403.03952

    Examples
    --------
    >>> beauty = fetch_amazon("All_Beauty")  # doctest: +SKIP
    >>> beauty.items["title"][0]  # doctest: +SKIP
    """
    year = chosen("version", version, CATEGORIES)
    kind = chosen("content", content, _CONTENTS)
    name = chosen("category", category, CATEGORIES[year])
    dataset = PUBLISHED[f"amazon-{year}"]
    files = [review_file(year, kind, name)] + ([metadata_file(year, name)] if metadata else [])
    paths = obtain(dataset, files, data_home, download=download, verify=verify)
    columns, tables = _read_reviews(paths[0], year, kind)
    ratings = Interactions.from_arrays(*columns, feedback="explicit", duplicates="last")
    items: Columns = {"item_id": ratings.items.ids}
    if metadata:
        items = _read_products(paths[1], year, items)
    n_repeated = len(columns[0]) - ratings.n_interactions
    description = (
        f"{dataset.title}, {name}, {kind}: {ratings.n_interactions:,} ratings of {ratings.n_users:,} users with "
        f"{ratings.n_items:,} products; {n_repeated:,} earlier ratings of the same pair are left out"
    )
    if metadata:
        n_unknown = sum(title is None for title in items["title"])
        description += f"; {n_unknown:,} products without a title"
    return with_terms(RatingData(ratings, items, {}, description, tables=tables), dataset)


def _read_reviews(file: Path, version: str, content: str) -> tuple[list[AnyArray], Tables]:
    """Return users, items, ratings and times, and the table of reviews."""
    if content == "reviews" or (version, content) == ("2018", "5core"):
        columns = _read_json(file, version)
        tables = {"reviews": columns} if content == "reviews" else {}
        return [columns[name] for name in _REVIEW_COLUMNS[:4]], tables
    if version == "2018":
        items, users, ratings, times = read_columns(
            file, {0: "ids", 1: "ids", 2: "float64", 3: "int64"}, header=None
        ).values()
        return [users, items, ratings, times], {}
    kinds = {"user_id": "ids", "parent_asin": "ids", "rating": "float64", "timestamp": "int64"}
    users, items, ratings, times = read_columns(file, kinds).values()
    return [users, items, ratings, times // 1000], {}


def _read_json(file: Path, version: str) -> Columns:
    read = review_of(version)
    try:
        rows = [read(record) for record in json_lines(file)]
    except KeyError as error:
        raise DataError(f"{file}: a review lacks {error}") from None
    if not rows:
        raise DataError(f"{file}: no reviews")
    columns = dict(zip(_REVIEW_COLUMNS, zip(*rows, strict=True), strict=True))
    texts = {name: to_objects(columns[name]) for name in ("user_id", "item_id", "title", "text")}
    numbers = {
        "rating": np.array(columns["rating"], np.float64),
        "timestamp": np.array(columns["timestamp"], np.int64),
        "is_verified": np.array(columns["is_verified"], np.bool_),
        "helpful_votes": np.array(columns["helpful_votes"], np.int64),
    }
    return {name: texts[name] if name in texts else numbers[name] for name in _REVIEW_COLUMNS}


def _read_products(file: Path, version: str, items: Columns) -> Columns:
    """Return the rated products in the order of the items; of repeated products, the first row."""
    read = product_of(version)
    ids = items["item_id"].tolist()
    wanted = set(ids)
    found: dict[str, tuple[Any, ...]] = {}
    for record in json_lines(file):
        row = read(record)
        if row[0] in wanted:
            found.setdefault(row[0], row)
    empty = (None, None, None, None, float("nan"), None)
    columns = zip(*(found.get(item, empty) for item in ids), strict=True)
    made = {name: to_objects(values) for name, values in zip(_PRODUCT_COLUMNS, columns, strict=True)}
    return {**made, "item_id": items["item_id"], "price": made["price"].astype(np.float64)}
