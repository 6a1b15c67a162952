"""Measure the cleaning rules: precision and recall on planted bots, and rows per second.

``bots``: shops are generated with 5 % bots. Customers browse either at single moments, as `make_shop` generates them,
or in sessions with the given mean length and mean pause in seconds. Each row sums over seeds that were not used to
choose the defaults of `DropBots`.

``speed``: copies of a generated shop with distinct users are cleaned by one rule at a time. The time is the best CPU
time of three runs, after a run that compiles the kernels.
"""

import argparse
import time

import numpy as np
import pandas as pd

from recokit import EventLog
from recokit.datasets import ShopData, make_shop
from recokit.preprocessing import ClipQuantities, DropBots, DropDuplicates, DropItems, DropMissing, KCore, NetReturns

FIRST_SEED = 1_000
SHOPS = {
    "small": {"n_users": 300, "n_items": 200, "n_events": 30_000},
    "sparse": {"n_users": 5_000, "n_items": 500, "n_events": 150_000},
    "dense": {"n_users": 200, "n_items": 60, "n_events": 150_000},
    "default": {},
}
BROWSING = {"moments": None, "short sessions": (4, 60.0), "sessions": (8, 25.0), "long sessions": (20, 15.0)}
RULES = (
    DropMissing(),
    DropDuplicates(),
    DropDuplicates("2s"),
    NetReturns(),
    DropBots(),
    ClipQuantities(quantile=0.999),
    DropItems(patterns="^P0000"),
    KCore(),
)


def in_sessions(shop: ShopData, mean_length: float, mean_pause: float, seed: int) -> pd.DataFrame:
    """Return the events of a shop with the events of each customer gathered in sessions.

    The length of the sessions and the pause between their events have log-normal means by customer with a standard
    deviation of 0.5. Events of bots stay.
    """
    rng = np.random.default_rng(seed)
    events = pd.DataFrame(shop.events)
    people = events[~shop.truth.is_bot].sort_values(["user_id", "timestamp"], kind="stable")
    users = people["user_id"].to_numpy()
    lengths, pauses = (mean * np.exp(rng.normal(0, 0.5, users.max() + 1)) for mean in (mean_length, mean_pause))
    is_first = np.append(True, users[1:] != users[:-1]) | (rng.random(len(users)) < 1 / np.maximum(lengths[users], 1))
    waited = np.where(is_first, 0.0, 1 + rng.exponential(pauses[users]))
    sessions, starts, total = np.cumsum(is_first) - 1, np.flatnonzero(is_first), np.cumsum(waited)
    offsets = (total - total[starts][sessions]).astype("timedelta64[s]")
    events.loc[people.index, "timestamp"] = people["timestamp"].to_numpy()[starts][sessions] + offsets
    return events


def score_bots(n_seeds: int) -> None:
    """Print a Markdown table of precision and recall."""
    print("| shop | customers browse | bots | found | precision | recall |")
    print("|---|---|--:|--:|--:|--:|")
    for shop_name, sizes in SHOPS.items():
        for browsing, session in BROWSING.items():
            n_true = n_found = n_common = 0
            for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
                shop = make_shop(**sizes, bots=0.05, random_state=seed)
                events = shop.events if session is None else in_sessions(shop, *session, seed)
                _, report = EventLog.from_frame(events).clean(DropBots())
                found = set(report.details("DropBots")["user_id"]) if report["DropBots"].users else set()
                n_true, n_found = n_true + len(shop.truth.bots), n_found + len(found)
                n_common += len(found & set(shop.truth.bots))
            precision, recall = n_common / max(n_found, 1), n_common / n_true
            print(f"| {shop_name} | {browsing} | {n_true} | {n_found} | {precision:.3f} | {recall:.3f} |", flush=True)


def large_log(n_rows: int) -> EventLog:
    """Return copies of the events of a shop, each with users of its own, of about this size together."""
    shop = make_shop(bots=0.01, returns=0.05, duplicates=0.01)
    events = pd.DataFrame(shop.events)
    n_copies = max(1, round(n_rows / len(events)))
    copies = [events.assign(user_id=events["user_id"] + 10_000 * k) for k in range(n_copies)]
    for k, copy in enumerate(copies):
        copy["order_id"] = copy["order_id"] + f"-{k}"
    return EventLog.from_frame(pd.concat(copies, ignore_index=True))


def time_rules(sizes: list[int]) -> None:
    """Print a Markdown table of the seconds and the rows per second of each rule."""
    log = large_log(400_000)
    for rule in RULES:
        log.clean(rule)
    print("| rule | rows | CPU seconds | million rows per second |")
    print("|---|--:|--:|--:|")
    for n_rows in sizes:
        log = large_log(n_rows)
        for rule in RULES:
            seconds = []
            for _ in range(3):
                start = time.process_time()
                log.clean(rule)
                seconds.append(time.process_time() - start)
            best = min(seconds)
            print(f"| `{rule!r}` | {len(log):,} | {best:.2f} | {len(log) / best / 1e6:.1f} |", flush=True)


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bots").add_argument("--seeds", type=int, default=5)
    commands.add_parser("speed").add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    arguments = parser.parse_args()
    if arguments.command == "bots":
        score_bots(arguments.seeds)
    else:
        time_rules(arguments.rows)


if __name__ == "__main__":
    main()
