"""Quality of hybrids and their parts: NDCG@10 with paired tests, and by the number of known items.

    python benchmarks/hybrids.py online-retail movielens-1m-implicit

Online Retail is split by time twice, as a log: the classifier and the weights are learned on purchases of the last part
of the training period, then all parts are fitted to the whole period, and tested on later purchases of users with
training items. MovieLens 1M is split at random, and so is its validation. Test items are new: no user has them in
training. Lists leave out training items. The differences between a hybrid and each part are tested by a paired
permutation test with Holm's correction. ``--curve`` cuts the histories of test users to 0, 1, 2, 5 and 10 items (the
latest, or random ones without times) and makes lists for them as for new users; the items left out stay excluded.
"""

import argparse
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from _common.implicit_data import load
from _common.published_data import data_folder, read_online_retail_sales

from recokit import (
    EASE,
    SLIM,
    CascadeHybrid,
    FallbackRecommender,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    Recommender,
    SwitchingHybrid,
    WeightedHybrid,
    compare,
    evaluate,
)
from recokit.model_selection import split_log

_METRIC = "ndcg@10"
_KNOWN = (0, 1, 2, 5, 10)


def read(name: str, seed: int) -> tuple[Interactions, Interactions, tuple[Interactions, Interactions] | None]:
    """Return training and test data, and the split of the training data to learn from; None to split at random."""
    if name != "online-retail":
        data = load(name, seed=seed)
        return data.train, data.test, (data.train_part, data.validation) if data.train.timestamps is not None else None
    log = read_online_retail_sales(data_folder())
    test = split_log(log, duplicates="max")
    return test.train, test.test, tuple(split_log(log, until=test.at, duplicates="max"))


def parts(timed: bool) -> list[tuple[str, Recommender]]:
    """Return the parts of the weighted hybrid and the cascade."""
    recent = [("popular today", Popularity(half_life=1)), ("popular lately", Popularity(half_life=10))]
    popular = recent if timed else [("popular", Popularity())]
    return [("slim", SLIM()), ("ease", EASE()), ("itemknn", ItemKNN()), ("als", ImplicitALS()), *popular]


def hybrids(timed: bool, seed: int) -> dict[str, Recommender]:
    """Return the hybrids."""
    popular = Popularity(half_life=1) if timed else Popularity()
    few = [("popular", popular), ("itemknn", ItemKNN()), ("slim", SLIM())]
    return {
        "WeightedHybrid": WeightedHybrid(parts(timed), weights="learn", random_state=seed),
        "CascadeHybrid": CascadeHybrid(parts(timed), random_state=seed),
        "SwitchingHybrid": SwitchingHybrid(few, thresholds="learn", random_state=seed),
        "FallbackRecommender": FallbackRecommender([("slim", SLIM()), ("popular", popular)]),
    }


def fit_all(train: Interactions, split: Any, seed: int) -> dict[str, Recommender]:
    """Return the fitted hybrids and parts by name."""
    fitted: dict[str, Recommender] = {}
    for name, model in hybrids(train.timestamps is not None, seed).items():
        start = time.perf_counter()
        side = {} if isinstance(model, FallbackRecommender) else {"validation": split}
        model.fit(train, **side)
        learned = getattr(model, "weights_", getattr(model, "thresholds_", getattr(model, "n_examples_", None)))
        print(f"{name}: {time.perf_counter() - start:.0f} s" + ("" if learned is None else f"; {np.round(learned, 3)}"))
        fitted[name] = model
    return {**fitted, **fitted["WeightedHybrid"].parts_}


def known_users(train: Interactions, test: Interactions) -> np.ndarray:
    """Return the users with training and test items."""
    users = test.users.take(np.flatnonzero(np.diff(test.indptr)))
    codes = train.users.codes(users)
    return users[(codes >= 0) & (np.diff(train.indptr)[codes] > 0)]


def choose(users: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return a random sample of users."""
    return np.sort(np.random.default_rng(seed).permutation(users)[:n])


def print_quality(models: Mapping[str, Recommender], users: np.ndarray, test: Interactions) -> None:
    """Print NDCG@10 of all models, and the tests of the hybrids against each part."""
    results = {}
    test = test.select(np.isin(test.users.take(test.user_codes), users))
    print(f"\n| model | {_METRIC} | seconds for {len(users):,} lists |\n| --- | ---: | ---: |")
    for name, model in models.items():
        start = time.perf_counter()
        lists = model.recommend(users, n=10)
        seconds = time.perf_counter() - start
        results[name] = evaluate(lists, test, [_METRIC])
        print(f"| {name} | {results[name][_METRIC]:.4f} | {seconds:.2f} |", flush=True)
    best = max(models["WeightedHybrid"].parts_, key=lambda name: results[name][_METRIC])
    for hybrid in ("WeightedHybrid", "CascadeHybrid"):
        print(f"\n{compare({hybrid: results[hybrid], best: results[best]})}", flush=True)
    print(f"\n{compare({'CascadeHybrid': results['CascadeHybrid'], 'WeightedHybrid': results['WeightedHybrid']})}")


def histories_of(train: Interactions, users: np.ndarray, n: int, seed: int) -> dict[Any, list[Any]]:
    """Return n items of each user: the latest ones, or random ones without times."""
    rng, ids = np.random.default_rng(seed), train.items.ids
    if train.timestamps is not None:
        rows = train.in_time_order().take(train.users.codes(users))
        return {user: ids[codes[len(codes) - n :]].tolist() for user, codes in _lists(rows, users)}
    rows = train.rows.take(train.users.codes(users))
    return {user: ids[rng.permutation(codes)[:n]].tolist() for user, codes in _lists(rows, users)}


def _lists(rows: Any, users: np.ndarray) -> list[tuple[Any, np.ndarray]]:
    bounds = rows.indptr.tolist()
    return [(user, rows.codes[bounds[k] : bounds[k + 1]]) for k, user in enumerate(users.tolist())]


def print_curve(
    models: Mapping[str, Recommender], users: np.ndarray, train: Interactions, test: Interactions, seed: int
) -> None:
    """Print NDCG@10 by the number of known items; a user without a list scores 0."""
    excluded = histories_of(train, users, train.n_items, seed)
    test = test.select(np.isin(test.users.take(test.user_codes), users))
    print(f"\n{_METRIC} of {len(users):,} users by the number of known items\n")
    print(f"| model | {' | '.join(map(str, _KNOWN))} |\n| --- | {' | '.join('---:' for _ in _KNOWN)} |")
    for name, model in models.items():
        cells = []
        for n in _KNOWN:
            lists = model.recommend_for(histories_of(train, users, n, seed), n=10, exclude=excluded)
            cells.append(f"{evaluate(lists, test, [_METRIC])[_METRIC]:.4f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the tables of each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", default=["online-retail", "movielens-1m-implicit"])
    parser.add_argument("--users", type=int, default=None, help="use a random sample of the test users")
    parser.add_argument("--curve", type=int, default=1000, help="number of users of the curve; 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name in options.data:
        train, test, split = read(name, options.seed)
        users = known_users(train, test)
        users = users if options.users is None else choose(users, options.users, options.seed)
        print(f"\n## {name}\n\ntrain {train}\ntest {test}\n")
        models = fit_all(train, split, options.seed)
        print_quality(models, users, test)
        if options.curve:
            print_curve(models, choose(users, options.curve, options.seed), train, test, options.seed)


if __name__ == "__main__":
    main()
