"""Compare partial_fit of a few new interactions with a complete refit, for the neighbourhood models.

Users and items are drawn with skewed popularity. Each row gives the seconds of the first fit, of partial_fit and of a
refit to all interactions, and the number of rows with a complete neighbour search in partial_fit. Both methods must
find the same neighbours.
"""

import argparse
import time
from unittest import mock

import numpy as np

from recokit import Interactions
from recokit.neighbors import ItemKNN, UserKNN
from recokit.neighbors._index import SimilarityIndex

MODELS = {"ItemKNN": ItemKNN, "UserKNN": UserKNN}


def draw(n_users: int, n_items: int, n: int, seed: int) -> Interactions:
    """Return the distinct interactions among n random events."""
    rng = np.random.default_rng(seed)
    users, items = (rng.random(n) ** 1.5 * n_users).astype(int), (rng.random(n) ** 2.5 * n_items).astype(int)
    return Interactions.from_arrays(users, items, duplicates="max")


def measure(name: str, first: Interactions, new: Interactions) -> str:
    """Fit, update and refit a model, and return its table row."""
    searched, nearest = [], SimilarityIndex.nearest

    def record(self, queries, *arguments, **options):
        searched.append(queries.rows.n_rows)
        return nearest(self, queries, *arguments, **options)

    seconds = []
    with mock.patch.object(SimilarityIndex, "nearest", record):
        model = MODELS[name](50)
        for step in (lambda: model.fit(first), lambda: model.partial_fit(new)):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
        refitted = MODELS[name](50)
        start = time.perf_counter()
        refitted.fit(model.interactions_)
        seconds.append(time.perf_counter() - start)
    same = np.array_equal(model.neighbor_codes_, refitted.neighbor_codes_)
    timings = " | ".join(f"{duration:.2f}" for duration in seconds)
    rows = f"{sum(searched[1:-1]):,} of {len(refitted.neighbor_counts_):,}"
    sizes = f"{first.n_interactions:,} | {new.n_interactions:,}"
    return f"| {name} | {sizes} | {timings} | {rows} | {'yes' if same else 'NO'} |"


def main() -> None:
    """Measure the models and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    arguments = parser.parse_args()
    sizes = arguments.users, arguments.items
    first = draw(*sizes, arguments.events, seed=0)
    for name in arguments.models:
        measure(name, draw(200, 100, 2000, 0), draw(200, 100, 20, 1))  # compile, or load from the cache
    print("| model | interactions | new | fit, s | partial_fit, s | refit, s | rows searched | same neighbours |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    for name in arguments.models:
        for n_new in (10, 100, 1000):
            print(measure(name, first, draw(*sizes, n_new, seed=1)), flush=True)


if __name__ == "__main__":
    main()
