"""Input that was answered with another library's error, or not at all."""

import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import recokit
from recokit import DataError, Interactions, NotFittedError, UnknownIdError
from recokit.data import IdIndex
from tests.reliability.models import fitted

FRAME = pd.DataFrame({"user_id": [1, 2], "item_id": [3, 3]})


def test_a_record_batch_is_read_like_a_table():
    batch = pa.RecordBatch.from_pandas(FRAME)
    assert Interactions.from_frame(batch).equals(Interactions.from_frame(FRAME))
    assert recokit.Popularity().fit(batch).interactions_.equals(Interactions.from_frame(FRAME))


def test_repeated_names_of_columns_are_reported():
    frame = pd.DataFrame([[1, 3, 0, 0]], columns=["user_id", "item_id", "x", "x"])
    with pytest.raises(DataError, match="columns of the frame have the same name: 'x'; rename or drop them"):
        Interactions.from_frame(frame)


def test_integers_of_128_bits_are_ids():
    frame = pl.DataFrame({"user_id": pl.Series([1, 2**100], dtype=pl.Int128), "item_id": [3, 3]})
    assert list(Interactions.from_frame(frame).users) == [1, 2**100]


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize(
    ("bounds", "indices"),
    [([0, 1, 2], [0, 5]), ([0, 1, 2], [0, -1]), ([0, 5, 2], [0, 1]), ([0, 2, 0], [0, 1]), ([0, -(2**62), 2], [0, 1])],
)
@pytest.mark.parametrize("read", [Interactions.from_matrix, recokit.ItemKNN().fit])
def test_a_sparse_matrix_that_contradicts_itself_is_refused(form, bounds, indices, read):
    matrix = (sparse.csr_array if form == "csr" else sparse.csc_array)((2, 2))
    matrix.indptr, matrix.indices, matrix.data = np.array(bounds), np.array(indices), np.ones(2)
    with pytest.raises(DataError, match="is inconsistent"):
        read(matrix)


def test_coordinates_out_of_range_are_refused():
    matrix = sparse.coo_array((np.ones(2), ([0, 1], [0, 1])), shape=(2, 2))
    matrix.coords = (np.array([0, 10**9]), np.array([0, 1]))
    with pytest.raises(DataError, match="is inconsistent: indices must be at least 0 and less than 2"):
        Interactions.from_matrix(matrix)


def test_a_matrix_too_wide_for_codes_is_refused_at_once():
    matrix = sparse.coo_array((np.ones(2), ([0, 1], [5, 2**33])), shape=(2, 2**33 + 1))
    with pytest.raises(DataError, match=r"more than 2,147,483,647 rows or columns; use Interactions\.from_arrays"):
        Interactions.from_matrix(matrix.tocsr())


def test_strengths_beyond_float32_are_refused_before_a_score_is_infinite():
    data = Interactions.from_arrays([1, 2, 3], [1, 1, 2], [3e38, 3e38, 1.0], feedback="implicit")
    for kind in (recokit.Popularity, recokit.ItemKNN, recokit.EASE):
        with pytest.raises(DataError, match="the strengths of an item add up to 6e"):
            kind().fit(data)


def test_prepared_ids_do_not_make_hashing_slow():
    done = threading.Event()

    def index():
        for shift in (20, 40, 44):
            IdIndex.factorize(np.arange(80_000) << shift)
        done.set()

    threading.Thread(target=index, daemon=True).start()
    assert done.wait(60)  # it took 5 seconds each, and 0.01 otherwise; the limit allows for compilation


# ---------------------------------------------------------------------- any input to the public entry points

REFUSALS = (DataError, UnknownIdError, NotFittedError, ValueError, TypeError, NotImplementedError)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 30),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=3),
    st.sampled_from([f"i{item}" for item in range(6)]),
    st.binary(max_size=2),
    st.dates(),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.integers(0, 9), st.text(max_size=2), st.just("user_id")), inner, max_size=3),
        st.lists(st.integers(-3, 40), max_size=4).map(np.array),
        st.lists(st.floats(), max_size=4).map(np.array),
        st.lists(st.lists(st.integers(-1, 5), min_size=2, max_size=2), min_size=1, max_size=4).map(np.array),
    ),
    max_leaves=8,
)
ENTRY_POINTS = {
    "fit": lambda given, other: recokit.Popularity().fit(given, other),
    "partial_fit": lambda given, other: fitted(recokit.ItemKNN, "implicit").partial_fit(given, other),
    "predict": lambda given, other: MODELS["ItemKNN"].predict(given),
    "recommend": lambda given, other: MODELS["ItemKNN"].recommend(given, n=3),
    "n": lambda given, other: MODELS["ItemKNN"].recommend(1, n=given),
    "candidates": lambda given, other: MODELS["ItemKNN"].recommend([1, 2], candidates=given, exclude=other),
    "recommend_for": lambda given, other: MODELS["ItemKNN"].recommend_for(given),
    "recommend_for ratings": lambda given, other: MODELS["BiasBaseline"].recommend_for(given),
    "recommend_for events": lambda given, other: MODELS["SessionKNN"].recommend_for(given),
    "similar_items": lambda given, other: MODELS["EASE"].similar_items(given),
    "explain": lambda given, other: MODELS["EASE"].explain(given, other),
    "explain_for": lambda given, other: MODELS["EASE"].explain_for(given, other),
    "from_arrays": lambda given, other: Interactions.from_arrays(given, other),
    "from_frame": lambda given, other: Interactions.from_frame(given),
    "from_dense": lambda given, other: Interactions.from_dense(given),
    "event log": lambda given, other: recokit.EventLog.from_frame(given),
    "evaluate": lambda given, other: recokit.metrics.evaluate(given, other, ["ndcg@3"]),
    "ids": lambda given, other: IdIndex.from_ids(given),
}
MODELS = {
    name: fitted(getattr(recokit, name), "explicit" if name == "BiasBaseline" else "implicit")
    for name in ("ItemKNN", "BiasBaseline", "SessionKNN", "EASE")
}


@pytest.mark.parametrize("name", ENTRY_POINTS)
@settings(max_examples=120)
@given(given=ANYTHING, other=ANYTHING)
@pytest.mark.filterwarnings("ignore")
def test_any_input_is_used_or_refused_in_words_of_recokit(name, given, other):
    try:
        ENTRY_POINTS[name](given, other)
    except REFUSALS as error:
        assert str(error)  # noqa: PT017 (a call may also succeed)
