"""Measure the time of one request, of batches, of a search and of the start, on one thread.

    python benchmarks/latency.py
    python benchmarks/latency.py --models ItemKNN SessionKNN --requests 5000
    python benchmarks/latency.py --models search start
    python benchmarks/latency.py --cpu                       # processor time, for a busy machine

Each request asks for the ten best items of one user, by id (``recommend``) or by history (``recommend_for``). Rows give
the median, the 99th percentile and the largest time of a request in milliseconds, and the time per user in batches of
1,000 users. Models are fitted to generated interactions of 50,000 users and 27,000 items, with one million events in
sessions of about 5 for models of sequences. The load average is printed, since other processes lengthen the tail.

``search`` measures queries of one to four words, with and without a typo, on 100,000 generated products. ``start``
measures new processes: the time that importing recokit adds to importing its dependencies, and the time of
`recokit.load` with the first list of a stored model, with a warm compile cache.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from search import generated, misspelt

from recokit import (
    EASE,
    TIFUKNN,
    ImplicitALS,
    Interactions,
    ItemKNN,
    ItemSearch,
    Popularity,
    Recommender,
    RP3beta,
    SessionKNN,
    TransitionKNN,
)
from recokit.data import Sequences

N_USERS, N_ITEMS, N_EVENTS = 50_000, 27_000, 2_000_000
SESSION_LENGTH, N_SESSION_EVENTS = 5, 1_000_000
N_PRODUCTS, N_STARTS = 100_000, 5

_IMPORT = """
import time, numpy, scipy.sparse, numba, sklearn.base, narwhals
start = time.{clock}()
import recokit
print(time.{clock}() - start)
"""
_LOAD = """
import sys, time, recokit
start = time.{clock}()
model = recokit.load(sys.argv[1])
model.recommend([model.interactions_.users.ids[0]])
print(time.{clock}() - start)
"""


class Model(NamedTuple):
    """A model, and whether it is fitted to sessions."""

    make: Callable[[], Recommender]
    of_sessions: bool = False


MODELS = {
    "Popularity": Model(lambda: Popularity(n_threads=1)),
    "ItemKNN": Model(lambda: ItemKNN(n_threads=1)),
    "ImplicitALS (64 factors)": Model(lambda: ImplicitALS(64, n_epochs=2, random_state=0, n_threads=1)),
    "TransitionKNN": Model(lambda: TransitionKNN(n_threads=1), of_sessions=True),
    "SessionKNN": Model(lambda: SessionKNN(n_threads=1), of_sessions=True),
    "EASE (2,000 items)": Model(lambda: EASE(n_threads=1)),
    "RP3beta": Model(lambda: RP3beta(n_threads=1)),
    "TIFUKNN": Model(lambda: TIFUKNN(n_threads=1), of_sessions=True),
}
STORED = ("ItemKNN", "ImplicitALS (64 factors)", "SessionKNN")


def draw_interactions(n_items: int, n_events: int) -> Interactions:
    """Return interactions with skewed popularity."""
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, N_USERS, n_events), (rng.random(n_events) ** 3 * n_items).astype(int)
    return Interactions.from_arrays(users, items, duplicates="sum")


def draw_sessions() -> Sequences:
    """Return sessions of items near one another, with times."""
    rng = np.random.default_rng(0)
    n_sessions = N_SESSION_EVENTS // SESSION_LENGTH
    sessions = rng.geometric(1 / SESSION_LENGTH, n_sessions).clip(2, 50)
    owners = np.repeat(np.arange(n_sessions), sessions)
    first = rng.random(n_sessions) ** 2 * N_ITEMS
    items = (first[owners] + rng.normal(0, 200, len(owners))) % N_ITEMS
    return Sequences.from_arrays(owners, items.astype(int), np.arange(len(owners)))


def fitted(name: str) -> Recommender:
    """Return a model fitted to generated data."""
    make, of_sessions = MODELS[name]
    n_items, n_events = (2_000, N_EVENTS // 4) if name.startswith("EASE") else (N_ITEMS, N_EVENTS)
    return make().fit(draw_sessions() if of_sessions else draw_interactions(n_items, n_events))


def measure(call: Callable[[Any], Any], requests: list[Any], clock: Callable[[], float]) -> np.ndarray:
    """Return the milliseconds of each request, after 100 requests that are not counted."""
    for request in requests[:100]:
        call(request)
    times = []
    for request in requests:
        start = clock()
        call(request)
        times.append(clock() - start)
    return 1000 * np.array(times)


def row_of(name: str, what: str, times: np.ndarray, per_user: float | None = None) -> str:
    """Return a row of the table."""
    numbers = [np.median(times), np.quantile(times, 0.99), times.max()]
    cells = [f"{number:.3f}" for number in numbers] + ["" if per_user is None else f"{per_user:.3f}"]
    return f"| {name} | {what} | " + " | ".join(cells) + " |"


def rows_of(name: str, model: Recommender, n_requests: int, clock: Callable[[], float]) -> list[str]:
    """Return the table rows of a fitted model."""
    rng = np.random.default_rng(1)
    users = rng.choice(model.interactions_.users.ids, n_requests).tolist()
    data = getattr(model, "sequences_", None)
    rows = model.interactions_.rows if data is None else data.rows
    ids = np.asarray(model.interactions_.items.ids)
    histories = [ids[part.codes][-20:].tolist() for part in (rows.take(np.array([user])) for user in users)]
    calls = {
        "recommend": (lambda user: model.recommend([user]), users),
        "recommend_for": (lambda history: model.recommend_for([history]), histories),
    }
    found = []
    for what, (call, requests) in calls.items():
        times = measure(call, requests, clock)
        batch = users[:1000] if what == "recommend" else histories[:1000]
        start = clock()
        (model.recommend if what == "recommend" else model.recommend_for)(batch)
        found.append(row_of(name, what, times, 1000 * (clock() - start) / len(batch)))
    return found


def search_rows(n_requests: int, clock: Callable[[], float]) -> list[str]:
    """Return the table rows of a search."""
    rng, edits = np.random.default_rng(0), random.Random(0)
    catalogue = generated(N_PRODUCTS, rng)
    titles = [catalogue["title"][place].split() for place in rng.integers(0, N_PRODUCTS, n_requests)]
    queries = [" ".join(rng.choice(words, rng.integers(1, 5), replace=False)) for words in titles]
    model = ItemSearch(n_threads=1).fit(catalogue)
    typos = [misspelt(query, edits) for query in queries]
    named = (("search", queries), ("search, one typo", typos))
    return [row_of("ItemSearch", what, measure(model.search, texts, clock)) for what, texts in named]


def start_rows(clock: Callable[[], float]) -> list[str]:
    """Return the table rows of new processes."""
    rows = [row_of("recokit", "import", started(_IMPORT, clock))]
    with tempfile.TemporaryDirectory() as folder:
        for name in STORED:
            path = os.path.join(folder, "model")
            fitted(name).save(path)
            rows.append(row_of(name, "load and first list", started(_LOAD, clock, path)))
    return rows


def started(code: str, clock: Callable[[], float], *arguments: str) -> np.ndarray:
    """Return the milliseconds that new processes print, after one process that fills the caches."""
    text = code.format(clock=clock.__name__)
    command = [sys.executable, "-W", "ignore", "-c", text, *arguments]
    seconds = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(1 + N_STARTS)]
    return 1000 * np.array(seconds[1:])


def main() -> None:
    """Measure the models and print a Markdown table."""
    every = [*MODELS, "search", "start"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=every, default=every)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--cpu", action="store_true", help="measure processor time, which other processes change less")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = time.process_time if given.cpu else time.perf_counter
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n")
    print("| model | request | median (ms) | p99 (ms) | largest (ms) | per user of 1,000 (ms) |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name in given.models:
        if name == "search":
            rows = search_rows(given.requests, clock)
        elif name == "start":
            rows = start_rows(clock)
        else:
            rows = rows_of(name, fitted(name), given.requests, clock)
        print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
