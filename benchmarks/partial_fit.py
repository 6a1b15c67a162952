"""Measure what partial_fit of few new interactions takes, against a fit to all, for the neighbourhood models.

Users and items are drawn with skewed popularity. A line tells the seconds of the fit to what was there before, of
partial_fit, and of a refit to all; and of how many rows partial_fit has sought all neighbours anew. Both ways must give
the same neighbours.
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
    """Return n events, of which the repeated ones count once."""
    rng = np.random.default_rng(seed)
    users, items = (rng.random(n) ** 1.5 * n_users).astype(int), (rng.random(n) ** 2.5 * n_items).astype(int)
    return Interactions.from_arrays(users, items, duplicates="max")


def line(name: str, first: Interactions, more: Interactions) -> str:
    """Fit, learn more, fit again, and tell what each took."""
    asked, nearest = [], SimilarityIndex.nearest

    def note(self, queries, *arguments, **options):
        asked.append(queries.rows.n_rows)
        return nearest(self, queries, *arguments, **options)

    seconds = []
    with mock.patch.object(SimilarityIndex, "nearest", note):
        model = MODELS[name](50)
        for step in (lambda: model.fit(first), lambda: model.partial_fit(more)):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
        again = MODELS[name](50)
        start = time.perf_counter()
        again.fit(model.interactions_)
        seconds.append(time.perf_counter() - start)
    same = np.array_equal(model.neighbor_codes_, again.neighbor_codes_)
    told = " | ".join(f"{taken:.2f}" for taken in seconds)
    rows = f"{sum(asked[1:-1]):,} of {len(again.neighbor_counts_):,}"
    return (
        f"| {name} | {first.n_interactions:,} | {more.n_interactions:,} | {told} | {rows} | {'yes' if same else 'NO'} |"
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    arguments = parser.parse_args()
    sizes = arguments.users, arguments.items
    first = draw(*sizes, arguments.events, seed=0)
    for name in arguments.models:
        line(name, draw(200, 100, 2000, 0), draw(200, 100, 20, 1))  # compiles
    print("| model | interactions | new | fit, s | partial_fit, s | refit, s | rows sought anew | same neighbours |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    for name in arguments.models:
        for n_new in (10, 100, 1000):
            print(line(name, first, draw(*sizes, n_new, seed=1)), flush=True)


if __name__ == "__main__":
    main()
