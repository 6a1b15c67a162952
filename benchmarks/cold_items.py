"""Measure recommendations of cold items and for cold users.

    python benchmarks/cold_items.py                                     # all parts on all data sets
    python benchmarks/cold_items.py --parts items --datasets online-retail
    python benchmarks/cold_items.py --parts items users --n-users 3000   # random samples of users

``items``: a fifth of the items is held out entirely, with a tenth of the interactions of the others. All models know
the texts of all items. "cold" ranks only the held-out items, for the users who interacted with them; "warm" ranks the
other items; "among all" ranks all items for the same test users. Popularity of an item without interactions is the mean
number of interactions of the items with each word of its text, averaged over its words.

``users``: a fifth of the users is held out. The first 0, 1, 2, 5 or 10 items of each, in random order, are given, and
the others are to be found. The segment of a user is the country.

``constant``: `ImplicitALS` with a feature that is 1 for all items, all users or both, against none, on four data sets.
The strength of the penalty is chosen for each variant on validation data.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _common.cold_data import COLD_DATA, ColdItems, Described, hold_out_items, hold_out_users, read_described
from _common.implicit_data import load, select_users

from recokit import (
    EASE,
    ImplicitALS,
    Interactions,
    Popularity,
    Recommendations,
    Recommender,
    TfidfRecommender,
    evaluate,
)

N = 20
CONSTANT_DATA = ("movielens-1m-implicit", "amazon-toys", "online-retail", "ta-feng")
CONSTANT_METRICS = "ndcg@10", "ndcg@20", "recall@20", "map@10"
PENALTIES = 0.01, 0.02, 0.04
GIVEN = 0, 1, 2, 5, 10


def measure_items(name: str, options: argparse.Namespace) -> None:
    """Print the table of cold and warm items of a data set."""
    described = read_described(name, options.n_users, options.data_dir)
    split = hold_out_items(described.data, seed=options.seed)
    print(f"\n{name}: {split.train}, {len(split.cold_items):,} cold items, {split.cold_test.n_interactions:,} in test")
    print(
        "| model | cold NDCG@10 | NDCG@20 | Recall@20 | warm NDCG@10 | NDCG@20 | Recall@20 | cold among all | warm "
        "among all | fit s |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for label, lists in (("random order", _random_lists), ("popularity of the words", _popular_lists)):
        cold = evaluate(lists(split, described), split.cold_test, ("ndcg@10", "ndcg@20", "recall@20"))
        print(f"| {label} | {_figures(cold)} | – | – | – | – | – | – |", flush=True)
    for label, fit in _item_models(split, described, options):
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # some items have no text
            model = fit()
        print(f"| {label} | {_item_figures(model, split)} | {time.process_time() - start:.1f} |", flush=True)


def _item_models(split: ColdItems, described: Described, options: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """Yield models by name, as functions that fit them."""
    run = {"n_threads": options.n_threads}
    als = {"n_factors": options.n_factors, "user_mean_share": 0, "random_state": options.seed, **run}
    content = TfidfRecommender(**run)

    def fit_content() -> Recommender:
        return content.fit(split.train, catalogue=described.texts)

    yield "TfidfRecommender", fit_content
    words = content.interactions_.items.ids, content.item_vectors_
    yield "ImplicitALS", lambda: ImplicitALS(**als).fit(split.train)
    yield "ImplicitALS, words as features", lambda: ImplicitALS(**als).fit(split.train, item_features=words)
    yield (
        "ImplicitALS, words as features, cold_share=1",
        lambda: ImplicitALS(cold_share=1.0, **als).fit(split.train, item_features=words),
    )
    yield "EASE", lambda: EASE(**run).fit(split.train)
    yield "EASE, similar titles", lambda: EASE(**run).fit(split.train, item_similarity=content)


def _item_figures(model: Recommender, split: ColdItems) -> str:
    metrics = ("ndcg@10", "ndcg@20", "recall@20")
    cold_users, warm_users = (one.users.take(np.unique(one.user_codes)) for one in (split.cold_test, split.warm_test))
    warm = model.recommend(warm_users, N, exclude=split.cold_items, on_unknown="empty")
    cold = model.recommend(cold_users, N, candidates=split.cold_items, on_unknown="empty")
    parts = [
        _figures(evaluate(cold, split.cold_test, metrics)),
        _figures(evaluate(warm, split.warm_test, metrics)),
    ]
    for users, test in ((cold_users, split.cold_test), (warm_users, split.warm_test)):
        parts.append(_figures(evaluate(model.recommend(users, N, on_unknown="empty"), test, ("ndcg@20",))))
    return " | ".join(parts)


def _figures(result: Any) -> str:
    return " | ".join(f"{value:.4f}" for value in result.means.values())


def _random_lists(split: ColdItems, described: Described) -> Recommendations:
    """Return cold items in random order for the users of the test."""
    users = split.cold_test.users.take(np.unique(split.cold_test.user_codes))
    rng = np.random.default_rng(0)
    return Recommendations(users, np.array([rng.permutation(split.cold_items)[:N] for _ in users], dtype=object))


def _popular_lists(split: ColdItems, described: Described) -> Recommendations:
    """Return the cold items whose words have the highest mean number of interactions, the same for all users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        content = TfidfRecommender().fit(split.train, catalogue=described.texts)
    vectors, counts = content.item_vectors_, content.item_counts_
    has_word = (vectors > 0).astype(np.float64)
    is_warm = counts > 0
    of_words = (has_word[is_warm].T @ counts[is_warm]) / np.maximum(has_word[is_warm].sum(axis=0), 1)
    codes = content.interactions_.items.codes(split.cold_items)
    of_items = (has_word[codes] @ of_words) / np.maximum(has_word[codes].sum(axis=1), 1)
    users = split.cold_test.users.take(np.unique(split.cold_test.user_codes))
    best = split.cold_items[np.argsort(-of_items, kind="stable")[:N]]
    return Recommendations(users, np.array([best] * len(users), dtype=object))


