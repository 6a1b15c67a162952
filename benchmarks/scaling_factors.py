"""Time of an epoch of `SGDMatrixFactorization` against the number of ratings and of factors.

    python benchmarks/scaling_factors.py                        # 1 to 50 million ratings; 16 to 256 factors
    python benchmarks/scaling_factors.py --rows 1000000 --factors 16 64 --threads 1
    python benchmarks/scaling_factors.py --picture factors.png  # also plot both, each with the fitted line

Epochs are timed one by one, and the median is reported. The preparation before the first epoch (mostly the grid) is
given in epochs. The number of ratings varies at 64 factors, the number of factors at 10 million ratings, or else at the
largest number. There are 140 ratings per user and 10,700 items at every size. 50 million ratings take 5 GB of memory.
"""

import argparse
import json
from typing import Any

import numpy as np
from _common.generated_data import generate_ratings
from _common.sgd_epochs import fit
from numpy.polynomial import Polynomial

from recokit import Interactions

_FACTORS, _ROWS = 64, 10_000_000  # the fixed value of each while the other varies
_TITLES = {
    "ratings": "ratings",
    "users": "users",
    "factors": "factors",
    "epoch_seconds": "seconds per epoch",
    "ns_per_rating": "ns per rating",
    "preparation_epochs": "preparation, in epochs",
}


def measure(data: Interactions, n_factors: int, n_threads: int | None, n_epochs: int) -> dict[str, Any]:
    """Return the costs of an epoch for a number of factors."""
    _, descent = fit(data, n_factors=n_factors, n_epochs=n_epochs, n_threads=n_threads)
    costs = {"epoch_seconds": descent.epoch_seconds} | descent.figures()
    sizes = {"ratings": data.n_interactions, "users": data.n_users, "factors": n_factors}
    return sizes | {name: round(figure, 4) for name, figure in costs.items()}


def factors_by_rows(rows: list[int], factors: list[int]) -> dict[int, list[int]]:
    """Return the numbers of factors to measure for each number of ratings."""
    base = _ROWS if _ROWS in rows else max(rows)
    return {n: sorted({_FACTORS, *factors}) if n == base else [_FACTORS] for n in sorted(rows)}


def draw(rows: list[dict[str, Any]], path: str) -> None:
    """Plot the seconds of an epoch against the ratings and against the factors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    fixed_ratings = max({row["ratings"] for row in rows}, key=lambda n: sum(row["ratings"] == n for row in rows))
    by_ratings = [row for row in rows if row["factors"] == _FACTORS]
    by_factors = [row for row in rows if row["ratings"] == fixed_ratings]
    titles = f"{_FACTORS} factors", f"{fixed_ratings / 1e6:.3g} million ratings"
    parts = (("ratings", by_ratings), ("factors", by_factors))
    for axes, (name, part), title in zip(figure.subplots(1, 2), parts, titles, strict=True):
        sizes, seconds = ([row[key] for row in part] for key in (name, "epoch_seconds"))
        axes.plot(sizes, seconds, "o", label="an epoch")
        if len(sizes) > 1:
            line = Polynomial.fit(sizes, seconds, 1)
            axes.plot([0, max(sizes)], line(np.array([0, max(sizes)])), "--", color="grey", label="least-squares line")
        axes.set(xlabel=name, ylabel="seconds", title=title)
        axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure the epochs and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[n * 10**6 for n in (1, 2, 5, 10, 20, 50)])
    parser.add_argument("--factors", type=int, nargs="+", default=[16, 32, 64, 128, 256])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--picture", help="file of the plot; needs matplotlib")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args()
    small = Interactions.from_matrix(generate_ratings(10_000), feedback="explicit")
    measure(small, _FACTORS, options.threads, 1)  # compile, or load from the cache
    if not options.json:
        print(f"| {' | '.join(_TITLES.values())} |\n|{' ---: |' * len(_TITLES)}")
    rows = []
    for n_rows, factors in factors_by_rows(options.rows, options.factors).items():
        data = Interactions.from_matrix(generate_ratings(n_rows), feedback="explicit")
        for n_factors in factors:
            rows.append(measure(data, n_factors, options.threads, options.epochs))
            cells = [f"{value:,}" if isinstance(value, int) else f"{value:.3g}" for value in rows[-1].values()]
            print(json.dumps(rows[-1]) if options.json else f"| {' | '.join(cells)} |", flush=True)
    if options.picture:
        draw(rows, options.picture)


if __name__ == "__main__":
    main()
