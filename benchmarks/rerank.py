"""Time the re-ranking of lists under rules, and measure what each rule costs and gains.

    python benchmarks/rerank.py                    # 100,000 lists of 100 candidates to 10 items with six rules
    python benchmarks/rerank.py --lists 10000 --threads 1
    python benchmarks/rerank.py --effects          # a generated shop: NDCG lost and exposure gained by each rule

Times are medians of five runs after a first one that compiles.
"""

import argparse
import time
from typing import Any

import numpy as np

from recokit import ItemKNN, Recommendations, evaluate
from recokit.datasets import make_shop
from recokit.reranking import (
    Boost,
    Calibrate,
    Diversity,
    Exclude,
    Freshness,
    InStock,
    Margin,
    MaxPer,
    MinShare,
    Rule,
    Where,
    rerank,
)

N_ITEMS, N_CANDIDATES, N = 20_000, 100, 10


def six_rules() -> list[Rule]:
    """Return one rule of each kind: hard rules, a bonus, a quota and diversity."""
    return [
        Exclude(Where("price", ">", 95)),
        InStock(),
        MaxPer("brand", 2),
        MinShare(Where("is_new", "==", True), 0.2),
        Margin("margin", 0.1),
        Diversity(0.3, columns=("category",)),
    ]


def generate(n_lists: int, rng: np.random.Generator) -> tuple[Recommendations, dict[str, Any]]:
    """Generate lists with a long tail of popular items, and a catalogue."""
    catalogue = {
        "item_id": np.arange(N_ITEMS),
        "brand": rng.integers(0, 300, N_ITEMS),
        "category": rng.integers(0, 40, N_ITEMS),
        "price": 100 * rng.random(N_ITEMS),
        "margin": rng.random(N_ITEMS),
        "stock": rng.poisson(3, N_ITEMS),
        "is_new": rng.random(N_ITEMS) < 0.1,
    }
    first = (N_ITEMS * rng.random(n_lists) ** 2).astype(np.int64)
    items = (first[:, None] + np.cumsum(rng.integers(1, 150, (n_lists, N_CANDIDATES)), axis=1)) % N_ITEMS
    scores = -np.sort(-rng.random((n_lists, N_CANDIDATES)), axis=1)
    return Recommendations(np.arange(n_lists), items, scores), catalogue


def time_lists(n_lists: int, n_threads: int | None) -> None:
    """Print the time of one call for all lists."""
    lists, catalogue = generate(n_lists, np.random.default_rng(0))
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        rerank(lists, six_rules(), catalogue, N, n_threads=n_threads)
        seconds.append(time.perf_counter() - start)
    print(f"{n_lists:,} lists of {N_CANDIDATES} candidates to {N}, six rules: {np.median(seconds[1:]):.2f} s")


def show_effects() -> None:
    """Print the report of rules on a generated shop, and the NDCG of diversified lists on the test data."""
    shop = make_shop()
    split = shop.temporal_split()
    lists = ItemKNN().fit(split.train).recommend(n=N_CANDIDATES, on_unknown="empty")
    newest = np.quantile(shop.catalogue["added_at"].astype(np.int64), 0.8).astype("datetime64[ms]")
    rules: list[Rule] = [
        MaxPer("brand", 2),
        MinShare(Where("added_at", ">=", newest), 0.2),
        Boost(Where("price", ">", 50), 1.2),
        Freshness(half_life=60.0),
        Calibrate("category", 0.3),
        Diversity(0.3, columns=("category", "brand")),
    ]
    shown = rerank(lists, rules, shop.catalogue, N, context={"history": split.train})
    print(shown.report())
    print(f"\n{'rules':<28} NDCG@10 on the test   categories per list")
    trade_offs: list[list[Rule]] = [[]]
    trade_offs += [
        [Diversity(t, by, ("category", "brand"))] for by in ("mmr", "dpp") for t in (0.1, 0.2, 0.3, 0.5, 0.7)
    ]
    for chosen in [*trade_offs, rules]:
        found = rerank(lists, chosen, shop.catalogue, N, context={"history": split.train})
        ndcg = evaluate(found, split.test, ["ndcg@10"]).means["ndcg@10"]
        category = dict(zip(shop.catalogue["item_id"].tolist(), shop.catalogue["category"].tolist(), strict=True))
        distinct = np.mean([len({category[item] for item, _ in one}) for _, one in found if one])
        first = chosen[0] if chosen else None
        name = (
            "all six"
            if len(chosen) > 1
            else f"{first.by} {first.trade_off}"
            if isinstance(first, Diversity)
            else "none"
        )
        print(f"{name:<28} {ndcg:.4f}                {distinct:.2f}")


def main() -> None:
    """Run the chosen measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=100_000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--effects", action="store_true")
    args = parser.parse_args()
    if args.effects:
        show_effects()
    else:
        time_lists(args.lists, args.threads)


if __name__ == "__main__":
    main()
