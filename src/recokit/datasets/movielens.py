"""Readers of MovieLens, in the versions of GroupLens and of the authors of UltraGCN."""

import csv
import os
import zipfile
from pathlib import Path

import numpy as np

from recokit._typing import AnyArray
from recokit.data._building import Duplicates
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, RatingData, RatingFolds, Split
from recokit.datasets._lines import read_sequences, to_objects
from recokit.datasets._sources import find

__all__ = [
    "load_movielens_1m_implicit",
    "load_movielens_100k",
    "load_movielens_latest_small",
    "read_movielens_100k",
    "read_movielens_latest_small",
]

Folder = Path | zipfile.Path
"""A folder on disk or in an archive."""

_N_FOLDS = 5


def load_movielens_100k(data_dir: str | os.PathLike[str] | None = None) -> RatingFolds:
    """Read MovieLens 100K: 100,000 ratings from 1 to 5, with the publisher's five folds.

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``ml-100k/``; by default the environment variable ``RECOKIT_DATA``.

    Returns
    -------
    RatingFolds
        ``ratings`` with timestamps (seconds since 1970, int64); ``folds`` u1 … u5; ``items`` with the columns item_id,
        title, release_date (datetime64[D]) and genres ("Action|Comedy"); ``users`` with user_id, age, gender,
        occupation and zip_code.

    Raises
    ------
    DatasetNotFoundError
        Files are missing.

    See Also
    --------
    recokit.datasets.load_movielens_latest_small :
        Read MovieLens latest-small: ratings from 0.5 to 5 with times, titles, genres and free-text tags.
    recokit.datasets.load_movielens_1m_implicit :
        Read MovieLens 1M as implicit feedback, in the split of UltraGCN and other publications.
    recokit.datasets.RatingFolds : Ratings with the cross-validation folds of their publisher.

    References
    ----------
    F. M. Harper, J. A. Konstan: The MovieLens Datasets. ACM TiiS 5(4), 2015. https://doi.org/10.1145/2827872

    Examples
    --------
    >>> data = load_movielens_100k("data")  # doctest: +SKIP
    >>> data.ratings, len(data.folds)  # doctest: +SKIP
    (Interactions(943 users × 1,682 items, 100,000 interactions, explicit), 5)
    """
    return read_movielens_100k(find("movielens-100k", data_dir))


def read_movielens_100k(folder: Folder) -> RatingFolds:
    """Read MovieLens 100K from its folder, as `load_movielens_100k` does."""
    ratings = _read_ratings(folder / "u.data")
    items = _read_items(folder)
    folds = []
    for fold in range(1, _N_FOLDS + 1):
        train, test = _read_ratings(folder / f"u{fold}.base"), _read_ratings(folder / f"u{fold}.test")
        sizes = f"{train.n_interactions:,} training and {test.n_interactions:,} test ratings"
        folds.append(Split(train, test, items, f"MovieLens 100K, the publisher's fold u{fold}: {sizes}"))
    description = f"MovieLens 100K (GroupLens): {_size(ratings)}; the publisher's {_N_FOLDS} folds u1 … u{_N_FOLDS}"
    return RatingFolds(ratings, tuple(folds), items, _read_users(folder / "u.user"), description)


def load_movielens_latest_small(
    data_dir: str | os.PathLike[str] | None = None, *, duplicates: Duplicates = "error"
) -> RatingData:
    """Read MovieLens latest-small: ratings from 0.5 to 5 with times, titles, genres and free-text tags.

    The publisher replaces this data set from time to time, so its sizes vary.

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``ml-latest-small/``; by default the environment variable ``RECOKIT_DATA``.
    duplicates : {"error", "sum", "mean", "last", "max"}
        Treatment of repeated (user, movie) pairs, as in `Interactions.from_arrays`. The publisher's file has none, but
        some altered copies do.

    Returns
    -------
    RatingData
        ``ratings`` with timestamps (seconds since 1970, int64); ``items`` with the columns item_id, title and genres
        ("Adventure|Comedy"); ``tags`` with user_id, item_id, tag and timestamp.

    Raises
    ------
    DatasetNotFoundError
        Files are missing.
    DataError
        A pair is repeated and ``duplicates`` is "error".

    See Also
    --------
    recokit.datasets.load_movielens_100k :
        Read MovieLens 100K: 100,000 ratings from 1 to 5, with the publisher's five folds.
    recokit.datasets.RatingData : Ratings without a split.

    Examples
    --------
    >>> load_movielens_latest_small("data").items["title"][0]  # doctest: +SKIP
    'Toy Story (1995)'
    """
    return read_movielens_latest_small(find("movielens-latest-small", data_dir), duplicates)


