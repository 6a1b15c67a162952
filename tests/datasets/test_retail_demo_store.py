"""The catalogue that comes with recokit."""

import gzip
import importlib.util
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from recokit import ItemSearch
from recokit.datasets import load_retail_demo_store

ROOT = Path(__file__).resolve().parents[2]
FILE = "retail_demo_store.csv.gz"


@pytest.fixture(scope="module")
def shop():
    return load_retail_demo_store()


def test_all_products_have_ids_texts_and_prices(shop):
    items = shop.items
    assert {name: len(values) for name, values in items.items()} == dict.fromkeys(items, 2465)
    assert len(set(items["item_id"])) == 2465
    for name in ("title", "description", "category", "style"):
        assert all(text == text.strip() and text for text in items[name])
    assert items["price"].min() > 0
    assert items["stock"].min() >= 1
    assert set(items["gender"]) == {"F", "M", None}
    assert items["is_promoted"].dtype == np.bool_
    assert 0 < items["is_promoted"].sum() < 2465


def test_the_catalogue_is_accepted_by_models(shop):
    found = ItemSearch().fit(shop.items).search("acoustic guitar", n=5)["acoustic guitar"]
    category_of = dict(zip(shop.items["item_id"], shop.items["category"], strict=True))
    assert [category_of[item] for item, _ in found] == ["instruments"] * 5


def test_licence_and_source_are_stated_and_the_text_of_the_licence_is_shipped(shop):
    assert shop.license == "MIT-0"
    assert "aws-samples" in shop.citation
    text = (ROOT / "licenses" / "retail-demo-store.txt").read_text("utf-8")
    assert "SPDX-License-Identifier: MIT-0" in text
    assert FILE in text
    assert "AND MIT-0" in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_file_is_small():
    assert len(resources.files("recokit.datasets").joinpath(FILE).read_bytes()) < 300_000


@pytest.mark.data
def test_the_file_is_made_from_the_published_products(data_dir, tmp_path):
    pytest.importorskip("yaml")
    source = data_dir / "retail-demo-store" / "products.yaml.gz"
    if not source.is_file():
        pytest.skip("no published products")
    spec = importlib.util.spec_from_file_location(
        "make_retail_demo_store", ROOT / "tools" / "make_retail_demo_store.py"
    )
    tool = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tool
    spec.loader.exec_module(tool)
    tool.main(str(source), str(tmp_path / FILE))
    shipped = resources.files("recokit.datasets").joinpath(FILE).read_bytes()
    assert gzip.decompress((tmp_path / FILE).read_bytes()) == gzip.decompress(shipped)
