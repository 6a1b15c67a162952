"""Data, clients and requests that a new user may try, and the errors that say what to do."""

import copy
import pickle
from types import SimpleNamespace

import dask
import dask.array
import dask.bag
import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from sklearn.base import clone

import recokit
import recokit.dask
from recokit.dask._cluster import check_versions, connect
from recokit.dask._events import Columns, encode, joined_times
from recokit.dask._reading import partitions_of
from recokit.exceptions import DataError
from tests.dask.data import assert_same_lists, assert_same_model, events, partitioned
from tests.dask.eager import EagerTasks

EVENTS = events(1_500, 60, 40)
PAIRS = EVENTS[["user_id", "item_id"]].drop_duplicates()
TASKS = EagerTasks(2)

pytestmark = pytest.mark.filterwarnings("ignore::recokit.exceptions.WeakModelWarning")


@pytest.fixture(scope="module")
def expected():
    return recokit.RP3beta().fit(PAIRS)


@pytest.fixture(scope="module")
def model(client):
    return recokit.dask.RP3beta(client).fit(partitioned(PAIRS, 2))


def in_parts(*frames):
    """Return a Dask dataframe of these partitions, whatever their dtypes."""
    parts = [dask.delayed(frame) for frame in frames]
    return dask.dataframe.from_delayed(parts, meta=frames[0].iloc[:0], verify_meta=False)


TYPES = [
    {"user_id": "category", "item_id": "category"},
    {"user_id": "string[pyarrow]", "item_id": "int64[pyarrow]"},
    {"user_id": object, "item_id": "Int64"},
    {"item_id": "float64"},
]


def test_partitions_may_be_empty_and_have_other_types_of_the_same_ids(client, expected, tmp_path):
    frames = [PAIRS.astype(types) for types in TYPES]
    frame = in_parts(PAIRS[:0].astype(TYPES[0]), *frames, PAIRS[:0])
    model = recokit.dask.RP3beta(client).fit(frame, duplicates="max")
    local = recokit.RP3beta().fit(recokit.Interactions.from_frame(pd.concat([PAIRS] * 4), duplicates="max"))
    assert_same_model(model.to_local(), local, tmp_path)


def test_named_columns_of_a_pandas_frame_are_read_as_those_of_a_dask_dataframe(client, tmp_path):
    frame = EVENTS.rename(columns={"user_id": "who"})
    how = {"user": "who", "rating": "rating", "timestamp": "timestamp", "duplicates": "last"}
    model = recokit.dask.SGDMatrixFactorization(client, n_factors=2, n_epochs=1, random_state=0).fit(frame, **how)
    data = recokit.Interactions.from_frame(frame.drop(columns="order"), **how)
    local = recokit.SGDMatrixFactorization(n_factors=2, n_epochs=1, random_state=0).fit(data)
    assert_same_model(model.to_local(), local, tmp_path)


def test_ratings_of_local_pairs_are_given_as_y(client, tmp_path):
    ratings = np.arange(len(PAIRS)) % 5 + 1.0
    model = recokit.dask.Popularity(client).fit(PAIRS, ratings)
    assert_same_model(model.to_local(), recokit.Popularity().fit(PAIRS, ratings), tmp_path)


@pytest.mark.parametrize(
    ("X", "y", "named", "kind", "message"),
    [
        (partitioned(PAIRS), [1.0], [], TypeError, "name it as rating="),
        (dask.array.zeros((3, 2)), None, [], DataError, "got Array.*from_dask_array"),
        (partitioned(PAIRS)["user_id"], None, [], DataError, "expected a Dask dataframe.*got Series"),
        (dask.delayed(PAIRS), None, [], DataError, "got Delayed.*from_delayed"),
        ([PAIRS, PAIRS], None, [], DataError, "dask.bag.from_sequence"),
        ([("ann", "tea")], None, ["duplicates"], TypeError, "duplicates: only for Dask dataframes.*from_frame"),
        (PAIRS, [1.0] * len(PAIRS), ["user"], TypeError, "user: only for.*without y"),
    ],
)
def test_data_that_are_no_events_are_refused_with_a_remedy(X, y, named, kind, message):
    with pytest.raises(kind, match=message):
        partitions_of(X, y, named, TASKS)


