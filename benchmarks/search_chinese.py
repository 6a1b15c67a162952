"""Measure searches for Chinese titles: spellings and mistakes of queries.

Each query is the brand and the product that are labelled in a Taobao title, such as "立白 洗衣液", and asks for that
title among all. Reported is the mean reciprocal rank of the title, 0 below rank 50, for the queries as they are and for
their variants: traditional characters, no space, a space after every character, the product first, and one random
mistake in a Chinese character (replaced, missing, or exchanged with the next one). Titles with the same brand and
product compete, so that the figure cannot reach 1.

Data sets are read from the folder RECOKIT_DATA.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable

import numpy as np
from _common.published_data import data_folder
from _common.titles import LabelledTitle, read_taobao

from recokit import ItemSearch

N_QUERIES = 300
DEPTH = 50
REPLACEMENTS = "天人山水月金木火土上下中"

Spelling = Callable[[str], str]


def query_of(title: LabelledTitle) -> str | None:
    """Return the first brand and product of a title; None if it lacks one."""
    first = dict(reversed(title.entities))
    return f"{first['brand']} {first['product']}" if {"brand", "product"} <= set(first) else None


def choose_queries(titles: list[LabelledTitle], n: int) -> list[tuple[int, str]]:
    """Return positions of random titles and their queries."""
    queries = [(row, query) for row, title in enumerate(titles) if (query := query_of(title)) is not None]
    return random.Random(0).sample(queries, min(n, len(queries)))


def with_mistake(query: str, kind: str, rng: random.Random) -> str:
    """Return a query with one mistake in a Chinese character, if it has two."""
    places = [place for place, one in enumerate(query) if "\u4e00" <= one <= "\u9fff"]
    if len(places) < 2:
        return query
    place = rng.choice(places)
    before, one, after = query[:place], query[place], query[place + 1 :]
    if kind == "replaced":
        return before + rng.choice(REPLACEMENTS) + after
    if kind == "missing":
        return before + after
    return before + after[:1] + one + after[1:]


def spellings() -> dict[str, Spelling]:
    """Return the variants of a query by name."""
    import opencc

    rng = random.Random(1)
    variants: dict[str, Spelling] = {
        "as labelled": lambda query: query,
        "traditional characters": opencc.OpenCC("s2tw").convert,
        "no space": lambda query: query.replace(" ", ""),
        "a space after every character": lambda query: " ".join(query.replace(" ", "")),
        "product first": lambda query: " ".join(reversed(query.split())),
    }
    for kind in ("replaced", "missing", "exchanged"):
        variants[f"a character {kind}"] = lambda query, kind=kind: with_mistake(query, kind, rng)
    return variants


def reciprocal_ranks(model: ItemSearch, wanted: list[tuple[int, str]], spell: Spelling) -> np.ndarray:
    """Return the reciprocal rank of each wanted item; 0 if it is not in the list."""
    queries = [spell(query) for _, query in wanted]
    lists = model.search(queries, n=DEPTH)
    ranks = []
    for (row, _), query in zip(wanted, queries, strict=True):
        items = [item for item, _ in lists[query]]
        ranks.append(1 / (1 + items.index(row)) if row in items else 0.0)
    return np.array(ranks)


def fit(titles: list[LabelledTitle], tokenizer: str | None) -> ItemSearch:
    """Return a search of titles; the ids of the items are their positions."""
    catalogue = {"item_id": list(range(len(titles))), "title": [title.text for title in titles]}
    return ItemSearch(tokenizer=tokenizer, n_threads=1).fit(catalogue)


def main(arguments: list[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["train", "dev", "test"], default="train", help="part of the Taobao titles")
    options = parser.parse_args(arguments)
    folder = data_folder()
    if folder is None:
        sys.exit("no published data sets: set RECOKIT_DATA to the folder that holds them")
    titles = read_taobao(folder, options.part)
    wanted = choose_queries(titles, N_QUERIES)
    models = {"bigrams": fit(titles, None), "rjieba": fit(titles, "jieba")}
    for model in models.values():
        model.search("茶")  # compiles
    print("| queries | bigrams | rjieba | ms per query (bigrams) |")
    print("|---|--:|--:|--:|")
    for name in spellings():
        means, seconds = [], []
        for model in models.values():
            start = time.perf_counter()
            means.append(reciprocal_ranks(model, wanted, spellings()[name]).mean())
            seconds.append(time.perf_counter() - start)
        print(f"| {name} | {means[0]:.3f} | {means[1]:.3f} | {1000 * seconds[0] / len(wanted):.2f} |", flush=True)


if __name__ == "__main__":
    main()
