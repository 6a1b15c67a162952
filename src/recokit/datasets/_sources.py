"""Published data sets: their names, folders, files and addresses, and how they are found."""

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["SOURCES", "DatasetNotFoundError", "Source", "available", "find"]

_VARIABLE = "RECOKIT_DATA"


class Source(NamedTuple):
    """A published data set.

    Attributes
    ----------
    name : str
        What recokit calls it.
    folder : str
        Its folder inside the data folder.
    files : tuple of str
        The files that a reader needs.
    url : str
        Where its publisher offers it.
    """

    name: str
    folder: str
    files: tuple[str, ...]
    url: str


_FOLDS = tuple(f"u{fold}.{part}" for fold in range(1, 6) for part in ("base", "test"))
_ALL = (
    Source(
        "movielens-100k",
        "ml-100k",
        ("u.data", "u.item", "u.genre", "u.user", *_FOLDS),
        "https://grouplens.org/datasets/movielens/100k/",
    ),
    Source(
        "movielens-latest-small",
        "ml-latest-small",
        ("ratings.csv", "movies.csv", "tags.csv"),
        "https://grouplens.org/datasets/movielens/latest/",
    ),
    Source(
        "movielens-1m-implicit",
        "ml-1m-implicit",
        ("train.txt", "test.txt"),
        "https://github.com/xue-pai/UltraGCN",
    ),
    Source(
        "amazon-toys",
        "amazon-toys",
        ("Toys_and_Games.txt", "Toys_and_Games_item2attributes.json"),
        "https://github.com/RUCAIBox/CIKM2020-S3Rec",
    ),
    Source(
        "online-retail",
        "online-retail",
        ("online_retail.parquet",),
        "https://archive.ics.uci.edu/dataset/352/online+retail",
    ),
)
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}


class DatasetNotFoundError(FileNotFoundError):
    """A published data set is not where it was looked for; the message says what is missing and where to get it."""


def available(data_dir: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the published data sets that are complete in a folder.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds the data sets' folders; by default the one that the environment variable ``RECOKIT_DATA``
        names.

    Returns
    -------
    list of str
        Empty where there is no such folder.

    Examples
    --------
    >>> available("no such folder")
    []
    """
    root = _root(data_dir)
    if root is None:
        return []
    return [source.name for source in _ALL if not _missing(root, source)]


def find(name: str, data_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of a published data set.

    Parameters
    ----------
    name : str
        A key of `SOURCES`.
    data_dir : path, optional
        As in `available`.

    Raises
    ------
    DatasetNotFoundError
        No folder was given, it is not there, or files of the data set are missing in it.
    """
    source = SOURCES[name]
    offer = f"download it from {source.url}"
    root = _root(data_dir)
    if root is None:
        raise DatasetNotFoundError(
            f"{name}: no data folder; {offer} into a folder {source.folder}/ and name the folder that holds it "
            f"as data_dir or in the environment variable {_VARIABLE}"
        )
    missing = _missing(root, source)
    if missing:
        what = f"no file {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
        there = f"{', '.join(available(root)) or 'no data set'} in {root}" if root.is_dir() else f"no folder {root}"
        raise DatasetNotFoundError(f"{name}: {what} in {root / source.folder} (found: {there}); {offer}")
    return root / source.folder


def _root(data_dir: str | os.PathLike[str] | None) -> Path | None:
    named = data_dir if data_dir is not None else os.environ.get(_VARIABLE)
    return Path(named).expanduser() if named else None


def _missing(root: Path, source: Source) -> list[str]:
    return [file for file in source.files if not (root / source.folder / file).is_file()]
