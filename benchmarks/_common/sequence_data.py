"""Protocols on sequences: data, how they are split for the choice of parameters and for the test, and metrics.

One line of ``PROTOCOLS`` adds a protocol.
"""

import csv
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recokit import IdIndex, Interactions, Recommendations, datasets
from recokit.data import Sequences
from recokit.model_selection import SequenceSplit, every_position, leave_last_basket, leave_last_out

from .published_data import data_folder

__all__ = ["CHOOSE_BY", "PROTOCOLS", "Case", "Protocol", "last_item_of_file", "load_protocol", "read_stored_lists"]


CHOOSE_BY = 1  # position of the metric of a protocol by which parameters are chosen


class Case(NamedTuple):
    """Data to fit a model to, histories to recommend for, and the items that follow them."""

    train: Sequences
    histories: Sequences
    targets: Interactions

    @classmethod
    def from_split(cls, split: SequenceSplit) -> "Case":
        """Return the case of a split."""
        return cls(*split)

    def select(self, users: Any) -> "Case":
        """Return the same training data with some of the histories only."""
        kept = np.isin(self.targets.user_codes, self.targets.users.codes(users))
        return self._replace(histories=self.histories.select(users), targets=self.targets.select(kept))


class Protocol(NamedTuple):
    """A protocol: cases and metrics.

    Attributes
    ----------
    validation : Case
        Parameters are chosen on it. Its data are a part of the training data of the test.
    tests : dict of str to Case
        Tests by name; a model is fitted once to the training data, which they share.
    metrics : tuple of str
        Parameters are chosen by the second one.
    exclude_seen : bool
        Whether items of the history are excluded from the lists.
    text : str
        Description.
    lists : dict of str to dict of str to Recommendations
        Stored lists of other implementations by test and name.
    """

    validation: Case
    tests: dict[str, Case]
    metrics: tuple[str, ...]
    exclude_seen: bool
    text: str
    lists: Mapping[str, Mapping[str, Recommendations]] = {}


def load_protocol(name: str, folder: Path | None = None) -> Protocol:
    """Return a protocol of ``PROTOCOLS`` with its data.

    Parameters
    ----------
    name : str
    folder : Path, optional
        Folder with the folders of the published data sets; by default that of `data_folder`.

    Raises
    ------
    FileNotFoundError
        The files of the data set are missing.
    """
    return PROTOCOLS[name](data_folder() if folder is None else folder)


def _last_item(sequences: Sequences, text: str) -> Protocol:
    test = leave_last_out(sequences)
    validation = leave_last_out(test.train)
    cases = {"last item": Case.from_split(test)}
    text += "; the last item is the test, the second-last one chooses the parameters; all items ranked, seen removed"
    return Protocol(Case.from_split(validation), cases, ("hit_rate@10", "ndcg@10"), True, text)


def _last_basket(sequences: Sequences, text: str) -> Protocol:
    test = leave_last_basket(sequences)
    validation = leave_last_basket(test.train)
    cases = {"last basket": Case.from_split(test)}
    text += "; the last basket is the test, the second-last one chooses the parameters; all items ranked, with repeats"
    metrics = "recall@10", "ndcg@10", "recall@10(part=repeat)", "recall@10(part=explore)"
    return Protocol(Case.from_split(validation), cases, metrics, False, text)


def _amazon_toys(folder: Path | None) -> Protocol:
    split = datasets.load_amazon_toys(folder)
    return _last_item(Sequences.from_interactions(split.train.merge(split.test)), "purchases of Amazon Toys & Games")


def last_item_of_file(path: Path) -> Protocol:
    """Return the protocol of the last item for a text file with the user and the items of a user in each line."""
    with path.open(encoding="utf-8") as lines:
        rows = [line.split() for line in lines if line.strip()]
    return _last_item(Sequences.from_lists({row[0]: row[1:] for row in rows}), f"sequences of {path.name}")


