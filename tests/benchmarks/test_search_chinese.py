"""The command ``benchmarks/search_chinese.py``."""

import random

import pytest
import search_chinese as script
from _common.titles import LabelledTitle

TITLES = [LabelledTitle("立白洗衣液 薰衣草", [("brand", "立白"), ("product", "洗衣液")]), LabelledTitle("茶", [])]


def test_queries_are_the_brand_and_the_product_of_a_title():
    assert script.choose_queries(TITLES, 5) == [(0, "立白 洗衣液")]


@pytest.mark.parametrize(("kind", "length"), [("replaced", 6), ("missing", 5), ("exchanged", 6)])
def test_a_mistake_changes_one_place(kind, length):
    query, rng = "立白 洗衣液", random.Random(0)
    spelled = {script.with_mistake(query, kind, rng) for _ in range(50)}
    assert {len(one) for one in spelled} == {length}
    assert len(spelled) > 3
    assert script.with_mistake("tea 茶", kind, rng) == "tea 茶"


def test_the_reciprocal_rank_is_zero_for_a_missing_item():
    model = script.fit(TITLES, None)
    assert script.reciprocal_ranks(model, [(0, "洗衣液"), (1, "洗衣液")], str).tolist() == [1, 0]


@pytest.mark.data
def test_labelled_products_are_found_in_taobao_titles(data_dir):
    """Measured: 0.971, 0.971, 0.844 and 0.955."""
    titles = script.read_taobao(data_dir, "test")
    model, wanted = script.fit(titles, None), script.choose_queries(titles, 300)
    means = {name: script.reciprocal_ranks(model, wanted, spell).mean() for name, spell in script.spellings().items()}
    assert means["as labelled"] > 0.96
    assert means["traditional characters"] == means["as labelled"]
    assert means["a space after every character"] > 0.8
    assert means["a character missing"] > 0.94
