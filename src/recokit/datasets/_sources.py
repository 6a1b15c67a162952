"""Published data sets: names, folders, files and addresses, and the search for them."""

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
        Name of the data set in recokit.
    folder : str
        Name of its folder in the data folder.
    files : tuple of str
        Files that the reader needs.
    url : str
        Address of the publisher's page.

    See Also
    --------
    recokit.datasets.available : Return the names of the published data sets that are complete in a folder.

    Examples
    --------
    >>> from recokit.datasets import SOURCES
    >>> SOURCES["movielens-100k"].name
    'movielens-100k'
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
    Source(
        "ta-feng",
        "ta-feng",
        ("tafeng_history.json.gz", "tafeng_future.json.gz"),
        "https://github.com/liming-7/A-Next-Basket-Recommendation-Reality-Check",
    ),
    Source(
        "yoochoose-100k",
        "yoochoose-100k",
        ("train_full.tsv.gz", "train_tr.tsv.gz", "train_valid.tsv.gz", "test.tsv.gz"),
        "https://github.com/rn5l/session-rec",
    ),
)
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}


class DatasetNotFoundError(FileNotFoundError):
    """A published data set was not found; the message names the missing file and the address to get it from.

    See Also
    --------
    recokit.datasets.available : Return the names of the published data sets that are complete in a folder.

    Examples
    --------
    >>> import tempfile
    >>> from recokit.datasets import load_movielens_100k
    >>> try:
    ...     load_movielens_100k(tempfile.mkdtemp())
    ... except DatasetNotFoundError as error:
    ...     print("grouplens.org" in str(error))
    True
    """


def available(data_dir: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the published data sets that are complete in a folder.

    Parameters
    ----------
    data_dir : path, optional
        Folder with the folders of the data sets; by default the environment variable ``RECOKIT_DATA``.

    Returns
    -------
    list of str
        Empty if there is no such folder.

    See Also
    --------
    recokit.datasets.Source : A published data set.

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
        No folder was given, it does not exist, or files of the data set are missing in it.
    """
    source = SOURCES[name]
    advice = f"download it from {source.url}"
    root = _root(data_dir)
    if root is None:
        raise DatasetNotFoundError(
            f"{name}: no data folder given; {advice} into a folder {source.folder}/ and pass its parent folder as "
            f"data_dir or in the environment variable {_VARIABLE}"
        )
    if not root.is_dir():
        raise DatasetNotFoundError(f"{name}: the data folder {str(root)!r} does not exist; {advice}")
    missing = _missing(root, source)
    if missing:
        files = missing[0] + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
        found = ", ".join(available(root)) or "none"
        raise DatasetNotFoundError(
            f"{name}: {files} not found in {root / source.folder} (data sets found in {root}: {found}); {advice}"
        )
    return root / source.folder


def _root(data_dir: str | os.PathLike[str] | None) -> Path | None:
    path = data_dir if data_dir is not None else os.environ.get(_VARIABLE)
    return Path(path).expanduser() if path else None


def _missing(root: Path, source: Source) -> list[str]:
    return [file for file in source.files if not (root / source.folder / file).is_file()]
