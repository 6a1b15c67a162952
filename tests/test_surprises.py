"""Behaviour that could surprise a user, and must not."""

import copy
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recokit import (
    BiasBaseline,
    DataError,
    EventLog,
    IdIndex,
    Interactions,
    ItemKNN,
    Popularity,
    Recommendations,
    SGDMatrixFactorization,
    TfidfRecommender,
    UserKNN,
    load,
)

BOUGHT = [("ann", "tea"), ("bob", "tea"), ("bob", "cup")]


def test_padding_is_never_an_item_id():
    lists = Popularity().fit(BOUGHT).recommend(["ann", "zoe"], n=2, on_unknown="empty")
    assert lists.items.tolist() == [["cup", None], [None, None]]
    assert Popularity().fit([(1, 10), (2, 10), (2, 20)]).recommend(n=2).items.tolist() == [[20, -1], [-1, -1]]
    with_minus_one = Recommendations(users=[1], items=[[-1, 5]], counts=[1])
    assert with_minus_one.items.tolist() == [[-1, np.iinfo(np.int64).min]]


def test_rating_models_refuse_pairs_without_ratings():
    with pytest.raises(DataError, match="needs the ratings of the pairs as y"):
        ItemKNN(feedback="explicit").fit(BOUGHT)
    model = BiasBaseline().fit(BOUGHT, [5, 3, 4])
    with pytest.raises(DataError, match="needs the ratings of the pairs as y"):
        model.partial_fit([("ann", "cup")])
    assert model.interactions_.n_interactions == 3


def test_zeros_that_fill_blocks_are_not_interactions():
    blocks = sparse.bsr_array(np.eye(2, dtype=int), blocksize=(2, 2))
    assert Interactions.from_matrix(blocks).n_interactions == 2


def test_exclusions_without_effect_are_refused():
    model = ItemKNN().fit(BOUGHT)
    with pytest.raises(ValueError, match="exclude: expected ids"):
        model.recommend("ann", exclude=[["cup"]])
    with pytest.raises(ValueError, match="exclude: none of its keys is a known or requested user: 'ANN'"):
        model.recommend("ann", exclude={"ANN": ["cup"]})
    assert model.recommend("ann", exclude={"ann": ["cup"]}).counts.tolist() == [0]


def test_fitting_to_no_interactions_is_refused():
    data = Interactions.from_arrays(*zip(*BOUGHT, strict=True))
    with pytest.raises(DataError, match="no interactions"):
        Popularity().fit(data.select(np.zeros(3, dtype=bool)))


def test_columns_of_a_frame_are_matched_by_name():
    frame = pd.DataFrame({"item_id": ["tea", "tea", "cup"], "user_id": ["ann", "bob", "bob"]})
    assert list(Popularity().fit(frame).interactions_.users) == ["ann", "bob"]


def test_unsupported_languages_of_explanations_are_refused():
    with pytest.raises(ValueError, match="language='de'"):
        Popularity().fit(BOUGHT).explain("ann", "tea", language="de")


def test_new_items_can_be_added_without_interactions():
    model = TfidfRecommender().fit(BOUGHT, catalogue={"tea": "green tea", "cup": "tea cup"})
    model.partial_fit(catalogue={"pot": "tea pot"})
    assert "pot" in [item for item, _ in model.recommend("ann", n=5)["ann"]]


def test_strings_that_are_not_valid_utf_8_can_be_ids():
    index = IdIndex.from_ids(["a", "\ud800"])
    assert index.codes(["\ud800", "b"]).tolist() == [1, -1]
    many = IdIndex.from_ids([f"user {number}" for number in range(100)])
    assert many.codes(["\ud800", "user 7"]).tolist() == [-1, list(many).index("user 7")]


@pytest.mark.parametrize(
    "ids", [[f"u{n}" for n in range(99, 0, -1)], list(range(1000, 0, -3)), [(n, "x") for n in range(50)]]
)
def test_single_and_many_ids_are_looked_up_alike(ids):
    index = IdIndex(ids)
    assert [int(index.codes([key])[0]) for key in ids] == list(range(len(ids))) == index.codes(ids).tolist()
    as_objects = np.fromiter(ids, dtype=object, count=len(ids))
    assert index.codes(as_objects[:2]).tolist() == [0, 1]
    assert index.codes([None, "no", 2.5]).tolist() == [-1, -1, -1]


