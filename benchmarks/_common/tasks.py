"""Tasks of the comparison: a data set, its splits and a description of the protocol."""

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
_TEST_SHARE = 0.2


class Request(NamedTuple):
    """The requested data set and options.

    A request is sent to the measuring process in place of the data, which that process loads itself.
    """

    dataset: str
    data_dir: Path | None
    k: int | None
    quick: bool
    seed: int


@dataclass(frozen=True)
class Task:
    """The data of one table.

    Attributes
    ----------
    kind : {"ratings", "ranking"}
        Whether to measure the errors of predicted ratings or the quality of recommendations.
    splits : tuple of Split
        Train-test splits; results are means over them.
    k : int
        Number of recommendations for each user.
    text : str or None
        Item column with the text for content-based models.
    protocol : tuple of str
        Sentences that describe the data and the splits.
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
        The files of the data set are missing.
    ImportError
        A package that reads the files is not installed.
    """
    return DATASETS[request.dataset](request)


def _shop(request: Request) -> list[Task]:
    shop = datasets.make_shop(**(_QUICK_SHOP if request.quick else {}), random_state=request.seed)
    ratings = _random_split(shop.ratings(), shop.catalogue, request.seed)
    source = f"{shop!r}: generated, seed {request.seed}"
    held_out = f"{_TEST_SHARE:.0%} of the ratings held out at random"
    sizes = f"{ratings.train.n_interactions:,} training ratings, {ratings.test.n_interactions:,} test ratings"
    ranking = shop.temporal_split("purchase")
    return [
        Task("ratings", (ratings,), request.k or 10, "title", (source, f"{held_out}: {sizes}")),
        Task("ranking", (ranking,), request.k or 10, "title", (ranking.description,)),
    ]


def _movielens_100k(request: Request) -> list[Task]:
    data = datasets.load_movielens_100k(request.data_dir)
    splits = data.folds[:1] if request.quick else data.folds
    sizes = f"{splits[0].train.n_interactions:,} training and {splits[0].test.n_interactions:,} test ratings"
    folds = "quick: fold u1 only" if request.quick else f"means over {len(splits)} folds"
    return [Task("ratings", splits, request.k or 10, None, (data.description, f"{folds}, each with {sizes}"))]


def _movielens_1m_implicit(request: Request) -> list[Task]:
    return _ranking_task(datasets.load_movielens_1m_implicit(request.data_dir), request, request.k or 20, None)


def _amazon_toys(request: Request) -> list[Task]:
    return _ranking_task(datasets.load_amazon_toys(request.data_dir), request, request.k or 10, "attributes")


def _online_retail(request: Request) -> list[Task]:
    return _ranking_task(datasets.load_online_retail(request.data_dir), request, request.k or 10, "title")


DATASETS: Mapping[str, Callable[[Request], list[Task]]] = {
    "shop": _shop,
    "movielens-100k": _movielens_100k,
    "movielens-1m-implicit": _movielens_1m_implicit,
    "amazon-toys": _amazon_toys,
    "online-retail": _online_retail,
}


def _ranking_task(split: Split, request: Request, k: int, text: str | None) -> list[Task]:
    protocol: tuple[str, ...] = (split.description,)
    if request.quick:
        users = split.train.users.ids[:_QUICK_USERS]
        split = replace(split, train=_select_users(split.train, users), test=_select_users(split.test, users))
        protocol += (f"quick: the first {len(users):,} users only",)
    return [Task("ranking", (split,), k, text, protocol)]


def _random_split(ratings: Interactions, items: Any, seed: int) -> Split:
    is_test = np.random.default_rng(seed).random(ratings.n_interactions) < _TEST_SHARE
    return Split(_select_rows(ratings, ~is_test), _select_rows(ratings, is_test), items, "")


def _select_users(data: Interactions, users: Any) -> Interactions:
    return _select_rows(data, np.isin(data.users.take(data.user_codes), users))


def _select_rows(data: Interactions, mask: Any) -> Interactions:
    """Return the selected interactions, indexed by their own users and items only."""
    pairs, values = data.to_pairs()
    return Interactions.from_arrays(pairs[mask, 0], pairs[mask, 1], values[mask], feedback=data.feedback)
