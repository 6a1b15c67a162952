"""Compare the measures of `BoughtTogether`: hide an item of each last basket, and recommend for the rest.

    python benchmarks/complements.py
    python benchmarks/complements.py --protocols ta-feng --baskets 1000

The model is fitted to the baskets before, and one random item of each last basket is hidden. The metrics are the share
of baskets whose hidden item is among the first 10 items, and the NDCG.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _common.sequence_data import Case, load_protocol

from recokit import evaluate
from recokit.sequence import BoughtTogether

PROTOCOLS = "ta-feng", "online-retail"
METRICS = ("hit_rate@10", "ndcg@10")


def hide_items(case: Case, n_baskets: int, seed: int) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
    """Return the rest of each basket of two or more items, and its hidden item."""
    rng, rows = np.random.default_rng(seed), case.targets.rows
    shown, hidden = {}, {}
    for row, user in enumerate(case.targets.users):
        items = case.targets.items.take(rows.codes[rows.indptr[row] : rows.indptr[row + 1]]).tolist()
        if len(items) > 1 and len(shown) < n_baskets:
            hidden[user] = [items.pop(rng.integers(len(items)))]
            shown[user] = items
    return shown, hidden


def main(arguments: list[str] | None = None) -> None:
    """Print a table for each protocol."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (default: RECOKIT_DATA)")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument("--baskets", type=int, default=4000, help="maximum number of baskets (default: 4000)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for name in options.protocols:
        protocol = load_protocol(name, options.data_dir)
        case = next(iter(protocol.tests.values()))
        shown, hidden = hide_items(case, options.baskets, options.seed)
        print(f"\n## {name}, {len(shown):,} last baskets\n\n| measure | shrinkage | {' | '.join(METRICS)} | fit s |")
        print("|---|--:|--:|--:|--:|")
        for measure in ("log_likelihood", "confidence", "lift"):
            for shrinkage in (0.0, 20.0):
                start = time.perf_counter()
                model = BoughtTogether(measure, shrinkage=shrinkage).fit(case.train)
                seconds = time.perf_counter() - start
                lists = model.recommend_for(shown, on_unknown="empty")
                means = evaluate(lists, hidden, METRICS).means.values()
                values = " | ".join(f"{value:.4f}" for value in means)
                print(f"| {measure} | {shrinkage:g} | {values} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