def test_undecayed_counts_do_not_replace_decayed_ones():
    days = np.array(["2024-01-01", "2024-01-01", "2024-06-01"], dtype="datetime64[D]")
    data = Interactions.from_arrays([1, 2, 3], ["skates", "skates", "sunhat"], timestamps=days)
    lists = Popularity(half_life=10).fit(data).recommend([99], n=1, on_unknown="popular")
    assert lists[99][0][0] == "sunhat"


@pytest.mark.parametrize(
    "make", [BiasBaseline, ItemKNN, UserKNN, partial(SGDMatrixFactorization, random_state=0, n_threads=1)]
)
def test_predictions_reach_the_rating_scale_beyond_the_ratings_seen(make, tmp_path):
    rows = [(u, i, 4 if u == 0 or i == 0 else 2) for u in range(12) for i in range(12) if u + i > 0 and (u + i) % 5]
    pairs, ratings = [row[:2] for row in rows], [row[2] for row in rows]
    seen, scaled = make().fit(pairs, ratings), make(rating_scale=(1, 4.5)).fit(pairs, ratings)
    assert seen.predict((0, 0)).tolist() == [4]
    assert 4 < scaled.predict((0, 0)) <= 4.5
    assert sum(term.contribution for term in scaled.explain(0, 0).terms) == pytest.approx(scaled.predict((0, 0))[0])
    scaled.save(tmp_path / "model")
    assert load(tmp_path / "model").predict((0, 0)) == scaled.predict((0, 0))
    assert scaled.rating_range_ == scaled.partial_fit([(0, 0)], [4]).rating_range_ == (1, 4.5)
    with pytest.raises(DataError, match=r"rating_scale=\(1, 3\): the ratings are from 2 to 4; expected a scale that"):
        make(rating_scale=(1, 3)).fit(pairs, ratings)
    for wrong in ((5, 1), (1,), 5, "15", (1, np.inf), (False, 5)):
        with pytest.raises(ValueError, match=r"'rating_scale' parameter of .* must be a pair of finite numbers"):
            make(rating_scale=wrong).fit(pairs, ratings)


@pytest.mark.parametrize("store", ["save", "pickle", "copy"])
def test_a_model_whose_parameters_changed_after_the_fit_warns_when_it_is_stored(store, tmp_path):
    def stored(model):
        if store == "save":
            model.save(tmp_path / "model")
            return load(tmp_path / "model")
        return pickle.loads(pickle.dumps(model)) if store == "pickle" else copy.deepcopy(model)

    model = ItemKNN(n_threads=1).fit(BOUGHT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = stored(stored(model.set_params(n_threads=2, verbose=False)))
    before = model.predict(BOUGHT).tolist()
    assert again.predict(BOUGHT).tolist() == before
    model.set_params(amplification=3.0)
    assert model.predict(BOUGHT).tolist() == before
    with pytest.warns(
        UserWarning, match=r"ItemKNN: amplification=3.0 \(fitted with 1.0\) changed after the fit.*call fit"
    ):
        stored(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stored(model.fit(BOUGHT)).predict(BOUGHT).tolist() == model.predict(BOUGHT).tolist()


@pytest.mark.parametrize("column", [{1: 2.0, 2: 3.0, 3: 1.0}, b"123", {1, 2, 3}])
def test_mappings_sets_and_bytes_are_not_columns(column):
    for read in (
        lambda: Interactions.from_arrays([1, 2, 3], [1, 2, 3], column),
        lambda: Interactions.from_arrays([1, 2, 3], [1, 2, 3], timestamps=column),
        lambda: Interactions.from_arrays(column, [1, 2, 3]),
        lambda: Interactions.from_frame({"user_id": [1, 2, 3], "item_id": column}),
        lambda: Interactions.from_frame({"user_id": [1, 2, 3], "item_id": [1, 2, 3], "x": column}, rating="x"),
        lambda: EventLog.from_frame({"user_id": [1, 2, 3], "item_id": [1, 2, 3], "price": column}),
        lambda: BiasBaseline().fit([(1, 1), (1, 2), (2, 1)], column),
    ):
        with pytest.raises(DataError, match="expected a sequence"):
            read()
    assert Interactions.from_arrays([1, 2, 3], [1, 2, 3], {1: 2.0, 2: 3.0, 3: 1.0}.values()).values.tolist() == [
        2,
        3,
        1,
    ]
