"""Measure text analysis: speed, entities of Chinese titles, traditional characters, model numbers.

``speed``: titles per second of CPU time, for Taobao titles (Chinese) and Icecat titles (English), repeated to 100,000.

``entities``: labelled products, brands and models of Taobao titles. The first column is the share of entities whose own
terms occur side by side in the terms of their title, so that a query for the entity finds all of its terms. The second,
only for dictionary words, is the share of entities that begin and end where a word begins and ends. jieba takes part if
it is installed.

``traditional``: share of Taobao titles that have the same form after a conversion to the traditional characters of
China, Taiwan and Hong Kong by OpenCC.

``models``: names of Icecat products with letters and digits as queries for their title, in four spellings. Reported is
the mean reciprocal rank of the product by the cosine of TF-IDF vectors. ``plain words`` are runs of letters and digits
in lower case.

Data sets are read from the folder RECOKIT_DATA.
"""

import argparse
import importlib.util
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from _common.published_data import data_folder
from _common.titles import LabelledTitle, read_icecat, read_taobao
from sklearn.feature_extraction.text import TfidfVectorizer

from recokit.content import make_analyzer, normalize

Analyzer = Callable[[str], list[str]]

N_SPEED = 100_000
N_MODELS = 1_500
TRADITIONAL = {"China": "s2t", "Taiwan": "s2tw", "Hong Kong": "s2hk"}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as listed": lambda name: name,
    "joined": lambda name: re.sub(r"[\W_]+", "", name),
    "space after the letters": lambda name: re.sub(r"(?<=[A-Za-z]{2})(?=\d)", " ", re.sub(r"[\W_]+", " ", name)),
    "hyphens": lambda name: re.sub(r"(?<=[A-Za-z]{2})(?=\d)|[\W_]+", "-", name),
}


