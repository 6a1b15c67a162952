import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recokit import Interactions, Recommendations
from recokit.exceptions import DataError, UnknownIdError
from recokit.reranking import (
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
    filter_from_dict,
    rerank,
    rule_from_dict,
)
from tests.naive import reranking as naive

ITEMS = ["a", "b", "c", "d", "e", "f"]
CATALOGUE = {
    "item_id": ITEMS,
    "brand": ["oak", "oak", "oak", "elm", "elm", None],
    "kind": ["tea", "cup", "tea", "tea", "cup", "tea"],
    "price": [1.0, 2.0, 4.0, 8.0, 16.0, math.nan],
    "stock": [1, 0, 3, 4, 5, 6],
    "added_at": np.array(
        ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-31", "NaT", "2024-01-05"], "datetime64[D]"
    ),
}
LISTS = Recommendations(["ann"], [ITEMS], [[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]])


def shown(rules, n=3, lists=LISTS, user="ann", **options):
    return [item for item, _ in rerank(lists, rules, CATALOGUE, n, **options)[user]]


# ------------------------------------------------------------------ single rules


def test_without_rules_the_lists_are_those_of_the_model():
    assert shown([]) == ["a", "b", "c"]


def test_values_are_scores_scaled_to_the_range_of_the_list():
    assert rerank(LISTS, [], n=6).scores[0].tolist() == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.0])


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Exclude(Where("brand", "==", "oak"))], ["d", "e", "f"]),
        ([Exclude(Where("brand", "==", "oak") & ~Where("price", ">", 3))], ["c", "d", "e"]),
        ([Exclude(Where("brand", "is missing") | Where("item_id", "in", ["a", "b"]))], ["c", "d", "e"]),
        ([InStock()], ["a", "c", "d"]),
        ([MaxPer("brand", 1)], ["a", "d", "f"]),
        ([Boost(Where("brand", "==", "elm"), factor=2.2)], ["a", "d", "b"]),
        ([Boost(Where("item_id", "==", "f"), bonus=0.9)], ["a", "f", "b"]),
        ([Boost(Where("brand", "==", "oak"), factor=0)], ["d", "e", "a"]),
        ([Pin("f", 2)], ["a", "f", "b"]),
        ([Pin("new", 1)], ["new", "a", "b"]),
        ([MinShare(Where("brand", "==", "elm"), 1 / 3)], ["a", "b", "d"]),
        ([MinShare(Where("brand", "==", "elm"), 0.5, by_prefix=True)], ["a", "d", "b"]),
        ([Fair("brand", {"elm": 0.5, "oak": 0.5})], ["a", "d", "b"]),
        ([Margin("price", weight=1.0)], ["e", "d", "c"]),
        ([Freshness(half_life=5, weight=10.0)], ["d", "a", "b"]),
    ],
)
def test_each_rule_chooses_the_expected_items(rules, expected):
    assert shown(rules) == expected


def test_price_near_prefers_the_usual_price_of_the_user():
    rule = PriceNear(weight=3.0, width=0.3)
    assert shown([rule], users={"ann": 8.0})[0] == "d"
    assert shown([rule], users={"user_id": ["ann"], "price_level": [16.0]})[0] == "e"
    assert shown([rule], users={"bob": 8.0}) == ["a", "b", "c"]


def test_calibration_brings_the_categories_of_the_history():
    history = Interactions.from_arrays(["ann", "ann"], ["b", "e"])
    assert shown([Calibrate("kind", 0.9)], context={"history": history})[:2] == ["b", "e"]
    assert shown([Calibrate("kind", 0.0)], context={"history": {"ann": ["b"]}}) == ["a", "b", "c"]


@pytest.mark.parametrize("now", ["2024-03-01", np.datetime64("2024-03-01")])
def test_ages_are_counted_from_the_given_moment(now):
    given = rerank(LISTS, [Freshness(half_life=30, weight=1.0)], CATALOGUE, 6, context={"now": now})
    assert dict(given["ann"])["d"] == pytest.approx(0.4 + 0.5)
    assert shown([Freshness(half_life=30, weight=1.0, now=now)], 6) == [item for item, _ in given["ann"]]


