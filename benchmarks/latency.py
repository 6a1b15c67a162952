"""Measure the time of one request, and of batches, on one thread.

    python benchmarks/latency.py
    python benchmarks/latency.py --models ItemKNN SessionKNN --requests 5000

Each request asks for the ten best items of one user, by id (``recommend``) or by history (``recommend_for``). Rows give
the median, the 99th percentile and the largest time of a request in milliseconds, and the time per user in batches of
1,000 users. Models are fitted to generated interactions of 50,000 users and 27,000 items, with one million events in
sessions of about 5 for models of sequences. The load average is printed, since other processes lengthen the tail.
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit import EASE, ImplicitALS, Interactions, ItemKNN, Popularity, Recommender, SessionKNN, TransitionKNN
from recokit.data import Sequences

N_USERS, N_ITEMS, N_EVENTS = 50_000, 27_000, 2_000_000
SESSION_LENGTH, N_SESSION_EVENTS = 5, 1_000_000


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
}


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


def measure(call: Callable[[Any], Any], requests: list[Any]) -> np.ndarray:
    """Return the milliseconds of each request, after 100 requests that are not counted."""
    for request in requests[:100]:
        call(request)
    times = []
    for request in requests:
        start = time.perf_counter()
        call(request)
        times.append(time.perf_counter() - start)
    return 1000 * np.array(times)


def rows_of(name: str, model: Recommender, n_requests: int) -> list[str]:
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
        times = measure(call, requests)
        batch = users[:1000] if what == "recommend" else histories[:1000]
        start = time.perf_counter()
        (model.recommend if what == "recommend" else model.recommend_for)(batch)
        per_user = 1000 * (time.perf_counter() - start) / len(batch)
        numbers = (np.median(times), np.quantile(times, 0.99), times.max(), per_user)
        found.append(f"| {name} | {what} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")
    return found


def main() -> None:
    """Measure the models and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--requests", type=int, default=2_000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n")
    print("| model | request | median (ms) | p99 (ms) | largest (ms) | per user of 1,000 (ms) |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name in given.models:
        make, of_sessions = MODELS[name]
        n_items, n_events = (2_000, N_EVENTS // 4) if name.startswith("EASE") else (N_ITEMS, N_EVENTS)
        data = draw_sessions() if of_sessions else draw_interactions(n_items, n_events)
        for row in rows_of(name, make().fit(data), given.requests):
            print(row, flush=True)


if __name__ == "__main__":
    main()