def plain_words(text: str) -> list[str]:
    """Return the runs of letters and digits in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


def analyzers() -> dict[str, Analyzer]:
    """Return the analyzers of recokit by name."""
    return {
        "bigrams": make_analyzer(),
        "rjieba": make_analyzer("jieba"),
        "rjieba, stop words, stemming": make_analyzer("jieba", stop_words="auto", stemming="english"),
    }


def segmenters() -> dict[str, Analyzer]:
    """Return rjieba, and jieba if it is installed, in place of rjieba in the same analyzer."""
    found = {"rjieba": make_analyzer("jieba")}
    if importlib.util.find_spec("jieba"):
        import jieba

        def analyze_with_jieba(text: str) -> list[str]:
            words = normalize(text).split()
            return [part for word in words for part in (jieba.lcut(word) if not word.isascii() else [word])]

        found["jieba"] = analyze_with_jieba
    return found


def entity_is_found(terms: list[str], own_terms: list[str]) -> bool:
    """Return whether the terms of an entity occur side by side in those of its title."""
    n = len(own_terms)
    return any(terms[start : start + n] == own_terms for start in range(len(terms) - n + 1))


def entity_is_bounded(words: list[str], entity: str) -> bool:
    """Return whether some words side by side spell the entity, without spaces."""
    for start in range(len(words)):
        spelled = ""
        for word in words[start:]:
            spelled += word
            if spelled == entity:
                return True
            if not entity.startswith(spelled):
                break
    return False


def entities_of(titles: list[LabelledTitle]) -> Iterator[tuple[str, str, str]]:
    """Return the title, kind and text of each entity of a kind that a query can name."""
    for title in titles:
        for kind, entity in title.entities:
            if kind != "other" and normalize(entity):
                yield title.text, kind, entity


def share_found(titles: list[LabelledTitle], analyze: Analyzer) -> dict[str, float]:
    """Return, by kind of entity, the share of entities whose terms occur side by side in the terms of the title."""
    return _shares(
        (kind, entity_is_found(analyze(text), analyze(entity))) for text, kind, entity in entities_of(titles)
    )


def share_bounded(titles: list[LabelledTitle], segment: Analyzer) -> dict[str, float]:
    """Return, by kind of entity, the share of entities that begin and end where words do."""
    return _shares(
        (kind, entity_is_bounded(segment(text), normalize(entity).replace(" ", "")))
        for text, kind, entity in entities_of(titles)
    )


def _shares(outcomes: Iterator[tuple[str, bool]]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for kind, outcome in outcomes:
        found.setdefault(kind, []).append(outcome)
        found.setdefault("all", []).append(outcome)
    return {kind: float(np.mean(values)) for kind, values in sorted(found.items())}


def share_same_in_traditional(titles: list[LabelledTitle], configuration: str) -> float:
    """Return the share of titles that have the same form after a conversion by OpenCC."""
    import opencc

    convert = opencc.OpenCC(configuration).convert
    return float(np.mean([normalize(convert(title.text)) == normalize(title.text) for title in titles]))


def reciprocal_ranks(titles: list[str], rows: list[int], queries: list[str], analyze: Analyzer) -> np.ndarray:
    """Return the reciprocal rank of each row for its query; a row shares the mean rank of equal scores."""
    vectorizer = TfidfVectorizer(analyzer=analyze)
    vectors = vectorizer.fit_transform(titles)
    scores = (vectorizer.transform(queries) @ vectors.T).tocsr()
    ranks = np.full(len(queries), np.inf)
    for query, row in enumerate(rows):
        own, others = scores[query, row], scores.data[scores.indptr[query] : scores.indptr[query + 1]]
        if own > 0:
            better, equal = np.sum(others > own + 1e-12), np.sum(np.abs(others - own) <= 1e-12)
            ranks[query] = 1 + better + (equal - 1) / 2
    return 1 / ranks


def measure_speed(folder: Path) -> None:
    """Print titles per second."""
    sources = {
        "Taobao": [title.text for title in read_taobao(folder, "train")],
        "Icecat": [product["title"] for product in read_icecat(folder)],
    }
    print("| analyzer | titles | mean characters | titles per second |")
    print("|---|---|--:|--:|")
    for name, analyze in {"form only": str.split, **analyzers()}.items():
        for source, titles in sources.items():
            many = (titles * (N_SPEED // len(titles) + 1))[:N_SPEED]
            function = normalize if name == "form only" else analyze
            function(many[0])  # loads dictionaries
            start = time.process_time()
            for title in many:
                function(title)
            rate = N_SPEED / (time.process_time() - start)
            print(f"| {name} | {source} | {np.mean([*map(len, titles)]):.0f} | {rate:,.0f} |", flush=True)


def measure_entities(folder: Path, part: str) -> None:
    """Print the shares of entities that are found and bounded."""
    titles = read_taobao(folder, part)
    kinds = ["product", "brand", "model", "all"]
    print(f"| measure | analyzer | {' | '.join(kinds)} |")
    print("|---|---|--:|--:|--:|--:|")
    found = {"bigrams": make_analyzer(), **segmenters()}
    for measure, share, chosen in (("found", share_found, found), ("bounded", share_bounded, segmenters())):
        for name, analyze in chosen.items():
            shares = share(titles, analyze)
            print(f"| {measure} | {name} | {' | '.join(f'{shares[kind]:.3f}' for kind in kinds)} |", flush=True)


def measure_traditional(folder: Path, part: str) -> None:
    """Print the shares of titles with the same form in traditional characters."""
    titles = read_taobao(folder, part)
    print("| characters | same form |")
    print("|---|--:|")
    for name, configuration in TRADITIONAL.items():
        print(f"| {name} | {share_same_in_traditional(titles, configuration):.4f} |")


def measure_models(folder: Path) -> None:
    """Print mean reciprocal ranks."""
    products = read_icecat(folder)
    fits = [
        row
        for row, product in enumerate(products)
        if re.search(r"[A-Za-z]", product["name"]) and re.search(r"\d", product["name"])
    ]
    rows = np.random.default_rng(0).choice(fits, N_MODELS, replace=False).tolist()
    titles = [product["title"] for product in products]
    print(f"| analyzer | {' | '.join(SPELLINGS)} |")
    print("|---|--:|--:|--:|--:|")
    for name, analyze in {"plain words": plain_words, "bigrams": make_analyzer()}.items():
        means = []
        for spell in SPELLINGS.values():
            queries = [spell(products[row]["name"]) for row in rows]
            means.append(reciprocal_ranks(titles, rows, queries, analyze).mean())
        print(f"| {name} | {' | '.join(f'{mean:.3f}' for mean in means)} |", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurement", choices=["speed", "entities", "traditional", "models"])
    parser.add_argument("--part", choices=["train", "dev", "test"], default="train", help="part of the Taobao titles")
    options = parser.parse_args(arguments)
    folder = data_folder()
    if folder is None:
        sys.exit("no published data sets: set RECOKIT_DATA to the folder that holds them")
    if options.measurement == "speed":
        measure_speed(folder)
    elif options.measurement == "models":
        measure_models(folder)
    elif options.measurement == "entities":
        measure_entities(folder, options.part)
    else:
        measure_traditional(folder, options.part)


if __name__ == "__main__":
    main()