def test_vectors_define_similarity():
    vectors = {"a": [1, 0], "b": [1, 0.01], "c": [1, 0.02], "d": [0, 1], "e": [0, 2], "f": [1, 1]}
    assert shown([Diversity(0.8)], context={"vectors": vectors})[:2] == ["a", "d"]
    assert shown([Diversity(0.8, "dpp")], context={"vectors": vectors})[:2] == ["a", "d"]


# ------------------------------------------------------------------ against the references


@st.composite
def problems(draw):
    n_items = draw(st.integers(1, 7))
    items = list(range(n_items))
    return {
        "items": items,
        "scores": [draw(st.integers(0, 5)) / 5 for _ in items],
        "brand": [draw(st.sampled_from(["x", "y", None])) for _ in items],
        "kind": [draw(st.sampled_from(["p", "q"])) for _ in items],
        "n": draw(st.integers(1, 4)),
    }


def as_lists(problem):
    return Recommendations([0], [problem["items"]], [problem["scores"]])


def problem_catalogue(problem):
    return {"item_id": problem["items"], "brand": problem["brand"], "kind": problem["kind"]}


@settings(deadline=None, max_examples=100)
@given(problems(), st.sampled_from([1, 2]), st.sampled_from([0.0, 0.5, 1.0]), st.booleans(),
       st.sampled_from([None, "mmr", "dpp"]), st.booleans(), st.booleans())  # fmt: skip
def test_lists_equal_those_of_the_naive_reference(problem, k, share, by_prefix, diversity, calibrate, pin):
    order = sorted(problem["items"], key=lambda item: -problem["scores"][item])
    scores = [problem["scores"][item] for item in order]
    low, high = min(scores), max(scores)
    values = {item: (s - low) / (high - low) if high > low else 1.0 for item, s in zip(order, scores, strict=True)}
    brand, kind = ({i: problem[name][i] for i in problem["items"]} for name in ("brand", "kind"))
    members, n = {i for i in kind if kind[i] == "q"}, problem["n"]
    if by_prefix:
        needed = [math.floor(share * p + 1e-9) for p in range(1, n + 1)]
    else:
        needed = [0] * (n - 1) + [math.ceil(share * n - 1e-9)]
    rules = [MaxPer("brand", k), MinShare(Where("kind", "==", "q"), share, by_prefix)]
    options = {"caps": [(brand, k)], "quotas": [(members, needed)]}
    if diversity:
        rules.append(Diversity(0.4, diversity, ("kind", "brand")))
        options[diversity] = 0.4 / 0.6
        options["similarity"] = lambda i, j: ((kind[i] == kind[j]) + (brand[i] == brand[j] is not None)) / 2
    if calibrate:
        rules.append(Calibrate("kind", 0.5))
        shares = {g: sum(kind[i] == g for i in order) / len(order) for g in ("p", "q")}
        options |= {"calibration": 1.0, "category": kind, "target": shares}
    if pin:
        rules.append(Pin(order[-1], 1))
        options["pins"] = {0: order[-1]}
    result = rerank(Recommendations([0], [order], [scores]), rules, problem_catalogue(problem), n)
    assert [item for item, _ in result[0]] == naive.greedy(values, n, **options)


