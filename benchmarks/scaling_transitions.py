"""Measure the fit of TransitionKNN against the number of events.

    python benchmarks/scaling_transitions.py                             # 1, 5 and 20 million events
    python benchmarks/scaling_transitions.py --millions 1 --items 20000

Events are generated: sequences with a geometric number of events, and items with a heavy-tailed popularity. Time is the
processor time of one thread, which depends less on other processes than the time on the clock.
"""

import argparse
import resource
import time

import numpy as np

from recokit import IdIndex, TransitionKNN
from recokit.data import Rows, Sequences


def generated(n_events: int, n_items: int, mean_length: float) -> Sequences:
    """Return about ``n_events`` generated events."""
    rng = np.random.default_rng(0)
    lengths = rng.geometric(1 / mean_length, max(1, round(n_events / mean_length)))
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    ranks = np.minimum(rng.pareto(0.8, indptr[-1]) * 200, 1e9).astype(np.int64)
    rows = Rows.from_arrays(indptr, ranks % n_items, ())
    return Sequences(IdIndex.from_range(len(lengths)), IdIndex.from_range(n_items), rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[1.0, 5.0, 20.0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--mean-length", type=float, default=20.0)
    args = parser.parse_args(arguments)
    TransitionKNN(n_threads=1).fit(generated(10_000, 100, args.mean_length))  # compiles
    print("| events | smoothing | CPU s | events/s | peak MB of the process |\n| ---: | ---: | ---: | ---: | ---: |")
    for millions in args.millions:
        events = generated(round(millions * 1e6), args.items, args.mean_length)
        for smoothing in (0.0, 5.0):
            start = time.thread_time()
            TransitionKNN(smoothing=smoothing, n_threads=1).fit(events)
            seconds = time.thread_time() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            rate = events.n_events / seconds
            print(f"| {events.n_events:,} | {smoothing:g} | {seconds:.2f} | {rate:,.0f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
