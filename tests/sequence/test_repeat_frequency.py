import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import recokit
from recokit import DataError, UnknownIdError
from recokit.data import Sequences
from recokit.sequence import RepeatFrequency
from tests.naive import baskets as naive
from tests.sequence.strategies import baskets_by_user

PARAMETERS = st.fixed_dictionaries(
    {
        "popularity_weight": st.sampled_from([0.0, 0.5, 10.0]),
        "decay": st.sampled_from([0.5, 0.97, 1.0]),
        "window": st.sampled_from([None, 1, 2]),
        "size_exponent": st.sampled_from([0.0, 0.5]),
    }
)
BASKETS = {"ann": [["tea", "milk"], ["tea"], ["tea", "jam"]], "bob": [["milk", "cup"]], "eve": [["pot"], ["milk"]]}


def fitted(baskets=BASKETS, **parameters):
    return RepeatFrequency(**parameters).fit(Sequences.from_baskets(baskets))


@given(baskets_by_user(), PARAMETERS)
def test_lists_are_ordered_by_the_formula(baskets, parameters):
    model = fitted(baskets, **parameters)
    lists = model.recommend(n=7)
    for user in baskets:
        expected = naive.repeat_frequency(baskets, user, **parameters)
        listed = dict(lists[user])
        assert set(listed) == {item for item, score in expected.items() if score > 0}
        for item, score in listed.items():
            assert score == pytest.approx(expected[item], rel=1e-5)


@given(baskets_by_user(), PARAMETERS)
def test_lists_equal_the_best_of_all_scores(baskets, parameters):
    model = fitted(baskets, **parameters)
    for user, entries in model.recommend(n=3):
        code = model.interactions_.users.codes([user])
        scores = model._score_block(model._user_profiles(code))[0]
        order = [int(k) for k in np.argsort(-scores, kind="stable")[:3] if np.isfinite(scores[k])]
        items = model.interactions_.items.ids.tolist()
        assert entries == [(items[k], float(scores[k])) for k in order]


@given(baskets_by_user(), PARAMETERS)
def test_the_baskets_of_a_training_user_give_the_list_of_that_user(baskets, parameters):
    model = fitted(baskets, **parameters)
    assert list(model.recommend_for(baskets, n=7)) == list(model.recommend(n=7))


@given(baskets_by_user(), baskets_by_user(), PARAMETERS)
def test_partial_fit_equals_a_refit(first, second, parameters):
    model = fitted(first, **parameters).partial_fit(Sequences.from_baskets(second))
    joined = {user: first.get(user, []) + second.get(user, []) for user in [*first, *second]}
    assert list(model.recommend(n=7)) == list(fitted(joined, **parameters).recommend(n=7))


def test_items_bought_before_are_listed_first_and_by_number_of_baskets():
    assert [item for item, _ in fitted(popularity_weight=1.0, decay=1.0).recommend("ann")["ann"]][:3] == [
        "tea",
        "milk",  # in three baskets of all users
        "jam",
    ]


def test_without_weight_of_popularity_only_items_bought_before_are_listed():
    assert dict(fitted(popularity_weight=0.0, decay=1.0).recommend("eve")["eve"]) == {"milk": 1.0, "pot": 1.0}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.25, 1), (0.5, 2), (0.75, 3), (1.0, 3)])
def test_the_repeat_share_divides_the_slots(share, expected):
    listed = [item for item, _ in fitted().recommend("ann", n=4, repeat_share=share)["ann"]]
    bought = {"tea", "milk", "jam"}
    assert sum(item in bought for item in listed) == max(expected, 4 - 2)  # two other items fill the rest
    listed = [item for item, _ in fitted().recommend("ann", n=2, repeat_share=share)["ann"]]
    assert sum(item in bought for item in listed) == int(2 * share + 0.5)


@given(baskets_by_user(), st.integers(1, 8), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_slots_hold_the_best_items_of_each_kind(baskets, n, share):
    model = fitted(baskets)
    for user, entries in model.recommend(n=n, repeat_share=share):
        bought = {item for basket in baskets[user] for item in basket}
        everything = [item for item, _ in model.recommend(user, n=7)[user]]
        repeats = [item for item in everything if item in bought]
        others = [item for item in everything if item not in bought]
        length = min(n, model.interactions_.n_items)
        n_repeats = min(len(repeats), max(int(length * share + 0.5), length - len(others)))
        assert {item for item, _ in entries} == set(repeats[:n_repeats] + others[: length - n_repeats])
        assert np.all(np.diff([score for _, score in entries]) <= 0)


def test_the_repeat_share_works_for_new_users_with_candidates_and_in_batches():
    model = fitted()
    lists = model.recommend_for({"new": [["tea"], {"tea", "jam"}]}, n=2, repeat_share=0.5, candidates=["jam", "cup"])
    assert sorted(item for item, _ in lists["new"]) == ["cup", "jam"]
    (batch,) = model.iter_recommend(["ann"], 2, repeat_share=0.5)
    assert list(batch) == list(model.recommend(["ann"], 2, repeat_share=0.5))


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_repeat_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"repeat_share=.*from 0 to 1"):
        fitted().recommend(repeat_share=share)


