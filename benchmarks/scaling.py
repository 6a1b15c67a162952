"""Cost against size: what it takes to build `Interactions` from a log of so many rows.

    python benchmarks/scaling.py                     # 1, 5 and 20 million rows, integer and string ids
    python benchmarks/scaling.py --rows 50000000 --ids integer

Each measurement runs in a process of its own. Memory is what the process held at its peak beyond what it held once its
input was there, plus the input; it is also given as a multiple of the input's columns.
"""

import argparse
import json
import multiprocessing
import time
from typing import Any

import numpy as np
from _memory import PeakMemory

from recokit import Interactions

_USERS, _ITEMS = 138_000, 27_000
_MB = 2**20


def _event_log(n_rows: int, ids: str) -> tuple[Any, Any, np.ndarray, int]:
    """Return users, items and ratings of a log with a long tail of items, and the bytes of the three columns."""
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


def _measure(n_rows: int, ids: str, connection: Any) -> None:
    Interactions.from_arrays(*_event_log(1_000, ids)[:3], duplicates="last")  # compile, or read the cache
    users, items, ratings, input_bytes = _event_log(n_rows, ids)
    memory = PeakMemory()
    start = time.perf_counter()
    data = Interactions.from_arrays(users, items, ratings, duplicates="last")
    seconds = time.perf_counter() - start
    total = input_bytes + (memory.read() or 0)
    connection.send(
        {
            "ids": ids,
            "rows": n_rows,
            "interactions": data.n_interactions,
            "seconds": round(seconds, 2),
            "peak_mb": round(total / _MB),
            "times_input": round(total / input_bytes, 2),
        }
    )


def measure(n_rows: int, ids: str) -> dict[str, Any]:
    """Return the time and memory of one build, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(n_rows, ids, there))
    process.start()
    there.close()
    result = here.recv()
    process.join()
    return result


def main() -> None:
    """Measure, and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--ids", choices=["integer", "string"], nargs="+", default=["integer", "string"])
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = parser.parse_args()
    if not options.json:
        print("| ids | rows | interactions | seconds | peak MB, input included | times the input columns |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for ids in options.ids:
        for n_rows in options.rows:
            row = measure(n_rows, ids)
            cells = [f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()]
            print(json.dumps(row) if options.json else f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
