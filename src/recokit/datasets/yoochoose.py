"""Reader of the clicks of the RecSys Challenge 2015 (YooChoose), in the sample of session-rec."""

import gzip
import os
from pathlib import Path

import numpy as np

from recokit.data.sequences import Sequences
from recokit.datasets._data import SessionData
from recokit.datasets._sources import find

__all__ = ["load_yoochoose_100k"]


def load_yoochoose_100k(data_dir: str | os.PathLike[str] | None = None) -> SessionData:
    """Read 100,000 clicks of the RecSys Challenge 2015 as sessions, split by time by session-rec.

    Every session has two or more clicks. Repeated clicks on an item are kept.

    Parameters
    ----------
    data_dir : path, optional
        Folder with the tab-separated files ``train_full``, ``train_tr``, ``train_valid`` and ``test`` in
        ``yoochoose-100k/``, each with the ending ``.tsv.gz``; by default the environment variable ``RECOKIT_DATA``.

    Returns
    -------
    SessionData
        Times are seconds since 1970. The parts of the training data for tuning were split by time too.

    Raises
    ------
    DatasetNotFoundError
        Files are missing.

    See Also
    --------
    recokit.datasets.SessionData : Sessions, split by the time of their start.
    recokit.SessionKNN :
        Recommend the items of the most similar sessions, near the items that they share with the current
        session.

    References
    ----------
    D. Ben-Shimon et al. (2015). RecSys Challenge 2015 and the YOOCHOOSE dataset. RecSys.

    M. Ludewig, D. Jannach (2018). Evaluation of session-based recommendation algorithms. UMUAI 28.

    Examples
    --------
    >>> load_yoochoose_100k("data").test  # doctest: +SKIP
    Sequences(3,416 users × 1,771 items, 13,568 events)
    """
    folder = find("yoochoose-100k", data_dir)
    parts = {name: _read_sessions(folder / f"{name}.tsv.gz") for name in _PARTS}
    train, fitted, validation, test = (parts[name] for name in _PARTS)
    description = (
        f"YooChoose, 100k sample of session-rec: {train.n_events:,} clicks of {train.n_users:,} sessions for training "
        f"and {test.n_events:,} clicks of {test.n_users:,} later sessions for the test"
    )
    return SessionData(train, test, fitted, validation, description)


_PARTS = ("train_full", "train_tr", "train_valid", "test")


def _read_sessions(file: Path) -> Sequences:
    """Read the columns SessionId, ItemId and Time; clicks at the same time keep the order of the file."""
    with gzip.open(file, "rt", encoding="ascii") as text:
        rows = np.loadtxt(text, delimiter="\t", skiprows=1, dtype=np.float64)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
    sessions, starts = np.unique(rows[:, 0].astype(np.int64), return_index=True)
    items, times = (np.split(column, starts[1:]) for column in (rows[:, 1].astype(np.int64), rows[:, 2]))
    by_session = dict(zip(sessions.tolist(), items, strict=True))
    return Sequences.from_lists(by_session, times=dict(zip(by_session, times, strict=True)))
