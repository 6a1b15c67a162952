"""Time the re-ranking of lists under rules, and measure what each rule costs and gains.

    python benchmarks/rerank.py                    # 100,000 lists of 100 candidates to 10 items with six rules
    python benchmarks/rerank.py --lists 10000 --threads 1
    python benchmarks/rerank.py --effects          # two shops: NDCG lost by each rule, and the aim that it gains
    python benchmarks/rerank.py --trade-offs       # two shops: diversity against NDCG, by MMR and DPP

Times are medians of five runs after a first one that compiles. The shops are a generated one and Online Retail, which
is read from the folder that RECOKIT_DATA names.
"""

import argparse
import time
from typing import Any

import numpy as np
from _common.published_data import data_folder
from _common.rule_effects import Shop, aims, generated_shop, online_retail, trade_offs

from recokit import Recommendations
from recokit.reranking import Diversity, Exclude, InStock, Margin, MaxPer, MinShare, Rule, Where, rerank

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


def shops() -> list[Shop]:
    """Return the generated shop, and Online Retail if its file is there."""
    found, folder = [generated_shop()], data_folder()
    if folder is not None and (folder / "online-retail").is_dir():
        found.append(online_retail(folder))
    return found


def show_effects(shop: Shop) -> None:
    """Print NDCG on the test data and the aim of each rule, without and with the rule.

    The change of NDCG has the standard error of the differences by user.
    """
    plain = shop.shown([])
    users = shop.ndcg(plain)
    base = users.mean()
    print(f"\n{shop.name}: {len(plain):,} lists, NDCG@10 {base:.4f} without rules")
    print(f"{'rule':<12} {'NDCG@10':>8} {'change':>8} {'±':>5}   {'aim':<32} {'without':>8} {'with':>8}")
    for aim in aims(shop):
        lists = shop.shown([aim.rule])
        ndcg, name = shop.ndcg(lists), type(aim.rule).__name__
        name = aim.rule.by.upper() if isinstance(aim.rule, Diversity) else name
        before, after = aim.measure(plain), aim.measure(lists)
        error = np.std(ndcg - users) / np.sqrt(len(users)) / base
        cells = f"{name:<12} {ndcg.mean():>8.4f} {ndcg.mean() / base - 1:>+8.1%} {error:>5.1%}"
        print(f"{cells}   {aim.name:<32} {before:>8.3f} {after:>8.3f}")


def show_trade_offs(shop: Shop) -> None:
    """Print NDCG on the test data and two measures of diversity of MMR and DPP."""
    print(f"\n{shop.name}\n{'method':<7} {'λ':>5} {'NDCG@10':>8} {'similarity':>11} {'categories':>11}")
    for by, trade_off, ndcg, similar, distinct in trade_offs(shop):
        print(f"{by:<7} {trade_off:>5.2f} {ndcg:>8.4f} {similar:>11.3f} {distinct:>11.2f}")


def main() -> None:
    """Run the chosen measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=100_000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--effects", action="store_true")
    parser.add_argument("--trade-offs", action="store_true")
    args = parser.parse_args()
    if args.effects or args.trade_offs:
        for shop in shops():
            if args.effects:
                show_effects(shop)
            if args.trade_offs:
                show_trade_offs(shop)
    else:
        time_lists(args.lists, args.threads)


if __name__ == "__main__":
    main()
