"""Catalogues, dates, users, histories and lists in the forms that callers pass them."""

import copy
import json
import math
import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest

from recokit import Interactions, Recommendations, evaluate
from recokit.data import Sequences
from recokit.exceptions import DataError
from recokit.preprocessing import Features
from recokit.reranking import (
    AllOf,
    Boost,
    Calibrate,
    Diversity,
    Exclude,
    Fair,
    Freshness,
    InStock,
    Margin,
    MaxPer,
    MinShare,
    Pin,
    PriceNear,
    Where,
    rerank,
    rule_from_dict,
)

ITEMS = ["a", "b", "c", "d"]
LISTS = Recommendations(["ann"], [ITEMS], [[4.0, 3.0, 2.0, 1.0]])
KINDS = {"item_id": ITEMS, "kind": [1, 1, 2, 2]}
DAYS = {"item_id": ITEMS, "added_at": [date(2024, 1, 1), date(2024, 1, 2), None, date(2024, 1, 5)]}


def shown(rules, catalogue=None, n=3, lists=LISTS, **options):
    return [item for item, _ in rerank(lists, rules, catalogue, n, **options)[lists.users.tolist()[0]]]


# ------------------------------------------------------------------ catalogues


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA])
@pytest.mark.parametrize("make", [dict, pd.DataFrame])
def test_items_without_a_known_stock_are_not_listed(make, missing):
    assert shown([InStock()], make({"item_id": ITEMS, "stock": [1, missing, 0, 3]})) == ["a", "d"]
    assert shown([InStock()], make({"item_id": ITEMS, "stock": [True, missing, False, True]})) == ["a", "d"]


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame])
def test_columns_of_true_and_false_are_read(make):
    catalogue = make({"item_id": ITEMS, "stock": np.array([True, False, False, True])})
    assert shown([InStock()], catalogue) == ["a", "d"]
    assert shown([Exclude(Where("stock", "==", True))], catalogue) == ["b", "c"]
    assert shown([InStock()], pl.DataFrame({"item_id": ITEMS, "stock": [1, None, 0, 3]})) == ["a", "d"]


def test_an_infinite_stock_is_in_stock():
    assert shown([InStock()], {"item_id": ITEMS, "stock": [math.inf, 0, 0, 0]}) == ["a"]


@pytest.mark.parametrize(("lists", "ids"), [([1, 2], ["1", "2"]), (["1", "2"], [1, 2])])
def test_a_catalogue_with_ids_of_another_type_is_refused(lists, ids):
    with pytest.raises(DataError, match="differ in type from the items of the lists"):
        rerank(Recommendations([0], [lists]), [MaxPer("brand")], {"item_id": ids, "brand": [1, 1]})


def test_items_of_both_types_are_found_by_type():
    lists = Recommendations([0], [["a", 1, (2,)]])
    assert shown([MaxPer("brand", 1)], {"item_id": ["a", 1, (2,)], "brand": ["x", "x", "y"]}, lists=lists) == [
        "a",
        (2,),
    ]


@pytest.mark.parametrize(
    ("rule", "column", "message"),
    [
        (InStock("x"), ["1", "2", "3", "4"], "expected numbers, got the text '1'"),
        (InStock("x"), [1, 2], "has 2 rows, and item_id has 4"),
        (InStock("x"), [1] * 9, "has 9 rows, and item_id has 4"),
        (MaxPer("x"), [["p"], ["q"], None, ["p"]], "expected one category for each item"),
        (Exclude(Where("x", "==", "1")), [1, 1, 2, 2], "holds no text, such as 1"),
        (Exclude(Where("x", "in", [1, 2])), ["1", "1", "2", "2"], "holds text, such as '1'"),
        (Fair("x", {"2": 0.5}), [1, 1, 2, 2], "holds no text, such as 1"),
        (Exclude(Where("x", "<", "2024-01-01")), [1, 1, 2, 2], "cannot be compared"),
        (Exclude(Where("x", "<", 5)), DAYS["added_at"], "expected a date"),
        (Exclude(Where("x", "==", "soon")), DAYS["added_at"], "expected a date"),
    ],
)
def test_columns_that_do_not_fit_a_rule_are_refused(rule, column, message):
    with pytest.raises(DataError, match=message):
        shown([rule], {"item_id": ITEMS, "x": column})