@settings(deadline=None, max_examples=40)
@given(problems(), st.lists(st.sampled_from([(3, 0), (0, 2), (-1, 0), (0, -1), (0, 0)]), min_size=7, max_size=7))
def test_similarities_of_vectors_are_cosines_above_zero(problem, vectors):
    order = sorted(problem["items"], key=lambda item: -problem["scores"][item])
    scores = [problem["scores"][item] for item in order]
    relevance = rerank(Recommendations([0], [order], [scores]), [], n=len(order)).scores[0].tolist()
    units = [np.array(vector) / max(1, np.linalg.norm(vector)) for vector in vectors]
    options = {"mmr": 0.4 / 0.6, "similarity": lambda i, j: max(0.0, float(units[i] @ units[j]))}
    expected = naive.greedy(dict(zip(order, relevance, strict=True)), problem["n"], **options)
    context = {"vectors": dict(enumerate(vectors))}
    result = rerank(Recommendations([0], [order], [scores]), [Diversity(0.4)], n=problem["n"], context=context)
    assert [item for item, _ in result[0]] == expected


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([1, 2]), st.sampled_from([0.25, 0.5, 1.0]))
def test_hard_rules_hold_even_if_a_quota_must_give_way(problem, k, share):
    rules = [MinShare(Where("kind", "==", "q"), share), MaxPer("brand", k), Exclude(Where("item_id", "==", 0))]
    result = rerank(as_lists(problem), rules, problem_catalogue(problem), problem["n"])
    chosen = [item for item, _ in result[0]]
    assert 0 not in chosen
    for brand in ("x", "y"):
        assert sum(problem["brand"][item] == brand for item in chosen) <= k


@settings(deadline=None, max_examples=100)
@given(problems(), st.sampled_from([(0.5, 0.5), (0.34, 0.3), (1.0, 0.0), (0.25, 0.75)]), st.booleans())
def test_quotas_without_common_members_hold_wherever_a_list_can_satisfy_them(problem, shares, by_prefix):
    n, items, groups = min(problem["n"], len(problem["items"])), problem["items"], ("x", "y")
    if by_prefix:
        rules = [Fair("brand", dict(zip(groups, shares, strict=True)))]
        needed = [[math.floor(share * p + 1e-9) for p in range(1, n + 1)] for share in shares]
    else:
        rules = [MinShare(Where("brand", "==", group), share) for group, share in zip(groups, shares, strict=True)]
        needed = [[0] * (n - 1) + [math.ceil(share * n - 1e-9)] for share in shares]
    members = [{item for item in items if problem["brand"][item] == group} for group in groups]
    catalogue = problem_catalogue(problem)
    assume(any(brand is not None for brand in problem["brand"]))
    result = rerank(as_lists(problem), rules, catalogue, n)
    chosen = [item for item, _ in result[0]]
    holds = all(
        len(mine & set(chosen[: p + 1])) >= counts[p]
        for mine, counts in zip(members, needed, strict=True)
        for p in range(n)
    )
    assert holds == naive.is_possible(items, n, [], list(zip(members, needed, strict=True)))
    assert holds == all(effect.gave_way == 0 for effect in result.report().effects)


@settings(deadline=None, max_examples=100)
@given(problems(), st.sampled_from([1, 2]), st.sampled_from([0.25, 0.5, 0.75, 1.0]), st.booleans())
def test_a_quota_holds_wherever_a_list_within_the_limits_can_satisfy_it(problem, k, share, by_prefix):
    n, items = min(problem["n"], len(problem["items"])), problem["items"]
    brand, members = dict(enumerate(problem["brand"])), {item for item in items if problem["kind"][item] == "q"}
    assume(naive.is_possible(items, n, [(brand, k)], []))
    if by_prefix:
        needed = [math.floor(share * p + 1e-9) for p in range(1, n + 1)]
    else:
        needed = [0] * (n - 1) + [math.ceil(share * n - 1e-9)]
    rules = [MinShare(Where("kind", "==", "q"), share, by_prefix), MaxPer("brand", k)]
    result = rerank(as_lists(problem), rules, problem_catalogue(problem), n)
    listed = [item for item, _ in result[0]]
    holds = all(len(members & set(listed[: p + 1])) >= needed[p] for p in range(n))
    assert holds == naive.is_possible(items, n, [(brand, k)], [(members, needed)])
    assert holds == (result.report().effects[0].gave_way == 0)