def measure_users(name: str, options: argparse.Namespace) -> None:
    """Print NDCG@20 by the number of known items of a new user."""
    described = read_described(name, options.n_users, options.data_dir)
    split = hold_out_users(described.data, max(GIVEN) + 1, options.seed)
    print(f"\n{name}: {split.train}, {len(split.users):,} cold users")
    print("| model | " + " | ".join(f"{n} items" for n in GIVEN) + " |\n|---|" + "--:|" * len(GIVEN))
    for label, model, side in _user_models(split.train, described, options):
        cells = []
        for n in GIVEN:
            given = {user: split.histories[user][:n] for user in split.users}
            test = {user: split.histories[user][max(GIVEN) :] for user in split.users}
            about = {key: make(split.users) for key, make in side.items()}
            lists = model.recommend_for(given, N, on_unknown="popular", **about)
            cells.append(f"{evaluate(lists, test, ('ndcg@20',)).means['ndcg@20']:.4f}")
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def _user_models(train: Interactions, described: Described, options: argparse.Namespace) -> Iterator[Any]:
    """Yield names, fitted models, and functions from users to the arguments of ``recommend_for`` about them."""
    run = {"n_threads": options.n_threads}
    als = {"n_factors": options.n_factors, "user_mean_share": 0, "random_state": options.seed, **run}
    yield "Popularity", Popularity(**run).fit(train), {}
    segments, known = described.segments, list(train.users)
    if segments:
        model = Popularity(by={user: segments[user] for user in known}, **run).fit(train)
        yield "Popularity by country", model, {"segments": lambda users: {user: segments[user] for user in users}}
    yield "ImplicitALS", ImplicitALS(**als).fit(train), {}

    def ones(users: Any) -> dict[str, Any]:
        return {"user_id": list(users), "one": np.ones(len(users))}

    model = ImplicitALS(**als).fit(train, user_features=ones(known))
    yield "ImplicitALS, constant feature", model, {"user_features": ones}
    if segments:
        labels = sorted(set(segments.values()))

        def countries(users: Any) -> dict[str, Any]:
            own = np.array([segments[user] for user in users])
            return ones(users) | {label: (own == label).astype(float) for label in labels}

        model = ImplicitALS(**als).fit(train, user_features=countries(known))
        yield "ImplicitALS, country and constant feature", model, {"user_features": countries}
    yield "EASE", EASE(**run).fit(train), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        content = TfidfRecommender(**run).fit(train, catalogue=described.texts)
    yield "TfidfRecommender", content, {}
    yield "EASE, similar titles", EASE(**run).fit(train, item_similarity=content), {}


def measure_constant(name: str, options: argparse.Namespace) -> None:
    """Print the accuracy on the test data with a constant feature and without."""
    data = load(name, options.data_dir, options.seed)
    if options.n_users is not None:
        data = select_users(data, np.random.default_rng(0).permutation(data.train.users.ids)[: options.n_users])
    print(f"\n{name}: {data.train}")
    print(
        "| constant feature of | l2 | NDCG@10 | NDCG@20 | Recall@20 | MAP@10 | best l2 | NDCG@10 | NDCG@20 | "
        "Recall@20 | MAP@10 |\n|---|--:|" + "--:|" * 9
    )
    for kinds in ((), ("item",), ("user",), ("item", "user")):
        scores = {l2: _constant_fit(data.train_part, data.validation, kinds, l2, options) for l2 in PENALTIES}
        best = max(PENALTIES, key=lambda l2: scores[l2].means["ndcg@20"])
        default = _constant_fit(data.train, data.test, kinds, 0.01, options)
        tuned = default if best == 0.01 else _constant_fit(data.train, data.test, kinds, best, options)
        what = " and ".join(f"{kind}s" for kind in kinds) or "none"
        print(f"| {what} | 0.01 | {_figures(default)} | {best} | {_figures(tuned)} |", flush=True)


def _constant_fit(train: Interactions, test: Interactions, kinds: tuple[str, ...], l2: float, options: Any) -> Any:
    ids = {"item": train.items.ids, "user": train.users.ids}
    side = {f"{kind}_features": {f"{kind}_id": ids[kind], "one": np.ones(len(ids[kind]))} for kind in kinds}
    model = ImplicitALS(
        options.n_factors, l2=l2, user_mean_share=0, random_state=options.seed, n_threads=options.n_threads
    )
    users = test.users.take(np.unique(test.user_codes))
    lists = model.fit(train, **side).recommend(users, N, on_unknown="empty")
    return evaluate(lists, test, CONSTANT_METRICS)


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument("--parts", nargs="+", choices=("items", "users", "constant"), default=("items", "users"))
    parser.add_argument("--datasets", nargs="+", choices=sorted({*COLD_DATA, *CONSTANT_DATA}), help="(default: all)")
    parser.add_argument("--n-users", type=int, help="random sample of the users (default: all)")
    parser.add_argument("--n-factors", type=int, default=64, help="of ImplicitALS (default: 64)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-threads", type=int)
    options = parser.parse_args(arguments)
    measures = {"items": measure_items, "users": measure_users, "constant": measure_constant}
    for part in options.parts:
        for name in CONSTANT_DATA if part == "constant" else COLD_DATA:
            if options.datasets is None or name in options.datasets:
                measures[part](name, options)


if __name__ == "__main__":
    main()
