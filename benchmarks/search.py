"""Measure the quality and the speed of the search for items, beside bm25s.

    python benchmarks/search.py                     # NDCG@10 on Icecat and the Retail Demo Store
    python benchmarks/search.py --draws 20          # more misspellings of each query
    python benchmarks/search.py --speed             # 100,000 generated products, one thread
    python benchmarks/search.py --speed --items 10000

The data sets are read from the folder in ``RECOKIT_DATA``. "judged" ranks the judged products of each query among
themselves; "whole" takes the first ten of the catalogue, where a product without a judgment is not relevant. The gain
is 2^grade − 1, and queries without a relevant product are left out. Times of a query are processor
times on one thread.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _common.published_data import data_folder
from _common.search_data import (
    LETTERS,
    Judged,
    SearchTask,
    bm25s_search,
    misspelt,
    read_icecat,
    read_retail_demo_store,
)

from recokit import ItemSearch
from recokit._runtime.text import text_table

N_HALVES = 1000


def own_search(model: ItemSearch) -> Any:
    """Return the search of a fitted model, as `Judged.of` calls it."""

    def search(query: str, candidates: Sequence[Any] | None) -> list[Any]:
        lists = model.search([query], candidates=candidates)
        return lists.items[0, : lists.counts[0]].tolist()

    return search


def row(name: str, found: Judged, reference: Judged | None = None) -> list[str]:
    """Return a row of the table; a reference adds the share of its NDCG."""
    cells = [name, f"{found.judged.mean():.4f}", f"{found.whole.mean():.4f}"]
    if reference is None:
        return [*cells, "", ""]
    shares = (one.mean() / other.mean() for one, other in zip(found, reference, strict=True))
    return [*cells, *(f"{share:.1%}" for share in shares)]


def misspelt_rows(search: Any, task: SearchTask, right: Judged, n_draws: int) -> list[list[str]]:
    """Return the rows of misspelt queries: all, and those with only words of four letters or more."""
    draws = []
    for seed in range(n_draws):
        rng = random.Random(seed)
        draws.append(Judged.of(search, task, {query: misspelt(query, rng) for query in task.judgments}))
    mean = Judged(*(np.mean(values, axis=0) for values in zip(*draws, strict=True)))
    is_long = np.array([min(map(len, query.split())) >= 4 for query in task.judgments])
    rows = [row(f"ItemSearch, one typo ({n_draws} draws)", mean, right)]
    if 0 < is_long.sum() < len(is_long):
        some = [Judged(*(values[is_long] for values in one)) for one in (mean, right)]
        rows.append(row(f"… {is_long.sum()} queries of words of 4 letters or more", *some))
    return rows


def halves(found: Judged) -> str:
    """Return the mean NDCG over random halves of the queries, and its range."""
    rng, n = np.random.default_rng(0), len(found.judged)
    chosen = [rng.permutation(n)[: n // 2] for _ in range(N_HALVES)]
    parts = []
    for name, values in zip(found._fields, found, strict=True):
        means = [values[half].mean() for half in chosen]
        low, high = np.quantile(means, [0.05, 0.95])
        parts.append(f"{name} {np.mean(means):.4f} (5% {low:.4f}, 95% {high:.4f})")
    return f"{N_HALVES:,} random halves: {', '.join(parts)}"


def quality(name: str, task: SearchTask, n_draws: int) -> None:
    """Print the table of a data set."""
    rows = []
    variants = [("title × 3, brand × 2, description", False, False), ("with an English stemmer", True, False)]
    if "attributes" in task.catalogue:
        variants += [("with attributes", False, True), ("with both", True, True)]
    for label, stems, attributes in variants:
        search = bm25s_search(task, stems=stems, attributes=attributes)
        rows.append(row(f"bm25s, {label}", Judged.of(search, task)))
    started = time.perf_counter()
    model = ItemSearch(n_threads=1).fit(task.catalogue)
    seconds = time.perf_counter() - started
    found = Judged.of(own_search(model), task)
    rows.append(row("ItemSearch", found))
    unspelt = Judged.of(own_search(ItemSearch(n_threads=1, typos=False).fit(task.catalogue)), task)
    rows.append(row("ItemSearch, typos=False", unspelt))
    rows += misspelt_rows(own_search(model), task, found, n_draws)
    print(f"\n{name}: {len(task.catalogue['item_id']):,} products, {len(task.judgments)} queries; fit {seconds:.1f} s")
    print(text_table(["method", "judged", "whole", "kept", "kept of whole"], rows))
    print(halves(found))


def generated(n_items: int, rng: np.random.Generator) -> dict[str, list[Any]]:
    """Return a catalogue of generated words with a long tail: title, brand, category and description."""
    letters = np.array(list(LETTERS))
    words = np.array(sorted({"".join(rng.choice(letters, rng.integers(3, 11))) for _ in range(60_000)}))
    rng.shuffle(words)

    def texts(n_words: int) -> list[str]:
        ranks = (len(words) * rng.random((n_items, n_words)) ** 4).astype(np.int64)
        return [" ".join(line) for line in words[ranks].tolist()]

    brands, categories = words[rng.integers(0, 2_000, n_items)], words[rng.integers(0, 200, n_items)]
    columns = {"item_id": list(range(n_items)), "title": texts(9), "description": texts(30)}
    return columns | {"brand": brands.tolist(), "category": categories.tolist()}


def speed(n_items: int, n_queries: int) -> None:
    """Print the time of a query of a model and of bm25s."""
    import bm25s

    rng = np.random.default_rng(0)
    catalogue = generated(n_items, rng)
    titles = [catalogue["title"][place].split() for place in rng.integers(0, n_items, n_queries)]
    queries = [" ".join(rng.choice(words, rng.integers(1, 5), replace=False)) for words in titles]
    random_edits = random.Random(0)
    typos = [misspelt(query, random_edits) for query in queries]
    started = time.perf_counter()
    model = ItemSearch(n_threads=1).fit(catalogue)
    fitted = time.perf_counter() - started
    columns = (catalogue[name] for name in ("title", "brand", "description"))
    texts = [" ".join([title] * 3 + [brand] * 2 + [text]) for title, brand, text in zip(*columns, strict=True)]
    started = time.perf_counter()
    peer = bm25s.BM25()
    peer.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    indexed = time.perf_counter() - started

    def by_peer(query: str) -> Any:
        words = bm25s.tokenize([query], return_ids=False, show_progress=False)
        return peer.retrieve(words, k=10, show_progress=False, n_threads=0)

    cheap = [{"column": "brand", "op": "==", "value": catalogue["brand"][0]}]
    rows = [
        ["ItemSearch", *timed(model.search, queries), f"{fitted:.1f}"],
        ["ItemSearch, one typo", *timed(model.search, typos), ""],
        ["ItemSearch, with a filter", *timed(lambda query: model.search(query, filters=cheap), queries), ""],
        ["bm25s", *timed(by_peer, queries), f"{indexed:.1f}"],
    ]
    print(f"{n_items:,} generated products, {n_queries} queries of 1 to 4 words, one thread")
    print(text_table(["method", "ms per query", "95%", "fit s"], rows))


def timed(search: Any, queries: list[str]) -> list[str]:
    """Return the median processor time of a query in milliseconds, and its 95% quantile."""
    for query in queries[:3]:
        search(query)  # compiles
    seconds = []
    for query in queries:
        started = time.process_time()
        search(query)
        seconds.append(time.process_time() - started)
    return [f"{1e3 * np.quantile(seconds, share):.2f}" for share in (0.5, 0.95)]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=data_folder(), help="parent folder of the data sets")
    parser.add_argument("--draws", type=int, default=5, help="misspellings of each query")
    parser.add_argument("--speed", action="store_true", help="measure times on generated products")
    parser.add_argument("--items", type=int, default=100_000, help="generated products")
    parser.add_argument("--queries", type=int, default=200, help="generated queries")
    arguments = parser.parse_args(argv)
    if arguments.speed:
        speed(arguments.items, arguments.queries)
        return
    if arguments.data_dir is None:
        parser.error("no data: set --data-dir or RECOKIT_DATA")
    quality("Icecat", read_icecat(arguments.data_dir), arguments.draws)
    quality("Retail Demo Store, styles as queries", read_retail_demo_store(arguments.data_dir), arguments.draws)


if __name__ == "__main__":
    main()