def test_missing_ids_of_a_catalogue_are_refused():
    with pytest.raises(DataError, match="catalogue: item_id: 1 missing"):
        shown([], {"item_id": ["a", None]})


# ------------------------------------------------------------------ dates


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("<", "2024-01-02", ["b", "c", "d"]),
        ("<", datetime(2024, 1, 3, tzinfo=UTC), ["c", "d"]),
        (">=", pd.Timestamp("2024-01-02", tz="UTC"), ["a", "c"]),
        ("==", date(2024, 1, 2), ["a", "c", "d"]),
        ("in", [np.datetime64("2024-01-02"), "2024-01-05"], ["a", "c"]),
        ("is missing", None, ["a", "b", "d"]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_dates_are_compared_in_all_their_forms(make, op, value, expected):
    assert shown([Exclude(Where("added_at", op, value))], make(DAYS)) == expected


@pytest.mark.parametrize(
    "now",
    [
        "2024-01-05T02:00+02:00",
        datetime(2024, 1, 5, 2, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2024-01-05T01:00", tz="Europe/Berlin"),
        np.datetime64("2024-01-05"),
        date(2024, 1, 5),
    ],
)
@pytest.mark.filterwarnings("error")
def test_ages_are_counted_in_utc(now):
    catalogue = pd.DataFrame(
        {"item_id": ITEMS, "added_at": pd.to_datetime(["2024-01-03T09:00+09:00", None, None, None])}
    )
    rule = Freshness(half_life=1, weight=1.0, now=now)
    assert dict(rerank(LISTS, [rule], catalogue)["ann"])["a"] == pytest.approx(1 + 2.0**-2)
    found = rerank(LISTS, [Freshness(half_life=1, weight=1.0)], catalogue, context={"now": now})
    assert dict(found["ann"])["a"] == pytest.approx(1 + 2.0**-2)
    assert rule_from_dict(json.loads(json.dumps(rule.to_dict()))) == rule


def test_items_without_dates_get_no_bonus():
    assert shown([Freshness(weight=5.0)], {"item_id": ITEMS, "added_at": [None] * 4}) == ["a", "b", "c"]


@pytest.mark.parametrize("now", [5, pd.NaT, np.datetime64("NaT", "s"), "soon"])
def test_a_moment_that_is_no_date_is_refused(now):
    with pytest.raises(ValueError, match="expected a date"):
        Freshness(now=now)
    with pytest.raises(ValueError, match="expected a date"):
        shown([Freshness()], DAYS, context={"now": now})


# ------------------------------------------------------------------ users and context


@pytest.mark.parametrize(
    "users",
    [
        {"ann": 4},
        pd.Series({"ann": 4.0}),
        pd.DataFrame({"user_id": ["bob", "ann"], "price_level": [1, 4]}),
        pl.DataFrame({"user_id": ["bob", "ann"], "price_level": [None, 4.0]}),
    ],
)
def test_price_levels_are_read_from_mappings_and_frames(users):
    catalogue = {"item_id": ITEMS, "price": [1, 2, 3, 4]}
    assert shown([PriceNear(weight=9.0)], catalogue, users=users) == ["d", "c", "b"]


@pytest.mark.parametrize("level", [None, pd.NA, math.nan, -1.0, 0])
def test_users_without_a_level_get_no_bonus(level):
    assert shown([PriceNear(weight=9.0)], {"item_id": ITEMS, "price": [1, -2, 0, 4]}, users={"ann": level}) == [
        "a",
        "b",
        "c",
    ]


def test_price_levels_are_read_from_features():
    catalogue = {"item_id": ITEMS, "price": [1, 2, 3, 4]}
    users = Features(["bob", "ann"], [[1.0], [4.0]], ["price_level"])
    assert shown([PriceNear(weight=9.0)], catalogue, users=users) == ["d", "c", "b"]
    with pytest.raises(DataError, match="expected features with usual_price, got 'price_level'"):
        shown([PriceNear(level="usual_price")], catalogue, users=users)


@pytest.mark.parametrize(
    "history", [{"ann": ["old", "new", "unknown"]}, Interactions.from_arrays(["ann", "ann"], ["old", "new"])]
)
def test_price_levels_are_geometric_means_of_the_prices_in_the_history(history):
    catalogue = {"item_id": [*ITEMS, "old", "new"], "price": [1, 2, 3, 4, 2, 8]}
    given = rerank(LISTS, [PriceNear(weight=9.0)], catalogue, users={"ann": 4.0})
    assert rerank(LISTS, [PriceNear(weight=9.0)], catalogue, context={"history": history})["ann"] == given["ann"]
    others = {"bob": ["old"], "ann": ["unknown"]}
    assert shown([PriceNear(weight=9.0)], catalogue, context={"history": others}) == ["a", "b", "c"]


def test_price_levels_that_are_quantiles_are_refused():
    catalogue = {"item_id": ITEMS, "price": [10, 20, 30, 40]}
    with pytest.raises(ValueError, match=r"levels of the users are from 0 to 1, like quantiles.*from 10 to 40"):
        shown([PriceNear()], catalogue, users={"ann": 0.3})
    assert shown([PriceNear()], {"item_id": ITEMS, "price": [0.5, 20, 30, 40]}, users={"ann": 0.3}) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ({"ann": "cheap"}, "expected numbers"),
        (pd.DataFrame({"user_id": ["ann", "ann"], "price_level": [1, 2]}), "duplicated"),
        ({"user_id": ["ann"], "level": [1]}, "expected the columns user_id and price_level"),
        (5, "expected a mapping"),
    ],
)
def test_unusable_levels_are_refused(users, message):
    with pytest.raises(DataError, match=message):
        shown([PriceNear()], {"item_id": ITEMS, "price": [1, 2, 3, 4]}, users=users)


