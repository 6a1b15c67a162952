"""Update models with a stream of events, beside readers, and measure events per second and the delay of lists.

    python benchmarks/live_updates.py
    python benchmarks/live_updates.py --models Popularity ItemKNN --batch 2000 --readers 1
    python benchmarks/live_updates.py --readers 0                   # processor time of updates alone

A publisher thread collects events and calls ``partial_fit`` with batches, as fast as it can, while reader threads ask
for lists. Rows give the events per second, the seconds of one update (an event changes the lists at most two updates
after it arrives), the processor time of one update with the readers beside it, the lists per second of the readers, and
whether the final model gives the lists of a model fitted to all events at once. The last row adds the events to
`recokit.serving.UserFoldIn` instead, which leaves the model as it is; its delay is the time from an event to the next
list of its user.
"""

import argparse
import os
import threading
import time
import warnings
from collections.abc import Callable

import numpy as np

from recokit import Interactions, ItemKNN, Popularity, Recommender, SessionKNN, TransitionKNN
from recokit.data import Sequences
from recokit.serving import UserFoldIn

Events = tuple[np.ndarray, np.ndarray, np.ndarray]

MODELS: dict[str, Callable[[], Recommender]] = {
    "Popularity": Popularity,
    "ItemKNN": ItemKNN,
    "ItemKNN (cosine, shrinkage 0)": lambda: ItemKNN(similarity="cosine", shrinkage=0),
    "TransitionKNN": TransitionKNN,
    "SessionKNN": SessionKNN,
}
OF_SEQUENCES = "TransitionKNN", "SessionKNN"


class Stream:
    """Events with skewed popularity and increasing times."""

    def __init__(self, n_users: int, n_items: int) -> None:
        self.rng = np.random.default_rng(0)
        self.n_users, self.n_items, self.now = n_users, n_items, 0

    def draw(self, n: int) -> Events:
        """Return users, items and times of the next n events."""
        users = self.rng.integers(0, self.n_users, n)
        items = (self.rng.random(n) ** 2 * self.n_items).astype(int)
        times = self.now + np.arange(n)
        self.now += n
        return users, items, times


def as_data(parts: list[Events], *, in_order: bool) -> Sequences | Interactions:
    """Return events as sequences with repeats, or as interactions."""
    users, items, times = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if in_order:
        return Sequences.from_arrays(users, items, times)
    return Interactions.from_arrays(users, items, timestamps=times, duplicates="sum")


def read_until(stop: threading.Event, model: Recommender, counts: list[int]) -> None:
    """Ask for the lists of users until the event is set, and append the number of lists."""
    rng, users, n = np.random.default_rng(1), model.interactions_.users.ids, 0
    while not stop.is_set():
        lists = model.recommend(rng.choice(users, 1))
        assert len(lists) == 1
        n += 1
    counts.append(n)


def measure(name: str, given: argparse.Namespace) -> str:
    """Update a model beside readers and return its table row."""
    stream, in_order = Stream(given.users, given.items), name in OF_SEQUENCES
    parts = [stream.draw(n) for n in [given.known] + [given.batch] * given.batches]
    batches = [as_data([part], in_order=in_order) for part in parts[1:]]
    model = MODELS[name]().fit(as_data(parts[:1], in_order=in_order))
    stop, counts, seconds = threading.Event(), [], []
    readers = [threading.Thread(target=read_until, args=(stop, model, counts)) for _ in range(given.readers)]
    for reader in readers:
        reader.start()
    begin, processor = time.perf_counter(), time.process_time()
    for batch in batches:
        start = time.perf_counter()
        model.partial_fit(batch)
        seconds.append(time.perf_counter() - start)
    total, processor = time.perf_counter() - begin, (time.process_time() - processor) / given.batches
    stop.set()
    for reader in readers:
        reader.join()
    refitted = MODELS[name]().fit(as_data(parts, in_order=in_order))
    sample = refitted.interactions_.users.ids[:: max(1, given.users // 200)]
    mine, theirs = (one.recommend(sample) for one in (model, refitted))
    same = np.array_equal(mine.items, theirs.items) and np.array_equal(mine.scores, theirs.scores, equal_nan=True)
    rate = given.batch * given.batches / total
    figures = f"{rate:,.0f} | {np.median(seconds):.2f} | {processor:.2f} | {sum(counts) / total:,.0f}"
    return f"| {name} | {figures} | {'yes' if same else 'NO'} |"


def measure_fold_in(given: argparse.Namespace) -> str:
    """Add events of users and ask for their next lists; return the table row."""
    stream = Stream(given.users, given.items)
    live = UserFoldIn(ItemKNN(n_threads=1).fit(as_data([stream.draw(given.known)], in_order=False)))
    rng, seconds = np.random.default_rng(1), []
    for user in rng.integers(0, given.users, 2_000).tolist():
        start = time.perf_counter()
        live.add(user, int(rng.integers(given.items)))
        live.recommend([user])
        seconds.append(time.perf_counter() - start)
    return f"| UserFoldIn(ItemKNN) | {1 / np.mean(seconds):,.0f} | {np.median(seconds):.4f} | – | – | – |"


def main() -> None:
    """Measure the models and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--known", type=int, default=2_000_000, help="events before the stream")
    parser.add_argument("--batch", type=int, default=5_000, help="events in an update")
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {given.readers} reader(s)\n")
    print(
        "| model | events per second | seconds per update | processor seconds | lists per second | equal to a refit |"
    )
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for name in given.models:
        print(measure(name, given), flush=True)
    print(measure_fold_in(given), flush=True)


if __name__ == "__main__":
    main()
