"""Measure the cleaning rules: precision and recall on planted bots, and rows per second.

``bots``: shops are generated with 5 % bots. Customers browse either at single moments, as `make_shop` generates them,
or in sessions with the given mean length and mean pause in seconds. Each row sums over seeds that were not used to
choose the defaults of `DropBots`.

``published``: users that `DropBots` removes from published logs without known bots: the customers of Online Retail, the
users of MovieLens 100K and the sessions of a sample of YooChoose, in the folder RECOKIT_DATA.

``speed``: copies of a generated shop with distinct users are cleaned by one rule at a time. The time is the best CPU
time of three runs, after a run that compiles the kernels.
"""

import argparse
import time

import pandas as pd
from _common.published_data import data_folder
from _common.shop_sessions import in_sessions

from recokit import EventLog
from recokit.datasets import make_shop
from recokit.preprocessing import ClipQuantities, DropBots, DropDuplicates, DropItems, DropMissing, KCore, NetReturns

FIRST_SEED = 5_000
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


def count_in_published() -> None:
    """Print a Markdown table of the users that are removed from published logs."""
    folder = data_folder()
    if folder is None:
        raise SystemExit("set RECOKIT_DATA to the folder of the published data sets")
    lines = pd.read_parquet(folder / "online-retail" / "online_retail.parquet")
    names = {"user": "CustomerID", "item": "StockCode", "timestamp": "InvoiceDate", "order": "InvoiceNo"}
    ratings = pd.read_csv(folder / "ml-100k" / "u.data", sep="\t", names=["user_id", "item_id", "rating", "timestamp"])
    (clicks,) = sorted((folder / "yoochoose-100k").glob("train_full*"))
    click_names = {"user": "SessionId", "item": "ItemId", "timestamp": "Time"}
    logs = {
        "Online Retail": EventLog.from_frame(lines, **names),
        "MovieLens 100K": EventLog.from_frame(ratings, time_unit="s", default_event="rating"),
        "YooChoose": EventLog.from_frame(
            pd.read_csv(clicks, sep="\t"), **click_names, time_unit="s", default_event="view"
        ),
    }
    print("| log | users | removed | reasons |")
    print("|---|--:|--:|---|")
    for name, log in logs.items():
        _, report = log.clean(DropBots())
        reasons = "; ".join(report["DropBots"].examples[2:])
        print(f"| {name} | {log.n_users:,} | {report['DropBots'].users} | {reasons} |")


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
    commands.add_parser("published")
    commands.add_parser("speed").add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    arguments = parser.parse_args()
    if arguments.command == "bots":
        score_bots(arguments.seeds)
    elif arguments.command == "published":
        count_in_published()
    else:
        time_rules(arguments.rows)


if __name__ == "__main__":
    main()
