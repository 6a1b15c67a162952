import json
import logging
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recokit import BiasBaseline, ItemKNN, NotFittedError, Popularity, Recommendations, TfidfRecommender, UserKNN
from recokit.exceptions import DataError
from recokit.search import ItemSearch
from recokit.serving import Tool, Toolbox, ToolError, tools
from recokit.serving._schema import problems_of

BOUGHT = [
    ("ann", "t1"), ("ann", "c1"), ("bob", "t1"), ("bob", "c1"), ("bob", "p1"), ("cy", "t1"), ("dee", "m1"),
]  # fmt: skip
CATALOGUE = {
    "item_id": ["t1", "c1", "p1", "m1", "x1"],
    "title": ["green tea", "tea cup", "tea pot", "mug", None],
    "price": np.array([5.0, 8.0, 25.0, math.nan, 1.0]),
    "stock": [1, 2, 0, 4, 5],
    "added_at": np.array(["2024-01-01"] * 5, "datetime64[D]"),
}
MODEL = ItemKNN().fit(BOUGHT)


class Search:
    """A search that finds the items whose title has the query."""

    def search(self, query, n, filters=()):
        found = [
            item for item, title in zip(CATALOGUE["item_id"], CATALOGUE["title"], strict=True) if query in str(title)
        ]
        return Recommendations([query], [found[:n]])


def status(order_id, user):
    return {"status": "sent", "user": user, "price": np.float32(2.5)} if order_id == "O1" else None


ALL = tools(MODEL, Search(), CATALOGUE, order_status=status)
ANN = tools(MODEL, Search(), CATALOGUE, order_status=status, user="ann")


def ids(answer):
    return [item["item_id"] for item in answer["items"]]


# ------------------------------------------------------------------ descriptions


def test_descriptions_have_the_common_format_of_function_calls():
    assert ALL.names == ["search_items", "recommend", "similar_items", "explain", "order_status"]
    for description in json.loads(json.dumps(ALL.descriptions)):
        function = description["function"]
        assert description["type"] == "function"
        assert set(function) == {"name", "description", "parameters"}
        assert function["parameters"]["type"] == "object"
        assert function["parameters"]["additionalProperties"] is False
        assert set(function["parameters"]["required"]) <= set(function["parameters"]["properties"])


def test_descriptions_are_valid_json_schemas():
    jsonschema = pytest.importorskip("jsonschema")
    for box in (ALL, ANN):
        for description in box.descriptions:
            jsonschema.Draft202012Validator.check_schema(description["function"]["parameters"])


def test_only_possible_tools_are_offered():
    assert tools(MODEL).names == ["recommend", "similar_items", "explain"]
    assert tools(Popularity().fit(BOUGHT)).names == ["recommend", "explain"]


def test_the_conversation_with_a_customer_has_no_argument_for_users():
    for description in ANN.descriptions:
        assert "user_id" not in description["function"]["parameters"]["properties"]
    assert ANN.call("recommend", {"user_id": "bob"})["error"]["problems"][0]["path"] == "user_id"
    assert ANN.call("order_status", {"order_id": "O1"})["user"] == "ann"


# ------------------------------------------------------------------ answers


def test_items_come_with_their_columns_and_a_reason():
    answer = ANN.call("recommend", '{"n": 1}')
    assert answer == {
        "items": [
            {"item_id": "p1", "title": "tea pot", "price": 25.0, "stock": 0,
             "reason": "because of your interest in “tea cup” and “green tea”"}
        ]
    }  # fmt: skip


def test_reasons_are_in_the_language_of_the_customer():
    assert (
        ANN.call("recommend", {"n": 1, "language": "zh"})["items"][0]["reason"]
        == "因为您对“tea cup”和“green tea”感兴趣"
    )
    chinese = tools(MODEL, catalogue=CATALOGUE, language="zh", user="new")
    assert {item["reason"] for item in chinese.call("recommend", {})["items"]} == {"因为它很受欢迎"}
    assert chinese.call("recommend", {"language": "en"})["items"][0]["reason"] == "because it is popular"


def test_lists_are_those_of_the_model_filled_with_popular_items():
    lists = MODEL.recommend(["ann"], 3, fill="popular")
    answer = ALL.call("recommend", {"user_id": "ann", "n": 3})
    assert ids(answer) == [item for item, _ in lists["ann"]] == ["p1", "m1"]
    assert [item["reason"] for item in answer["items"]][1] == "because it is popular"
    assert ids(ALL.call("recommend", {"user_id": "ann", "exclude": ["p1"]})) == ["m1"]


def test_items_named_in_the_conversation_replace_the_history():
    answer = ANN.call("recommend", {"history": ["c1"], "n": 1})
    assert answer["items"][0]["item_id"] == MODEL.recommend_for([["c1"]], 1)[0][0][0]
    assert answer["items"][0]["reason"] == "because of your interest in “tea cup”"


