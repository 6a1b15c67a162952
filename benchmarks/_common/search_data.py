"""Product search: catalogues with judged queries, bm25s as the baseline, and misspelt queries."""

import csv
import gzip
import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Judged", "SearchTask", "bm25s_search", "misspelt", "ndcg", "read_icecat", "read_retail_demo_store"]

K = 10
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Search = Callable[[str, Sequence[Any] | None], list[Any]]


class SearchTask(NamedTuple):
    """A catalogue and the graded relevance of items for queries.

    Attributes
    ----------
    catalogue : dict of str to list
    judgments : dict of str to dict
        The grades of items, from 0, for each query with a relevant item.
    """

    catalogue: dict[str, list[Any]]
    judgments: dict[str, dict[Any, int]]


class Judged(NamedTuple):
    """NDCG@10 of each query: the judged items ranked among themselves, and the first ten of the whole catalogue.

    An item of the catalogue without a judgment is not relevant.
    """

    judged: np.ndarray
    whole: np.ndarray

    @classmethod
    def of(cls, search: Search, task: SearchTask, queries: Mapping[str, str] | None = None) -> "Judged":
        """Return the NDCG of a search; ``queries`` maps queries to their spellings, themselves by default."""
        spelt = {query: query for query in task.judgments} if queries is None else queries
        judged, whole = [], []
        for query, grades in task.judgments.items():
            judged.append(ndcg(search(spelt[query], list(grades)), grades))
            whole.append(ndcg(search(spelt[query], None), grades))
        return cls(np.array(judged), np.array(whole))


def ndcg(ranked: Sequence[Any], grades: Mapping[Any, int]) -> float:
    """Return NDCG@10 with the gain 2^grade − 1."""
    discounts = 1 / np.log2(np.arange(2, K + 2))
    gains = np.array([2.0 ** grades.get(item, 0) - 1 for item in ranked[:K]])
    ideal = np.sort([2.0**grade - 1 for grade in grades.values()])[::-1][:K]
    return float(gains @ discounts[: len(gains)] / (ideal @ discounts[: len(ideal)]))


def read_icecat(folder: Path) -> SearchTask:
    """Return the Icecat catalogue with the judgments of Chorus: 19,406 products, 62 queries with a relevant product."""
    with gzip.open(folder / "icecat-search" / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        products = [json.loads(line) for line in file]
    judgments: dict[str, dict[Any, int]] = {}
    with (folder / "icecat-search" / "ratings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            judgments.setdefault(row["query"], {})[row["item_id"]] = int(row["rating"])
    catalogue = {name: [product[name] for product in products] for name in products[0]}
    return SearchTask(catalogue, {query: grades for query, grades in judgments.items() if max(grades.values())})


def read_retail_demo_store(folder: Path) -> SearchTask:
    """Return the names and descriptions of the Retail Demo Store; the queries are its styles, such as "backpack".

    A product is relevant if it has the style, which is not part of the catalogue.
    """
    import yaml

    with gzip.open(folder / "retail-demo-store" / "products.yaml.gz", "rt", encoding="utf-8") as file:
        products = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    catalogue = {"item_id": [product["id"] for product in products]}
    catalogue |= {name: [product[name] for product in products] for name in ("name", "description")}
    judgments: dict[str, dict[Any, int]] = {}
    for product in products:
        judgments.setdefault(product["style"].replace("-", " "), {})[product["id"]] = 1
    everything = dict.fromkeys(catalogue["item_id"], 0)
    return SearchTask(catalogue, {query: everything | grades for query, grades in judgments.items()})


def bm25s_search(task: SearchTask, *, stems: bool, attributes: bool) -> Search:
    """Return a search by bm25s over the title three times, the brand twice, and the description."""
    import bm25s

    stemmer = None
    if stems:
        import Stemmer

        stemmer = Stemmer.Stemmer("english")
    columns, ids = task.catalogue, task.catalogue["item_id"]
    empty = [""] * len(ids)
    titles, brands = columns.get("title") or columns["name"], columns.get("brand", empty)
    texts = [
        " ".join([title] * 3 + [brand or ""] * 2 + [description or ""])
        for title, brand, description in zip(titles, brands, columns["description"], strict=True)
    ]
    if attributes:
        texts = [
            f"{text} {' '.join(f'{name} {value}' for name, value in values.items())}"
            for text, values in zip(texts, columns["attributes"], strict=True)
        ]
    options: dict[str, Any] = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    model = bm25s.BM25()
    model.index(bm25s.tokenize(texts, **options), show_progress=False)
    places = {item: place for place, item in enumerate(ids)}

    def search(query: str, candidates: Sequence[Any] | None) -> list[Any]:
        (words,) = bm25s.tokenize([query], return_ids=False, **options)
        scores = model.get_scores(words) if words else np.zeros(len(ids))
        rows = np.arange(len(ids)) if candidates is None else np.array([places[item] for item in candidates])
        return [ids[row] for row in rows[np.argsort(-scores[rows], kind="stable")][:K]]

    return search


def misspelt(query: str, rng: random.Random) -> str:
    """Return a query with one random edit: a letter inserted, deleted or replaced, or two neighbours exchanged."""
    edit, place, letter = rng.choice("idrt"), rng.randrange(len(query)), rng.choice(LETTERS)
    if edit == "i":
        return query[:place] + letter + query[place:]
    if edit == "d":
        return query[:place] + query[place + 1 :]
    if edit == "r":
        return query[:place] + letter + query[place + 1 :]
    place = rng.randrange(len(query) - 1)
    return query[:place] + query[place + 1] + query[place] + query[place + 2 :]