def read_movielens_latest_small(folder: Folder, duplicates: Duplicates = "error") -> RatingData:
    """Read MovieLens latest-small from its folder, as `load_movielens_latest_small` does."""
    users, movies, values, times = _read_csv(folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp"))
    ratings = Interactions.from_arrays(
        users.astype(np.int64),
        movies.astype(np.int64),
        values.astype(np.float64),
        times.astype(np.int64),
        duplicates=duplicates,
    )
    ids, titles, genres = _read_csv(folder / "movies.csv", ("movieId", "title", "genres"))
    items = {"item_id": ids.astype(np.int64), "title": titles, "genres": genres}
    users, movies, words, times = _read_csv(folder / "tags.csv", ("userId", "movieId", "tag", "timestamp"))
    tags = {"user_id": users.astype(np.int64), "item_id": movies.astype(np.int64)}
    tags |= {"tag": words, "timestamp": times.astype(np.int64)}
    description = f"MovieLens latest-small (GroupLens): {_size(ratings)}, {len(words):,} tags"
    return RatingData(ratings, items, tags, description)


def load_movielens_1m_implicit(data_dir: str | os.PathLike[str] | None = None) -> Split:
    """Read MovieLens 1M as implicit feedback, in the split of UltraGCN and other publications.

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``ml-1m-implicit/``; by default the environment variable ``RECOKIT_DATA``.

    Returns
    -------
    Split
        Implicit; ids are the integers in the files, and ``items`` has only the column item_id.

    Raises
    ------
    DatasetNotFoundError
        Files are missing.

    See Also
    --------
    recokit.datasets.load_movielens_100k :
        Read MovieLens 100K: 100,000 ratings from 1 to 5, with the publisher's five folds.
    recokit.datasets.Split : Training and test interactions.

    References
    ----------
    K. Mao et al.: UltraGCN: Ultra Simplification of Graph Convolutional Networks for Recommendation. CIKM 2021.
    https://arxiv.org/abs/2110.15114

    Examples
    --------
    >>> load_movielens_1m_implicit("data").train  # doctest: +SKIP
    Interactions(6,022 users × 3,043 items, 796,244 interactions, implicit)
    """
    folder = find("movielens-1m-implicit", data_dir)
    train, test = (Interactions.from_arrays(*read_sequences(folder / f"{part}.txt")[:2]) for part in ("train", "test"))
    description = (
        f"MovieLens 1M, implicit (UltraGCN's files), as published: {_size(train)} for training, "
        f"{test.n_interactions:,} of {test.n_users:,} users for the test"
    )
    return Split(train, test, {"item_id": train.items.union(test.items).ids}, description)


def _read_ratings(path: Folder) -> Interactions:
    with path.open("r", encoding="ascii") as file:
        users, items, ratings, times = np.loadtxt(file, dtype=np.int64, ndmin=2).T
    return Interactions.from_arrays(users, items, ratings, times)


def _read_items(folder: Folder) -> Columns:
    genre_names = [line.split("|")[0] for line in _lines(folder / "u.genre")]
    rows = [line.split("|") for line in _lines(folder / "u.item")]
    flags = np.array([row[5:] for row in rows]) == "1"
    genres = ["|".join(name for name, flag in zip(genre_names, row, strict=True) if flag) for row in flags]
    return {
        "item_id": np.array([row[0] for row in rows], dtype=np.int64),
        "title": to_objects(row[1] for row in rows),
        "release_date": np.array([_to_date(row[2]) for row in rows], dtype="datetime64[D]"),
        "genres": to_objects(genres),
    }


def _read_users(path: Folder) -> Columns:
    ids, ages, genders, occupations, zip_codes = zip(*(line.split("|") for line in _lines(path)), strict=True)
    return {
        "user_id": np.array(ids, dtype=np.int64),
        "age": np.array(ages, dtype=np.int64),
        "gender": to_objects(genders),
        "occupation": to_objects(occupations),
        "zip_code": to_objects(zip_codes),
    }


def _lines(path: Folder) -> list[str]:
    return [line for line in path.read_text(encoding="latin-1").splitlines() if line]


_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: month for month, name in enumerate(_MONTH_NAMES, 1)}


def _to_date(text: str) -> str:
    """Convert "01-Jan-1995" to "1995-01-01" in any locale, and an empty text to "NaT"."""
    if not text:
        return "NaT"
    day, month, year = text.split("-")
    return f"{year}-{_MONTHS[month]:02d}-{int(day):02d}"


def _read_csv(path: Folder, columns: tuple[str, ...]) -> list[AnyArray]:
    with path.open("r", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [to_objects(row[column] for row in rows) for column in columns]


def _size(data: Interactions) -> str:
    return f"{data.n_interactions:,} interactions of {data.n_users:,} users with {data.n_items:,} items"
