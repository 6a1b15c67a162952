"""Time of finding the nearest items of all items, from 1 to 50 million interactions.

    python benchmarks/scaling_neighbors.py                          # 1, 2, 5, 10, 20, 50 million
    python benchmarks/scaling_neighbors.py --rows 5000000
    python benchmarks/scaling_neighbors.py --picture scaling.png    # also plot the time and the work

The work of the plain algorithm is one addition for each pair of items of a user: Σ n_u² for users with n_u items. The
table and the plot compare the time with this work. There are 145 interactions per user on average (log-normal) and
27,000 items at every size.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
from _common.algorithms import TEXTBOOK_COSINE
from _common.generated_data import generate_popular

from recokit import Interactions, ItemKNN

_NEIGHBORS = 100


def measure(n_rows: int, n_threads: int | None, repeats: int) -> dict[str, Any]:
    """Return the median time of fitting item neighbours to generated interactions."""
    data = Interactions.from_matrix(generate_popular(n_rows), feedback="implicit")
    data.transposed()
    times = []
    for _ in range(repeats):
        start, cpu_start = time.perf_counter(), time.process_time()
        ItemKNN(_NEIGHBORS, **TEXTBOOK_COSINE, n_threads=n_threads).fit(data)
        times.append((time.perf_counter() - start, time.process_time() - cpu_start))
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
    """Plot CPU seconds and work against the interactions on logarithmic axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    sizes = [row["interactions"] for row in rows]
    axes.loglog(sizes, [row["cpu_seconds"] for row in rows], "o-", label="CPU seconds of ItemKNN.fit")
    scale = rows[0]["cpu_seconds"] / rows[0]["work"]
    label = "Σ n_u², scaled to the first point"
    axes.loglog(sizes, [scale * row["work"] for row in rows], "--", color="grey", label=label)
    axes.set(xlabel="interactions", ylabel="seconds", title=f"{_NEIGHBORS} nearest of 27,000 items, cosine")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure the fits and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10**6, 2 * 10**6, 5 * 10**6, 10**7, 2 * 10**7, 5 * 10**7]
    )
    parser.add_argument("--threads", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--picture", help="file of the plot; needs matplotlib")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args()
    measure(20_000, options.threads, 1)  # compile, or load from the cache
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
