"""fetch_jester: ratings of jokes."""

import html
import os
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, RatingData
from recokit.datasets._lines import to_objects
from recokit.datasets.fetching._cache import obtain
from recokit.datasets.fetching._choices import chosen
from recokit.datasets.fetching._tables import folder_with, import_pandas, read_columns
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching._workbook import read_sheets
from recokit.datasets.fetching.published import PUBLISHED
from recokit.exceptions import DataError

__all__ = ["fetch_jester"]

_MISSING = 99
_VERSIONS = ("1", "2", "3", "4")


def fetch_jester(
    version: str = "2",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    verify: bool = True,
) -> RatingData:
    """Download and read Jester: ratings of jokes from −10 to 10, in a dense matrix of few items.

    Parameters
    ----------
    version : {"1", "2", "3", "4"}
        Number of the dataset: April 1999 to May 2003, 100 jokes, three workbooks in the old format of Excel; November
        2006 to May 2009, 150 jokes, a text file with the texts of the jokes; November 2006 to March 2015, and April
        2015 to November 2019, a workbook each.
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
        ``ratings`` without times. Users are numbered from 1: by row across the workbooks, and as published in
        version 2. Items are the numbers of the jokes. ``items`` with item_id and, in version 2, text.

    Raises
    ------
    ValueError
        There is no such version.
    DatasetNotFoundError
        The file is missing and ``download`` is False.
    DownloadError
        The file cannot be downloaded, written or verified.
    ImportError
        pandas, or python-calamine for versions 1, 3 and 4, is not installed.

    See Also
    --------
    recokit.datasets.fetch_movielens : Download and read MovieLens: ratings of movies with times, titles and genres.
    recokit.datasets.fetch_goodbooks :
        Download and read goodbooks-10k: six million ratings from 1 to 5 of ten thousand popular books.

    References
    ----------
    K. Goldberg, T. Roeder, D. Gupta, C. Perkins (2001). Eigentaste: A constant time collaborative filtering algorithm.
    Information Retrieval 4(2).

    Examples
    --------
    >>> fetch_jester("2").ratings  # doctest: +SKIP
    Interactions(59,132 users × 140 items, 1,761,439 interactions, explicit)
    """
    dataset = PUBLISHED[f"jester-{chosen('version', version, _VERSIONS)}"]
    archives = obtain(dataset, dataset.files, data_home, download=download, verify=verify)
    read = _read_rows if dataset.name == "jester-2" else _read_matrices
    data = read(archives)
    ratings = data.ratings
    sizes = f"{ratings.n_interactions:,} ratings of {ratings.n_users:,} users with {ratings.n_items:,} jokes"
    description = f"{dataset.title}: {sizes}"
    return with_terms(replace(data, description=description), dataset)


def _read_rows(archives: Sequence[Path]) -> RatingData:
    folder = folder_with(archives[0], "jester_ratings.dat")
    kinds = {0: "int64", 1: "int64", 2: "float64"}
    columns = read_columns(folder / "jester_ratings.dat", kinds, sep=r"\t+", header=None, engine="python")
    ratings = Interactions.from_arrays(*columns.values(), feedback="explicit")
    text = (folder / "jester_items.dat").read_text(encoding="latin-1")
    return RatingData(ratings, _jokes(text), {}, "")


def _jokes(text: str) -> Columns:
    """Return the jokes in a file of numbers with a colon, each followed by a joke in HTML."""
    parts = re.split(r"^(\d+):\s*$", text, flags=re.MULTILINE)[1:]
    texts = [html.unescape(re.sub(r"<[^>]*>", " ", part)) for part in parts[1::2]]
    return {
        "item_id": np.array(parts[::2], dtype=np.int64),
        "text": to_objects(" ".join(one.split()) for one in texts),
    }


def _read_matrices(archives: Sequence[Path]) -> RatingData:
    matrix = np.concatenate([_read_matrix(archive) for archive in archives])
    is_rated = ~np.isnan(matrix) & (matrix != _MISSING)
    rows, columns = np.nonzero(is_rated)
    ratings = Interactions.from_arrays(rows + 1, columns + 1, matrix[is_rated], feedback="explicit")
    return RatingData(ratings, {"item_id": np.arange(1, matrix.shape[1] + 1)}, {}, "")


def _read_matrix(archive: Path) -> AnyArray:
    """Return users × jokes of the only table in an archive, whose first column counts the ratings."""
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if Path(name).suffix.lower() in (".xls", ".xlsx", ".csv")]
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise DataError(f"{archive}: expected one table, found {names}")
    file = zipfile.Path(archive, names[0])
    frame: Any
    if file.suffix.lower() == ".csv":
        with file.open("rb") as stream:
            frame = import_pandas().read_csv(stream, header=None)
    else:
        frame = read_sheets(file, header=None)[0]
    return np.asarray(frame.iloc[:, 1:].to_numpy(dtype=np.float64))
