"""Rows per second of each step from the log of events to interactions, beside the same step in Polars.

    python benchmarks/events.py                            # 1, 5 and 20 million rows, integer ids
    python benchmarks/events.py --rows 5000000 --ids string --json

The log is generated: 80 % views, 15 % carts and 5 % purchases of long-tailed items within a year. Every size runs in a
process of its own; every step runs once on 1,000 rows before it is timed. Polars uses its own threads and recokit one.
Memory is the peak growth of the process in ``from_frame`` and in ``from_parquet``, which reads a million rows at a
time, as a multiple of the frame.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from _common.memory import PeakMemory
from _common.process import call_in_new_process

from recokit import EventLog

_WEIGHTS = {"view": 1.0, "cart": 3.0, "purchase": 10.0}
_GAP_MINUTES = 30
_CUT = np.datetime64("2024-10-20", "us")


def make_frame(n_rows: int, ids: str) -> pl.DataFrame:
    """Return a generated log: a user for about 40 events, as an unsorted frame."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, max(n_rows // 40, 10), n_rows)
    items = (50_000 * rng.random(n_rows) ** 3).astype(np.int64)
    kinds = rng.choice(3, n_rows, p=[0.8, 0.15, 0.05])
    seconds = rng.integers(0, 365 * 86_400, n_rows)
    times = np.datetime64("2024-01-01", "us") + seconds.astype("timedelta64[s]")
    frame = pl.DataFrame(
        {
            "user_id": users,
            "item_id": items,
            "timestamp": times,
            "event": pl.Series(kinds.astype(np.uint32)).replace_strict({0: "view", 1: "cart", 2: "purchase"}),
            "order_id": users * 1_000 + seconds // 86_400,
            "quantity": np.ones(n_rows),
            "price": rng.integers(1, 100, n_rows).astype(np.float64),
        }
    )
    if ids == "string":
        names = [pl.format("user-{}", "user_id").alias("user_id"), pl.format("sku-{}", "item_id").alias("item_id")]
        frame = frame.with_columns(*names)
    return frame


def _recokit_steps(log: EventLog) -> dict[str, Callable[[], Any]]:
    return {
        "sessions": lambda: log.sessions(f"{_GAP_MINUTES}min"),
        "baskets": lambda: log.baskets("order"),
        "sequences": log.sequences,
        "interactions": lambda: log.interactions(_WEIGHTS),
        "split": lambda: log.split(at=_CUT),
        "train_test": lambda: log.train_test(at=_CUT, weights=_WEIGHTS, repeats="allowed"),
        "describe": log.describe,
    }


def _polars_log(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with codes of sorted ids, in the order of an EventLog."""
    codes = [(pl.col(name).rank("dense") - 1).cast(pl.Int32) for name in ("user_id", "item_id")]
    return frame.with_columns(*codes).sort("timestamp", "user_id", "item_id", "event")


def _polars_steps(log: pl.DataFrame) -> dict[str, Callable[[], Any]]:
    user, item, at = "user_id", "item_id", "timestamp"
    gap = pl.duration(minutes=_GAP_MINUTES)
    starts = (pl.col(at).diff() > gap) | (pl.col(user) != pl.col(user).shift())
    weight = pl.col("event").replace_strict(_WEIGHTS, return_dtype=pl.Float64)
    return {
        "sessions": lambda: log.sort(user, at, maintain_order=True).with_columns(
            session=starts.fill_null(True).cum_sum()
        ),
        "baskets": lambda: (
            log.filter(pl.col("event") == "purchase")
            .group_by(user, "order_id")
            .agg(pl.col(item).unique(), pl.col(at).min())
            .sort(user, at)
        ),
        "sequences": lambda: log.sort(user, at, maintain_order=True).group_by(user, maintain_order=True).agg(item, at),
        "interactions": lambda: (
            log.with_columns(value=weight)
            .group_by(user, item)
            .agg(pl.col("value").sum(), pl.col(at).max())
            .sort(user, item)
        ),
        "split": lambda: (log.filter(pl.col(at) < _CUT), log.filter(pl.col(at) >= _CUT)),
    }


class _Cost(NamedTuple):
    """Seconds on the clock, and of the processor in all threads."""

    seconds: float
    cpu: float


def _cost(step: Callable[[], Any]) -> _Cost:
    start, cpu = time.perf_counter(), time.process_time()
    step()
    return _Cost(time.perf_counter() - start, time.process_time() - cpu)


def measure(n_rows: int, ids: str) -> list[dict[str, Any]]:
    """Return the seconds of each step."""
    small = make_frame(1_000, ids)
    for step in _recokit_steps(EventLog.from_frame(small)).values():
        step()  # compile, or load from the cache
    for step in _polars_steps(_polars_log(small)).values():
        step()
    frame = make_frame(n_rows, ids)
    memory = PeakMemory()
    costs = {"from_frame": _cost(lambda: EventLog.from_frame(frame))}
    multiples = {"from_frame": round((memory.read() or 0) / frame.estimated_size(), 2)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        small.write_parquet(path)
        EventLog.from_parquet(path)
        frame.write_parquet(path)
        memory = PeakMemory()
        costs["from_parquet"] = _cost(lambda: EventLog.from_parquet(path))
        multiples["from_parquet"] = round((memory.read() or 0) / frame.estimated_size(), 2)
    log = EventLog.from_frame(frame)
    costs |= {name: _cost(step) for name, step in _recokit_steps(log).items()}
    del log
    polars = {"from_frame": _cost(lambda: _polars_log(frame))}
    polars |= {name: _cost(step) for name, step in _polars_steps(_polars_log(frame)).items()}
    return [
        {
            "rows": n_rows,
            "ids": ids,
            "step": name,
            "seconds": round(cost.seconds, 3),
            "cpu_seconds": round(cost.cpu, 3),
            "million_rows_per_s": round(n_rows / cost.seconds / 1e6, 2),
            "polars_seconds": round(polars[name].seconds, 3) if name in polars else None,
            "polars_cpu_seconds": round(polars[name].cpu, 3) if name in polars else None,
            "memory_multiple": multiples.get(name),
        }
        for name, cost in costs.items()
    ]


def main() -> None:
    """Measure the steps and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--ids", choices=["integer", "string"], nargs="+", default=["integer"])
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args()
    if not options.json:
        heading = ["rows", "ids", "step", "s", "CPU s", "million rows/s", "Polars s", "Polars CPU s", "memory / frame"]
        print(f"| {' | '.join(heading)} |")
        print(f"| ---: | --- | --- |{' ---: |' * (len(heading) - 3)}")
    for ids in options.ids:
        for n_rows in options.rows:
            for row in call_in_new_process(measure, n_rows, ids):
                cells = [
                    "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
                    for value in row.values()
                ]
                print(json.dumps(row) if options.json else f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
