"""Tests of ImplicitALS."""

import hashlib

import numpy as np
import pytest

import recokit
from recokit import DataError, IdIndex, Interactions, datasets, evaluate
from recokit._runtime.threads import Runner, threads_at_any_cost
from recokit.datasets import example_interactions
from recokit.factorization import ImplicitALS
from recokit.factorization._alternation import gram_matrix
from recokit.factorization._penalties import ALSPenalties, suitable_mean_share, suitable_ridge
from recokit.testing import check_recommender
from tests.naive import als as naive

DATA = example_interactions("implicit")


def small(**parameters):
    return ImplicitALS(**{"n_factors": 6, "n_epochs": 8, "random_state": 0, "l2": 0.05} | parameters)


def strengths():
    rng = np.random.default_rng(1)
    data = example_interactions("implicit", seed=2)
    return Interactions.from_matrix(data.matrix * rng.uniform(0.5, 4, data.matrix.shape), feedback="implicit")


def digest(model):
    return hashlib.sha256(model.user_factors_.tobytes() + model.item_factors_.tobytes()).hexdigest()


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_contract_checks_pass(solver):
    check_recommender(small(solver=solver))


@pytest.mark.parametrize("l2_exponent", [0.0, 0.5, 1.0])
def test_user_factors_are_exact_and_the_loss_equals_the_objective(l2_exponent):
    data = strengths()
    model = small(l2_exponent=l2_exponent, unobserved_weight=0.3, solver="cholesky").fit(data)
    R = data.matrix.toarray().astype(np.float64)
    user_l2 = naive.penalties(R, 0.3, 0.05, l2_exponent)
    item_l2 = naive.penalties(R.T, 0.3, 0.05, l2_exponent)
    users = naive.solve(R, model.item_factors_.astype(np.float64), 0.3, user_l2)
    np.testing.assert_allclose(model.user_factors_, users, rtol=1e-4, atol=1e-5)
    # The recorded loss precedes the final solution of the users, which changes it little.
    loss = naive.loss(R, users, model.item_factors_.astype(np.float64), 0.3, user_l2, item_l2) / data.n_interactions
    assert loss <= model.history_["training_loss"][-1]
    assert loss == pytest.approx(model.history_["training_loss"][-1], rel=2e-2)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_every_epoch_lowers_the_loss(solver):
    history = small(n_epochs=15, solver=solver).fit(strengths()).history_["training_loss"]
    assert len(history) == 15
    assert np.all(np.diff(history) <= 1e-6 * history[0])
    assert history[-1] < 0.9 * history[0]


