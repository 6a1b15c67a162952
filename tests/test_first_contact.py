"""Faults that public bug reports of similar libraries led to, and the first steps of a new user."""

import tracemalloc
import warnings

import numpy as np
import pytest
from scipy import sparse

from recokit import BPR, SLIM, DataError, ImplicitALS, Interactions, ItemKNN, Popularity, evaluate
from recokit.exceptions import LeakageWarning
from recokit.model_selection import GlobalTimeSplit, RollingTimeSplit, cross_validate, train_test_split, tune


@pytest.mark.parametrize(("n_users", "n_items", "taken"), [(60, 10, 6), (200, 30, 10)])
def test_bpr_by_default_recommends_nothing_of_another_group(n_users, n_items, taken):
    rng = np.random.default_rng(0)
    pairs = [(u, (u % 2) * n_items + i) for u in range(n_users) for i in rng.choice(n_items, taken, replace=False)]
    lists = BPR(random_state=0, n_threads=1).fit(pairs).recommend(n=n_items - taken)
    wrong = [(item >= n_items) != (user % 2 == 1) for user, entries in lists for item, _ in entries]
    assert np.mean(wrong) < 0.02


def test_slim_costs_by_the_items_that_were_sold():
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 300, 2000), rng.integers(0, 200, 2000)
    lists = []
    for width in (1, 1600):  # 200 and 320,000 columns
        cells = sparse.csr_array((np.ones(2000), (rows, columns * width)), shape=(300, 200 * width))
        data = Interactions.from_matrix(cells, feedback="implicit")
        tracemalloc.start()
        model = SLIM(n_threads=1).fit(data)
        assert tracemalloc.get_traced_memory()[1] < 60e6
        tracemalloc.stop()
        lists.append(model.recommend([1, 2, 3], n=5).items // width)
    assert lists[0].tolist() == lists[1].tolist()


def test_splits_by_time_of_merged_events_warn_and_name_the_remedy():
    log = {"user_id": [1, 1, 1, 2, 2, 3, 3], "item_id": [1, 1, 2, 1, 2, 2, 1], "timestamp": [1, 9, 2, 3, 8, 4, 9]}
    data = Interactions.from_frame(log, timestamp="timestamp", duplicates="sum")
    for use in (
        lambda: train_test_split(data, GlobalTimeSplit(test_size=0.3)),
        lambda: list(RollingTimeSplit(2).split(data)),
        lambda: cross_validate(Popularity(), data, GlobalTimeSplit(test_size=0.3)),
        lambda: tune(Popularity(), data, {"half_life": [None]}, splitter=GlobalTimeSplit(test_size=0.3)),
    ):
        with pytest.warns(LeakageWarning, match=r"1 repeated event\(s\) were merged.*split_log"):
            use()


@pytest.mark.parametrize("model", [BPR, ImplicitALS])
def test_scores_of_strengths_of_0_are_explained(model):
    data = Interactions.from_arrays([1, 1, 2, 3], [1, 2, 1, 3], np.zeros(4), feedback="implicit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model(random_state=0).fit(data)
    explained = fitted.explain(1, 3)
    total = sum(term.contribution for term in explained.terms)
    assert total == pytest.approx(fitted.predict((1, 3))[0], abs=1e-9) == explained.score


def test_times_as_text_name_the_conversion():
    with pytest.raises(DataError, match=r"got text \('2024-01-01'\); convert it, such as with pandas.to_datetime"):
        Interactions.from_arrays([1], [1], timestamps=["2024-01-01"])


def test_a_float_finds_its_integer_and_similar_items_name_both_items():
    model = ItemKNN(n_threads=1).fit([(12347, 1), (12347, 2), (5, 1), (5, 3)])
    assert [user for user, _ in model.recommend(12347.0)] == [12347]
    assert model.similar_items([1], n=1).to_frame().columns.tolist() == ["item_id", "similar_item_id", "rank", "score"]


def test_columns_are_a_test_set_and_not_three_users():
    lists = Popularity().fit([(1, 1), (1, 2), (2, 1), (2, 3)]).recommend(n=2)
    columns = {"user_id": [1, 2], "item_id": [3, 2], "rating": [5, 4]}
    by_user = {1: [3], 2: [2]}
    assert evaluate(lists, columns, ["recall@2"])["recall@2"] == evaluate(lists, by_user, ["recall@2"])["recall@2"] == 1
