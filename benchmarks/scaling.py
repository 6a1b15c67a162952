"""Time and memory of building `Interactions` or an `EventLog` from event logs of growing size.

    python benchmarks/scaling.py                     # 1, 5 and 20 million rows, integer and string ids
    python benchmarks/scaling.py --rows 50000000 --ids integer
    python benchmarks/scaling.py --build log         # EventLog, with times, kinds and prices; see also events.py

Each measurement runs in a separate process. Memory is the peak growth of the process during the build plus the size of
the input columns; it is also given as a multiple of that size.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
from _common.memory import PeakMemory
from _common.process import call_in_new_process

from recokit import EventLog, Interactions

_USERS, _ITEMS = 138_000, 27_000
_MB = 2**20


def _event_log(n_rows: int, ids: str) -> tuple[Any, Any, np.ndarray, int]:
    """Return users, long-tailed items and ratings of a log, and the bytes of the three columns."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, _USERS, n_rows)
    items = (_ITEMS * rng.random(n_rows) ** 3).astype(np.int64) * 7919
    ratings = rng.integers(1, 6, n_rows).astype(np.float32)
    if ids == "integer":
        return users, items, ratings, users.nbytes + items.nbytes + ratings.nbytes
    user_names = np.array([f"user-{code:08d}" for code in range(_USERS)], dtype=object)
    item_names = np.array([f"sku-{code:010d}" for code in range(_ITEMS)], dtype=object)
    columns = user_names[users], item_names[items // 7919]
    return *columns, ratings, sum(column.nbytes for column in columns) + ratings.nbytes


def _measure_log(n_rows: int, ids: str) -> dict[str, Any]:
    """Return the time and memory of building an EventLog."""

    def columns(n: int) -> dict[str, Any]:
        users, items, prices, _ = _event_log(n, ids)
        rng = np.random.default_rng(1)
        times = np.datetime64("2024-01-01", "s") + rng.integers(0, 365 * 86_400, n).astype("timedelta64[s]")
        kinds = np.array(["cart", "purchase", "view"], dtype=object)[rng.choice(3, n, p=[0.15, 0.05, 0.8])]
        return {"user_id": users, "item_id": items, "timestamp": times, "event": kinds, "price": prices}

    EventLog.from_frame(columns(1_000))  # compile, or load from the cache
    frame = columns(n_rows)
    input_bytes = sum(column.nbytes for column in frame.values())
    memory = PeakMemory()
    start = time.perf_counter()
    log = EventLog.from_frame(frame)
    return _figures(ids, n_rows, len(log), time.perf_counter() - start, input_bytes, memory)


def _measure(n_rows: int, ids: str) -> dict[str, Any]:
    """Return the time and memory of building Interactions."""
    Interactions.from_arrays(*_event_log(1_000, ids)[:3], duplicates="last")  # compile, or load from the cache
    users, items, ratings, input_bytes = _event_log(n_rows, ids)
    memory = PeakMemory()
    start = time.perf_counter()
    data = Interactions.from_arrays(users, items, ratings, duplicates="last")
    return _figures(ids, n_rows, data.n_interactions, time.perf_counter() - start, input_bytes, memory)


def _figures(
    ids: str, n_rows: int, n_built: int, seconds: float, input_bytes: int, memory: PeakMemory
) -> dict[str, Any]:
    total = input_bytes + (memory.read() or 0)
    return {
        "ids": ids,
        "rows": n_rows,
        "interactions": n_built,
        "seconds": round(seconds, 2),
        "peak_mb": round(total / _MB),
        "times_input": round(total / input_bytes, 2),
    }


def main() -> None:
    """Measure the builds and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--ids", choices=["integer", "string"], nargs="+", default=["integer", "string"])
    parser.add_argument("--build", choices=["interactions", "log"], default="interactions")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args()
    if not options.json:
        print("| ids | rows | interactions or events | seconds | peak MB including input | multiple of input |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for ids in options.ids:
        for n_rows in options.rows:
            row = call_in_new_process(_measure_log if options.build == "log" else _measure, n_rows, ids)
            cells = [f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()]
            print(json.dumps(row) if options.json else f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
