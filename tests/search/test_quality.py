"""Quality on judged queries; ``benchmarks/search.py`` prints the figures beside those of bm25s."""

import csv
import gzip
import json
import random

import numpy as np
import pytest

from recokit import ItemSearch

pytestmark = [pytest.mark.data, pytest.mark.slow]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def icecat(data_dir):
    folder = data_dir / "icecat-search"
    if not folder.is_dir():
        pytest.skip("no folder icecat-search")
    with gzip.open(folder / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        products = [json.loads(line) for line in file]
    grades = {}
    with (folder / "ratings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            grades.setdefault(row["query"], {})[row["item_id"]] = int(row["rating"])
    model = ItemSearch(n_threads=1).fit({name: [one[name] for one in products] for name in products[0]})
    return model, {query: judged for query, judged in grades.items() if max(judged.values())}


def mean_ndcg(lists, grades):
    """Return the mean NDCG@10 with the gain 2^grade − 1; row k belongs to query k of the grades."""
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for row, judged in enumerate(grades.values()):
        gains = [2.0 ** judged.get(item, 0) - 1 for item in lists.items[row, : lists.counts[row]].tolist()]
        ideal = np.sort([2.0**grade - 1 for grade in judged.values()])[::-1][:10]
        values.append(gains @ discounts[: len(gains)] / (ideal @ discounts[: len(ideal)]))
    return np.mean(values)


def test_the_defaults_rank_icecat_better_than_bm25(icecat):
    model, grades = icecat
    assert mean_ndcg(model.search(list(grades)), grades) >= 0.67
    candidates = {query: list(judged) for query, judged in grades.items()}
    assert mean_ndcg(model.search(list(grades), candidates=candidates), grades) >= 0.78


def test_a_typo_costs_less_than_a_tenth_among_the_judged_products(icecat):
    model, grades = icecat
    right = model.search(list(grades), candidates={query: list(judged) for query, judged in grades.items()})
    rng, found = random.Random(0), []
    for _ in range(3):
        queries = [misspelt(query, rng) for query in grades]
        candidates = dict(zip(queries, map(list, grades.values()), strict=True))
        found.append(mean_ndcg(model.search(queries, candidates=candidates), grades))
    assert np.mean(found) > 0.9 * mean_ndcg(right, grades)


def misspelt(query, rng):
    """Return a query with a letter inserted, deleted, replaced, or exchanged with the next one."""
    place, letter = rng.randrange(len(query) - 1), rng.choice(LETTERS)
    head, one, rest = query[:place], query[place], query[place + 1 :]
    return rng.choice([head + letter + one + rest, head + rest, head + letter + rest, head + rest[0] + one + rest[1:]])
