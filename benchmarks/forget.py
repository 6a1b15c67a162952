"""Measure the cost and the exactness of forgetting users: one user, and 1% of the users.

Each row compares ``forget`` with a fit to the data without the users: the processor time of both in seconds, and the
difference of the two models. The difference is the largest difference of the scores of the top 10 in units of the
largest score, and the share of the items of the top 10 that the lists of both models have in common. For the models of
epochs, the last columns are the same share for two fits from different seeds, and NDCG@10 of both models on test data.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from _common.implicit_data import load
from _common.published_data import data_folder

from recokit import (
    BPR,
    EASE,
    SLIM,
    SLIST,
    TIFUKNN,
    BiasBaseline,
    BoughtTogether,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    PureSVD,
    RepeatFrequency,
    RP3beta,
    SessionKNN,
    SGDMatrixFactorization,
    TfidfRecommender,
    TransitionKNN,
    UserKNN,
    datasets,
    metrics,
)

N_LISTS = 2000  # users whose lists are compared


class Data(NamedTuple):
    """Training data, and test data and arguments of fit if there are any."""

    train: Any
    test: Interactions | None = None
    catalogue: Any = None


def _ratings() -> Data:
    first = datasets.load_movielens_100k().folds[0]
    return Data(first.train, None, first.items)


def _events() -> Data:
    return Data(_ratings().train.with_feedback("implicit"))


DATA: dict[str, Callable[[], Data]] = {
    "MovieLens 1M": lambda: Data(*load("movielens-1m-implicit", data_folder())[:2]),
    "MovieLens 100K": _ratings,
    "MovieLens 100K, in order": _events,
    "Ta-Feng": lambda: Data(datasets.load_ta_feng().sequences),
}
MODELS: dict[str, list[Callable[[int], Any]]] = {
    "MovieLens 1M": [
        lambda _: Popularity(),
        lambda _: ItemKNN(),
        lambda _: UserKNN(),
        lambda _: RP3beta(),
        lambda _: EASE(),
        lambda _: SLIM(),
        lambda _: PureSVD(),
        lambda seed: ImplicitALS(64, random_state=seed),
        lambda seed: BPR(random_state=seed),
    ],
    "MovieLens 100K": [
        lambda _: BiasBaseline(),
        lambda _: UserKNN(),
        lambda seed: SGDMatrixFactorization(random_state=seed),
        lambda _: TfidfRecommender(),
    ],
    "MovieLens 100K, in order": [lambda _: TransitionKNN(), lambda _: SLIST(), lambda _: SessionKNN()],
    "Ta-Feng": [lambda _: RepeatFrequency(), lambda _: TIFUKNN(), lambda _: BoughtTogether()],
}


def _timed(action: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()  # of all threads: other work on the machine changes it little
    result = action()
    return result, time.process_time() - start


def _lists(model: Any) -> Any:
    users = model.interactions_.users.ids
    step = max(1, len(users) // N_LISTS)
    return model.recommend(users[::step], n=10)


def _shared(mine: Any, theirs: Any) -> float:
    """Return the mean share of the items that two lists of the same user have in common."""
    shares = [
        len({item for item, _ in a} & {item for item, _ in b}) / len(b) if b else float(not a)
        for (_, a), (_, b) in zip(mine, theirs, strict=True)
    ]
    return float(np.mean(shares))


def _difference(mine: Any, theirs: Any) -> float:
    scores = [
        np.where(np.arange(each.scores.shape[1]) < each.counts[:, None], each.scores, 0) for each in (mine, theirs)
    ]
    return float(np.abs(scores[0] - scores[1]).max() / max(np.abs(scores[1]).max(), 1e-30))


def measure(make: Callable[[int], Any], data: Data, users: list[Any]) -> list[str]:
    """Fit a model, forget the users, fit without them, and return the cells of a row of the table."""
    side = {"catalogue": data.catalogue} if isinstance(make(0), TfidfRecommender) else {}
    model = make(0).fit(data.train, **side)
    _, seconds = _timed(lambda: model.forget(users))
    rest = data.train.forget(users)
    expected, refit_seconds = _timed(lambda: make(0).fit(rest, **side))
    mine, theirs = _lists(model), _lists(expected)
    cells = [
        f"{seconds:.3f}",
        f"{refit_seconds:.3f}",
        f"{_difference(mine, theirs):.0e}",
        f"{_shared(mine, theirs):.2%}",
    ]
    if model._exact_forget:
        return [*cells, "", ""]
    other = f"{_shared(_lists(make(1).fit(rest, **side)), theirs):.2%}"
    if data.test is None:
        return [*cells, other, ""]
    quality = [
        metrics.evaluate(each.recommend(n=10), data.test.forget(users, on_unknown="ignore"), ["ndcg@10"])["ndcg@10"]
        for each in (model, expected)
    ]
    return [*cells, other, f"{quality[0]:.4f} / {quality[1]:.4f}"]


def main() -> None:
    """Measure the models and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--models", nargs="+", help="names of classes; all by default")
    arguments = parser.parse_args()
    print("| model | data | users | forget, s | fit, s | difference | in common | two seeds | NDCG@10 |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in arguments.data:
        data = DATA[name]()
        ids = list(data.train.users)
        chosen = np.random.default_rng(0).permutation(len(ids))
        for make in MODELS[name]:
            kind = type(make(0)).__name__
            if arguments.models and kind not in arguments.models:
                continue
            some = data._replace(train=data.train.forget([ids[code] for code in chosen[300:]]), test=None)
            measure(make, some, [ids[code] for code in chosen[:3]])  # compile, or load from the cache
            for n in (1, max(1, len(ids) // 100)):
                cells = measure(make, data, [ids[code] for code in chosen[:n]])
                print(f"| {kind} | {name} | {n} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
