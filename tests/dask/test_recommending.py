"""Lists of recommendations as a lazy Dask dataframe."""

import pandas as pd
import pytest

import recokit
import recokit.dask
from recokit.exceptions import NotFittedError, UnknownIdError
from tests.dask.data import assert_same_lists, events, partitioned

PAIRS = events()[["user_id", "item_id"]].drop_duplicates()


@pytest.fixture(scope="module")
def model(client):
    return recokit.dask.RP3beta(client, n_neighbors=15).fit(partitioned(PAIRS))


@pytest.fixture(scope="module")
def complete(client):
    """Return a model with all data on each worker."""
    return recokit.dask.UserKNN(client).fit(partitioned(PAIRS))


def test_lists_are_written_to_parquet_by_partitions(model, tmp_path):
    lists = model.recommend(n=4)
    assert lists.npartitions > 1
    lists.to_parquet(tmp_path, write_index=False)
    assert len(list(tmp_path.glob("*.parquet"))) == lists.npartitions
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path), model.to_local().recommend(n=4).to_frame())


@pytest.mark.parametrize("kind", ["model", "complete"])
def test_rules_for_users_are_those_of_the_local_model(kind, request):
    model = request.getfixturevalue(kind)
    options = {
        "users": ["u101", "u3", "u64"],
        "n": 6,
        "exclude_seen": False,
        "candidates": {"u3": [1, 5, 9], "u64": list(range(20))},
        "exclude": {"u64": [0, 1], "u101": [2]},
    }
    local = model.to_local().recommend(**{**options, "users": sorted(options["users"])})
    assert_same_lists(model.recommend(**options), local)


@pytest.mark.parametrize("kind", ["model", "complete"])
def test_short_lists_are_filled_as_by_the_local_model(kind, request):
    model = request.getfixturevalue(kind)
    options = {"n": 10, "exclude": list(range(70)), "fill": "popular"}
    lists, local = model.recommend(**options).compute(), model.to_local().recommend(**options).to_frame()
    assert lists["is_filler"].any()
    pd.testing.assert_frame_equal(lists.reset_index(drop=True), local)


def test_unknown_users_and_candidates_are_refused_before_any_list_is_made(model):
    with pytest.raises(UnknownIdError, match=r"1 unknown user id.*nobody"):
        model.recommend(["u3", "nobody"])
    with pytest.raises(UnknownIdError, match=r"1 unknown item id.*999"):
        model.recommend(candidates=[1, 999])


def test_rules_for_unknown_users_only_are_refused_as_by_the_local_model(model):
    for name in ("candidates", "exclude"):
        for each in (model, model.to_local()):
            with pytest.raises(ValueError, match=rf"{name}: none of its keys is a known or requested user: 'U3'"):
                each.recommend(**{name: {"U3": [1]}})
    some = {"u3": [1, 5, 9], "nobody": [1]}
    assert_same_lists(model.recommend(["u3"], candidates=some), model.to_local().recommend(["u3"], candidates=some))


def test_rules_for_users_may_be_a_series_of_lists(model):
    lists = pd.Series([[1, 5, 9], list(range(20))], index=["u3", "u64"])
    options = {"users": ["u3", "u64"], "exclude_seen": False}
    for name in ("candidates", "exclude"):
        expected = model.to_local().recommend(**options, **{name: lists})
        assert_same_lists(model.recommend(**options, **{name: lists}), expected)


def test_parameters_are_those_of_the_local_estimator(client):
    model = recokit.dask.RP3beta(client, n_neighbors=15)
    assert model.get_params() == recokit.RP3beta(n_neighbors=15).get_params()
    assert model.set_params(alpha=0.9).alpha == 0.9
    with pytest.raises(TypeError, match="n_neighbours"):
        recokit.dask.RP3beta(client, n_neighbours=15)
    with pytest.raises(ValueError, match="alpha"):
        recokit.dask.RP3beta(client, alpha=-1).fit(partitioned(PAIRS))


def test_a_model_that_is_not_fitted_says_so(client):
    with pytest.raises(NotFittedError, match="RP3beta is not fitted yet"):
        recokit.dask.RP3beta(client).recommend()
