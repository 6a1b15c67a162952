"""Arguments of the wrong kind to functions beside the recommenders."""

import pickle

import numpy as np
import pandas as pd
import pytest

from recokit import DataError, ItemKNN, ItemSearch, Popularity, UnknownIdError, warm_up
from recokit.datasets import make_shop
from recokit.experiments import ips, snips
from recokit.serving import write_parquet

PAIRS = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot"), ("cy", "tea")]


@pytest.mark.parametrize("models", ["ItemKNN", ItemKNN, [ItemKNN], ["x"], 5])
def test_only_models_are_warmed_up(models):
    with pytest.raises(TypeError, match="warm_up: expected recommenders such as ItemKNN"):
        warm_up(models)


def test_one_model_is_warmed_up_without_a_list():
    warm_up(Popularity())


@pytest.mark.parametrize("size", [True, 2.5, "5", 0, None])
def test_sizes_of_a_shop_are_whole_numbers(size):
    for name in ("n_users", "n_items", "n_events"):
        with pytest.raises(ValueError, match=f"{name}=.*expected a whole number of at least 1"):
            make_shop(**({"n_users": 5, "n_items": 5, "n_events": 50} | {name: size}))


def test_tiny_propensities_are_refused_before_the_estimate_overflows():
    for estimate in (ips, snips):
        with pytest.raises(DataError, match="probabilities / propensities: 1 value"):
            estimate([1, 0], [1e-300, 0.5], [1, 0.5])


def test_one_batch_of_lists_is_written_without_a_list(tmp_path):
    pytest.importorskip("pyarrow")
    lists = ItemKNN().fit(PAIRS).recommend(n=2)
    assert write_parquet(lists, tmp_path / "one.parquet") == write_parquet([lists], tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize("fields", [{}, []])
def test_a_search_without_fields_is_refused(fields):
    with pytest.raises(DataError, match="expected one field or more; the columns are 'title'"):
        ItemSearch(fields=fields).fit({"item_id": [1, 2], "title": ["tea", "cup"]})


def test_numpy_integers_are_sizes():
    sizes = {"n_users": 5, "n_items": 6, "n_events": 50}
    made = make_shop(**{name: np.int64(size) for name, size in sizes.items()}, random_state=0)
    assert repr(made) == repr(make_shop(**sizes, random_state=0))


@pytest.mark.parametrize("name", ["n_neighbors", "shrinkage", "alpha", "half_life", "n_threads"])
def test_a_boolean_is_not_a_number(name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of ItemKNN must be"):
        ItemKNN(**{name: True}).fit(PAIRS)


@pytest.mark.parametrize("batch_size", [True, "5", 2.5, None, 0])
def test_the_size_of_a_batch_is_a_whole_number(batch_size):
    with pytest.raises(ValueError, match=r"batch_size=.*expected an integer of at least 1"):
        next(ItemKNN().fit(PAIRS).iter_recommend(batch_size=batch_size))


def test_a_frame_is_not_a_mapping_of_labels():
    model, frame = ItemKNN().fit(PAIRS), pd.DataFrame({"item_id": ["tea"], "title": ["Green tea"]})
    with pytest.raises(TypeError, match="got DataFrame; pass a mapping such as dict"):
        str(model.explain("ann", "tea", labels=frame))


@pytest.mark.parametrize(("key", "known"), [("007", "7"), ("7", "7")])
def test_the_error_for_an_unknown_id_shows_the_known_form(key, known):
    model = Popularity().fit([(7, "Tea"), (8, "Tea")])
    with pytest.raises(UnknownIdError, match=f"{key}'; {known} is known, so pass the ids in the form"):
        model.recommend(key)
    with pytest.raises(UnknownIdError, match=r"'tea'$"):
        Popularity().fit([(7, "cup"), (8, "cup")]).recommend(7, candidates=["tea"])
    with pytest.raises(UnknownIdError, match="'CUP'; 'cup' is known"):
        Popularity().fit([(7, "cup"), (8, "cup")]).recommend(7, candidates=["CUP"])
    assert str(pickle.loads(pickle.dumps(UnknownIdError("user", [1], "; x")))) == "1 unknown user id(s): 1; x"
