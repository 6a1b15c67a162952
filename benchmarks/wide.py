"""Measure time and peak memory of a fit to a catalogue too wide for a dense items × items matrix.

Interactions are generated with long-tailed users and items, and each user prefers three groups of items.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

import recokit
from recokit import Interactions, Recommender
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM

MODELS: dict[str, Callable[[], Recommender]] = {"SLIM": SLIM, "RP3beta": RP3beta, "EASE": EASE}
N_GROUPS = 200


def generate(n_users: int, n_items: int, n_interactions: int, seed: int) -> Interactions:
    """Return interactions; four of five items belong to one of the user's three preferred groups."""
    rng = np.random.default_rng(seed)
    n_drawn = int(1.3 * n_interactions)  # duplicate pairs are dropped
    user_weights, item_weights = ((1 + np.arange(n)) ** -power for n, power in ((n_users, 0.5), (n_items, 0.7)))
    users = rng.choice(n_users, n_drawn, p=user_weights / user_weights.sum())
    items = rng.choice(n_items, n_drawn, p=item_weights / item_weights.sum())
    preferred = rng.integers(0, N_GROUPS, (n_users, 3))
    group = preferred[users, rng.integers(0, 3, n_drawn)]
    from_group = rng.random(n_drawn) < 0.8
    items = np.where(from_group, items - items % N_GROUPS + group, items) % n_items
    pairs = np.unique(users * np.int64(n_items) + items)
    pairs = rng.permutation(pairs)[:n_interactions]
    return Interactions.from_arrays(pairs // n_items, pairs % n_items)


def peak_mb() -> float:
    """Return the peak memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Generate interactions, fit, recommend, and print time and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(MODELS), default="SLIM")
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--interactions", type=int, default=1_500_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = MODELS[arguments.model]()
    recokit.warm_up([model])
    data = generate(arguments.users, arguments.items, arguments.interactions, arguments.seed)
    before, start, cpu = peak_mb(), time.perf_counter(), time.process_time()
    model.fit(data)
    fitted, fitted_cpu, after = time.perf_counter(), time.process_time(), peak_mb()
    model.recommend(n=20)
    listed = time.perf_counter()
    dense = 4e-9 * data.n_items**2
    print(f"{model} on {data}; a dense float32 items × items matrix would take {dense:.1f} GB")
    print(
        f"fit: {fitted - start:.1f} s, {fitted_cpu - cpu:.1f} CPU seconds; lists for all users: {listed - fitted:.1f} s"
    )
    print(
        f"peak memory: {before:,.0f} MB before the fit, {after:,.0f} MB after it, {peak_mb():,.0f} MB after the lists"
    )


if __name__ == "__main__":
    main()
