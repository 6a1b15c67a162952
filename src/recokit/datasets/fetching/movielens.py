"""fetch_movielens: the stable versions of MovieLens, and the small one of the latest."""

import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, overload

import numpy as np

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, RatingData, RatingFolds
from recokit.datasets._lines import to_objects
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._choices import chosen
from recokit.datasets.fetching._tables import folder_with, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED
from recokit.datasets.movielens import read_movielens_100k, read_movielens_latest_small

__all__ = ["fetch_movielens"]

_NAMES = ("100k", "1m", "10m", "20m", "25m", "32m", "latest-small")


@overload
def fetch_movielens(
    name: Literal["100k"] = "100k",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingFolds: ...
@overload
def fetch_movielens(
    name: Literal["1m", "10m", "20m", "25m", "32m", "latest-small"],
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingData: ...
def fetch_movielens(
    name: str = "100k",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingFolds | RatingData:
    """Download and read MovieLens: ratings of movies with times, titles and genres.

    Parameters
    ----------
    name : {"100k", "1m", "10m", "20m", "25m", "32m", "latest-small"}
        Version. The publisher replaces "latest-small" from time to time; the others stay.
    data_home : path, optional
        Folder of downloaded files; by default the environment variable ``RECOKIT_DATA_HOME``, or the user's cache
        folder. A file that was put there by hand is used.
    download : bool
        Download a missing file; otherwise raise an error that names its address and its place.
    verify : bool
        Raise an error if a file has another checksum than the known one or the one of its first use; otherwise warn.

    Returns
    -------
    RatingFolds or RatingData
        "100k" has the publisher's five folds, as from `load_movielens_100k`. The others have ``ratings`` with times
        (seconds since 1970); ``items`` with item_id, title and genres ("Adventure|Comedy"); ``tags`` with user_id,
        item_id, tag and timestamp, except 1m; ``users`` with user_id, gender, age (lower bound of a range), occupation
        (code) and zip_code for 1m; and the table "links" with item_id, imdb_id and tmdb_id (NaN if unknown) for 20m,
        25m, 32m and latest-small.

    Raises
    ------
    ValueError
        There is no version of this name.
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.

    See Also
    --------
    recokit.datasets.load_movielens_100k :
        Read MovieLens 100K: 100,000 ratings from 1 to 5, with the publisher's five folds.
    recokit.datasets.RatingData : Ratings without a split.
    recokit.datasets.Published : A data set that recokit can download.

    References
    ----------
    F. M. Harper, J. A. Konstan (2015). The MovieLens Datasets: History and Context. ACM TiiS 5(4).
    https://doi.org/10.1145/2827872

    Examples
    --------
    >>> fetch_movielens("1m").ratings  # doctest: +SKIP
    Interactions(6,040 users × 3,706 items, 1,000,209 interactions, explicit)
    """
    version = chosen("name", name, _NAMES)
    dataset = PUBLISHED[f"movielens-{version}"]
    (archive,) = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    if version == "100k":
        return with_terms(read_movielens_100k(folder_with(archive, "u.data")), dataset)
    if version in ("1m", "10m"):
        return with_terms(_read_dat(folder_with(archive, "ratings.dat"), dataset.title), dataset)
    folder = folder_with(archive, "ratings.csv")
    if version == "latest-small":
        return with_terms(replace(read_movielens_latest_small(folder), tables=_read_links(folder)), dataset)
    return with_terms(_read_csv(folder, dataset.title), dataset)


def _read_dat(folder: zipfile.Path, title: str) -> RatingData:
    """Read the files of 1M and 10M, which are delimited by "::"."""
    options = {"sep": ":", "header": None}  # every second column is empty
    columns = read_columns(folder / "ratings.dat", {0: "int64", 2: "int64", 4: "float64", 6: "int64"}, **options)
    encoding = "latin-1" if title.endswith("1M") else "utf-8"
    ids, titles, genres = zip(*(_ends(line) for line in _lines(folder / "movies.dat", encoding)), strict=True)
    items = {"item_id": np.array(ids, np.int64), "title": to_objects(titles), "genres": to_objects(genres)}
    users = _read_users(folder / "users.dat") if (folder / "users.dat").exists() else {}
    tags = _read_tags(folder / "tags.dat") if (folder / "tags.dat").exists() else {}
    return _data([columns[place] for place in (0, 2, 4, 6)], items, tags, title, users)


def _read_csv(folder: zipfile.Path, title: str) -> RatingData:
    kinds = {"userId": "int64", "movieId": "int64", "rating": "float64", "timestamp": "int64"}
    cells = read_columns(folder / "ratings.csv", kinds)
    ids, titles, genres = read_columns(
        folder / "movies.csv", {"movieId": "int64", "title": "text", "genres": "text"}
    ).values()
    items = {"item_id": ids, "title": titles, "genres": genres}
    kinds = {"userId": "int64", "movieId": "int64", "tag": "text", "timestamp": "int64"}
    tag_columns = read_columns(folder / "tags.csv", kinds).values()
    tags = dict(zip(("user_id", "item_id", "tag", "timestamp"), tag_columns, strict=True))
    return _data(list(cells.values()), items, tags, title, **_read_links(folder))


def _data(
    cells: Sequence[AnyArray],
    items: Columns,
    tags: Columns,
    title: str,
    users: Columns | None = None,
    **tables: Columns,
) -> RatingData:
    made = Interactions.from_arrays(*cells, feedback="explicit")
    n_tags = len(tags.get("tag", ()))
    description = (
        f"{title} (GroupLens): {made.n_interactions:,} ratings of {made.n_users:,} users with {made.n_items:,} items, "
        f"{n_tags:,} tags"
    )
    return RatingData(made, items, tags, description, users or {}, tables)


def _read_links(folder: zipfile.Path) -> dict[str, Columns]:
    kinds = {"movieId": "int64", "imdbId": "int64", "tmdbId": "float64"}
    ids, imdb, tmdb = read_columns(folder / "links.csv", kinds).values()
    return {"links": {"item_id": ids, "imdb_id": imdb, "tmdb_id": tmdb}}


def _read_users(file: zipfile.Path) -> Columns:
    ids, genders, ages, jobs, zips = zip(*(line.split("::") for line in _lines(file, "latin-1")), strict=True)
    return {
        "user_id": np.array(ids, np.int64),
        "gender": to_objects(genders),
        "age": np.array(ages, np.int64),
        "occupation": np.array(jobs, np.int64),
        "zip_code": to_objects(zips),
    }


def _read_tags(file: zipfile.Path) -> Columns:
    """Read tags; a tag may contain the delimiter."""
    rows = []
    for line in _lines(file, "utf-8"):
        user, movie, rest = line.split("::", 2)
        tag, _, time = rest.rpartition("::")
        rows.append((user, movie, tag, time))
    users, movies, tags, times = zip(*rows, strict=True)
    ids = {"user_id": np.array(users, np.int64), "item_id": np.array(movies, np.int64)}
    return ids | {"tag": to_objects(tags), "timestamp": np.array(times, np.int64)}


def _ends(line: str) -> tuple[str, str, str]:
    """Return the id, the title, which may contain the delimiter, and the genres."""
    first, _, rest = line.partition("::")
    title, _, genres = rest.rpartition("::")
    return first, title, genres


def _lines(file: zipfile.Path, encoding: str) -> Iterator[str]:
    with file.open("r", encoding=encoding, newline="\n") as text:
        for line in text:
            if line.strip():
                yield line.rstrip("\r\n")