def test_filters_hold_for_recommendations():
    cheap = {"column": "price", "op": "<", "value": 10}
    assert ids(ALL.call("recommend", {"user_id": "dee", "filters": [cheap]})) == ["t1", "c1"]
    none = ALL.call("recommend", {"filters": [cheap, {"column": "price", "op": ">", "value": 20}]})
    assert none == {"items": [], "notes": ["no item meets the conditions"]}
    wrong = ALL.call("recommend", {"filters": [{"column": "price", "op": "<", "value": "cheap"}]})
    assert wrong["error"]["code"] == "invalid_arguments"
    assert "cannot be compared" in wrong["error"]["message"]


def test_searches_return_items_and_notes():
    assert ids(ALL.call("search_items", {"query": "tea", "n": 2})) == ["t1", "c1"]
    assert ALL.call("search_items", {"query": "kettle"}) == {
        "query": "kettle", "items": [], "notes": ["no item meets the conditions"],
    }  # fmt: skip


def test_the_search_explains_its_items_and_its_corrections():
    box = tools(MODEL, ItemSearch().fit({name: CATALOGUE[name] for name in ("item_id", "title", "price")}), CATALOGUE)
    answer = box.call("search_items", {"query": "green tee", "n": 1})
    assert ids(answer) == ["t1"]
    assert "green" in answer["items"][0]["reason"]
    chinese = box.call("search_items", {"query": "gren", "language": "zh"})
    assert chinese["notes"] == ["“gren”已按“green”搜索"]
    assert chinese["items"][0]["reason"].startswith("因为")
    dear = [{"column": "price", "op": ">", "value": 20}]
    assert ids(box.call("search_items", {"query": "tea", "filters": dear})) == ["p1"]


def test_alternatives_name_their_item():
    answer = ALL.call("similar_items", {"item_id": "t1", "n": 1})
    assert answer["reason"] == "similar to green tea"
    assert ids(answer) == [item for item, _ in MODEL.similar_items("t1", 1)["t1"]]


def test_explanations_add_up_to_the_score():
    answer = ANN.call("explain", {"item_id": "p1"})
    assert sum(term["contribution"] for term in answer["terms"]) == pytest.approx(answer["score"], abs=1e-5)
    assert answer["terms"][0]["text"] == "their interest in tea cup"
    assert tools(MODEL, user="new").call("explain", {"item_id": "p1"})["reason"] == "because it is popular"


def test_other_users_are_never_named():
    box = tools(UserKNN().fit(BOUGHT), catalogue=CATALOGUE, user="ann")
    answers = [box.call("recommend", {}), box.call("explain", {"item_id": "p1"})]
    assert "customers with a similar taste" in json.dumps(answers)
    assert "bob" not in json.dumps(answers)


def test_words_of_titles_are_reasons():
    titles = {item: title for item, title in zip(CATALOGUE["item_id"], CATALOGUE["title"], strict=True) if title}
    box = tools(TfidfRecommender().fit(BOUGHT, catalogue=titles), catalogue=CATALOGUE, user="cy")
    answer = box.call("recommend", {"n": 1})
    assert "tea" in answer["items"][0]["reason"]


def test_the_status_of_an_order_is_that_of_the_hook():
    assert ALL.call("order_status", {"order_id": "O1"}) == {
        "order_id": "O1", "status": "sent", "user": None, "price": 2.5,
    }  # fmt: skip
    assert ALL.call("order_status", {"order_id": "O2"})["error"]["code"] == "unknown_order"


def test_values_that_json_lacks_become_null_or_text():
    box = tools(MODEL, catalogue=pd.DataFrame(CATALOGUE), columns=["price", "added_at"], user="cy")
    cards = {item["item_id"]: item for item in box.call("recommend", {})["items"]}
    assert cards["m1"]["price"] is None
    assert cards["c1"]["added_at"].startswith("2024-01-01")
    assert json.loads(json.dumps(cards, allow_nan=False)) == cards


