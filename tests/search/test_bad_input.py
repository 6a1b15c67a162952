import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest

from recokit import DataError, ItemSearch
from recokit.exceptions import UnknownIdError

TITLES = {1: "green tea", 2: "black tea", 3: "tea cup"}


@pytest.fixture(scope="module")
def model():
    return ItemSearch(n_threads=1).fit(TITLES)


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ({}, "no column 'item_id'|empty"),
        ({"item_id": [], "title": []}, "empty catalogue"),
        (pd.DataFrame({"item_id": [], "title": []}), "empty catalogue"),
        (None, "expected a frame or a mapping"),
        ("tea", "expected a frame or a mapping"),
        ([("a", "tea")], "expected a frame or a mapping"),
        ({"id": [1], "title": ["tea"]}, "no column 'item_id'"),
        ({"item_id": [1, 1], "title": ["tea", "cup"]}, "more than one row"),
        ({"item_id": [1, 2], "title": ["tea"]}, "has 1 values for 2 items"),
        ({"item_id": [1, None], "title": ["tea", "cup"]}, "item_id"),
        ({"item_id": [1, 2]}, "no column apart from"),
        ({"item_id": [1, 2], "price": [1.0, 2.0]}, "no column holds text"),
        ({"item_id": [1, 2], "title": ["", None]}, "no column holds text"),
        ({"item_id": [1, 2], "title": ["!!!", "🎧"]}, "no item has a word to search"),
        ({"item_id": [1, 2], "title": ["tea", 7]}, "no column holds text"),
    ],
)
def test_an_unusable_catalogue_is_refused_with_the_reason(catalogue, message):
    with pytest.raises(DataError, match=message):
        ItemSearch().fit(catalogue)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["colour"], "no column 'colour'"),
        ({"title": "headline"}, "expected one of title, brand"),
        ({"title": -1}, "expected a weight above 0"),
        ({"title": True}, "expected a weight above 0"),
        ({"title": float("nan")}, "expected a weight above 0"),
        ([], "expected one field or more"),
    ],
)
def test_unusable_fields_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        ItemSearch(fields=fields).fit(TITLES)


def test_a_field_with_other_objects_is_refused():
    with pytest.raises(DataError, match="expected text, got object"):
        ItemSearch(fields=["title"]).fit({"item_id": [1, 2], "title": ["tea", object()]})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k1": 0}, "k1"),
        ({"typos": "yes"}, "typos"),
        ({"tokenizer": "words"}, "tokenizer"),
        ({"recommender": "ItemKNN"}, "recommender"),
        ({"fusion": "sum"}, "fusion"),
        ({"fusion": {"clicks": -1}}, "clicks=-1"),
        ({"fusion": {"likes": 1}}, "unknown source 'likes'"),
    ],
)
def test_invalid_parameters_are_refused_at_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        ItemSearch(**parameters).fit(TITLES)


@pytest.mark.parametrize("query", [None, 7, ["tea", None], [b"tea"], {"tea": 1}, b"tea", [["tea"]]])
def test_queries_that_are_no_text_are_refused(model, query):
    with pytest.raises(DataError, match="queries: "):
        model.search(query)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "10"])
def test_an_invalid_length_is_refused(model, n):
    with pytest.raises(ValueError, match="n="):
        model.search("tea", n)


def test_no_queries_give_no_lists(model):
    assert len(model.search([])) == 0


def test_arrays_and_series_of_queries_are_accepted(model):
    expected = model.search(["tea", "cup"])
    for queries in (np.array(["tea", "cup"]), pd.Series(["tea", "cup"]), ("tea", "cup"), (q for q in ["tea", "cup"])):
        assert list(model.search(queries)) == list(expected)


@pytest.mark.parametrize("query", ["", " ", "the and of", "?!", "🎧🎧", "\x00", "\ud800", "的 了", "<br>"])
def test_a_query_without_words_has_an_empty_list(model, query):
    lists = model.search([query])
    assert lists.counts.tolist() == [0]


