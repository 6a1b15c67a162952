"""Tests of ImplicitALS with features of users and items."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recokit import DataError, Interactions, load
from recokit._runtime.threads import threads_at_any_cost
from recokit.datasets import example_interactions
from recokit.factorization import ImplicitALS
from recokit.factorization import _feature_prior as prior_module
from recokit.factorization._feature_prior import FeaturePrior
from recokit.preprocessing import Features
from recokit.testing import check_recommender
from tests.naive import als as naive

DATA = example_interactions("implicit")
SETTINGS = {"n_factors": 6, "n_epochs": 8, "random_state": 0, "l2": 0.05}


def small(**parameters):
    return ImplicitALS(**SETTINGS | parameters)


def one_hot(ids, n_columns, kind, seed=0, extra=()):
    """Return random columns of 0 and 1 for ids, and for further ids."""
    rng = np.random.default_rng(seed)
    every = [*ids, *extra]
    values = (rng.random((len(every), n_columns)) < 0.4).astype(float)
    values[np.arange(len(every)), rng.integers(0, n_columns, len(every))] = 1
    return {f"{kind}_id": every, **{f"is_{place}": values[:, place] for place in range(n_columns)}}


def features_of(data, extra_items=(), extra_users=()):
    return {
        "item_features": one_hot(data.items, 4, "item", 1, extra_items),
        "user_features": one_hot(data.users, 3, "user", 2, extra_users),
    }


def matrix_of(table):
    return np.column_stack([values for name, values in table.items() if not name.endswith("_id")])


def two_tastes():
    """Return users who buy either garden or kitchen items, and features that name the kinds."""
    rng = np.random.default_rng(0)
    users, items = [], []
    for user in range(60):
        for item in rng.choice(10, 4, replace=False):
            users.append(user)
            items.append(f"{'garden' if user % 2 else 'kitchen'} {item}")
    names = [f"{kind} {item}" for kind in ("garden", "kitchen") for item in range(12)]
    is_garden = np.array([name.startswith("garden") for name in names], dtype=float)
    item_features = {"item_id": names, "garden": is_garden, "kitchen": 1 - is_garden}
    ids = np.arange(62)
    user_features = {"user_id": ids, "owns a garden": ids % 2, "rents": 1 - ids % 2}
    return Interactions.from_arrays(users, items), item_features, user_features


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_contract_checks_pass_with_features(solver):
    def side(data):
        return {
            "item_features": {
                "item_id": list(data.items),
                "one": np.ones(data.n_items),
                "odd": np.arange(data.n_items),
            },
            "user_features": {"user_id": list(data.users), "one": np.ones(data.n_users)},
        }

    check_recommender(small(solver=solver), side=side)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_fit_equals_alternating_exact_solutions(share):
    side = features_of(DATA)
    model = small(solver="cholesky", feature_share=share, unobserved_weight=0.2, n_epochs=3).fit(DATA, **side)
    R = DATA.matrix.toarray().astype(np.float64)
    user_x, item_x = matrix_of(side["user_features"]), matrix_of(side["item_features"])
    user_l2, item_l2 = naive.penalties(R, 0.2, 0.05, 1.0), naive.penalties(R.T, 0.2, 0.05, 1.0)
    start = small()._random_start(DATA).factors
    users, items = start.users.vectors.astype(np.float64), start.items.vectors.astype(np.float64)
    for epoch in range(4):
        user_weights = naive.feature_weights(user_x, users, user_l2, 1.0)
        users_before, users = users, naive.solve(R, items, 0.2, user_l2, share * user_x @ user_weights)
        if epoch < 3:
            item_weights = naive.feature_weights(item_x, items, item_l2, 1.0)
            items = naive.solve(R.T, users, 0.2, item_l2, share * item_x @ item_weights)
    assert np.any(users != users_before)
    np.testing.assert_allclose(model.item_factors_, items, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(model.user_factors_, users, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(model.user_feature_weights_, user_weights, rtol=5e-3, atol=1e-3)


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_every_epoch_lowers_the_loss(solver, share):
    history = small(n_epochs=15, solver=solver, feature_share=share).fit(DATA, **features_of(DATA)).history_
    losses = history["training_loss"]
    assert np.all(np.diff(losses) <= 1e-6 * losses[0])


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_bits_do_not_depend_on_the_number_of_threads(solver):
    rng = np.random.default_rng(0)
    cells = rng.choice(300 * 200, 6_000, replace=False)
    data = Interactions.from_arrays(cells // 200, cells % 200)
    side = features_of(data, extra_items=[900, 901])
    with threads_at_any_cost():
        fits = [small(n_threads=n, solver=solver, n_factors=20).fit(data, **side) for n in (1, 2, 4)]
    for model in fits[1:]:
        assert model.item_factors_.tobytes() == fits[0].item_factors_.tobytes()
        assert model.user_factors_.tobytes() == fits[0].user_factors_.tobytes()
        assert model.history_ == fits[0].history_


def test_features_of_zero_share_change_nothing_but_cold_rows():
    plain, side = small(user_mean_share=0).fit(DATA), features_of(DATA, extra_items=[1_000])
    model = small(feature_share=0.0).fit(DATA, **side)
    codes = model.interactions_.items.codes(DATA.items)
    np.testing.assert_allclose(model.item_factors_[codes], plain.item_factors_, rtol=1e-6, atol=1e-7)
    assert np.any(model.item_factors_[model.interactions_.items.codes([1_000])[0]])


def test_cold_items_are_recommended_to_the_users_of_similar_items():
    data, item_features, _ = two_tastes()
    model = small().fit(data, item_features=item_features)
    cold = ["garden 10", "garden 11", "kitchen 10", "kitchen 11"]
    lists = model.recommend(n=2, candidates=cold)
    for user, entries in lists:
        assert {item for item, _ in entries} == set(cold[:2] if user % 2 else cold[2:])
    codes = model.interactions_.items.codes(cold)
    expected = model.cold_share * (model.item_features_[codes] @ model.item_feature_weights_)
    np.testing.assert_allclose(model.item_factors_[codes], expected, rtol=1e-5)


def test_the_share_of_cold_items_moves_them_among_the_others_and_nothing_else():
    data, item_features, _ = two_tastes()
    cold = ["garden 10", "garden 11", "kitchen 10", "kitchen 11"]
    high, low = (small(cold_share=share).fit(data, item_features=item_features) for share in (1.0, 0.5))
    assert high.recommend(n=4, candidates=cold).items.tolist() == low.recommend(n=4, candidates=cold).items.tolist()
    np.testing.assert_array_equal(high.user_factors_, low.user_factors_)
    is_cold = np.isin(high.interactions_.items.ids, cold)
    np.testing.assert_array_equal(high.item_factors_[~is_cold], low.item_factors_[~is_cold])
    np.testing.assert_allclose(low.item_factors_[is_cold], 0.5 * high.item_factors_[is_cold], rtol=1e-6)


def test_cold_users_get_the_items_of_users_with_the_same_features():
    data, _, user_features = two_tastes()
    model = small().fit(data, user_features=user_features)
    for user, kind in ((60, "kitchen"), (61, "garden")):
        for on_unknown in ("raise", "popular"):
            assert {item.split()[0] for item, _ in model.recommend(user, n=5, on_unknown=on_unknown)[user]} == {kind}
    new = {"user_id": ["eve", "abe"], "owns a garden": [1, 0], "rents": [0, 1]}
    lists = model.recommend_for({"eve": [], "abe": []}, n=5, user_features=new, on_unknown="popular")
    assert [item for item, _ in lists["eve"]] == [item for item, _ in model.recommend(61, n=5)[61]]
    assert {item.split()[0] for item, _ in lists["abe"]} == {"kitchen"}
    assert model.recommend_for({"eve": []}, n=5).counts.tolist() == [0]


def test_the_history_and_the_features_of_a_new_user_both_count():
    data, _, user_features = two_tastes()
    model = small(solver="cholesky").fit(data, user_features=user_features)
    codes = data.items.take(data.item_codes[slice(*data.indptr[7:9])]).tolist()
    lists = model.recommend_for(
        {"new": codes}, n=5, user_features={"user_id": ["new"], "owns a garden": [1], "rents": [0]}
    )
    assert lists["new"] == model.recommend(7, n=5)[7]


def test_items_without_features_are_reported_and_drawn_around_zero():
    data, item_features, _ = two_tastes()
    kept = slice(1, None)  # without garden 0
    table = {name: list(values)[kept] for name, values in item_features.items()}
    with pytest.warns(UserWarning, match=r"1 of 2\d items have interactions and no features.*'garden 0'"):
        model = small().fit(data, item_features=table)
    assert np.any(model.item_factors_[model.interactions_.items.codes(["garden 0"])[0]])


def test_items_with_neither_interactions_nor_features_are_not_recommended():
    model = small().fit(DATA, item_features={"item_id": [*DATA.items, "blank"], "one": [*np.ones(DATA.n_items), 0]})
    assert "blank" not in {item for _, entries in model.recommend(n=500) for item, _ in entries}
    assert model.predict([(next(iter(DATA.users)), "blank")]).tolist() == [0.0]


def test_the_unit_of_a_feature_does_not_matter():
    side = features_of(DATA)["item_features"]
    model = small().fit(DATA, item_features=side)
    scaled = small().fit(DATA, item_features=side | {"is_1": 1024 * side["is_1"]})
    np.testing.assert_allclose(scaled.item_factors_, model.item_factors_, rtol=1e-4, atol=1e-6)


def test_every_form_of_features_gives_the_same_model():
    side = features_of(DATA)["item_features"]
    matrix, ids = matrix_of(side), side["item_id"]
    names = [name for name in side if name != "item_id"]
    order = np.random.default_rng(0).permutation(len(ids))
    frame = pl.DataFrame(side)
    forms = [
        frame,
        frame.to_pandas(),
        frame.to_pandas().set_index("item_id"),
        frame.to_arrow(),
        Features(ids, matrix, names, kind="item"),
        ([ids[place] for place in order], matrix[order]),
        (ids, sparse.coo_matrix(matrix)),
    ]
    expected = small().fit(DATA, item_features=side)
    for form in forms:
        assert small().fit(DATA, item_features=form).item_factors_.tobytes() == expected.item_factors_.tobytes()


def test_a_matrix_without_ids_has_the_rows_of_0_to_n():
    data = Interactions.from_matrix(sparse.csr_array(np.eye(5)[[0, 1, 2, 3, 4, 0]] + np.eye(6, 5, 1)))
    x = np.arange(10.0).reshape(5, 2)
    model = small().fit(data, item_features=x)
    assert model.item_features_.toarray().tolist() == x.tolist()
    assert model.item_feature_names_ == ["x0", "x1"]


def test_saving_and_loading_keeps_features_and_lists(tmp_path):
    data, item_features, user_features = two_tastes()
    model = small().fit(data, item_features=item_features, user_features=user_features)
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    new = {"user_id": ["eve"], "owns a garden": [1], "rents": [0]}
    for one in (loaded, model):
        assert one.recommend(60, n=4)[60] == model.recommend(60, n=4)[60]
        lists = one.recommend_for({"eve": ["kitchen 3"]}, n=4, user_features=new)
        assert lists["eve"] == model.recommend_for({"eve": ["kitchen 3"]}, n=4, user_features=new)["eve"]


def test_partial_fit_adds_features_and_cold_items():
    data, item_features, _ = two_tastes()
    model = small().fit(data, item_features=item_features)
    model.partial_fit(item_features={"item_id": ["spade"], "garden": [1], "kitchen": [0]})
    assert {
        user % 2
        for user, entries in model.recommend(n=1, candidates=["spade", "kitchen 11"])
        if entries[0][0] == "spade"
    } == {1}
    model.partial_fit([("zoe", "spade"), ("zoe", "garden 1")])
    assert model.recommend("zoe", n=1)["zoe"][0][0].startswith("garden")
    with pytest.raises(DataError, match="fitted with the 2 columns 'garden', 'kitchen', got the 1 columns 'garden'"):
        model.partial_fit(item_features={"item_id": ["rake"], "garden": [1]})


def test_a_resumed_fit_gives_the_bits_of_a_single_fit():
    side = features_of(DATA)
    whole, parts = small(n_epochs=6).fit(DATA, **side), small(warm_start=True)
    for n_epochs in (2, 6):
        parts.set_params(n_epochs=n_epochs).fit(DATA, **side)
    assert parts.item_factors_.tobytes() == whole.item_factors_.tobytes()
    assert parts.user_factors_.tobytes() == whole.user_factors_.tobytes()


def test_explanations_name_the_features():
    data, item_features, user_features = two_tastes()
    model = small().fit(data, item_features=item_features, user_features=user_features)
    for user, item in ((1, "garden 11"), (1, "garden 3"), (61, "garden 3"), (61, "garden 11"), (0, "garden 1")):
        why = model.explain(user, item)
        assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-5)
        subjects = {term.subject for term in why.terms if term.kind == "feature"}
        assert "garden" in subjects
    assert "the feature “garden”" in str(model.explain(1, "garden 11"))
    assert "特征“garden”" in str(model.explain(1, "garden 11", language="zh"))


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 10**6), st.floats(0.1, 30))
@settings(max_examples=50)
def test_conjugate_gradients_and_the_decomposition_equal_the_naive_regression(n_rows, n_features, seed, feature_l2):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_rows, n_features)) * (rng.random((n_rows, n_features)) < 0.6)
    features = (features * 10.0 ** rng.integers(-3, 4, n_features)).astype(np.float32)
    factors = rng.normal(size=(n_rows, 3)).astype(np.float32)
    l2 = rng.uniform(0.1, 3, n_rows).astype(np.float32)
    regression = FeaturePrior.from_features(sparse.csr_array(features), l2, feature_l2)
    wide = features.astype(np.float64)
    scales = np.abs(wide).max(axis=0, initial=0)
    expected = naive.feature_weights(wide, factors.astype(np.float64), l2.astype(np.float64), feature_l2)
    for one in (regression, regression._replace(lower=None)):
        found = one.weights(factors)
        assert np.all(found[scales == 0] == 0)
        np.testing.assert_allclose(found * scales[:, None], expected * scales[:, None], rtol=2e-3, atol=2e-3)


def test_many_features_are_solved_without_their_dense_gram_matrix(monkeypatch):
    side = features_of(DATA)
    expected = small().fit(DATA, **side)
    monkeypatch.setattr(prior_module, "_MAX_DENSE", 0)
    found = small().fit(DATA, **side)
    np.testing.assert_allclose(found.item_factors_, expected.item_factors_, rtol=0.02, atol=2e-3)


ITEMS = list(DATA.items)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "int8", "Int64", "float32", "Float64", object])
def test_columns_of_frames_may_have_any_dtype_of_numbers(dtype):
    frame = pd.DataFrame({"item_id": ITEMS, "garden": [item % 4 == 0 for item in ITEMS]})
    expected = small().fit(DATA, item_features=frame.astype({"garden": float}))
    found = small().fit(DATA, item_features=frame.astype({"garden": dtype}))
    assert found.item_factors_.tobytes() == expected.item_factors_.tobytes()
    polars = small().fit(DATA, item_features=pl.DataFrame({"item_id": ITEMS, "garden": frame["garden"].tolist()}))
    assert polars.item_factors_.tobytes() == expected.item_factors_.tobytes()


def test_get_dummies_makes_features_of_a_category():
    labels = pd.DataFrame({"item_id": ITEMS, "kind": ["even" if item % 4 == 0 else "odd" for item in ITEMS]})
    model = small().fit(DATA, item_features=pd.get_dummies(labels, columns=["kind"]))
    assert model.item_feature_names_ == ["kind_even", "kind_odd"]


@pytest.mark.parametrize(
    ("given_features", "message"),
    [
        ({"item_id": ITEMS, "brand": ["a"] * len(ITEMS)}, "column 'brand' holds text, such as 'a'.*get_dummies"),
        ({"item_id": ITEMS, "price": [np.nan, *np.ones(len(ITEMS) - 1)]}, "1 value.*missing, NaN.*'price'"),
        ({"item_id": ITEMS, "price": [None, *np.ones(len(ITEMS) - 1)]}, "1 value.*missing, NaN.*'price'"),
        ({"item_id": ITEMS, "price": [np.inf, *np.ones(len(ITEMS) - 1)]}, "infinite"),
        ({"item_id": ITEMS, "price": [1.0]}, "values of 'item_id', and 1 of 'price'"),
        ({"item_id": ITEMS}, "at least one row and one column"),
        ({"price": np.ones(len(ITEMS))}, "no column 'item_id'"),
        ({"item_id": [ITEMS[0], ITEMS[0]], "price": [1, 2]}, r"1 item\(s\) have more than one row"),
        ({"item_id": ["no", "such"], "price": [1, 2]}, "none of the .* items of the interactions has features"),
        ((ITEMS, np.ones((3, 2))), "ids and 3 rows"),
        ((ITEMS, np.array([["x", "y"]] * len(ITEMS))), "got text, such as 'x'"),
        (Features(["ann"], [[1.0]], ["age"], kind="user"), "expected features of items"),
        ("price", "expected a frame with the column item_id.*got str"),
        (7, "got int"),
    ],
)
def test_bad_features_are_refused(given_features, message):
    with pytest.raises(DataError, match=message):
        small().fit(DATA, item_features=given_features)


def test_features_of_zero_only_give_the_model_without_features():
    with pytest.warns(UserWarning, match="no features"):
        model = small().fit(DATA, item_features={"item_id": ITEMS, "zero": np.zeros(len(ITEMS))})
    assert model.item_factors_.tobytes() == small().fit(DATA).item_factors_.tobytes()


def test_features_of_new_users_need_a_model_with_features_and_its_columns():
    with pytest.raises(DataError, match="fitted without features of users"):
        small().fit(DATA).recommend_for({"eve": []}, user_features={"user_id": ["eve"], "age": [3]})
    model = small().fit(DATA, **features_of(DATA))
    with pytest.raises(DataError, match=r"fitted with the columns 'is_0'.*got 'age'"):
        model.recommend_for({"eve": []}, user_features={"user_id": ["eve"], "age": [3]})
    with pytest.raises(TypeError, match="takes no colour"):
        model.recommend_for({"eve": []}, colour=3)


@pytest.mark.parametrize(
    ("name", "value"), [("feature_share", 1.5), ("feature_share", -0.1), ("cold_share", 1.1), ("feature_l2", 0.0)]
)
def test_bad_parameters_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(DATA)