@pytest.mark.parametrize(
    ("to_id", "as_argument"),
    [(int, int), (str, str), (lambda n: pd.Timestamp(2024, 1, n), lambda n: str(pd.Timestamp(2024, 1, n)))],
)
def test_ids_of_all_types_can_be_arguments(to_id, as_argument):
    pairs = [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 1)]
    box = tools(ItemKNN().fit([(to_id(user), to_id(item)) for user, item in pairs]))
    answer = box.call("recommend", json.dumps({"user_id": as_argument(1), "n": 1}))
    assert ids(answer) == [as_argument(3)]
    assert box.call("explain", {"user_id": as_argument(1), "item_id": as_argument(3)})["item"][
        "item_id"
    ] == as_argument(3)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("name", "arguments", "path", "message"),
    [
        ("recommend", {"n": 0}, "n", "at least 1"),
        ("recommend", {"n": 2.5}, "n", "expected integer"),
        ("recommend", {"n": True}, "n", "expected integer"),
        ("recommend", {"history": "t1"}, "history", "expected array"),
        ("recommend", {"history": ["t1", 5]}, "history[1]", "expected string"),
        ("recommend", {"language": "fr"}, "language", "one of en, zh"),
        ("recommend", {"amount": 3}, "amount", "unknown argument; the arguments are user_id, history"),
        ("recommend", {"filters": [{"column": "colour", "op": "==", "value": 1}]}, "filters[0].column", "price, stock"),
        ("recommend", {"filters": [{"column": "price", "op": "~", "value": 1}]}, "filters[0].op", "one of =="),
        ("similar_items", {}, "item_id", "required"),
        ("search_items", {"query": ""}, "query", "at least 1 character"),
        ("search_items", [], "", "expected object"),
    ],
)
def test_arguments_that_break_the_schema_are_named(name, arguments, path, message):
    error = ALL.call(name, json.dumps(arguments))["error"]
    assert error["code"] == "invalid_arguments"
    (problem,) = error["problems"]
    assert problem["path"] == path
    assert message in problem["message"]


def test_unknown_tools_ids_and_json_are_errors_with_a_remedy():
    assert ALL.call("buy", {})["error"]["message"].endswith("the tools are " + ", ".join(ALL.names))
    assert ALL.call("recommend", "{n: 1}")["error"]["code"] == "invalid_arguments"
    error = ALL.call("recommend", {"user_id": "nobody"})["error"]
    assert (error["code"], error["kind"], error["ids"]) == ("unknown_id", "user", ["nobody"])
    assert ALL.call("similar_items", {"item_id": "kettle"})["error"]["ids"] == ["kettle"]
    assert ALL.call("recommend", {"history": ["kettle"]})["error"]["kind"] == "item"


def test_a_model_that_needs_ratings_says_so():
    rated = BiasBaseline().fit(BOUGHT, [5, 4, 3, 2, 5, 1, 4])
    error = tools(rated).call("recommend", {"history": ["t1"]})["error"]
    assert error["code"] == "invalid_arguments"
    assert "ratings" in error["message"]


def test_a_handler_that_fails_is_logged_and_does_not_end_the_conversation(caplog):
    def fails(order_id, user):
        raise ConnectionError("password of the order system")

    with caplog.at_level(logging.ERROR):
        answer = tools(MODEL, order_status=fails).call("order_status", {"order_id": "O1"})
    assert answer == {"error": {"code": "failed", "message": "order_status is not available at the moment"}}
    assert "password of the order system" in caplog.text


def test_own_tools_can_report_errors():
    def refuse():
        raise ToolError("closed", "the shop is closed; ask tomorrow")

    box = Toolbox([Tool("open", "Whether the shop is open.", {"type": "object"}, refuse)])
    assert box.call("open", None)["error"] == {"code": "closed", "message": "the shop is closed; ask tomorrow"}
    with pytest.raises(ValueError, match="more than once: open, open"):
        Toolbox([Tool("open", "", {}, refuse)] * 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tools(ItemKNN()), NotFittedError, "call fit first"),
        (lambda: tools(MODEL, language="fr"), ValueError, "language='fr'"),
        (lambda: tools(MODEL, catalogue={"title": ["tea"]}), DataError, "expected the column item_id"),
        (lambda: tools(MODEL, catalogue=CATALOGUE, columns=["colour"]), DataError, "no column 'colour'"),
    ],
)
def test_unusable_parts_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# ------------------------------------------------------------------ schema

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0]) | st.sampled_from(["", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("nop"), inner, max_size=2),
    max_leaves=5,
)
SCHEMAS = st.fixed_dictionaries(
    {"type": st.sampled_from(["object", "array", "string", "integer", "number", "boolean", ["string", "number"]])},
    optional={
        "minimum": st.integers(-1, 1), "maximum": st.integers(0, 2), "minLength": st.just(1), "maxLength": st.just(2),
        "minItems": st.just(1), "maxItems": st.just(2), "enum": st.just(["a", 1]),
        "items": st.sampled_from([{"type": "integer"}, {"type": "string", "minLength": 1}]),
        "properties": st.just({"n": {"type": "integer"}, "o": {"type": "array", "items": {"type": "string"}}}),
        "required": st.just(["n"]), "additionalProperties": st.just(False),
    },
)  # fmt: skip


@example(True, {"type": "boolean", "enum": ["a", 1]})
@given(VALUES, SCHEMAS)
def test_the_validation_agrees_with_jsonschema(value, schema):
    jsonschema = pytest.importorskip("jsonschema")
    assert (not problems_of(value, schema)) == jsonschema.Draft202012Validator(schema).is_valid(value)
