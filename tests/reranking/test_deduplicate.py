import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import ItemKNN, Popularity, Recommendations
from recokit.datasets import example_interactions
from recokit.exceptions import DataError
from recokit.reranking import Boost, Where, deduplicate, rerank
from tests.naive.reranking import page_without_repeats

ITEMS = list("abcdefgh")


def as_lists(rows):
    width = max((len(items) for items in rows.values()), default=0)
    padded = [[*items, *["?"] * (width - len(items))] for items in rows.values()]
    items = np.array(padded, dtype=object).reshape(len(rows), width)
    return Recommendations(list(rows), items, counts=[len(items) for items in rows.values()])


def as_rows(lists):
    return {user: [item for item, _ in entries] for user, entries in lists}


SHELF = st.dictionaries(st.sampled_from(["ann", "bob", "cy"]), st.lists(st.sampled_from(ITEMS), max_size=6))


@given(st.lists(SHELF, max_size=4), st.integers(1, 4))
def test_pages_equal_the_naive_reference(shelves, n):
    named = {f"shelf {k}": shelf for k, shelf in enumerate(shelves)}
    page = deduplicate({name: as_lists(shelf) for name, shelf in named.items()}, n)
    assert {name: as_rows(lists) for name, lists in page.items()} == page_without_repeats(named, n)


def test_longer_lists_keep_the_shelves_full():
    data = example_interactions("implicit", strings=True)
    lists = {"knn": ItemKNN().fit(data).recommend(n=10), "popular": Popularity().fit(data).recommend(n=10)}
    page = deduplicate(lists, 3)
    assert all(np.all(one.counts == 3) for one in page.values())
    for user in data.users:
        items = [item for one in page.values() for item, _ in one[user]]
        assert len(items) == len(set(items)) == 6
        scores = dict(lists["popular"][user])
        assert all(scores[item] == score for item, score in page["popular"][user])


def test_each_shelf_can_have_its_length():
    shelves = {"top": as_lists({"ann": list("abc")}), "next": as_lists({"ann": list("abcdef")})}
    page = deduplicate(shelves, {"top": 1, "next": 4})
    assert [as_rows(one)["ann"] for one in page.values()] == [["a"], ["b", "c", "d", "e"]]


def test_fillers_stay_marked():
    lists = Recommendations(["ann"], [list("abcd")], n_scored=[2])
    moved = rerank(lists, [Boost(Where("item_id", "==", "d"), bonus=0.9)], {"item_id": ITEMS}, 4)
    page = deduplicate({"first": as_lists({"ann": ["a"]}), "second": moved})
    assert as_rows(page["second"])["ann"] == ["d", "b", "c"]
    assert page["second"].is_filler.tolist() == [[True, False, True, False]]
    assert page["second"].n_scored.tolist() == [1]


def test_the_shelves_of_a_product_page_have_items_as_rows():
    model = ItemKNN().fit(example_interactions("implicit", strings=True))
    item = next(iter(model.interactions_.items))
    page = deduplicate({"one": model.similar_items([item], 2), "two": model.similar_items([item], 6)}, 2)
    assert not set(as_rows(page["one"])[item]) & set(as_rows(page["two"])[item])
    assert page["two"].to_frame().columns.tolist()[:2] == ["item_id", "similar_item_id"]


def test_no_shelves_make_an_empty_page():
    assert deduplicate({}) == {}


@pytest.mark.parametrize(
    ("shelves", "n", "error", "message"),
    [
        ([as_lists({"ann": ["a"]})], 3, DataError, "expected a mapping of names to Recommendations"),
        ({"top": [["a"]]}, 3, DataError, "expected a mapping of names to Recommendations"),
        ({"top": as_lists({"ann": ["a"]})}, 0, ValueError, "n=0 for the shelf 'top'"),
        ({"top": as_lists({"ann": ["a"]})}, True, ValueError, "n=True for the shelf 'top'"),
        ({"top": as_lists({"ann": ["a"]})}, {"other": 3}, ValueError, "no length for the shelves 'top'"),
        ({"top": Recommendations(["ann", "ann"], [["a"], ["b"]])}, 3, DataError, r"1 user\(s\) of the shelf 'top'"),
        (
            {"top": as_lists({"ann": ["a"]}), "next": Recommendations(["ann"], [[1]])},
            3,
            DataError,
            "the items of a shelf are text, such as 'a'",
        ),
        (
            {"top": as_lists({"ann": ["a"]}), "next": Recommendations([1], [["a"]])},
            3,
            DataError,
            "the users of a shelf are text",
        ),
        (
            {
                "top": as_lists({"ann": ["a"]}),
                "next": Recommendations(["a"], [["b"]], columns=("item_id", "similar_item_id")),
            },
            3,
            DataError,
            "the rows of the lists are user_id",
        ),
    ],
)
def test_unusable_shelves_are_refused(shelves, n, error, message):
    with pytest.raises(error, match=message):
        deduplicate(shelves, n)
