"""Implicit data sets with training, validation and test data, all split in the same way."""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recokit import Interactions, datasets
from recokit.datasets import Split
from recokit.model_selection import GlobalTimeSplit, LeaveLastOut, RandomHoldOut, split_interactions, split_log

from .published_data import data_folder, read_online_retail_sales

__all__ = ["IMPLICIT_DATA", "TrainTest", "load", "select_users"]

_LAST_BASKET = -1


class TrainTest(NamedTuple):
    """Training and test data, and the training data split once more in the same way.

    Attributes
    ----------
    train, test : Interactions
        No pair is in both.
    train_part, validation : Interactions
        Data to fit candidates to and to compare them on. No pair is in both. Logs are split before their repeated
        events are merged, so that the events of a pair in ``validation`` are all as late as the validation.
    """

    train: Interactions
    test: Interactions
    train_part: Interactions
    validation: Interactions


def load(name: str, folder: Path | None = None, seed: int = 0) -> TrainTest:
    """Return a data set of ``IMPLICIT_DATA``.

    Parameters
    ----------
    name : str
    folder : Path, optional
        Folder with the folders of the published data sets; by default that of `data_folder`.
    seed : int
        Seed of random splits and of the generated shop.

    Raises
    ------
    FileNotFoundError
        The files of the data set are missing.
    """
    return IMPLICIT_DATA[name](data_folder() if folder is None else folder, seed)


def select_users(data: TrainTest, users: np.ndarray) -> TrainTest:
    """Return the data of some users only, given by id; items without interactions stay."""
    return TrainTest(*(part.select(np.isin(part.users.take(part.user_codes), users)) for part in data))


def _movielens_1m(folder: Path | None, seed: int) -> TrainTest:
    split = datasets.load_movielens_1m_implicit(folder)
    return _of_split(split, RandomHoldOut(0.1, stratified=True, random_state=seed))


def _amazon_toys(folder: Path | None, seed: int) -> TrainTest:
    return _of_split(datasets.load_amazon_toys(folder), LeaveLastOut(random_state=seed))


def _online_retail(folder: Path | None, seed: int) -> TrainTest:
    return _of_log(read_online_retail_sales(folder))


def _shop(folder: Path | None, seed: int) -> TrainTest:
    events = datasets.make_shop(random_state=seed).events
    bought = events["event"] == "purchase"
    return _of_log({name: events[name][bought] for name in ("user_id", "item_id", "timestamp")})


def _ta_feng(folder: Path | None, seed: int) -> TrainTest:
    """Read the baskets of Ta-Feng as pairs: the test has the new items of each user's last basket.

    The time of a pair is the position of its first basket, counted from the end of the history: −1 is the last one.
    """
    if folder is None or not (folder / "ta-feng").is_dir():
        raise FileNotFoundError(f"no folder ta-feng in {folder}; set --data-dir or RECOKIT_DATA to its parent folder")
    history, future = (_read_baskets(folder / "ta-feng" / f"tafeng_{part}.json.gz") for part in ("history", "future"))
    first: dict[tuple[int, int], int] = {}
    for user, baskets in history.items():
        for position, basket in enumerate(baskets):
            for item in basket:
                first.setdefault((user, item), position - len(baskets))
    new = {(user, item) for user, baskets in future.items() for basket in baskets for item in basket} - first.keys()
    pairs, new_pairs = np.array(list(first)), np.array(sorted(new))
    times = np.array(list(first.values()))
    train = Interactions.from_arrays(pairs[:, 0], pairs[:, 1], timestamps=times, feedback="implicit")
    test = Interactions.from_arrays(new_pairs[:, 0], new_pairs[:, 1], feedback="implicit")
    return _of_split((train, test), GlobalTimeSplit(cut=_LAST_BASKET))


def _read_baskets(file: Path) -> dict[int, list[list[int]]]:
    """Return the baskets of each user, without the marks of begin and end."""
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return {int(user): baskets[1:-1] for user, baskets in json.load(text).items()}


def _of_split(split: Split | tuple[Interactions, Interactions], splitter: Any) -> TrainTest:
    train, test = (split.train, split.test) if isinstance(split, Split) else split
    ((part, validation),) = split_interactions(train, splitter)
    return TrainTest(train, test, part, validation)


def _of_log(log: Mapping[str, np.ndarray]) -> TrainTest:
    """Split a log of events at two moments; all strengths are 1."""
    test = split_log(log, duplicates="max")
    validation = split_log(log, until=test.at, duplicates="max")
    return TrainTest(*test, *validation)


IMPLICIT_DATA: Mapping[str, Callable[[Path | None, int], TrainTest]] = {
    "movielens-1m-implicit": _movielens_1m,
    "amazon-toys": _amazon_toys,
    "online-retail": _online_retail,
    "ta-feng": _ta_feng,
    "shop": _shop,
}
