"""Time requests of SessionKNN by the number of sessions, on generated sessions and one thread.

python benchmarks/sessions.py                           # 20,000, 200,000 and 2,000,000 sessions
python benchmarks/sessions.py --sessions 100000 --requests 500
"""

import argparse
import time

import numpy as np

from recokit.data import Sequences
from recokit.sequence import SessionKNN

N_ITEMS = 50_000
MEAN_CLICKS = 5
TOPIC_SIZE = 200


def make_sessions(n_sessions: int, rng: np.random.Generator) -> Sequences:
    """Generate sessions: each is about one topic of 200 items, with a long tail of popularity in topics and items."""
    lengths = 1 + rng.poisson(MEAN_CLICKS - 1, n_sessions)
    topics = (rng.pareto(1.0, n_sessions) * 10).astype(np.int64) % (N_ITEMS // TOPIC_SIZE)
    events = np.repeat(np.arange(n_sessions), lengths)
    within = (rng.pareto(1.0, len(events)) * 10).astype(np.int64) % TOPIC_SIZE
    return Sequences.from_arrays(events, topics[events] * TOPIC_SIZE + within)


def time_requests(model: SessionKNN, sessions: list[list[int]]) -> np.ndarray:
    """Return the seconds of each request: the top 20 for one session."""
    seconds = []
    for session in sessions:
        history = {"visitor": session}
        start = time.perf_counter()
        model.recommend_for(history, n=20, exclude_seen=False)
        seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def make_requests(n: int, n_clicks: int, known: set[int], rng: np.random.Generator) -> list[list[int]]:
    """Generate sessions with ``n_clicks`` clicks on known items."""
    requests: list[list[int]] = []
    while len(requests) < n:
        parts = [[item for item in items if item in known] for _, items in make_sessions(1_000, rng) if items]
        requests += [(items * n_clicks)[:n_clicks] if len(items) > 3 else [] for items in parts]
        requests = [items for items in requests if items]
    return requests[:n]


def main() -> None:
    """Print a row for each number of sessions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[20_000, 200_000, 2_000_000])
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--clicks", type=int, default=10, help="clicks in the session of a request")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    print("| Sessions | Events | Fit s | Request ms, median | Request ms, p99 |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for n_sessions in args.sessions:
        data = make_sessions(n_sessions, rng)
        requests = make_requests(args.requests, args.clicks, set(data.items), rng)
        model = SessionKNN(n_threads=1).fit(data)  # compiles
        start = time.perf_counter()
        model.fit(data)
        fit_seconds = time.perf_counter() - start
        time_requests(model, requests[:20])
        median, high = np.percentile(1_000 * time_requests(model, requests), [50, 99])
        print(f"| {n_sessions:,} | {data.n_events:,} | {fit_seconds:.1f} | {median:.2f} | {high:.2f} |", flush=True)


if __name__ == "__main__":
    main()