def test_both_solvers_reach_about_the_same_loss():
    fits = [small(n_epochs=60, solver=solver).fit(DATA) for solver in ("cg", "cholesky")]
    losses = [model.history_["training_loss"][-1] for model in fits]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_bits_of_the_model_do_not_depend_on_the_number_of_threads(solver):
    rng = np.random.default_rng(0)
    cells = rng.choice(300 * 200, 6_000, replace=False)
    data = Interactions.from_arrays(cells // 200, cells % 200)
    with threads_at_any_cost():
        fits = [small(n_threads=n, solver=solver, n_factors=20).fit(data) for n in (1, 2, 4, 8)]
    assert len({digest(model) for model in fits}) == 1
    assert all(model.history_ == fits[0].history_ for model in fits)


def test_identical_histories_give_identical_lists():
    model = small().fit(DATA)
    histories = {
        user: dict.fromkeys(DATA.items.take(DATA.item_codes[slice(*DATA.indptr[k : k + 2])]).tolist(), 1.0)
        for k, user in enumerate(DATA.users)
    }
    for user, entries in model.recommend_for(histories, n=5):
        assert entries == model.recommend(user, n=5)[user]


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_a_resumed_fit_gives_the_bits_of_a_single_fit(solver):
    whole = small(n_epochs=9, solver=solver).fit(DATA)
    parts = small(warm_start=True, solver=solver)
    for n_epochs in (1, 4, 9, 9):
        parts.set_params(n_epochs=n_epochs).fit(DATA)
    assert digest(parts) == digest(whole)
    assert parts.history_ == whole.history_


def test_a_warm_start_on_other_data_starts_from_the_fitted_factors():
    kept = np.arange(DATA.n_interactions) % 4 > 0
    warm = small(n_epochs=30, warm_start=True).fit(DATA.select(kept)).set_params(n_epochs=1).fit(DATA)
    cold = small(n_epochs=1).fit(DATA)
    assert warm.history_["training_loss"][0] < cold.history_["training_loss"][0]


@pytest.mark.parametrize("change", [{"n_epochs": 2}, {"n_factors": 5, "n_epochs": 9}])
def test_changes_that_a_resumed_fit_does_not_allow_raise_and_keep_the_model(change):
    model = small(n_epochs=3, warm_start=True).fit(DATA)
    before = digest(model)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(**change).fit(DATA)
    assert digest(model) == before
    model.set_params(n_epochs=5, n_factors=6).fit(DATA)
    assert digest(model) == digest(small(n_epochs=5).fit(DATA))


def test_further_interactions_with_an_item_raise_its_score():
    data = Interactions.from_arrays(["a", "a", "b", "b", "c"], ["x", "y", "x", "z", "x"])
    model = small(n_epochs=30).fit(data)
    before = model.predict([("c", "y")])[0]
    model.partial_fit([("c", "q"), ("a", "q"), ("c", "y")])
    assert model.predict([("c", "y")])[0] > before
    assert set(model.interactions_.items) == {"x", "y", "z", "q"}


def test_partial_fit_starts_a_new_history_and_can_be_resumed():
    model = small(n_epochs=8, warm_start=True).fit(DATA)
    earlier = model.history_
    model.partial_fit([("new", DATA.items.take([0])[0])])
    assert len(earlier["training_loss"]) == 8
    n_epochs = len(model.history_["training_loss"])
    assert n_epochs <= 8
    for total in (8, 12):
        assert len(model.set_params(n_epochs=total).fit(model.interactions_).history_["training_loss"]) == total


def test_a_failed_partial_fit_keeps_the_history(monkeypatch):
    model = small().fit(DATA)
    before = {name: list(values) for name, values in model.history_.items()}

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ImplicitALS, "_restore", fail)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit([("new", DATA.items.take([0])[0])])
    assert model.history_ == before


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_overflow_raises_an_error_with_a_remedy(solver):
    model = small(solver=solver, feedback="implicit", unobserved_weight=0.3)
    with pytest.raises(FloatingPointError, match=r"strengths from 1 to 3e\+38.*scale them down.*l2=0\.05"):
        model.fit([("a", "x"), ("b", "y"), ("b", "z")], [3e38, 3e38, 1.0])


@pytest.mark.parametrize("parameters", [{}, {"l2": 1e-9, "unobserved_weight": 1e-6, "n_factors": 24}])
def test_the_terms_of_an_explanation_add_up_to_the_score(parameters):
    """The second case has an almost singular matrix of linear equations."""
    data = strengths()
    model = small(n_epochs=30, **parameters).fit(data)
    for user in list(data.users)[:10]:
        for item in list(data.items):
            why = model.explain(user, item)
            total = sum(term.contribution for term in why.terms)
            assert total == pytest.approx(why.score, abs=1e-5 * max(1, abs(why.score)))


def test_items_without_interactions_are_never_recommended_and_score_0():
    data = DATA.select(DATA.item_codes != 3)
    model = small().fit(data)
    unseen = data.items.take([3])[0]
    assert unseen not in model.recommend(n=data.n_items, exclude_seen=False).items
    assert model.predict([(next(iter(data.users)), unseen)]) == [0]