def test_dates_in_one_partition_and_numbers_in_another_are_refused():
    columns = Columns("user_id", "item_id", None, "time", "implicit", "error")
    dates = PAIRS.assign(time=pd.Timestamp("2024-01-01"))
    parts = [encode(frame, columns, 0) for frame in (dates, PAIRS.assign(time=1.0))]
    with pytest.raises(DataError, match="timestamps: expected numbers in all partitions or datetime64 in all"):
        joined_times(parts)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (PAIRS.assign(user_id=None), "partition 2: user_id: .* missing id"),
        (PAIRS.assign(item_id=pd.Series([pd.NA] * len(PAIRS), dtype="Int64")), "partition 2: item_id: .* missing id"),
        (PAIRS.assign(item_id=0.5), r"partition 2: item_id: expected integers or text, got 0.5.*astype\(str\)"),
        ([("ann", "tea")], "partition 2: expected a frame.*pandas.DataFrame"),
        ([{"user_id": "ann", "item_id": 3}], "partition 2: .*expected a sequence"),
    ],
)
def test_partitions_that_cannot_be_used_are_named(frame, message):
    with pytest.raises(DataError, match=message):
        encode(frame, Columns("user_id", "item_id", None, None, "implicit", "error"), 2)


def test_a_dataframe_without_rows_is_refused(client):
    with pytest.raises(DataError, match="no interactions"):
        recokit.dask.RP3beta(client).fit(in_parts(PAIRS[:0], PAIRS[:0]))


@pytest.mark.parametrize(
    ("name", "remedy"), [("SGDMatrixFactorization", "rating="), ("RP3beta", "feedback='implicit'")]
)
def test_feedback_of_the_wrong_kind_is_refused_with_a_remedy(name, remedy):
    model, kind = getattr(recokit.dask, name)(), {"RP3beta": "explicit"}.get(name, "implicit")
    model._data = SimpleNamespace(feedback=kind)
    with pytest.raises(DataError, match=f"{name} is fitted to .* feedback only; .*{remedy}"):
        model._check_feedback(model._template())


# ---------------------------------------------------------------------- clients


@pytest.mark.parametrize("given", ["tcp://127.0.0.1:8786", 100])
def test_a_client_of_another_class_is_refused(given):
    with pytest.raises(TypeError, match=r"expected a distributed.Client"):
        connect(given, object())


def test_a_cluster_without_workers_is_refused():
    with pytest.raises(RuntimeError, match=r"no workers yet; wait for some with client.wait_for_workers"):
        check_versions(SimpleNamespace(nthreads=dict))


def test_a_model_whose_client_is_closed_says_so(client):
    own = Client(client.scheduler.address, set_as_default=False)
    model = recokit.dask.Popularity(own).fit(PAIRS)
    own.close()
    for use in (model.recommend, model.to_local):
        with pytest.raises(RuntimeError, match="client of this estimator is closed; the fitted model is lost"):
            use()
    with pytest.raises(RuntimeError, match="client of this estimator is closed; make a new one"):
        model.fit(PAIRS)


# ---------------------------------------------------------------------- estimators


def test_copies_without_a_fit_keep_the_parameters(client):
    model = recokit.dask.RP3beta(client, alpha=0.5)
    for other in (clone(model), copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert (other.alpha, other.client) == (0.5, None)


def test_a_fitted_model_is_not_pickled(model):
    with pytest.raises(TypeError, match=r"RP3beta is on its cluster; pickle to_local\(\)"):
        pickle.dumps(model)


@pytest.mark.parametrize("name", ["predict", "save", "similar_items", "partial_fit", "item_counts_"])
def test_attributes_of_the_local_model_are_found_there(model, name):
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'; call to_local\(\)"):
        getattr(model, name)
    assert hasattr(model.to_local(), name)


def test_unknown_attributes_are_unknown():
    with pytest.raises(AttributeError, match=r"no attribute 'recomend'$"):
        _ = recokit.dask.RP3beta().recomend


@pytest.mark.parametrize("n", [0, -1, 1.5, None])
def test_a_number_of_items_below_1_is_refused_before_any_list_is_made(model, n):
    with pytest.raises(ValueError, match=r"n=.*expected an integer of at least 1"):
        model.recommend(n=n)


def test_lists_are_filled_by_popularity_only(model):
    for fill in ("random", recokit.Popularity().fit(PAIRS)):
        with pytest.raises(ValueError, match="expected None or 'popular'"):
            model.recommend(fill=fill)


def test_users_may_be_a_dask_series_or_nobody(model, expected):
    some = partitioned(PAIRS[PAIRS["user_id"] < "u2"], 2)["user_id"].drop_duplicates()
    users = sorted(set(some.compute()))
    assert_same_lists(model.recommend(some, n=3), expected.recommend(users, n=3))
    assert len(model.recommend([], n=3).compute()) == 0
