"""Reader of Ta-Feng: grocery baskets in order."""

import gzip
import json
import os
from pathlib import Path

from recokit.data.sequences import Sequences
from recokit.datasets._data import SequenceData
from recokit.datasets._sources import find
from recokit.exceptions import DataError

__all__ = ["load_ta_feng", "read_ta_feng"]


def load_ta_feng(data_dir: str | os.PathLike[str] | None = None) -> SequenceData:
    """Read Ta-Feng: the baskets of the customers of a supermarket, in order.

    The published files split off the last basket of each customer; here it is the last one of the sequence, and
    `recokit.model_selection.leave_last_basket` splits it off again.

    Parameters
    ----------
    data_dir : path, optional
        Folder with ``ta-feng/tafeng_history.json.gz`` and ``ta-feng/tafeng_future.json.gz``; by default the environment
        variable ``RECOKIT_DATA``. Compress the publisher's files with gzip.

    Returns
    -------
    SequenceData
        Sequences with baskets and without times.

    Raises
    ------
    DatasetNotFoundError
        Files are missing.
    DataError
        The two files have different customers.

    See Also
    --------
    recokit.datasets.load_online_retail : Read UCI Online Retail: a year of invoice lines of a gift shop, split by time.
    recokit.datasets.load_complete_journey :
        Read The Complete Journey: 1.47 million lines of a year of baskets of 2,469 households at a grocery
        chain.

    References
    ----------
    M. Li et al. (2023). A next basket recommendation reality check. ACM TOIS 41(4).

    Examples
    --------
    >>> load_ta_feng("data").sequences  # doctest: +SKIP
    Sequences(13,858 users × 11,997 items, 571,933 events in 91,227 baskets)
    """
    folder = find("ta-feng", data_dir)
    return read_ta_feng(folder / "tafeng_history.json.gz", folder / "tafeng_future.json.gz")


def read_ta_feng(history_file: Path, future_file: Path) -> SequenceData:
    """Read the files with all but the last and with the last basket of each customer, compressed or not."""
    history, future = _read_baskets(history_file), _read_baskets(future_file)
    if history.keys() != future.keys():
        n_unmatched = len(history.keys() ^ future.keys())
        raise DataError(f"ta-feng: {n_unmatched} customer(s) are in one of the two files only")
    sequences = Sequences.from_baskets({user: baskets + future[user] for user, baskets in history.items()})
    description = (
        f"Ta-Feng (split of the reality check of next baskets): {sequences.n_events:,} purchases of "
        f"{sequences.n_users:,} customers with {sequences.n_items:,} products, baskets in order without times"
    )
    return SequenceData(sequences, description)


def _read_baskets(file: Path) -> dict[int, list[list[int]]]:
    """Return the baskets of each customer, without the marks of begin and end."""
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8") as text:
        return {int(user): baskets[1:-1] for user, baskets in json.load(text).items()}