@pytest.mark.parametrize(
    "history",
    [
        {"ann": ["old", "older"]},
        Interactions.from_arrays(["ann", "ann", "bob"], ["old", "older", "a"]),
        Sequences.from_lists({"ann": ["older", "old"], "bob": ["a"]}),
    ],
)
def test_lists_are_calibrated_to_items_that_are_no_candidates(history):
    catalogue = {"item_id": [*ITEMS, "old", "older"], "kind": ["p", "p", "q", "q", "q", "other"]}
    assert shown([Calibrate("kind", 0.9)], catalogue, context={"history": history}) == ["c", "d", "a"]


@pytest.mark.parametrize("history", [{}, {"ann": []}, {"bob": ["a"]}, {"ann": ["unknown"]}])
def test_users_without_a_history_are_calibrated_to_their_candidates(history):
    alone = shown([Calibrate("kind", 0.9)], KINDS)
    assert shown([Calibrate("kind", 0.9)], KINDS, context={"history": history}) == alone == ["a", "c", "b"]
    others = Interactions.from_arrays(["bob"], ["a"])
    assert shown([Calibrate("kind", 0.9)], KINDS, context={"history": others}) == alone


@pytest.mark.parametrize(
    ("rule", "context", "message"),
    [
        (Calibrate("kind"), {"history": {"ann": None}}, "items of 'ann' as a list"),
        (Calibrate("kind"), {"history": {"ann": "abc"}}, "items of 'ann' as a list"),
        (Calibrate("kind"), {"history": {"ann": [1, 2]}}, "differ in type"),
        (Calibrate("kind"), {"histories": {}}, "some of history, now, vectors"),
        (Calibrate("kind"), [1], "some of history, now, vectors"),
        (Diversity(), {"vectors": {"a": [1], "b": [1, 2]}}, "of the same length"),
        (Diversity(), {"vectors": {}}, "expected a mapping of item ids to vectors"),
        (Diversity(), {"vectors": ([1, 2], np.eye(2))}, "differ in type"),
    ],
)
def test_unusable_entries_of_a_context_are_refused(rule, context, message):
    with pytest.raises(ValueError, match=message):
        shown([rule], KINDS, context=context)


# ------------------------------------------------------------------ lists


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (Recommendations(["ann"], [ITEMS], [[4, math.nan, 2, 1]]), "NaN or infinite, such as that of 'ann'"),
        (Recommendations(["ann"], [ITEMS], [[math.inf, 3, 2, 1]]), "NaN or infinite"),
        (Recommendations(["bob", "ann"], [ITEMS, ["a", "b", "a", "c"]]), "more than once, such as that of 'ann'"),
    ],
)
def test_lists_with_unusable_scores_or_repeated_items_are_refused(lists, message):
    with pytest.raises(DataError, match=message):
        rerank(lists, [])


