"""Measure the first use of each model: import, fit and lists for all users, on small data in a new process.

`ItemSearch` is fitted to the titles of the items and answers three queries; `rerank` applies three rules to the lists
of `Popularity`.

    python benchmarks/first_use.py
    python benchmarks/first_use.py SLIM ItemKNN --users 500 --items 300

Each model runs twice. The first process finds an empty compile cache; the second finds the cache of the first. The
table shows seconds of processor time (user and system time of the process), which depend little on other processes,
and the seconds by the clock.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

MODELS = {
    "Popularity": ("implicit",),
    "BiasBaseline": ("explicit",),
    "UserKNN": ("explicit", "implicit"),
    "ItemKNN": ("explicit", "implicit"),
    "RP3beta": ("implicit",),
    "EASE": ("implicit",),
    "SLIM": ("implicit",),
    "SGDMatrixFactorization": ("explicit",),
    "BPR": ("implicit",),
    "ImplicitALS": ("implicit",),
    "PureSVD": ("implicit",),
    "TfidfRecommender": ("implicit",),
    "ContentRecommender": ("implicit",),
    "TransitionKNN": ("implicit",),
    "SLIST": ("implicit",),
    "SessionKNN": ("implicit",),
    "RepeatFrequency": ("implicit",),
    "TIFUKNN": ("implicit",),
    "BoughtTogether": ("implicit",),
    "WeightedHybrid": ("implicit",),
    "SwitchingHybrid": ("implicit",),
    "CascadeHybrid": ("implicit",),
    "FallbackRecommender": ("implicit",),
    "ItemSearch": ("none",),
    "rerank": ("implicit",),
}

_START = """
import json, resource, sys, time

name, feedback, n_users, n_items = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
start = time.perf_counter()
import numpy as np
import recokit

rng = np.random.default_rng(0)
users, items = np.nonzero(rng.random((n_users, n_items)) < 15 / n_items)
ratings = rng.integers(1, 6, len(users))
if feedback == "explicit":
    data = recokit.Interactions.from_arrays(users, items, ratings)
else:
    data = recokit.Interactions.from_arrays(users, items, timestamps=np.arange(len(users)))
titles = [f"word{item % 7} word{item % 11} item{item}" for item in range(n_items)]
"""

_RECOMMEND = """
model = getattr(recokit, name)()
with_titles = name in ("TfidfRecommender", "ContentRecommender")
model.fit(data, **({"catalogue": dict(enumerate(titles))} if with_titles else {}))
model.recommend(n=10)
"""

_SEARCH = """
from recokit.search import ItemSearch

search = ItemSearch().fit({"item_id": list(range(n_items)), "title": titles})
search.search("word1 item8")
search.search(["wrod2", "word3 ite"])
"""

_RERANK = """
from recokit.reranking import Boost, MaxPer, MinShare, Where, rerank

brands = [f"b{item % 7}" for item in range(n_items)]
rules = [MaxPer("brand", 2), Boost(Where("brand", "==", "b1"), 0.2), MinShare(Where("brand", "==", "b2"), 0.1)]
lists = recokit.Popularity().fit(data).recommend(n=50)
rerank(lists, rules, {"item_id": list(range(n_items)), "brand": brands})
"""

_STOP = """
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, time.perf_counter() - start]))
"""

_USES = {"ItemSearch": _SEARCH, "rerank": _RERANK}


class Seconds(NamedTuple):
    """Seconds of processor time and by the clock."""

    processor: float
    clock: float


def first_use(name: str, feedback: str, n_users: int, n_items: int, cache: str) -> Seconds:
    """Return the seconds of a new process that imports recokit, fits a model and recommends to all users.

    Raises
    ------
    RuntimeError
        The process failed; the message is its output.
    """
    code = _START + _USES.get(name, _RECOMMEND) + _STOP
    command = [sys.executable, "-c", code, name, feedback, str(n_users), str(n_items)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NUMBA_CACHE_DIR": cache})
    if done.returncode != 0:
        raise RuntimeError(f"{name}, {feedback}: {done.stderr}")
    return Seconds(*json.loads(done.stdout))


def cold_and_warm(name: str, feedback: str, n_users: int, n_items: int) -> tuple[Seconds, Seconds]:
    """Return the seconds with an empty compile cache, and with the cache of that run."""
    with tempfile.TemporaryDirectory() as cache:
        cold = first_use(name, feedback, n_users, n_items, cache)
        return cold, first_use(name, feedback, n_users, n_items, cache)


def _rule(widths: tuple[int, ...]) -> str:
    return " ".join("=" * width for width in widths)


def _print_table(rows: list[tuple[Any, ...]]) -> None:
    titles = ("model", "feedback", "cold", "warm", "cold, clock", "warm, clock")
    widths = tuple(max(len(str(row[k])) for row in [titles, *rows]) for k in range(len(titles)))
    print(_rule(widths))
    for row in (titles, *rows):
        print(" ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if row is titles:
            print(_rule(widths))
    print(_rule(widths))


def main() -> None:
    """Measure the models and print a table in reStructuredText."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", metavar="model", help=f"some of {', '.join(MODELS)}; default: all")
    parser.add_argument("--users", type=int, default=200, help="default: 200")
    parser.add_argument("--items", type=int, default=100, help="default: 100")
    options = parser.parse_args()
    unknown = set(options.models) - set(MODELS)
    if unknown:
        parser.error(f"unknown model {', '.join(sorted(unknown))}: expected some of {', '.join(MODELS)}")
    rows: list[tuple[Any, ...]] = []
    for name in options.models or MODELS:
        for feedback in MODELS[name]:
            cold, warm = cold_and_warm(name, feedback, options.users, options.items)
            figures = (cold.processor, warm.processor, cold.clock, warm.clock)
            rows.append((f"`{name}`", feedback, *(f"{figure:.1f}" for figure in figures)))
            print(*rows[-1], file=sys.stderr, flush=True)
    _print_table(rows)


if __name__ == "__main__":
    main()
