"""Gain of one model for two platforms over a model of one platform, by the length of the history on that platform.

    python benchmarks/platforms.py                      # Online Retail (RECOKIT_DATA) and a generated shop
    python benchmarks/platforms.py --data shop --seeds 0 1 2 3 4

The purchases of each user are divided at random into an app and a web site, with other ids on the web site, and the two
logs are joined again by a map of users and a map of items. The test has the purchases on the app after the cut that are
new on both platforms, of users with a history on one of them. The model "app" is fitted to the purchases on the app,
and "joint" to all; the weight of the web site is chosen on a validation window before the cut. Users without a history
on the app get its popular items. Users are grouped by their number of items on the app before the cut; the users of all
seeds count. The interval is a 95 % bootstrap interval of the mean difference over users.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from _common.published_data import data_folder

from recokit import EventLog, Interactions, ItemKNN, evaluate
from recokit.datasets import make_shop

_METRIC = "ndcg@10"
_WEB_WEIGHTS = (0.25, 0.5, 1.0)
_GROUPS = {"0 items": (0, 0), "1 to 2": (1, 2), "3 to 9": (3, 9), "10 or more": (10, np.inf), "all": (0, np.inf)}


def read_retail() -> EventLog:
    """Return the sales of Online Retail to known customers."""
    folder = data_folder()
    if folder is None:
        raise FileNotFoundError("no published data: set RECOKIT_DATA to the folder of online-retail/")
    path = folder / "online-retail" / "online_retail.parquet"
    names = {"user": "CustomerID", "item": "StockCode", "timestamp": "InvoiceDate"}
    log = EventLog.from_parquet(path, **names, quantity="Quantity", price="UnitPrice")
    return log.take((log.user_codes >= 0) & (log.quantities > 0) & (log.prices > 0))


def read_shop(seed: int) -> EventLog:
    """Return the purchases of a generated shop."""
    return EventLog.from_frame(make_shop(3_000, 1_500, 300_000, random_state=seed).events).filter(events="purchase")


def divide(log: EventLog, seed: int) -> EventLog:
    """Divide the events of each user between two platforms with other ids, and join the logs by maps.

    The share of a user's events on the app is uniform between 0 and 1.
    """
    rng = np.random.default_rng(seed)
    on_app = rng.random(len(log)) < rng.random(log.n_users)[log.user_codes]
    users, items = (
        [f"{kind}{n}" for n in rng.permutation(len(index))] for kind, index in (("u", log.users), ("i", log.items))
    )
    web = log.take(~on_app, keep_ids=True)
    columns = {"user_id": np.array(users, dtype=object)[web.user_codes], "timestamp": web.times}
    columns["item_id"] = np.array(items, dtype=object)[web.item_codes]
    app = log.take(on_app).with_columns(quantities=None, prices=None)
    maps = {"users": {"app": list(log.users), "web": users}, "items": {"app": list(log.items), "web": items}}
    return EventLog.concat({"app": app, "web": EventLog.from_frame(columns)}, **maps)


def _new_pairs(test: Interactions, train: Interactions) -> Interactions:
    """Return the test pairs that are not in the training data."""
    known = set(
        zip(
            *(codes.tolist() for codes in (train.users.take(train.user_codes), train.items.take(train.item_codes))),
            strict=True,
        )
    )
    users, items = test.users.take(test.user_codes).tolist(), test.items.take(test.item_codes).tolist()
    return test.select(np.array([pair not in known for pair in zip(users, items, strict=True)], dtype=bool))


def _per_user(train: Interactions, test: Interactions, popular: list[Any]) -> dict[Any, float]:
    """Return the metric of each test user for a model of the training data."""
    model = ItemKNN().fit(train)
    known = [user for user in test.users if user in train.users]
    lists = {user: [item for item, _ in model.recommend(user, n=10)[user]] for user in known}
    lists |= {user: popular for user in test.users if user not in lists}
    result = evaluate(lists, test, [_METRIC])
    return dict(zip(result.users.tolist(), result.per_user[_METRIC].tolist(), strict=True))


def compare(joined: EventLog, at: Any, web_weights: Iterator[float] | tuple[float, ...]) -> dict[Any, dict[Any, float]]:
    """Return the metric of each test user for the model of the app and, by weight of the web site, the joint models."""
    app = joined.filter(sources="app")
    split = app.train_test(at=at, repeats="allowed", new_users=True)
    joint = {weight: joined.interactions(at=at, sources={"app": 1.0, "web": weight}) for weight in web_weights}
    test = _new_pairs(split.test, joint[next(iter(joint))])
    known = joint[next(iter(joint))].users.codes(test.users) >= 0
    test = test.select(known[test.user_codes])
    counts = np.bincount(split.train.item_codes)
    popular = split.train.items.take(np.argsort(-counts, kind="stable")[:10]).tolist()
    scores = {"app": _per_user(split.train, test, popular)}
    scores |= {weight: _per_user(train, test, popular) for weight, train in joint.items()}
    lengths = dict(zip(split.train.users, split.train.rows.lengths.tolist(), strict=True))
    return {**scores, "items": {user: lengths.get(user, 0) for user in scores["app"]}}


def measure(log: EventLog, seed: int) -> tuple[float, np.ndarray]:
    """Return the weight of the web site, and the items on the app and both metrics of each test user."""
    joined = divide(log, seed)
    at = joined.train_test(repeats="allowed", new_users=True).at
    past = joined.between(None, at)
    validated = compare(past, past.train_test(repeats="allowed", new_users=True).at, _WEB_WEIGHTS)
    best = max(_WEB_WEIGHTS, key=lambda weight: np.mean(list(validated[weight].values())))
    scores = compare(joined, at, (best,))
    return best, np.array([list(scores[name].values()) for name in ("items", "app", best)])


def rows_of_groups(weights: list[float], users: np.ndarray) -> list[list[str]]:
    """Return a row of the table for each group of users."""
    (lengths, alone, joint), rng, rows = users, np.random.default_rng(0), []
    for name, (low, high) in _GROUPS.items():
        chosen = (lengths >= low) & (lengths <= high)
        if not np.any(chosen):
            continue
        gains = (joint - alone)[chosen]
        means = [gains[rng.integers(0, len(gains), len(gains))].mean() for _ in range(2_000)]
        low_gain, high_gain = np.quantile(means, [0.025, 0.975])
        shown = [f"{value.mean():.4f}" for value in (alone[chosen], joint[chosen], gains)]
        interval = f"{low_gain:+.4f} to {high_gain:+.4f}"
        rows.append([", ".join(map(str, weights)), name, f"{len(gains):,}", *shown, interval])
    return rows


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", choices=["online-retail", "shop"], nargs="+", default=["online-retail", "shop"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    print(f"| data | weights of the web site | items on the app | users | {_METRIC} app | joint | gain | interval |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | --- |")
    for name in options.data:
        measured = [measure(read_retail() if name == "online-retail" else read_shop(s), s) for s in options.seeds]
        for row in rows_of_groups([weight for weight, _ in measured], np.hstack([users for _, users in measured])):
            print(f"| {name} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
