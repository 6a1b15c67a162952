"""What is compared on: a data set as one or two tasks, each with its splits and its protocol in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from recokit import Interactions, datasets
from recokit.datasets import Split

__all__ = ["DATASETS", "Kind", "Request", "Task", "load_tasks"]

Kind = Literal["ratings", "ranking"]

_QUICK_SHOP = {"n_users": 400, "n_items": 200, "n_events": 40_000}
_QUICK_USERS = 1_000
_HELD_OUT = 0.2


class Request(NamedTuple):
    """What to compare on; small enough to be sent to another process, which loads the data itself."""

    dataset: str
    data_dir: Path | None
    k: int | None
    quick: bool
    seed: int


@dataclass(frozen=True)
class Task:
    """One table: data, how it is split, and where the lists are cut.

    Attributes
    ----------
    kind : {"ratings", "ranking"}
        What is measured: errors of predicted ratings, or recommended lists.
    splits : tuple of Split
        Results are means over them.
    k : int
        Length of the lists.
    text : str or None
        Column of the items that content is taken from.
    protocol : tuple of str
        Data and split, in sentences.
    """

    kind: Kind
    splits: tuple[Split, ...]
    k: int
    text: str | None
    protocol: tuple[str, ...]


def load_tasks(request: Request) -> list[Task]:
    """Return the tasks of a data set.

    Raises
    ------
    DatasetNotFoundError
        Its files are not there.
    ImportError
        What reads them is not installed.
    """
    return DATASETS[request.dataset](request)


def _shop(request: Request) -> list[Task]:
    shop = datasets.make_shop(**(_QUICK_SHOP if request.quick else {}), random_state=request.seed)
    ratings = _random_split(shop.ratings(), shop.catalogue, request.seed)
    source = f"{shop!r}: generated, seed {request.seed}"
    share = f"{_HELD_OUT:.0%} of the ratings held out at random"
    sizes = f"{ratings.train.n_interactions:,} to learn from, {ratings.test.n_interactions:,} to test with"
    ranking = shop.temporal_split("purchase")
    return [
        Task("ratings", (ratings,), request.k or 10, "title", (source, f"{share}: {sizes}")),
        Task("ranking", (ranking,), request.k or 10, "title", (ranking.description,)),
    ]


def _movielens_100k(request: Request) -> list[Task]:
    data = datasets.load_movielens_100k(request.data_dir)
    splits = data.folds[:1] if request.quick else data.folds
    sizes = f"{splits[0].train.n_interactions:,} to learn from, {splits[0].test.n_interactions:,} to test with"
    mean = "quick: fold u1 only" if request.quick else f"means over the {len(splits)} folds"
    return [Task("ratings", splits, request.k or 10, None, (data.description, f"{mean}, each with {sizes}"))]


def _movielens_1m_implicit(request: Request) -> list[Task]:
    return _one_ranking(datasets.load_movielens_1m_implicit(request.data_dir), request, request.k or 20, None)


def _amazon_toys(request: Request) -> list[Task]:
    return _one_ranking(datasets.load_amazon_toys(request.data_dir), request, request.k or 10, "attributes")


def _online_retail(request: Request) -> list[Task]:
    return _one_ranking(datasets.load_online_retail(request.data_dir), request, request.k or 10, "title")


DATASETS: Mapping[str, Callable[[Request], list[Task]]] = {
    "shop": _shop,
    "movielens-100k": _movielens_100k,
    "movielens-1m-implicit": _movielens_1m_implicit,
    "amazon-toys": _amazon_toys,
    "online-retail": _online_retail,
}


def _one_ranking(split: Split, request: Request, k: int, text: str | None) -> list[Task]:
    protocol: tuple[str, ...] = (split.description,)
    if request.quick:
        users = split.train.users.ids[:_QUICK_USERS]
        split = replace(split, train=_of_users(split.train, users), test=_of_users(split.test, users))
        protocol += (f"quick: the first {len(users):,} users only",)
    return [Task("ranking", (split,), k, text, protocol)]


def _random_split(ratings: Interactions, items: Any, seed: int) -> Split:
    held_out = np.random.default_rng(seed).random(ratings.n_interactions) < _HELD_OUT
    return Split(_rows(ratings, ~held_out), _rows(ratings, held_out), items, "")


def _of_users(data: Interactions, users: Any) -> Interactions:
    return _rows(data, np.isin(data.users.take(data.user_codes), users))


def _rows(data: Interactions, mask: Any) -> Interactions:
    """Return the interactions of a mask, with the users and items that these have."""
    pairs, values = data.to_pairs()
    return Interactions.from_arrays(pairs[mask, 0], pairs[mask, 1], values[mask], feedback=data.feedback)