def test_a_repeat_share_contradicts_the_exclusion_of_seen_items():
    with pytest.raises(ValueError, match="exclude_seen"):
        fitted().recommend(repeat_share=0.5, exclude_seen=True)


def test_seen_items_are_eligible_by_default_and_can_be_excluded():
    assert "tea" in dict(fitted().recommend("ann")["ann"])
    assert not {"tea", "milk", "jam"} & set(dict(fitted().recommend("ann", exclude_seen=True)["ann"]))
    assert "tea" not in dict(fitted().recommend_for([[["tea"]]], exclude_seen=True)[0])


def test_a_half_life_counts_recent_baskets_more():
    times = np.array(["2024-01-01", "2024-01-11", "2024-01-31"], dtype="datetime64[D]")
    data = Sequences.from_lists({"ann": ["tea", "cup", "pot"]}, times={"ann": times})
    model = RepeatFrequency(0.0, decay=1.0, half_life=10.0).fit(data)
    assert_allclose(model.predict([("ann", item) for item in ("pot", "cup", "tea")]), [1.0, 0.25, 0.125])
    with pytest.raises(DataError, match=r"half_life=10\.0 needs histories with times"):
        model.recommend_for([["tea"]])


def test_a_half_life_without_times_is_refused():
    with pytest.raises(DataError, match=r"half_life=5\.0 needs sequences with times"):
        fitted(half_life=5.0)


def test_events_at_the_same_time_are_one_basket():
    frame = {"user_id": ["ann"] * 3, "item_id": ["tea", "cup", "tea"], "timestamp": [1, 1, 2]}
    pairs = [("ann", "tea"), ("ann", "cup")]
    together = RepeatFrequency(0.0, decay=0.5).fit(frame).predict(pairs)
    assert_allclose(together, [1.5, 0.5])


def test_duplicates_in_a_basket_count_once_and_empty_baskets_do_not_count():
    assert_allclose(fitted({"ann": [["tea", "tea"], [], ["cup"]]}, decay=0.5, popularity_weight=0.0).predict(
        [("ann", "tea"), ("ann", "cup")]
    ), [0.5, 1.0])  # fmt: skip


def test_a_user_without_baskets_gets_the_popular_items():
    model = fitted({**BASKETS, "new": []})
    assert model.recommend("new", n=1)["new"][0][0] == "milk"
    assert model.recommend_for({"newer": []}, n=1)["newer"] == model.recommend("new", n=1)["new"]


def test_histories_are_baskets_or_items():
    model = fitted(decay=0.5)
    for same in ([["tea"], ["cup"]], ["tea", "cup"], [("tea",), {"cup"}], {"tea": 1.0, "cup": 1.0}):
        assert model.recommend_for({"x": same})["x"] == model.recommend_for({"x": [["tea"], ["cup"]]})["x"]
    assert model.recommend_for({"x": [["tea", "cup"]]})["x"] != model.recommend_for({"x": ["tea", "cup"]})["x"]


def test_histories_without_an_order_and_unknown_items_are_refused():
    model = fitted()
    with pytest.raises(DataError, match="a set has no order"):
        model.recommend_for({"x": {"tea", "cup"}})
    with pytest.raises(UnknownIdError, match="gin"):
        model.recommend_for({"x": [["tea", "gin"]]})
    known = model.recommend_for({"x": [["tea"], ["gin"]]}, on_unknown="empty")
    assert known["x"] == model.recommend_for({"x": [["tea"]]})["x"]
    with pytest.raises(DataError, match="expected a list of baskets"):
        model.explain_for("tea", "tea")


def test_an_explanation_names_the_item_and_its_popularity():
    why = fitted(popularity_weight=1.0, decay=1.0).explain("ann", "tea")
    assert [(term.kind, round(term.contribution, 4)) for term in why.terms] == [("past_item", 3.0), ("popularity", 0.5)]
    why = fitted(decay=1.0).explain_for([["tea"], ["tea", "cup"]], "tea")
    assert why.score == pytest.approx(sum(term.contribution for term in why.terms))


def test_a_saved_model_gives_the_same_lists(tmp_path):
    model = fitted(half_life=None)
    model.save(tmp_path / "model")
    loaded = recokit.load(tmp_path / "model")
    assert list(loaded.recommend(repeat_share=0.5)) == list(model.recommend(repeat_share=0.5))
