"""Cost against size: the nearest items of all items, from 1 million to 50 million interactions.

    python benchmarks/scaling_neighbors.py                          # 1, 2, 5, 10, 20, 50 million
    python benchmarks/scaling_neighbors.py --rows 5000000
    python benchmarks/scaling_neighbors.py --picture scaling.png    # also draw it, beside the work

The plain algorithm adds once for each two items of a user: Σ n_u², where a user has n_u items, is its work. The table
and the picture show the time beside it. Users grow with the interactions (145 each, log-normal), the 27,000 items stay.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
from _peer_data import generate_popular

from recokit import Interactions, ItemKNN

_NEIGHBORS = 100


def measure(n_rows: int, n_threads: int | None, repeats: int) -> dict[str, Any]:
    """Return the medians of fitting item neighbours to so many generated interactions."""
    data = Interactions.from_matrix(generate_popular(n_rows), feedback="implicit")
    data.transposed()
    times = []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        ItemKNN(_NEIGHBORS, n_threads=n_threads).fit(data)
        times.append((time.perf_counter() - start, time.process_time() - cpu))
    seconds, cpu_seconds = np.median(times, axis=0)
    work = float(np.sum(np.diff(data.indptr).astype(np.float64) ** 2))
    return {
        "interactions": data.n_interactions,
        "users": data.n_users,
        "work": work,
        "seconds": round(float(seconds), 3),
        "cpu_seconds": round(float(cpu_seconds), 3),
        "cpu_ns_per_pair": round(1e9 * float(cpu_seconds) / work, 4),
    }


def draw(rows: list[dict[str, Any]], path: str) -> None:
    """Draw the seconds against the interactions, beside the work, both on logarithmic axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    sizes = [row["interactions"] for row in rows]
    axes.loglog(sizes, [row["cpu_seconds"] for row in rows], "o-", label="CPU seconds of ItemKNN.fit")
    scale = rows[0]["cpu_seconds"] / rows[0]["work"]
    label = "Σ n_u², through the first point"
    axes.loglog(sizes, [scale * row["work"] for row in rows], "--", color="grey", label=label)
    axes.set(xlabel="interactions", ylabel="seconds", title=f"The {_NEIGHBORS} nearest of 27,000 items, cosine")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10**6, 2 * 10**6, 5 * 10**6, 10**7, 2 * 10**7, 5 * 10**7]
    )
    parser.add_argument("--threads", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--picture", help="a file to draw to (matplotlib)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = parser.parse_args()
    measure(20_000, options.threads, 1)  # compile, or read the cache
    if not options.json:
        print("| interactions | users | Σ n_u² | seconds | CPU seconds | CPU ns per unit of work |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    rows = []
    for n_rows in sorted(options.rows):
        row = measure(n_rows, options.threads, options.repeats)
        rows.append(row)
        cells = [f"{row['interactions']:,}", f"{row['users']:,}", f"{row['work']:.3g}", *list(row.values())[3:]]
        print(json.dumps(row) if options.json else f"| {' | '.join(map(str, cells))} |", flush=True)
    if options.picture:
        draw(rows, options.picture)


if __name__ == "__main__":
    main()
