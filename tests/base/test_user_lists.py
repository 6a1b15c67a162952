import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import EASE, BiasBaseline, ImplicitALS, Interactions, ItemKNN, Popularity, UnknownIdError
from recokit.base import _hooks
from recokit.datasets import example_interactions
from tests.naive.user_lists import best_users

DATA = example_interactions("implicit", strings=True)
MODELS = {
    kind: kind().fit(example_interactions("explicit", strings=True) if kind is BiasBaseline else DATA)
    for kind in (ItemKNN, EASE, ImplicitALS, BiasBaseline)
}
USERS, ITEMS = list(DATA.users), list(DATA.items)


def scores_of(model, item, exclude_seen=False):
    """Return {user: score} from the full list of each user."""
    lists = model.recommend(n=len(ITEMS), exclude_seen=exclude_seen)
    return {user: dict(entries)[item] for user, entries in lists if item in dict(entries)}


@given(
    st.sampled_from([ItemKNN, EASE, ImplicitALS]),
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4, unique=True),
    st.integers(1, len(USERS) + 3),
    st.booleans(),
    st.sets(st.sampled_from(USERS)),
    st.none() | st.sets(st.sampled_from(USERS), min_size=1),
    st.integers(1, 40),
)
def test_the_users_of_items_equal_the_naive_reference(kind, items, n, exclude_seen, excluded, allowed, block):
    model = MODELS[kind]
    size, _hooks._BLOCK_BYTES = _hooks._BLOCK_BYTES, 4 * block * len(ITEMS)  # several blocks of users
    try:
        options = {"exclude": sorted(excluded), "candidates": None if allowed is None else sorted(allowed)}
        found = model.recommend_users(items, n, exclude_seen=exclude_seen, **options)
    finally:
        _hooks._BLOCK_BYTES = size
    assert found.users.tolist() == items
    for item, entries in found:
        expected = best_users(scores_of(model, item, exclude_seen), n, excluded, allowed)
        assert [user for user, _ in entries] == [user for user, _ in expected]
        assert [score for _, score in entries] == pytest.approx([score for _, score in expected], rel=1e-5)


def test_users_with_the_item_are_left_out_unless_asked_for():
    item = ITEMS[0]
    buyers = {user for user, entry in zip(DATA.user_codes, DATA.item_codes, strict=True) if entry == 0}
    buyers = {USERS[code] for code in buyers}
    without = {user for user, _ in MODELS[EASE].recommend_users(item, 1000)[item]}
    everyone = {user for user, _ in MODELS[EASE].recommend_users(item, 1000, exclude_seen=False)[item]}
    assert without == everyone - buyers
    assert everyone & buyers


def test_users_can_be_given_by_item():
    one, other = ITEMS[:2]
    model = MODELS[ItemKNN]
    found = model.recommend_users([one, other], 50, candidates={one: USERS[:3]}, exclude={other: USERS[:2]})
    assert {user for user, _ in found[one]} <= set(USERS[:3])
    assert not {user for user, _ in found[other]} & set(USERS[:2])
    assert len(found[other]) > 3


def test_the_columns_of_the_frame_are_items_and_users():
    frame = MODELS[ItemKNN].recommend_users(ITEMS[:2], 3).to_frame()
    assert frame.columns.tolist() == ["item_id", "user_id", "rank", "score"]
    assert frame["item_id"].unique().tolist() == ITEMS[:2]


def test_predicted_ratings_are_clipped_as_in_lists():
    model = MODELS[BiasBaseline]
    low, high = model.rating_range_
    scores = model.recommend_users(ITEMS, 100).scores
    assert np.nanmin(scores) >= low
    assert np.nanmax(scores) <= high


def test_equal_scores_list_users_in_order():
    model = Popularity().fit(Interactions.from_arrays(["cy", "ann", "bob", "cy"], ["tea", "tea", "tea", "cup"]))
    assert [user for user, _ in model.recommend_users("cup", 5)["cup"]] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda model: model.recommend_users(["kettle"]), UnknownIdError, "'kettle'"),
        (lambda model: model.recommend_users(ITEMS[0], 0), ValueError, "n=0"),
        (lambda model: model.recommend_users(ITEMS[0], candidates=["nobody"]), UnknownIdError, "user.*'nobody'"),
        (
            lambda model: model.recommend_users(ITEMS[0], exclude={USERS[0]: [ITEMS[0]]}),
            ValueError,
            "a known or requested item.*mapping of item ids to user ids",
        ),
    ],
)
def test_unusable_requests_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(MODELS[ItemKNN])
