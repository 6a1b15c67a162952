"""Measure content-based recommendation by several columns, embeddings of texts and pictures, and the approximate index.

    python benchmarks/content.py pictures          # generated products: titles, brands, prices and pictures
    python benchmarks/content.py retail            # UCI Online Retail: descriptions and prices, split by time
    python benchmarks/content.py index             # recall and time of the approximate index against the exact search

Weights are learned on the training data only. Lines with "word vectors" need wordllama, which holds its vectors.
"""

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _common.product_pictures import make_picture_shop
from _common.published_data import data_folder

from recokit import ContentRecommender, Interactions, Popularity, TfidfRecommender, evaluate
from recokit.content import Category, Embedding, Number, Text
from recokit.model_selection import GlobalTimeSplit, train_test_split

Encoder = Callable[[list[str]], Any]


def word_vectors() -> Encoder | None:
    """Return an encoder with the vectors in the package wordllama; None if it is not installed."""
    spec = importlib.util.find_spec("wordllama")
    if spec is None or spec.submodule_search_locations is None:
        return None
    from wordllama import WordLlama

    folder = next(iter(spec.submodule_search_locations))
    encoder: Encoder = WordLlama.load(cache_dir=folder, disable_download=True).embed
    return encoder


def show(models: Mapping[str, Any], train: Interactions, test: Interactions, catalogue: Any) -> None:
    """Print NDCG and recall of the lists of each model, and the weights of its blocks."""
    print(f"{'model':<44} {'NDCG@10':>8} {'recall@10':>9} {'fit s':>6}")
    for name, model in models.items():
        side = {} if isinstance(model, Popularity) else {"catalogue": catalogue}
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # items without values
            model.fit(train, **side)
        seconds = time.process_time() - start
        lists = model.recommend(list(test.users), 10, on_unknown="popular")
        means = evaluate(lists, test, ["ndcg@10", "recall@10"]).means
        weights = ""
        if isinstance(model, ContentRecommender) and len(model.block_weights_) > 1:
            weights = "  " + ", ".join(f"{block} {weight:.2f}" for block, weight in model.block_weights_.items())
        print(f"{name:<44} {means['ndcg@10']:8.4f} {means['recall@10']:9.4f} {seconds:6.1f}{weights}", flush=True)


def compare_pictures(n_items: int) -> None:
    """Compare titles, all columns of text, pictures, and everything, on generated products and three seeds."""
    for seed in range(3):
        shop = make_picture_shop(n_items, n_items, seed)
        train, test = train_test_split(shop.interactions, random_state=seed)
        words = [Text("title"), Category("brand"), Number("price")]
        everything = [*words, Embedding("image", center=True)]
        models = {
            "Popularity": Popularity(),
            "title": ContentRecommender([Text("title")]),
            "image": ContentRecommender([Embedding("image", center=True)]),
            "title, brand, price": ContentRecommender(words),
            "title, brand, price; learned": ContentRecommender(words, weights="learn"),
            "title, brand, price, image": ContentRecommender(everything),
            "title, brand, price, image; learned": ContentRecommender(everything, weights="learn"),
        }
        print(f"\n{n_items:,} generated products, {train.n_users:,} users, seed {seed}")
        show(models, train, test, shop.catalogue)


def compare_retail() -> None:
    """Compare words, prices and word vectors on UCI Online Retail."""
    folder = data_folder()
    if folder is None:
        raise FileNotFoundError("set RECOKIT_DATA to the folder that holds online-retail")
    data, catalogue = retail_data(folder)
    train, test = train_test_split(data, GlobalTimeSplit(test_size=0.2))
    encoder = word_vectors()
    texts = [Text("description"), Number("price")]
    models: dict[str, Any] = {
        "Popularity": Popularity(),
        "TfidfRecommender": TfidfRecommender(text="description"),
        "words by BM25": ContentRecommender([Text("description", weighting="bm25")]),
        "words, price": ContentRecommender(texts),
        "words, price; learned": ContentRecommender(texts, weights="learn"),
        "words; half-life of 30 days": ContentRecommender([Text("description")], half_life=30.0),
    }
    for center in (False, True) if encoder else ():
        vectors = Text("description", encoder=encoder, center=center, name="vectors")
        about = "centred word vectors" if center else "word vectors"
        models[about] = ContentRecommender([vectors])
        models[f"words, price, {about}"] = ContentRecommender([*texts, vectors])
        models[f"words, price, {about}; learned"] = ContentRecommender([*texts, vectors], weights="learn")
    print(f"\nUCI Online Retail, {train.n_users:,} users, {train.n_items:,} products, new items after the split")
    show(models, train, test, catalogue)


def retail_data(folder: Path) -> tuple[Interactions, dict[str, Any]]:
    """Return the first purchases with times, and a catalogue with the description and the price of each product."""
    import pandas as pd

    lines = pd.read_parquet(folder / "online-retail" / "online_retail.parquet")
    lines = lines[lines["StockCode"].str[:5].str.isdigit() & (lines["Quantity"] > 0)]
    first = lines.sort_values("InvoiceDate").drop_duplicates(["CustomerID", "StockCode"])
    times = first["InvoiceDate"].to_numpy().astype("datetime64[s]")
    data = Interactions.from_arrays(
        first["CustomerID"].astype(int).to_numpy(), first["StockCode"].to_numpy(), timestamps=times
    )
    products = lines.groupby("StockCode").agg({"Description": "last", "UnitPrice": "median"})
    return data, {
        "item_id": products.index.to_numpy(),
        "description": products["Description"].str.strip().tolist(),
        "price": products["UnitPrice"].to_numpy(),
    }


def measure_index(n_items: int, n_dimensions: int) -> None:
    """Print the recall of the approximate index and the CPU seconds of both searches, on clustered vectors."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(n_items // 50, n_dimensions))
    vectors = centres[rng.integers(0, len(centres), n_items)] + 0.7 * rng.normal(size=(n_items, n_dimensions))
    catalogue = {"item_id": np.arange(n_items), "image": vectors.astype(np.float32)}
    queries, found = np.arange(0, n_items, max(1, n_items // 2_000)), {}
    print(f"\n{n_items:,} vectors of {n_dimensions} dimensions, the 20 nearest of {len(queries):,}")
    for index in ("exact", "approximate"):
        start = time.process_time()
        model = ContentRecommender([Embedding("image")], index=index).fit([(0, 0)], catalogue=catalogue)
        fitted = time.process_time()
        model.similar_items(queries[:100], 20)
        start_of_search = time.process_time()
        found[index] = model.similar_items(queries, 20)
        done = time.process_time()
        print(f"{index:<12} fit {fitted - start:6.1f} CPU s, search {done - start_of_search:6.2f} CPU s", flush=True)
    exact, approximate = ([{item for item, _ in one} for _, one in found[index]] for index in ("exact", "approximate"))
    recall = np.mean([len(a & b) / len(a) for a, b in zip(exact, approximate, strict=True)])
    print(f"recall@20 {recall:.4f}")


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["pictures", "retail", "index"], default=["pictures"])
    parser.add_argument("--items", type=int, help="number of generated items")
    parser.add_argument("--dimensions", type=int, default=256)
    options = parser.parse_args()
    if "pictures" in options.parts:
        compare_pictures(options.items or 1000)
    if "retail" in options.parts:
        compare_retail()
    if "index" in options.parts:
        measure_index(options.items or 100_000, options.dimensions)


if __name__ == "__main__":
    main()
