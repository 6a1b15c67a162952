"""TransitionKNN: its formula, special cases and edge cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from recokit import DataError, IdIndex, ModelFormatError, TransitionKNN, load
from recokit._runtime.threads import threads_at_any_cost
from recokit.data import Sequences
from recokit.testing import check_recommender
from tests.naive import sequence as naive

PLAIN = {"popularity_exponent": 0.0, "idf": False, "smoothing": 0.0}
ITEMS = [f"item {k}" for k in range(6)]
SEQUENCES = st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=6).filter(any)


def fit(sequences, items=ITEMS, **parameters):
    named = [[ITEMS[code] for code in one] for one in sequences]
    return TransitionKNN(**parameters).fit(Sequences.from_lists(named, items=IdIndex(items)))


@given(SEQUENCES, st.sampled_from(["power", "exponential", "linear"]), st.sampled_from([0.0, 0.4]), st.integers(1, 4))
def test_scores_equal_the_formula(sequences, gap_weighting, backward, window):
    model = fit(
        sequences, window=window, backward=backward, gap_weighting=gap_weighting, gap_exponent=0.8, smoothing=3.0,
        popularity_exponent=0.3, shrinkage=1.5, decay=0.6,
    )  # fmt: skip
    counts = np.bincount([code for one in sequences for code in one], minlength=6)
    weight = {
        "power": lambda gap: gap**-0.8,
        "exponential": lambda gap: np.exp(-0.8 * (gap - 1)),
        "linear": lambda gap: (1 - (gap - 1) / window) ** 0.8,
    }[gap_weighting]
    gaps = {gap: weight(gap) for gap in range(1, window + 1)}
    gaps |= {-gap: backward * weight for gap, weight in gaps.items()}
    counted = naive.transitions(sequences, 6, gaps, np.where(counts > 0, counts + 1.5, 1) ** -0.3)
    weights = naive.smoothed(counted, 3.0 / (counts + 3.0))
    assert_allclose(model.item_weights_.toarray(), weights, rtol=1e-4, atol=1e-6)
    for user, history in enumerate(sequences):
        expected = naive.transition_scores(history, weights, 0.6, naive.rarity(sequences, 6))
        predicted = model.predict([(user, item) for item in ITEMS])
        assert_allclose(predicted, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "parameters",
    [{"smoothing": 0.0}, {"n_neighbors": 3}, {"n_neighbors": None, "window": 2, "gap_weighting": "linear"}],
)
def test_the_contract_holds(parameters):
    check_recommender(TransitionKNN(**parameters))


def test_a_markov_chain_is_a_special_case():
    model = fit([[0, 1, 2], [0, 1], [0, 2]], window=1, backward=0.0, decay=0.0, **PLAIN)
    assert model.item_weights_.toarray()[:3, :3].tolist() == [[0, 2, 1], [0, 0, 1], [0, 0, 0]]
    lists = model.recommend_for([[ITEMS[1], ITEMS[0]]], exclude_seen=False)
    assert lists[0] == [(ITEMS[1], 2.0), (ITEMS[2], 1.0)]


def test_sequential_rules_weight_transitions_by_1_over_the_gap():
    model = fit([[0, 1, 2]], window=10, gap_exponent=1.0, backward=0.0, decay=0.0, **PLAIN)
    assert model.item_weights_.toarray()[0, :3].tolist() == [0, 1, 0.5]


def test_association_rules_ignore_order_and_gaps():
    model = fit([[0, 1, 2], [2, 0]], window=10, gap_exponent=0.0, backward=1.0, decay=0.0, **PLAIN)
    assert model.item_weights_.toarray()[:3, :3].tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def test_an_item_that_follows_itself_can_be_listed_again():
    model = fit([[0, 0, 1], [0, 0, 2]], **PLAIN)
    first = model.recommend_for([[ITEMS[0]]], n=1, exclude_seen=False)[0][0][0]
    assert first == ITEMS[0]
    assert ITEMS[0] not in [item for item, _ in model.recommend_for([[ITEMS[0]]])[0]]
    assert ITEMS[0] not in [item for item, _ in model.similar_items([ITEMS[0]])[ITEMS[0]]]


def test_the_order_of_a_history_matters_and_repeats_count():
    model = fit([[0, 1], [2, 3]], **PLAIN)
    lists = model.recommend_for({"a": [ITEMS[0], ITEMS[2]], "b": [ITEMS[2], ITEMS[0]]}, n=1)
    assert [lists["a"][0][0], lists["b"][0][0]] == [ITEMS[3], ITEMS[1]]
    scores = [model.recommend_for([[ITEMS[0]] * n])[0][0][1] for n in (1, 2)]
    assert scores[1] == pytest.approx(1.7 * scores[0])


def test_events_far_apart_in_time_weigh_less_with_half_lives():
    clicks = Sequences.from_arrays(["a"] * 3, ["x", "y", "z"], [0, 10, 30])
    model = TransitionKNN(window=1, backward=0.0, gap_half_life=10.0, **PLAIN).fit(clicks)
    assert model.item_weights_.toarray().tolist() == [[0, 0.5, 0], [0, 0, 0.25], [0, 0, 0]]
    model = TransitionKNN(window=1, decay=1.0, history_half_life=20.0, **PLAIN).fit(clicks)
    history = Sequences.from_arrays(["v", "v"], ["x", "z"], [0, 40])
    expected = 0.25 * model.item_weights_.toarray()[0, 1] + model.item_weights_.toarray()[2, 1]
    assert dict(model.recommend_for(history)["v"])["y"] == pytest.approx(expected)


def test_datetimes_count_in_days():
    times = np.array(["2024-01-01", "2024-01-03"], "datetime64[s]")
    model = TransitionKNN(window=1, gap_half_life=1.0, **PLAIN).fit(Sequences.from_arrays([1, 1], ["x", "y"], times))
    assert model.item_weights_.toarray()[0, 1] == 0.25


def test_half_lives_without_times_are_refused_with_the_remedy():
    with pytest.raises(DataError, match=r"gap_half_life=3\.0 needs the times .* gap_half_life=None"):
        fit([[0, 1]], gap_half_life=3.0)
    clicks = Sequences.from_arrays(["a", "a"], ["x", "y"], [0, 1])
    model = TransitionKNN(history_half_life=2.0).fit(clicks)
    with pytest.raises(DataError, match=r"history_half_life=2\.0 needs the times"):
        model.recommend_for([["x"]])


def test_one_event_per_user_gives_empty_lists():
    model = fit([[0], [1], [2]])
    assert model.item_weights_.nnz == 0
    assert model.recommend().counts.tolist() == [0, 0, 0]
    assert model.recommend(on_unknown="popular", fill="popular", n=2).counts.tolist() == [2, 2, 2]


def test_a_sequence_of_10_000_clicks_costs_a_window_for_each():
    codes = np.random.default_rng(0).integers(0, 50, 10_000)
    clicks = Sequences.from_arrays(np.zeros(10_000, int), codes)
    model = TransitionKNN().fit(clicks)
    assert model.recommend(exclude_seen=False).counts.tolist() == [10]
    why = model.explain(0, 7)
    assert len(why.terms) <= 50
    assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, rel=1e-5)


def test_an_explanation_has_one_term_per_item_of_the_history():
    model = fit([[0, 1, 0, 2], [0, 2]])
    for why in (model.explain(0, ITEMS[2]), model.explain_for([ITEMS[0], ITEMS[1], ITEMS[0]], ITEMS[2])):
        subjects = [term.subject for term in why.terms]
        assert len(subjects) == len(set(subjects))
        assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, rel=1e-5)
    assert why.terms[0].subject == ITEMS[0]


def test_the_bits_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(1)
    clicks = Sequences.from_arrays(rng.integers(0, 300, 6000), (rng.random(6000) ** 3 * 200).astype(int))
    expected = TransitionKNN(20, n_threads=1).fit(clicks).item_weights_
    with threads_at_any_cost():
        for n_threads in (2, 3, 8):
            found = TransitionKNN(20, n_threads=n_threads).fit(clicks).item_weights_
            assert_array_equal(found.data, expected.data)
            assert_array_equal(found.indices, expected.indices)


@pytest.mark.parametrize("name", ["shape", "dtype", "nan", "users", "pairs"])
def test_a_file_with_inconsistent_state_is_refused(name, tmp_path, monkeypatch):
    model = fit([[0, 1, 2], [0, 1]])
    weights = model.item_weights_.copy()
    if name == "shape":
        model.item_weights_ = weights[:3, :3]
    elif name == "dtype":
        model.item_weights_ = weights.astype(np.float64)
    elif name == "nan":
        model.item_weights_ = weights * np.float32(np.nan)
    elif name == "users":
        model.sequences_ = Sequences.from_lists({"a": [ITEMS[0]], "b": [ITEMS[1]]}, items=model.interactions_.items)
    else:
        model.sequences_ = Sequences.from_lists([[ITEMS[0]], [ITEMS[1]]], items=model.interactions_.items)
    with monkeypatch.context() as patch:  # what loading would refuse is not saved
        patch.setattr(TransitionKNN, "_check_saved", lambda *_: None)
        model.save(tmp_path / "model")
    with pytest.raises(ModelFormatError):
        load(tmp_path / "model")