def test_a_query_of_ten_thousand_words_is_answered(model):
    words = [f"word{k}" for k in range(10_000)]
    with pytest.warns(UserWarning, match=r"1 query\(s\) are too long; up to 9,938 words are ignored"):
        assert model.search(" ".join(["tea", *words])).counts[0] == 3
    assert model.search("tea " * 10_000).counts[0] == 3


@pytest.mark.parametrize("letter", ["t", "é", "茶", "1"])
def test_a_query_of_a_single_long_word_takes_little_memory_and_leaves_none(model, letter):
    model.search(letter * 20)
    tracemalloc.start()
    try:
        assert model.search(letter * 100_000).counts[0] <= 1  # "green" is similar to "eee…"
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
    assert peak < 100_000_000


def test_one_product_is_enough():
    model = ItemSearch(n_threads=1).fit({"only": "green tea"})
    assert model.search("tea")["tea"][0][0] == "only"
    assert model.search("gren")["gren"][0][0] == "only"


def test_identical_titles_are_listed_in_order_of_their_ids():
    model = ItemSearch(n_threads=1).fit(dict.fromkeys([3, 1, 2], "green tea"))
    assert [item for item, _ in model.search("tea")["tea"]] == [1, 2, 3]


def test_items_without_words_are_reported_and_never_found():
    with pytest.warns(UserWarning, match="1 of 3 items have no word to search"):
        model = ItemSearch(n_threads=1).fit({1: "tea", 2: None, 3: "cup"})
    assert [item for item, _ in model.search("tea cup")["tea cup"]] == [1, 3]


def test_a_long_list_is_as_long_as_the_hits(model):
    assert len(model.search("tea", n=1000)["tea"]) == 3


def test_duplicated_queries_are_accepted(model):
    lists = model.search(["tea", "tea"])
    assert len(lists) == 2
    assert lists.items[0].tolist() == lists.items[1].tolist()


def test_unknown_candidates_are_refused(model):
    with pytest.raises(UnknownIdError, match="99"):
        model.search("tea", candidates=[1, 99])


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ({"query": ["tea"]}, "item_id"),
        ({"query": ["tea"], "item_id": [1, 2]}, "differ in length"),
        ({"query": [None], "item_id": [1]}, "are no text"),
        ({"query": ["tea"], "item_id": [None]}, "items are missing"),
        ({"query": ["tea"], "item_id": [1], "weight": [0.0]}, "above 0"),
        ({"query": ["tea"], "item_id": [1], "weight": ["much"]}, "weight"),
        ([("tea", 1)], "expected a frame or a mapping"),
    ],
)
def test_an_unusable_log_of_queries_is_refused(queries, message):
    with pytest.raises(DataError, match=message):
        ItemSearch().fit(TITLES, queries=queries)


def test_items_of_the_log_outside_the_catalogue_are_reported():
    with pytest.warns(UserWarning, match=r"queries: 1 item\(s\) are not in the catalogue"):
        ItemSearch().fit(TITLES, queries={"query": ["tea", "tea"], "item_id": [1, 9]})
    with pytest.warns(UserWarning, match="interactions: 1 of 2 items are not in the catalogue"):
        ItemSearch().fit(TITLES, [("ann", 1), ("ann", 9)])


def test_an_event_log_gives_its_queries():
    from recokit import EventLog

    frame = {"user_id": ["a", "a", "b"], "item_id": [3, 3, 1], "event": ["view", "view", "purchase"]}
    log = EventLog.from_frame(frame | {"query": ["hot drink", "hot drink", None]}, query="query")
    model = ItemSearch(n_threads=1).fit(TITLES, queries=log)
    assert model.search("hot drink")["hot drink"][0][0] == 3
    with pytest.raises(DataError, match="has no queries"):
        ItemSearch().fit(TITLES, queries=EventLog.from_frame(frame))


def test_clean_input_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ItemSearch(n_threads=1).fit(TITLES, [("ann", 1)], {"query": ["tea"], "item_id": [1]}).search("tea")
