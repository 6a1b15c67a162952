"""SLIST: its closed form, memory check and edge cases."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

from recokit import SLIST, IdIndex, ModelFormatError, load
from recokit.data import Rows, Sequences
from recokit.data.rows import bounds_from_lengths
from recokit.sequence._windows import future_rows, past_rows
from recokit.testing import check_recommender
from tests.naive import sequence as naive

ITEMS = IdIndex.from_range(6)
SEQUENCES = st.lists(st.lists(st.integers(0, 5), max_size=7), min_size=1, max_size=6).filter(any)


@given(
    SEQUENCES, st.sampled_from([0.1, 5.0]), st.integers(1, 4), st.sampled_from([0.0, 1.5]), st.sampled_from([0.0, 0.5])
)
def test_weights_equal_the_closed_form(sequences, l2, window, order_free, exponent):
    model = SLIST(
        l2, window=window, past_decay=0.6, future_decay=0.8, order_free=order_free, user_exponent=exponent,
        item_exponent=0.2,
    ).fit(Sequences.from_lists(sequences, items=ITEMS))  # fmt: skip
    expected = naive.slist(sequences, 6, l2, window, 0.6, 0.8, order_free, exponent, 0.2)
    assert_allclose(model.item_weights_, expected, rtol=1e-4, atol=1e-6)
    for user, history in enumerate(sequences):
        scores = naive.transition_scores(history, expected, 0.7, np.ones(6))
        assert_allclose(model.predict([(user, item) for item in range(6)]), scores, rtol=1e-3, atol=1e-5)


@given(SEQUENCES, st.integers(1, 4))
def test_past_and_future_rows_hold_the_items_on_both_sides_of_each_event(sequences, window):
    rows = Rows.from_arrays(
        bounds_from_lengths([len(one) for one in sequences]), list(chain.from_iterable(sequences)), ()
    )
    past, future = past_rows(rows, window, 0.5), future_rows(rows, window, 0.25)
    before, after = [], []
    for items in sequences:
        for place in range(len(items) - 1):
            before.append(items[max(0, place + 1 - window) : place + 1][::-1])
            after.append(items[place + 1 : place + 1 + window])
    for found, expected, decay in ((past, before, 0.5), (future, after, 0.25)):
        assert found.lengths.tolist() == [len(one) for one in expected]
        assert found.codes.tolist() == list(chain.from_iterable(expected))
        assert_allclose(found.values, [decay**step for one in expected for step in range(len(one))])


@pytest.mark.parametrize("parameters", [{}, {"order_free": 0.0, "decay": 0.0}, {"window": 1, "item_exponent": 0.3}])
def test_the_contract_holds(parameters):
    check_recommender(SLIST(**parameters))


def test_without_transitions_and_the_order_free_part_lists_are_empty():
    model = SLIST(order_free=0.0).fit(Sequences.from_lists([["x"], ["y"]]))
    assert not np.any(model.item_weights_)
    assert model.recommend().counts.tolist() == [0, 0]


def test_a_fit_that_exceeds_the_memory_limit_raises_with_the_need_and_a_remedy():
    clicks = Sequences.from_lists([list(range(500))])
    with pytest.raises(MemoryError, match=r"SLIST with .* 500 items needs .*TransitionKNN"):
        SLIST(max_memory_gb=1e-3).fit(clicks)


def test_an_explanation_has_one_term_per_item_of_the_history():
    model = SLIST().fit(Sequences.from_lists([["a", "b", "a", "c"], ["a", "c"]]))
    for why in (model.explain(0, "c"), model.explain_for(["a", "b", "a"], "c")):
        subjects = [term.subject for term in why.terms]
        assert len(subjects) == len(set(subjects))
        assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, rel=1e-5)


def test_similar_items_exclude_the_item_itself():
    model = SLIST().fit(Sequences.from_lists([["a", "a", "b"], ["a", "c"]]))
    assert {item for item, _ in model.similar_items("a")["a"]} == {"b", "c"}


@pytest.mark.slow
def test_the_bits_of_a_fit_depend_neither_on_threads_nor_on_blas_threads():
    rng = np.random.default_rng(0)
    clicks = Sequences.from_arrays(rng.integers(0, 900, 9000), (rng.random(9000) ** 2 * 777).astype(int))
    expected = SLIST(n_threads=1).fit(clicks).item_weights_
    for n_threads, blas in ((2, 1), (1, 2), (3, 2)):
        with threadpool_limits(blas, user_api="blas"):
            assert_array_equal(SLIST(n_threads=n_threads).fit(clicks).item_weights_, expected)


def test_sequences_of_a_single_item_can_be_fitted():
    model = SLIST().fit(Sequences.from_lists([["x", "x", "x"]]))
    assert model.recommend().counts.tolist() == [0]
    assert model.recommend(exclude_seen=False).counts.tolist() == [1]


@pytest.mark.parametrize("change", [lambda w: w[:2], lambda w: w.astype(np.float64), lambda w: w * np.float32(np.inf)])
def test_a_file_with_wrong_weights_is_refused(change, tmp_path, monkeypatch):
    model = SLIST().fit(Sequences.from_lists([["a", "b", "c"]]))
    model.item_weights_ = change(model.item_weights_)
    with monkeypatch.context() as patch:  # what loading would refuse is not saved
        patch.setattr(SLIST, "_check_saved", lambda *_: None)
        model.save(tmp_path / "model")
    with pytest.raises(ModelFormatError):
        load(tmp_path / "model")