def test_a_limit_is_kept_free_for_the_items_that_a_quota_needs():
    lists = Recommendations(["ann"], [["a", "d", "b"]], [[3.0, 2.0, 1.0]])
    rules = [MinShare(Where("kind", "==", "cup"), 0.5), MaxPer("brand", 1)]
    result = rerank(lists, rules, CATALOGUE, 2)
    assert [item for item, _ in result["ann"]] == ["d", "b"]
    assert result.why("ann", "d").text.endswith(f"better items would leave too few items for {rules[0]}")
    assert "MaxPer(column='brand', k=1) allows no further item" in result.why("ann", "a").text


def test_a_limit_is_kept_free_for_the_items_pinned_further_down():
    assert shown([Pin("b", 3), MaxPer("brand", 1)]) == ["d", "f", "b"]
    result = rerank(LISTS, [Pin("b", 3), Pin("a", 1), MaxPer("brand", 1)], CATALOGUE, 3)
    assert [item for item, _ in result["ann"]] == ["a", "d", "f"]
    assert [effect.gave_way for effect in result.report().effects] == [1, 0, 0]


def test_the_result_does_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    items = np.array([rng.permutation(200)[:50] for _ in range(500)])
    lists = Recommendations(np.arange(500), items, -np.sort(-rng.random((500, 50)), axis=1))
    catalogue = {"item_id": np.arange(200), "brand": rng.integers(0, 20, 200), "price": rng.random(200)}
    rules = [MaxPer("brand", 2), Diversity(0.3, columns=("brand",)), Margin("price"), Calibrate("brand", 0.2)]
    one, two = (rerank(lists, rules, catalogue, n_threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one.items, two.items)
    np.testing.assert_array_equal(one.scores, two.scores)


# ------------------------------------------------------------------ conflicts, reasons, report


def test_a_later_quota_gives_way_to_an_earlier_one():
    oak, elm = MinShare(Where("brand", "==", "oak"), 1.0), MinShare(Where("brand", "==", "elm"), 0.5)
    assert shown([oak, elm]) == ["a", "b", "c"]
    effects = rerank(LISTS, [oak, elm], CATALOGUE, 3).report().effects
    assert [effect.gave_way for effect in effects] == [0, 1]
    assert shown([elm, oak], n=2) == ["a", "d"]


def test_a_share_that_no_list_can_meet_gives_way_and_is_reported():
    result = rerank(LISTS, [MinShare(Where("brand", "==", "ash"), 0.5)], CATALOGUE, 3)
    assert [item for item, _ in result["ann"]] == ["a", "b", "c"]
    assert result.report().effects[0].gave_way == 1


def test_a_pin_gives_way_to_a_hard_rule_and_is_reported():
    result = rerank(LISTS, [Pin("b", 1), InStock()], CATALOGUE, 3)
    assert [item for item, _ in result["ann"]] == ["a", "c", "d"]
    assert result.report().effects[0].gave_way == 1


def test_a_filter_that_excludes_everything_gives_an_empty_list():
    result = rerank(LISTS, [Exclude(Where("item_id", "is not missing"))], CATALOGUE)
    assert result.counts.tolist() == [0]
    assert result.report().n_short == 1


def test_reasons_name_the_rule_that_decided():
    result = rerank(LISTS, [InStock(), MaxPer("brand", 2), Pin("f", 2)], CATALOGUE, 3)
    assert str(result.why("ann", "b")) == "b is not listed for ann: InStock(column='stock') excludes it"
    assert "Pin(item='f', position=2) puts it there" in result.why("ann", "f").text
    assert result.why("ann", "a").position == result.why("ann", "a").model_position == 1
    assert result.why("ann", "e").text.endswith(
        "the listed items have greater values, or are required by Pin(item='f', position=2)"
    )
    assert rerank(LISTS, [], CATALOGUE, 3).why("ann", "e").text.endswith("the listed items have greater values")
    capped = rerank(LISTS, [MaxPer("brand", 1)], CATALOGUE, 3).why("ann", "b")
    assert "MaxPer(column='brand', k=1) allows no further item with brand='oak'" in capped.text
    quota = rerank(LISTS, [MinShare(Where("brand", "==", "elm"), 0.3)], CATALOGUE, 3).why("ann", "d")
    assert "requires an item like this here" in quota.text


def test_reasons_hold_the_terms_that_add_up_to_the_value():
    rules = [Boost(Where("brand", "==", "oak"), 0.5, 0.1), Diversity(0.5, columns=("brand",)), Calibrate("kind", 0.4)]
    rules += [Margin("price", 0.3)] * 2
    result = rerank(LISTS, rules, CATALOGUE, 4)
    for item, value in result["ann"]:
        reason = result.why("ann", item)
        assert reason.relevance + sum(reason.terms.values()) == pytest.approx(value, abs=1e-6)


def test_the_trace_holds_the_reasons_of_all_items():
    rules = [Boost(Where("brand", "==", "oak"), 0.5, 0.1), Diversity(0.5, columns=("brand",)), Calibrate("kind", 0.4)]
    rules += [Margin("price", 0.3), Margin("price", 0.3), Pin("new", 2), MinShare(Where("brand", "==", "elm"), 0.5)]
    lists = Recommendations(["ann", "bob"], [ITEMS, ["c", "a", "?", "?", "?", "?"]], counts=[6, 2])
    result = rerank(lists, rules, CATALOGUE, 4)
    trace = result.trace()
    assert trace["user_id"].tolist() == ["ann"] * 4 + ["bob"] * 3
    terms = [name for name in trace.columns if "(" in name]
    assert set(terms) == {repr(rule) for rule in rules[:4]}
    np.testing.assert_allclose(trace["relevance"] + trace[terms].sum(axis=1), trace["value"], atol=1e-12)
    for row in trace.to_dict("records"):
        reason = result.why(row["user_id"], row["item_id"])
        assert reason.position == row["rank"]
        assert reason.model_position == (None if math.isnan(row["model_rank"]) else row["model_rank"])
        assert reason.terms == pytest.approx({name: row[name] for name in terms if row[name]})
        assert row["decided_by"] in reason.text
        assert bool(row["decided_by"]) == (not reason.text.endswith("of the model"))
    assert rerank(lists, [], CATALOGUE).trace("polars").columns[-1] == "decided_by"


def test_reasons_need_a_known_user_and_item():
    result = rerank(LISTS, [], CATALOGUE)
    with pytest.raises(UnknownIdError):
        result.why("bob", "a")
    with pytest.raises(UnknownIdError):
        result.why("ann", "kettle")


def test_the_report_compares_the_lists_with_those_without_each_rule():
    result = rerank(LISTS, [MaxPer("brand", 1), Boost(Where("brand", "==", "elm"), bonus=0.0)], CATALOGUE, 3)
    report = result.report()
    assert [effect.changed for effect in report.effects] == [2, 0]
    ideal = 1 + 0.8 / math.log2(3) + 0.6 / 2
    assert report.ndcg == pytest.approx((1 + 0.4 / math.log2(3) + 0.0 / 2) / ideal)
    assert report.effects[0].ndcg == pytest.approx(1 - report.ndcg)
    gained = (8 / math.log2(3) + 0 / 2) - (2 / math.log2(3) + 4 / 2)
    assert report.effects[0].price == pytest.approx(gained)
    assert "MaxPer(column='brand', k=1)" in str(report)
    assert report.to_frame("polars").shape == (2, 6)
    assert "<table>" in report._repr_html_()


# ------------------------------------------------------------------ lists of other shapes


def test_short_lists_and_padding_are_kept():
    lists = Recommendations(
        ["ann", "bob", "cy"], [["a", "b"], ["c", ""], ["", ""]], [[2, 1], [1, 0], [0, 0]], [2, 1, 0]
    )
    result = rerank(lists, [MaxPer("brand", 1)], CATALOGUE, 2)
    assert [[item for item, _ in result[user]] for user in ("ann", "bob", "cy")] == [["a"], ["c"], []]


def test_no_lists_give_no_lists():
    result = rerank(Recommendations([], np.empty((0, 3), dtype=object)), [MaxPer("brand")], CATALOGUE)
    assert len(result) == 0
    assert result.report().n_lists == 0


def test_items_outside_the_catalogue_have_missing_values():
    lists = Recommendations(["ann"], [["z", "a"]], [[2.0, 1.0]])
    assert shown([MaxPer("brand", 1)], lists=lists) == ["z", "a"]
    assert shown([InStock()], lists=lists) == ["a"]


# ------------------------------------------------------------------ rules as data


RULES = [
    Exclude(Where("brand", "in", ["oak"]) | ~Where("price", "<", 3)),
    InStock(),
    Boost(Where("brand", "==", "oak"), 2.0, 0.1),
    Pin("a", 1),
    MaxPer("brand", 1),
    MinShare(Where("kind", "==", "tea"), 0.5, True),
    Diversity(0.2, "dpp", ("kind",)),
    Calibrate("kind"),
    Margin("price"),
    Freshness(),
    PriceNear(),
    Fair("brand", {"oak": 0.5}),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_rules_survive_json(rule):
    assert rule_from_dict(json.loads(json.dumps(rule.to_dict()))) == rule


def test_dictionaries_are_rules():
    assert shown([{"rule": "Exclude", "filter": {"column": "brand", "op": "==", "value": "oak"}}]) == ["d", "e", "f"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPer("brand", 0), "k=0: expected a whole number of at least 1"),
        (lambda: MinShare(Where("brand", "==", "oak"), 1.5), "share=1.5: expected a number from 0 to 1"),
        (lambda: Fair("brand", {"oak": 0.7, "elm": 0.6}), "sum of at most 1"),
        (lambda: Pin("a", 0), "position=0"),
        (lambda: Diversity(1.0), "trade_off=1.0"),
        (lambda: Diversity(by="random"), "by='random'"),
        (lambda: Where("brand", "~", 1), "op='~': expected one of"),
        (lambda: Where("brand", "in", "oak"), "expected a list of values"),
        (lambda: filter_from_dict({"brand": "oak"}), "expected a Filter"),
        (lambda: rule_from_dict({"rule": "Hide"}), "rule='Hide': expected one of"),
        (lambda: rule_from_dict({"rule": "Pin", "place": 1}), "unknown field"),
        (lambda: shown([Diversity()]), "give columns="),
        (lambda: shown([Diversity(columns="brand"), Diversity(columns="kind")]), "expected one Diversity"),
        (lambda: shown([Pin("a"), Pin("b")]), "two items to the same position"),
        (lambda: shown([PriceNear()]), "pass users="),
        (lambda: shown([Freshness(now="soon")]), "now='soon': expected a date"),
        (lambda: shown(["MaxPer"]), "expected rules such as"),
        (lambda: shown([], n=0), "n=0: expected a whole number"),
    ],
)
def test_wrong_rules_are_refused(make, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rerank(LISTS, [MaxPer("colour")], CATALOGUE), "no column 'colour'; columns: item_id, brand"),
        (lambda: rerank(LISTS, [MaxPer("brand")]), "pass catalogue="),
        (lambda: rerank(LISTS, [InStock("brand")], CATALOGUE), "expected numbers"),
        (lambda: rerank(LISTS, [Freshness("price")], CATALOGUE), "expected dates"),
        (lambda: rerank([["a"]], [], CATALOGUE), "expected Recommendations"),
        (lambda: rerank(LISTS, [], {"sku": ["a"]}), "with the column item_id"),
        (lambda: rerank(LISTS, [], {"item_id": ["a", "a"]}), "duplicated"),
        (lambda: shown([Exclude(Where("price", "<", "cheap"))]), "cannot be compared"),
        (lambda: shown([Calibrate("kind")], context={"history": 5}), "expected Interactions, Sequences, or a mapping"),
        (lambda: shown([Diversity()], context={"vectors": {"a": [math.nan]}}), "expected finite vectors"),
    ],
)
def test_unusable_data_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()
