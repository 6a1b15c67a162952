"""Pairs: Interactions as rows that scikit-learn can index."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, cross_validate, train_test_split
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from recokit import BiasBaseline, DataError, Interactions, Popularity
from recokit.model_selection import Pairs, as_pairs

DATA = Interactions.from_arrays(
    ["ann", "ann", "bob", "cy", "cy"],
    ["tea", "cup", "tea", "pot", "cup"],
    [5, 3, 4, 1, 2],
    np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]"),
)


def test_rows_are_shuffled_with_a_fixed_seed():
    data = Interactions.from_dense(np.arange(1, 31).reshape(5, 6))
    X, y = as_pairs(data)
    again, _ = as_pairs(data)
    other, _ = as_pairs(data, random_state=1)
    assert X.positions.tolist() == again.positions.tolist() != other.positions.tolist() != list(range(30))
    assert sorted(y.tolist()) == list(range(1, 31))
    assert [6 * user + item + 1 for user, item in np.asarray(X).tolist()] == y.tolist()
    assert X.to_interactions(y).equals(data)


@pytest.mark.parametrize("rows", [as_pairs, lambda data: data.to_pairs(random_state=0)])
def test_unshuffled_folds_of_shuffled_rows_test_on_known_users(rows):
    rng = np.random.default_rng(0)
    data = Interactions.from_dense(rng.integers(1, 5, size=(40, 1)) + rng.random((40, 20)))  # users differ in level
    folds = KFold(5, shuffle=True, random_state=0)
    options = {"scoring": "neg_root_mean_squared_error"}
    expected = cross_val_score(BiasBaseline(), *data.to_pairs(), cv=folds, **options).mean()
    assert cross_val_score(BiasBaseline(), *rows(data), cv=5, **options).mean() == pytest.approx(expected, rel=0.05)
    assert cross_val_score(BiasBaseline(), *data.to_pairs(), cv=5, **options).mean() < 2 * expected  # unknown users


def test_only_interactions_become_rows():
    with pytest.raises(TypeError, match=r"expected Interactions, got list; Interactions\.from_frame makes them"):
        as_pairs([(1, 2)])


@given(rows=st.lists(st.integers(0, 4), max_size=8))
def test_scikit_learn_indexes_the_rows_like_an_array(rows):
    X, y = as_pairs(DATA, random_state=None)
    expected, _ = DATA.to_pairs()
    assert _num_samples(X) == len(X) == len(y) == 5
    chosen = _safe_indexing(X, np.array(rows, dtype=np.int64))
    assert chosen.shape == (len(rows), 2)
    assert_array_equal(np.asarray(chosen), expected[rows])
    assert_array_equal(chosen.values, y[rows])
    assert_array_equal(chosen.timestamps, DATA.timestamps[rows])


def test_rows_can_be_indexed_by_mask_slice_and_position():
    X, _ = as_pairs(DATA, random_state=None)
    expected, _ = DATA.to_pairs()
    mask = np.array([True, False, True, False, False])
    assert_array_equal(np.asarray(X[mask]), expected[mask])
    assert_array_equal(np.asarray(X[1:4][::2]), expected[1:4][::2])
    assert X[3].tolist() == expected[3].tolist()
    assert np.asarray(as_pairs(Interactions.from_dense([[1, 2]]))[0]).dtype == np.int64
    assert np.asarray(X, dtype=str).dtype.kind == "U"


@pytest.mark.parametrize(
    "use",
    [
        lambda: GridSearchCV(BiasBaseline(), {"l2_user": [1.0, 2.0]}).fit(DATA),
        lambda: cross_validate(BiasBaseline(), DATA, DATA.values),
        lambda: train_test_split(DATA),
        lambda: np.asarray(DATA),
    ],
)
def test_errors_of_tools_that_need_rows_name_as_pairs(use):
    with pytest.raises(TypeError, match=r"X, y = recokit\.model_selection\.as_pairs\(interactions\)"):
        use()


@given(rows=st.lists(st.integers(0, 4), min_size=1, unique=True))
def test_chosen_rows_become_interactions_with_the_same_ids_and_the_given_values(rows):
    X, _ = as_pairs(DATA, random_state=None)
    chosen = X[np.array(rows)]
    plain = chosen.to_interactions()
    assert (plain.users, plain.items, plain.feedback) == (DATA.users, DATA.items, "explicit")
    assert_array_equal(plain.values, DATA.values[np.sort(rows)])
    given_values = chosen.to_interactions(10 * np.array(rows))
    assert_array_equal(given_values.values, 10 * np.sort(rows))
    assert_array_equal(given_values.item_codes, DATA.item_codes[np.sort(rows)])
    assert_array_equal(given_values.timestamps, plain.timestamps)


def test_repeated_rows_and_bad_values_are_refused():
    X, _ = as_pairs(DATA, random_state=None)
    with pytest.raises(DataError, match=r"1 row\(s\) occur more than once"):
        X[[0, 1, 0]].to_interactions()
    with pytest.raises(DataError, match="lengths differ: rows 5, y 2"):
        X.to_interactions([1, 2])
    with pytest.raises(DataError, match="NaN"):
        X.to_interactions([1, 2, np.nan, 4, 5])
    strengths, _ = as_pairs(DATA.with_feedback("implicit"))
    with pytest.raises(DataError, match="negative strength"):
        strengths.to_interactions([1, 2, -3, 4, 5])


def test_fitting_on_rows_equals_fitting_on_the_interactions():
    X, y = as_pairs(DATA)
    timed = Popularity(half_life=2)
    assert_array_equal(timed.fit(X).item_scores_, Popularity(half_life=2).fit(DATA).item_scores_)
    assert timed.interactions_.timestamps is not None
    backwards = slice(None, None, -1)
    model, expected = BiasBaseline().fit(X[backwards], y[backwards]), BiasBaseline().fit(DATA)
    assert_array_equal(model.predict(X[backwards]), expected.predict(DATA)[X.positions][::-1])
    assert model.score(X, y) == expected.score(DATA)
    strengths = Interactions.from_arrays([1, 1, 2], [1, 2, 2], [5, 1, 3], feedback="implicit")
    assert Popularity().fit(*as_pairs(strengths)).interactions_.feedback == "implicit"


def test_rows_can_be_pickled_and_have_a_readable_repr():
    rows = as_pairs(DATA, random_state=None)[0][[3, 1]]
    again = pickle.loads(pickle.dumps(rows))
    assert_array_equal(np.asarray(again), np.asarray(rows))
    assert repr(rows) == "Pairs(2 of Interactions(3 users × 3 items, 5 interactions, explicit))"
    assert isinstance(again, Pairs)