def test_ratings_raise_an_error():
    with pytest.raises(DataError, match="implicit feedback only"):
        small().fit(example_interactions("explicit"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_factors", 0),
        ("n_epochs", 0),
        ("unobserved_weight", 0),
        ("l2", 0),
        ("l2_exponent", -1),
        ("user_mean_share", 1.1),
        ("solver", "qr"),
    ],
)
def test_the_error_names_the_invalid_parameter(name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(DATA)


def test_the_sum_of_the_penalties_does_not_depend_on_the_exponent():
    lengths = np.array([0, 1, 5, 40])
    sums = [
        ALSPenalties.from_lengths(lengths, 2.0, 0.1, e).for_lengths(lengths[lengths > 0]).sum(dtype=np.float64)
        for e in (0, 0.5, 1, 2)
    ]
    assert sums == pytest.approx([sums[0]] * 4, rel=1e-6)


@pytest.mark.parametrize("n_rows", [1, 5, 64, 1000])
def test_the_gram_matrix_sums_over_all_rows(n_rows):
    factors = np.random.default_rng(0).normal(size=(n_rows, 7)).astype(np.float32)
    gram = gram_matrix(factors, Runner(2))
    np.testing.assert_allclose(gram, factors.T.astype(np.float64) @ factors, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(gram, gram.T)


@pytest.mark.slow
@pytest.mark.data
def test_ndcg_on_movielens_1m_matches_the_best_library(data_dir):
    split = datasets.load_movielens_1m_implicit(data_dir)
    model = ImplicitALS(random_state=0).fit(split.train)
    result = evaluate(model.recommend(n=20), split.test, ["ndcg@20", "recall@20"])
    assert result["ndcg@20"] >= 0.267


# ---------------------------------------------------------------------- parameters relative to the data


def same_model(one, other):
    np.testing.assert_array_equal(one.item_factors_, other.item_factors_)
    np.testing.assert_array_equal(one.user_factors_, other.user_factors_)


@pytest.mark.parametrize("parameters", [{}, {"unobserved_weight": 0.3}, {"l2_exponent": 0.5}])
def test_users_and_items_without_interactions_change_no_bit(parameters):
    data = strengths()
    users = IdIndex([*data.users, *range(1000, 1040)])
    items = IdIndex([*data.items, *range(5000, 5300)])
    wide = small(**parameters).fit(data.reindex(users=users, items=items))
    plain = small(**parameters).fit(data)
    np.testing.assert_array_equal(wide.item_factors_[: data.n_items], plain.item_factors_)
    np.testing.assert_array_equal(wide.user_factors_[: data.n_users], plain.user_factors_)
    assert not wide.item_factors_[data.n_items :].any()
    assert not wide.user_factors_[data.n_users :].any()
    histories = {"x": dict.fromkeys(list(data.items)[:4], 2.0)}
    found, expected = (model.recommend_for(histories, n=8) for model in (wide, plain))
    assert list(found) == list(expected)


@pytest.mark.parametrize("unit", [2.0**-20, 2.0**10, 2.0**30])
def test_the_unit_of_strengths_does_not_matter(unit):
    data = strengths()
    scaled = Interactions.from_matrix(data.matrix * unit, feedback="implicit")
    same_model(small().fit(scaled), small().fit(data))  # powers of 2 keep every bit
    histories = {"x": dict.fromkeys(list(data.items)[:4], 3.0 * unit)}
    plain = {"x": dict.fromkeys(list(data.items)[:4], 3.0)}
    assert list(small().fit(scaled).recommend_for(histories)) == list(small().fit(data).recommend_for(plain))


@pytest.mark.parametrize("factor", [1e4, 1e8, 1e20])
def test_new_users_with_huge_strengths_get_lists(factor):
    data = strengths()
    rng = np.random.default_rng(0)
    histories = {user: {item: factor * rng.lognormal(0, 2) for item in list(data.items)[user::3]} for user in range(3)}
    lists = small().fit(data).recommend_for(histories, n=5)
    assert lists.counts.tolist() == [5, 5, 5]


def test_durations_in_microseconds_are_predicted_without_nan():
    rng = np.random.default_rng(1)
    users, items = rng.integers(0, 100, 2000), rng.zipf(1.5, 2000) % 80
    seconds = rng.lognormal(0, 2, 2000) * 1e10
    data = Interactions.from_arrays(users, items, seconds, feedback="implicit", duplicates="sum")
    model = ImplicitALS(32, random_state=0).fit(data)
    assert np.isfinite(model.predict(data)).all()
    assert (model.recommend(n=10).counts > 0).all()


def test_the_textbook_weights_are_reached_by_unobserved_weight():
    data = strengths()
    ratio, mean = 4.0, float(data.values.mean(dtype=np.float64))
    weight = ratio * data.n_interactions / (data.n_users * data.n_items)
    scaled = Interactions.from_matrix(data.matrix / np.float32(mean), feedback="implicit")
    textbook, relative = small(unobserved_weight=weight), small(unobserved_ratio=ratio, user_mean_share=0)
    textbook.fit(scaled), relative.fit(data)
    np.testing.assert_allclose(textbook.predict(data), relative.predict(data), atol=1e-4)


def test_factors_that_vanish_warn_with_the_parameter_to_change():
    with pytest.warns(UserWarning, match=r"the factors have vanished: .*lower l2=100.0$"):
        small(l2=100.0).fit(DATA)
    with pytest.warns(UserWarning, match=r"lower l2=100.0 or unobserved_weight=0.3"):
        small(l2=100.0, unobserved_weight=0.3).fit(DATA)


def test_strengths_that_are_all_0_are_accepted():
    data = Interactions.from_arrays([1, 1, 2], [1, 2, 1], [0, 0, 0], feedback="implicit")
    with pytest.warns(UserWarning, match="vanished"):
        assert np.isfinite(small().fit(data).predict(data)).all()


# ---------------------------------------------------------------------- the default penalty


def test_the_default_penalty_of_dense_data_is_a_hundredth():
    assert suitable_ridge(800_000, 6_000, 3_000) / 5 == pytest.approx(0.01)


def test_noisier_data_have_a_higher_default_penalty():
    ridges = [suitable_ridge(20 * 1000 * share, 1000, 500) for share in (16, 4, 2, 1)]
    assert ridges == sorted(ridges)
    assert ridges[0] < ridges[-1]


def test_the_default_penalty_of_very_sparse_data_is_low():
    assert suitable_ridge(30_000, 10_000, 10_000) == pytest.approx(0.05)


@pytest.mark.parametrize("n", [1, 10, 10_000])
def test_the_default_penalty_is_within_its_range(n):
    assert 0.05 <= suitable_ridge(n, min(n, 100), min(n, 100)) <= 0.25


def test_the_default_penalty_equals_the_same_number():
    data = strengths()
    ridge = suitable_ridge(data.n_interactions, data.n_users, data.n_items)
    for ratio in (1.0, 4.0):
        found = small(l2=None, unobserved_ratio=ratio).fit(data)
        same_model(found, small(l2=float(f"{ridge / (1 + ratio):.3g}"), unobserved_ratio=ratio).fit(data))
    same_model(small(l2=None, unobserved_weight=0.3).fit(data), small(l2=0.01, unobserved_weight=0.3).fit(data))


def test_users_and_items_without_interactions_do_not_change_the_default_penalty():
    data = strengths()
    wide = data.reindex(
        users=IdIndex([*data.users, *range(1000, 1040)]), items=IdIndex([*data.items, *range(5000, 5300)])
    )
    model = small(l2=None).fit(wide)
    np.testing.assert_array_equal(model.item_factors_[: data.n_items], small(l2=None).fit(data).item_factors_)


@pytest.mark.parametrize("l2", [None, 0.03, 0.05, 0.2])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("share", [0.0, None])
def test_users_with_strengths_of_0_alone_have_finite_factors(l2, solver, share):
    """Without a common mean, their factors shrink to 0, where products of float32 numbers underflow."""
    strengths = np.tile([2.0, 0.0, 1.0], 7)
    data = Interactions.from_arrays(range(21), range(21), strengths, feedback="implicit")
    model = ImplicitALS(l2=l2, solver=solver, user_mean_share=share, random_state=0).fit(data)
    assert np.isfinite(model.history_["training_loss"]).all()
    assert np.isfinite(model.user_factors_).all()
    assert share is None or np.abs(model.user_factors_[strengths == 0]).max() < 1e-6


# ---------------------------------------------------------------------- the common mean of users


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_fit_with_a_common_mean_equals_alternating_exact_solutions(share):
    model = small(solver="cholesky", user_mean_share=share, unobserved_weight=0.2, n_epochs=3).fit(DATA)
    R = DATA.matrix.toarray().astype(np.float64)
    user_l2, item_l2 = naive.penalties(R, 0.2, 0.05, 1.0), naive.penalties(R.T, 0.2, 0.05, 1.0)
    start = small()._random_start(DATA).factors
    users, items = start.users.vectors.astype(np.float64), start.items.vectors.astype(np.float64)
    for epoch in range(4):
        mean = share * naive.common_mean(users, user_l2)
        users = naive.solve(R, items, 0.2, user_l2, [mean])
        if epoch < 3:
            items = naive.solve(R.T, users, 0.2, item_l2)
            rest = user_l2.sum() * share * (1 - share) * np.sum((mean / share) ** 2)
            loss = naive.loss(R, users, items, 0.2, user_l2, item_l2, mean) + rest
            assert model.history_["training_loss"][epoch] == pytest.approx(loss / DATA.n_interactions, rel=1e-4)
    np.testing.assert_allclose(model.item_factors_, items, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(model.user_factors_, users, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(model.user_mean_, mean, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_every_epoch_with_a_common_mean_lowers_the_loss(solver, share):
    history = small(n_epochs=15, solver=solver, user_mean_share=share).fit(strengths()).history_["training_loss"]
    assert np.all(np.diff(history) <= 1e-6 * history[0])


def test_a_high_penalty_and_a_full_share_rank_items_by_popularity():
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, 200, 2000) * 20 + np.minimum(rng.geometric(0.15, 2000), 20) - 1)
    data = Interactions.from_arrays(pairs // 20, pairs % 20)
    model = small(user_mean_share=1.0, l2=0.15, n_factors=8, n_epochs=20).fit(data)
    order = np.argsort(-model.user_mean_ @ model.item_factors_.T)
    assert order[:4].tolist() == np.argsort(-model.item_counts_)[:4].tolist()


def test_sparse_data_have_a_common_mean_and_dense_data_none():
    shares = [suitable_mean_share(1000 * length, 1000, 500) for length in (2, 8, 20, 200)]
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (0.85, 0.0)


def test_the_default_share_equals_the_same_number_and_the_textbook_has_none():
    data = strengths()
    share = suitable_mean_share(data.n_interactions, data.n_users, data.n_items)
    wide = data.reindex(
        users=IdIndex([*data.users, *range(1000, 1040)]), items=IdIndex([*data.items, *range(5000, 5300)])
    )
    assert share > 0
    same_model(small().fit(data), small(user_mean_share=share).fit(data))
    assert digest(small().fit(data)) != digest(small(user_mean_share=0).fit(data))
    np.testing.assert_array_equal(small().fit(wide).user_mean_, small().fit(data).user_mean_)
    assert not hasattr(small(unobserved_weight=0.3).fit(data), "user_mean_")


@pytest.mark.parametrize("update", ["fit", "partial_fit", "forget"])
def test_a_common_mean_disappears_with_its_share(update):
    model = small(user_mean_share=0.5).fit(DATA)
    users = [next(iter(DATA.users))]
    assert hasattr(model, "user_mean_")
    model.set_params(user_mean_share=0)
    changed = {
        "fit": lambda: model.fit(DATA),
        "partial_fit": lambda: model.partial_fit([("new", DATA.items.take([0])[0])]),
    }
    changed.get(update, lambda: model.forget(users))()
    assert not hasattr(model, "user_mean_")


def test_features_of_users_take_the_place_of_the_common_mean():
    side = {"user_features": {"user_id": list(DATA.users), "one": np.ones(DATA.n_users)}}
    models = [small(user_mean_share=share).fit(DATA, **side) for share in (0, 0.5)]
    same_model(*models)
    assert not hasattr(models[1], "user_mean_")
    by_items = {"item_features": {"item_id": list(DATA.items), "one": np.ones(DATA.n_items)}}
    assert hasattr(small(user_mean_share=0.5).fit(DATA, **by_items), "user_mean_")


def test_a_common_mean_keeps_the_lists_of_known_histories_and_gives_none_to_empty_ones():
    model = small(user_mean_share=0.7).fit(DATA)
    user = next(iter(DATA.users))
    history = dict.fromkeys(DATA.items.take(DATA.item_codes[slice(*DATA.indptr[:2])]).tolist(), 1.0)
    lists = model.recommend_for({user: history, "empty": {}}, n=5, on_unknown="empty")
    assert lists[user] == model.recommend(user, n=5)[user]
    assert lists["empty"] == []


def test_a_common_mean_is_a_term_of_explanations_and_is_saved(tmp_path):
    model = small(user_mean_share=0.7).fit(strengths())
    user, item = next(iter(model.interactions_.users)), model.interactions_.items.take([2])[0]
    why = model.explain(user, item)
    assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-5)
    terms = {term.kind: term.contribution for term in why.terms}
    assert abs(terms["popularity"]) > 1e-3
    assert abs(terms["other"]) < 1e-5
    model.save(tmp_path / "als.model")
    loaded = recokit.load(tmp_path / "als.model")
    np.testing.assert_array_equal(loaded.user_mean_, model.user_mean_)
    history = {"new": dict.fromkeys(list(model.interactions_.items)[:3], 1.0)}
    assert list(loaded.recommend_for(history)) == list(model.recommend_for(history))
