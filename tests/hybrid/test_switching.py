import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, ItemKNN, Popularity, SwitchingHybrid
from recokit.datasets import example_interactions
from recokit.hybrid._thresholds import learned_thresholds
from recokit.hybrid.switching import _hand_over
from tests.hybrid._parts import Fixed
from tests.naive import hybrid as naive

DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()
UP = {item: float(k) for k, item in enumerate(ITEMS)}
DOWN = {item: -score for item, score in UP.items()}


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=5),
    st.lists(st.floats(0, 100), max_size=4).map(sorted),
    st.sampled_from([0, 0.1, 0.5, 2.0]),
)
def test_weights_are_those_of_the_naive_reference_and_sum_to_1(numbers, thresholds, smoothing):
    weights = _hand_over(np.array(numbers), np.array(thresholds), smoothing)
    expected = [naive.hand_over(n, thresholds, smoothing) for n in numbers]
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_a_hard_switch_uses_one_part_alone():
    model = SwitchingHybrid([Fixed(UP), Fixed(DOWN)], thresholds=[3], smoothing=0).fit(DATA)
    few, many = model.recommend_for([dict.fromkeys(ITEMS[:2], 1.0), dict.fromkeys(ITEMS[:4], 1.0)], n=1)
    assert few[1][0][0] == ITEMS[-1]
    assert many[1][0][0] == ITEMS[4]


def test_the_hand_over_is_smooth():
    weights = SwitchingHybrid([Fixed(UP), Fixed(DOWN)], thresholds=[5]).fit(DATA).part_weights(np.arange(30))
    assert np.all(np.diff(weights[:, 1]) > 0)
    assert weights[5].tolist() == [0.5, 0.5]
    assert np.max(np.abs(np.diff(weights[:, 1]))) < 0.25


@given(st.integers(1, 3), st.integers(1, 5), st.data())
def test_learned_thresholds_maximise_the_sum_over_the_lengths(n_parts, n_lengths, data):
    value = st.integers(0, 9).map(float)
    curve = np.array(
        data.draw(st.lists(st.lists(value, min_size=n_lengths, max_size=n_lengths), min_size=n_parts, max_size=n_parts))
    )
    lengths = np.cumsum(np.arange(n_lengths))
    thresholds = learned_thresholds(curve, lengths)
    assert np.all(thresholds[1:] >= thresholds[:-1])
    used = np.argmax(_hand_over(lengths, thresholds, 0), axis=1)
    assert curve[used, np.arange(n_lengths)].sum() == naive.best_switches(curve.tolist())


def test_learned_thresholds_find_the_part_for_cold_users():
    model = SwitchingHybrid([Popularity(), ItemKNN()], thresholds="learn", random_state=0).fit(DATA)
    assert model.validation_curve_.shape == (2, 11)
    assert 0 < model.thresholds_[0] < 8
    assert model.recommend_for([{}], n=3).counts.tolist() == [3]


@pytest.mark.parametrize("thresholds", [[1, 2], [-1], [np.nan], ["a"], [[3]], 3])
def test_bad_thresholds_are_refused(thresholds):
    with pytest.raises(ValueError, match="thresholds"):
        SwitchingHybrid([Popularity(), ItemKNN()], thresholds=thresholds).fit(DATA)


def test_descending_thresholds_are_refused():
    with pytest.raises(DataError, match="ascending"):
        SwitchingHybrid([Popularity(), ItemKNN(), ItemKNN(5)], thresholds=[5, 2]).fit(DATA)