def _movielens_100k(folder: Path | None) -> Protocol:
    ratings = datasets.load_movielens_100k(folder).ratings
    return _last_item(Sequences.from_interactions(ratings), "MovieLens 100K in time order (ties by id)")


def _ta_feng(folder: Path | None) -> Protocol:
    return _last_basket(datasets.load_ta_feng(folder).sequences, "baskets of Ta-Feng")


def _online_retail(folder: Path | None) -> Protocol:
    """Read the invoices of UCI Online Retail as baskets; an item on several lines of an invoice counts once."""
    import pandas as pd

    if folder is None or not (folder / "online-retail").is_dir():
        raise FileNotFoundError(f"no folder online-retail in {folder}; set RECOKIT_DATA to its parent folder")
    lines = pd.read_parquet(folder / "online-retail" / "online_retail.parquet")
    lines = lines[lines["StockCode"].str[:5].str.isdigit()]
    lines = lines.sort_values(["CustomerID", "InvoiceDate", "InvoiceNo"], kind="stable")
    invoices = lines.groupby(["CustomerID", "InvoiceNo"], sort=False)["StockCode"].unique()
    baskets: dict[int, list[list[str]]] = {}
    for (customer, _), items in invoices.items():
        baskets.setdefault(int(customer), []).append(list(items))
    return _last_basket(Sequences.from_baskets(baskets), "invoices of UCI Online Retail")


def _yoochoose(folder: Path | None) -> Protocol:
    data = datasets.load_yoochoose_100k(folder)
    validation = Case(data.fitted, *every_position(data.validation))
    test = Case(data.train, *every_position(data.test))
    text = "clicks of YooChoose (100k sample); every position of the later sessions; items of the session stay eligible"
    tests, stored = {"every position": test}, read_stored_lists(folder, test.targets)
    if stored:
        users = next(iter(stored.values())).users
        tests["first 387 positions"] = test.select(users)
    metrics = "hit_rate@20", "reciprocal_rank@20"
    return Protocol(validation, tests, metrics, False, text, {"first 387 positions": stored} if stored else {})


def read_stored_lists(folder: Path | None, targets: Interactions) -> dict[str, Recommendations]:
    """Read the lists of other implementations that are stored for the first positions of yoochoose-100k.

    The sessions are in the order of their ids. The lists leave out three sessions (964, 969 and 996).

    Raises
    ------
    ValueError
        A list belongs to a position that is not in the test.
    """
    names = {"vsknn": "VSKNN", "gru4rec": "GRU4Rec", "sr": "sequential rules", "ar": "association rules"}
    lists: dict[str, Recommendations] = {}
    if folder is None:
        return lists
    for file, name in names.items():
        path = folder / "yoochoose-100k" / f"lists_{file}.csv.gz"
        if path.is_file():
            lists[f"{name} (stored lists)"] = _read_lists(path, targets)
    return lists


def _read_lists(path: Path, targets: Interactions) -> Recommendations:
    with gzip.open(path, "rt", encoding="ascii") as text:
        rows = list(csv.DictReader(text, delimiter=";"))
    users = [(int(row["SessionId"]), int(row["Position"])) for row in rows]
    unknown = [user for user, code in zip(users, targets.users.codes(IdIndex(users)), strict=True) if code < 0]
    if unknown:
        raise ValueError(f"{path.name}: {len(unknown)} position(s) are not in the test, such as {unknown[0]}")
    items = [[int(item) for item in row["Recommendations"].split(",")] for row in rows]
    width = max(map(len, items))
    padded = [row + [-1] * (width - len(row)) for row in items]
    return Recommendations(users, padded, counts=[len(row) for row in items])


PROTOCOLS: Mapping[str, Callable[[Path | None], Protocol]] = {
    "amazon-toys": _amazon_toys,
    "ml-100k": _movielens_100k,
    "yoochoose-100k": _yoochoose,
    "ta-feng": _ta_feng,
    "online-retail": _online_retail,
}
