import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recokit
from recokit.data import Sequences
from recokit.sequence import TIFUKNN
from tests.naive import baskets as naive
from tests.sequence.strategies import baskets_by_user

PARAMETERS = st.fixed_dictionaries(
    {
        "shrinkage": st.sampled_from([1.0, 20.0]),
        "own_weight": st.sampled_from([None, 0.0, 0.3, 1.0]),
        "group_size": st.sampled_from([1, 2, 7]),
        "basket_decay": st.sampled_from([0.9, 1.0]),
        "group_decay": st.sampled_from([0.5, 1.0]),
        "amplification": st.sampled_from([1.0, 2.0]),
        "popularity_share": st.sampled_from([0.0, 0.2, 1.0]),
    }
)
BASKETS = {
    "ann": [["tea", "milk"], ["tea"]],
    "bob": [["tea", "cup"], ["cup"]],
    "cy": [["tea", "cup", "pot"]],
    "eve": [["gin"]],
}


def fitted(baskets=BASKETS, **parameters):
    return TIFUKNN(**parameters).fit(Sequences.from_baskets(baskets))


@given(baskets_by_user(), PARAMETERS, st.sampled_from(["tfidf", None]))
def test_lists_follow_the_formula(baskets, parameters, weighting):
    lists = fitted(baskets, weighting=weighting, **parameters).recommend(n=7)
    for user in baskets:
        expected = naive.tifu(baskets, user, n_neighbors=300, tfidf=weighting == "tfidf", **parameters)
        listed = dict(lists[user])
        assert set(listed) == {item for item, score in expected.items() if score > 0}
        for item, score in listed.items():
            assert score == pytest.approx(expected[item], rel=1e-4)


@given(baskets_by_user(), PARAMETERS, st.integers(1, 3))
def test_the_baskets_of_a_training_user_give_the_list_of_that_user(baskets, parameters, n_neighbors):
    model = fitted(baskets, n_neighbors=n_neighbors, **parameters)
    assert list(model.recommend_for(baskets, n=7)) == list(model.recommend(n=7))


@given(baskets_by_user(), baskets_by_user(), PARAMETERS)
def test_partial_fit_equals_a_refit(first, second, parameters):
    model = fitted(first, **parameters).partial_fit(Sequences.from_baskets(second))
    joined = {user: first.get(user, []) + second.get(user, []) for user in [*first, *second]}
    assert list(model.recommend(n=7)) == list(fitted(joined, **parameters).recommend(n=7))


@given(baskets_by_user(), st.integers(1, 7), st.sampled_from([0.0, 0.5, 1.0]))
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


def test_only_the_most_similar_users_count():
    for n_neighbors in (1, 2):
        model = fitted(n_neighbors=n_neighbors, popularity_share=0.0)
        why = model.explain("ann", "cup")
        near = {user for user, _ in model.similar_users("ann", n_neighbors)["ann"]}
        assert {term.subject for term in why.terms} == near


def test_users_with_the_same_items_do_not_hide_other_neighbours():
    twins = {f"twin{k}": [["tea"]] for k in range(50)}
    model = fitted({**twins, "other": [["tea", "cup"]]}, n_neighbors=2)
    assert [item for item, _ in model.recommend("twin7")["twin7"]] == ["tea", "cup"]


def test_more_baskets_make_the_neighbours_count_less():
    model = fitted()
    few, many = ([[["tea", "milk"]] * n] for n in (1, 9))
    shares = [dict(model.recommend_for(history)[0])["cup"] for history in (few, many)]
    assert shares[0] > shares[1]


def test_a_user_without_similar_users_gets_the_items_bought_before_and_popular_items():
    assert [item for item, _ in fitted().recommend("eve", n=2)["eve"]] == ["tea", "cup"]
    shares = {"tea": 4 / 6, "cup": 3 / 6, "gin": 1 / 6, "milk": 1 / 6, "pot": 1 / 6}
    assert dict(fitted().recommend_for({"new": []})["new"]) == pytest.approx(shares)


def test_without_popularity_only_items_of_the_user_and_of_similar_users_are_listed():
    model = fitted(popularity_share=0.0)
    assert [item for item, _ in model.recommend("eve")["eve"]] == ["gin"]
    assert "gin" not in dict(model.recommend("ann")["ann"])
    assert model.recommend_for({"new": []}).counts.tolist() == [0]


def test_similar_users_have_the_greatest_cosine():
    lists = fitted(weighting=None, basket_decay=1.0, group_decay=1.0).similar_users("ann")
    ann, bob, cy = np.array([[2, 1, 0, 0], [1, 0, 2, 0], [1, 0, 1, 1]])
    cosines = {name: float(ann @ x / np.sqrt((ann @ ann) * (x @ x))) for name, x in (("bob", bob), ("cy", cy))}
    assert dict(lists["ann"]) == pytest.approx(cosines)


def test_an_explanation_names_the_item_and_similar_users():
    model = fitted()
    why = model.explain("ann", "tea")
    named = {(term.kind, term.subject) for term in why.terms}
    assert named == {("past_item", "tea"), ("neighbor", "bob"), ("neighbor", "cy"), ("popularity", None)}
    assert sum(term.contribution for term in why.terms) == pytest.approx(dict(model.recommend("ann")["ann"])["tea"])
    why = model.explain_for([["tea", "milk"], ["tea"]], "cup")
    assert sum(term.contribution for term in why.terms) == pytest.approx(why.score)


def test_a_saved_model_gives_the_same_lists(tmp_path):
    model = fitted()
    model.save(tmp_path / "model")
    assert list(recokit.load(tmp_path / "model").recommend()) == list(model.recommend())