def test_fillers_come_after_the_items_of_the_model():
    lists = Recommendations(["ann"], [ITEMS], [[0.2, 0.1, 900.0, 800.0]], n_scored=[2])
    assert shown([], lists=lists, n=4) == ITEMS
    only = Recommendations(["ann"], [ITEMS], [[900.0, 800.0, 2.0, 1.0]], n_scored=[0])
    assert rerank(only, [], n=4).scores[0, 0] == 1


def test_fillers_are_still_marked_wherever_rules_move_them():
    lists = Recommendations(
        ["ann", "bob"], [ITEMS, ITEMS], [[0.2, 0.1, 9.0, 8.0], [4.0, 3.0, 2.0, 1.0]], n_scored=[2, 4]
    )
    result = rerank(lists, [Boost(Where("kind", "==", 2), bonus=0.5), Pin("new", 4)], KINDS, n=4)
    assert [item for item, _ in result["ann"]] == ["a", "c", "d", "new"]
    assert result.is_filler.tolist() == [[False, True, True, False], [False] * 4]
    assert result.n_scored.tolist() == [2, 4]
    assert result.to_frame()["is_filler"].tolist() == result.is_filler.ravel().tolist()
    again = rerank(result, [Exclude(Where("item_id", "==", "new"))], n=4)
    assert again.is_filler[0].tolist() == [False, True, True, False]
    assert [round(value, 6) for _, value in again["ann"]] == [1.0, 0.0, 0.0]


def test_a_single_candidate_is_listed_under_all_rules():
    lists = Recommendations(["ann"], [["a"]], [[-3.0]])
    rules = [MaxPer("kind", 1), MinShare(Where("kind", "==", 2), 1.0), Diversity(0.5, columns="kind")]
    result = rerank(lists, [*rules, Calibrate("kind"), Fair("kind", {1: 0.5})], KINDS, 5)
    assert [item for item, _ in result["ann"]] == ["a"]
    assert [effect.gave_way for effect in result.report().effects] == [0, 1, 0, 0, 0]


def test_no_lists_of_a_shop_remain_under_rules_that_exclude_everything():
    rules = [
        Exclude(Where("kind", "==", 1)),
        Exclude(Where("kind", "==", 2)),
        Pin("a", 1),
        MinShare(Where("kind", "==", 1), 1.0),
    ]
    result = rerank(LISTS, rules, KINDS, 3)
    assert result.counts.tolist() == [0]
    report = result.report()
    assert (report.n_short, [effect.gave_way for effect in report.effects]) == (1, [0, 0, 1, 0])
    assert result.why("ann", "a").text.endswith("excludes it")


@pytest.mark.parametrize(
    "lists",
    [Recommendations(["ann"], [["a"]], counts=[0]), Recommendations(["ann"], np.empty((1, 0), dtype=object))],
)
def test_empty_lists_hold_only_pinned_items(lists):
    for catalogue in (None, KINDS):
        result = rerank(lists, [], catalogue, 2)
        assert result["ann"] == []
        assert result.report().n_short == 1
    assert shown([Pin("d", 2), MaxPer("kind")], KINDS, lists=lists) == ["d"]


def test_lists_longer_than_the_candidates_are_short():
    result = rerank(LISTS, [MinShare(Where("kind", "==", 2), 0.4)], KINDS, 10)
    assert result.counts.tolist() == [4]
    assert result.report().effects[0].gave_way == 1  # 4 of 10 are required, and 2 of 4 are listed


def test_a_report_has_no_prices_if_they_are_text():
    report = rerank(LISTS, [MaxPer("kind", 1)], {**KINDS, "price": ["1 €", "2 €", "3 €", "4 €"]}).report()
    assert math.isnan(report.effects[0].price)


