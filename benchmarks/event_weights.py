"""Quality of models for several weights of the kinds of events: fixed ones, and those that `learn_weights` finds.

    python benchmarks/event_weights.py --seeds 0 1 2

Generated shops with views, carts and purchases are split by time. The test has the later purchases of users with an
earlier event: once only the pairs without an earlier event ("new"), and once all of them with ``exclude_seen=False``
("allowed"). It is the same for all weights, and a user without a list scores 0. The weights are learned from the events
before the cut. The figures are means over the seeds.
"""

import argparse
from collections import defaultdict

import numpy as np

from recokit import EventLog, ImplicitALS, ItemKNN, RP3beta, evaluate
from recokit.datasets import make_shop

_METRIC = "ndcg@10"
_WEIGHTS = {
    "purchases only": {"view": 0, "cart": 0, "purchase": 1},
    "equal": {"view": 1, "cart": 1, "purchase": 1},
    "1, 3 and 10": {"view": 1, "cart": 3, "purchase": 10},
    "learned": "learn",
}
_MODELS = (ItemKNN(), RP3beta(), ImplicitALS(n_factors=32))


def measure(seed: int) -> dict[tuple[str, str, str], float]:
    """Return the metric by protocol, weights and model for one shop."""
    log = EventLog.from_frame(make_shop(2_000, 1_000, 200_000, random_state=seed).events)
    found = {}
    for repeats in ("new", "allowed"):
        test = log.train_test(weights=_WEIGHTS["equal"], repeats=repeats).test
        for name, weights in _WEIGHTS.items():
            train = log.train_test(weights=weights, repeats=repeats).train
            users = [user for user in test.users if user in train.users]
            for model in _MODELS:
                lists = model.fit(train).recommend(users, n=10, exclude_seen=repeats == "new")
                found[repeats, name, type(model).__name__] = evaluate(lists, test, [_METRIC])[_METRIC]
    return found


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    values = defaultdict(list)
    for seed in options.seeds:
        for key, value in measure(seed).items():
            values[key].append(value)
    names = [type(model).__name__ for model in _MODELS]
    print(f"| test pairs | weights | {' | '.join(f'{_METRIC} {name}' for name in names)} |")
    print(f"| --- | --- | {' | '.join('---:' for _ in names)} |")
    for repeats, weights in dict.fromkeys((repeats, weights) for repeats, weights, _ in values):
        cells = [f"{np.mean(values[repeats, weights, name]):.4f}" for name in names]
        print(f"| {repeats} | {weights} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
