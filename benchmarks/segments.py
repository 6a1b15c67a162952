"""Quality of lists by segment of users, and recovery of planted segments.

    python benchmarks/segments.py
    python benchmarks/segments.py --data shop movielens-100k

For each data set and grouping, the table shows NDCG@10 on the test of the most popular items of all users and of each
group: without shrinkage, with the default shrinkage, which is estimated from the training data, and with the best
shrinkage of a grid on validation data. Segments are computed from events before the test. The second table compares
the segments that `UserSegments` finds in generated shops with the planted ones.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from recokit import EventLog, Interactions, Popularity, evaluate
from recokit.datasets import load_complete_journey, load_movielens_100k, load_online_retail, make_shop
from recokit.model_selection import RandomHoldOut, train_test_split
from recokit.preprocessing import UserSegments, rfm, user_features

_GRID = (0.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
_METRIC = "ndcg@10"
_SEEDS = range(5)
_Task = tuple[str, Interactions, Interactions, Any]  # name, training data, test data, groups


def _shop() -> Iterator[_Task]:
    shop = make_shop(2_000, 1_000, 200_000, segments=5, orders=True, random_state=1)
    yield from _log_tasks("shop", EventLog.from_frame(shop.events), shop.catalogue, "category")


def _complete_journey() -> Iterator[_Task]:
    journey = load_complete_journey()
    log = journey.log()
    yield from _log_tasks("complete-journey", log, journey.products, "department")
    split = log.train_test(test_size=0.2, weights={"purchase": 1})
    table = journey.demographics
    for name in ("age", "income", "household_size"):
        yield (
            f"complete-journey: {name}",
            split.train,
            split.test,
            dict(zip(table["user_id"], table[name], strict=True)),
        )


def _log_tasks(name: str, log: EventLog, catalogue: Any, category: str) -> Iterator[_Task]:
    log = log.filter(events="purchase")
    split = log.train_test(test_size=0.2, weights={"purchase": 1})
    before = log.split(test_size=0.2).train
    yield f"{name}: RFM", split.train, split.test, rfm(before).segments
    features = user_features(before, catalogue, category=category)
    for n_segments in (None, 8):
        model = UserSegments(n_segments).fit(features)
        yield f"{name}: {model.n_segments_} clusters", split.train, split.test, model.segments_


def _online_retail() -> Iterator[_Task]:
    split = load_online_retail()
    log = EventLog.from_frame(split.train.to_frame("polars").drop("value"))
    yield "online-retail: RFM", split.train, split.test, rfm(log).segments
    model = UserSegments(8).fit(user_features(log, split.items, category=None))
    yield "online-retail: 8 clusters", split.train, split.test, model.segments_


def _movielens() -> Iterator[_Task]:
    data = load_movielens_100k()
    pairs, ratings = data.ratings.to_pairs()
    liked = Interactions.from_arrays(*pairs[ratings >= 4].T, feedback="implicit")
    train, test = train_test_split(liked, RandomHoldOut(0.2, random_state=0))
    for name in ("age", "gender", "occupation"):
        column = data.users[name]
        labels = column // 10 if name == "age" else column
        yield f"movielens-100k: {name}", train, test, dict(zip(data.users["user_id"], labels, strict=True))


DATA = {
    "shop": _shop,
    "complete-journey": _complete_journey,
    "online-retail": _online_retail,
    "movielens-100k": _movielens,
}


def _score(model: Popularity, train: Interactions, test: Interactions) -> float:
    return evaluate(model.fit(train).recommend(n=10), test, [_METRIC])[_METRIC]


def compare(task: _Task) -> str:
    """Return a row of the table of lists."""
    name, train, test, groups = task
    part, validation = train_test_split(train, RandomHoldOut(0.2, random_state=1))
    best = max(_GRID, key=lambda value: _score(Popularity(by=groups, shrinkage=value), part, validation))
    models = [Popularity(), Popularity(by=groups, shrinkage=0), Popularity(by=groups)]
    scores = [_score(model, train, test) for model in [*models, Popularity(by=groups, shrinkage=best)]]
    numbers = " | ".join(f"{score:.4f}" for score in scores)
    return f"| {name} | {numbers} | {models[-1].shrinkage_:.3g} | {best:g} |"


def recover(seed: int) -> str:
    """Return a row of the table of planted segments."""
    shop = make_shop(800, 400, 80_000, segments=5, orders=True, random_state=seed)
    features = user_features(EventLog.from_frame(shop.events), shop.catalogue)
    planted = dict(zip(shop.users["user_id"].tolist(), shop.truth.segments, strict=True))
    truth = np.array([planted[user] for user in features.ids])
    given, chosen = UserSegments(5).fit(features), UserSegments().fit(features)
    regular = features["frequency"] >= 10
    scores = [
        adjusted_rand_score(truth, given.labels_),
        adjusted_rand_score(truth[regular], given.labels_[regular]),
        adjusted_rand_score(truth, chosen.labels_),
    ]
    return f"| {seed} | " + " | ".join(f"{score:.2f}" for score in scores) + f" | {chosen.n_segments_} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA), help="data sets of the first table")
    arguments = parser.parse_args()
    print(f"{_METRIC} of the most popular items\n")
    print("| groups | all users | by group, no shrinkage | default | tuned | default shrinkage | tuned shrinkage |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in arguments.data:
        for task in DATA[name]():
            print(compare(task), flush=True)
    print("\nadjusted Rand index of five planted segments of 800 users\n")
    print("| seed | 5 segments | users with 10 orders or more | number by silhouette | number |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for seed in _SEEDS:
        print(recover(seed), flush=True)


if __name__ == "__main__":
    main()