def test_re_ranked_lists_are_recommendations():
    result = rerank(LISTS, [MaxPer("kind", 1)], KINDS, 3)
    for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert other["ann"] == result["ann"]
        assert str(other.why("ann", "b")) == str(result.why("ann", "b"))
        assert str(other.report()) == str(result.report())
    assert result.to_frame()["item_id"].tolist() == ["a", "c"]
    assert evaluate(result, Interactions.from_arrays(["ann"], ["c"]), ["recall@2"]).means["recall@2"] == 1
    assert rerank(result, [], n=1)["ann"] == [("a", 1.0)]
    similar = Recommendations(["tea"], [["cup"]], columns=("item_id", "similar_item_id"))
    assert rerank(similar, []).to_frame().columns.tolist()[:2] == ["item_id", "similar_item_id"]


# ------------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: shown([Pin("a", 4)]), "the lists have n=3 items"),
        (lambda: shown([Pin("a", 1), Pin("a", 2)]), "pin the same item twice"),
        (lambda: Pin(None), "expected the id of an item"),
        (lambda: Pin(["a"]), "expected the id of an item"),
        (lambda: Pin("a", True), "position=True"),
        (lambda: Where("kind"), "use 'is missing'"),
        (lambda: Where("kind", "in", [1, math.nan]), "use 'is missing'"),
        (lambda: Where("kind", "==", [1]), "expected one value"),
        (lambda: Where("kind", "is missing", 1), "takes no value"),
        (lambda: Where("kind", "==", 1) & "kind", "expected a Filter"),
        (lambda: AllOf(()), "at least one filter"),
        (lambda: Boost(Where("kind", "==", 1), factor="2"), "factor='2'"),
        (lambda: Boost(Where("kind", "==", 1), bonus=math.nan), "bonus=nan"),
        (lambda: Margin(weight=math.inf), "weight=inf"),
        (lambda: MinShare(Where("kind", "==", 1), "half"), "share='half'"),
        (lambda: Fair("kind", {1: math.nan}), "share=nan"),
        (lambda: Fair("kind", 0.5), "expected a mapping of groups to shares"),
        (lambda: Fair("kind", {}), "expected a mapping of groups to shares"),
        (lambda: shown(MaxPer("kind"), KINDS), "expected a list of rules"),
        (lambda: shown({"rule": "InStock"}), "expected a list of rules"),
        (lambda: rule_from_dict({"rule": "Exclude"}), "filter have no default"),
        (lambda: rule_from_dict("Exclude"), "expected a dictionary"),
    ],
)
def test_invalid_rules_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "rule",
    [
        Fair("kind", {1: 0.5, 2: np.float64(0.25)}),
        MaxPer("kind", np.int64(2)),
        Pin(np.int64(3), np.int32(1)),
        Exclude(Where("kind", "in", np.array([1, 2]))),
        Exclude(Where("added_at", "<", pd.Timestamp("2024-01-03", tz="UTC"))),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_rules_with_values_of_numpy_and_dates_survive_json(rule):
    assert rule_from_dict(json.loads(json.dumps(rule.to_dict()))) == rule


def test_groups_share_the_first_positions_even_if_other_items_are_better():
    catalogue = {"item_id": ITEMS, "brand": ["ash", "oak", "ash", "elm"]}
    assert shown([Fair("brand", {"oak": 0.5, "elm": 0.5})], catalogue, n=2) == ["b", "d"]
    both = [MinShare(Where("brand", "==", "oak"), 0.5), MinShare(Where("brand", "==", "elm"), 0.5)]
    assert shown(both, catalogue, n=2) == ["b", "d"]


def test_a_quota_counts_the_items_pinned_further_down():
    catalogue = {"item_id": ITEMS, "brand": ["ash", "oak", "ash", "ash"]}
    assert shown([MinShare(Where("brand", "==", "oak"), 0.5), Pin("c", 2)], catalogue, n=2) == ["b", "c"]
    assert shown([MinShare(Where("brand", "==", "oak"), 0.5), Pin("b", 2)], catalogue, n=2) == ["a", "b"]


def test_a_missing_category_is_similar_to_none():
    catalogue = {"item_id": ITEMS, "brand": [None, None, "oak", "oak"]}
    for by in ("mmr", "dpp"):
        result = rerank(LISTS, [Diversity(0.5, by, "brand")], catalogue, 4)
        terms = [result.why("ann", item).terms for item in ITEMS]
        assert terms[:3] == [{}, {}, {}]
        assert next(iter(terms[3].values())) < 0
