"""Tests of SGDMatrixFactorization."""

import hashlib

import numpy as np
import pytest

from recokit import DataError, IdIndex, Interactions
from recokit.datasets import example_interactions
from recokit.factorization import SGDMatrixFactorization
from recokit.testing import check_recommender
from tests.naive import sgd as naive


def planted(n_users=120, n_items=60, share=0.4, noise=0.3, seed=0, n_factors=2):
    """Return pairs and ratings from a mean, biases and factors, split into 80% training and 20% test data."""
    rng = np.random.default_rng(seed)
    truth = 3.0 + 0.4 * rng.normal(size=(n_users, 1)) + 0.4 * rng.normal(size=n_items)
    truth += rng.normal(0, 0.7, (n_users, n_factors)) @ rng.normal(0, 0.7, (n_items, n_factors)).T
    users, items = np.nonzero(rng.random(truth.shape) < share)
    ratings = truth[users, items] + noise * rng.normal(size=len(users))
    train = rng.random(len(users)) < 0.8
    pairs = np.column_stack([users, items])
    return pairs[train], ratings[train], pairs[~train], ratings[~train]


def small(**parameters):
    return SGDMatrixFactorization(**{"n_factors": 8, "n_epochs": 20, "random_state": 0} | parameters)


def rmse(model, pairs, ratings):
    return float(np.sqrt(np.mean((model.predict(pairs) - ratings) ** 2)))


def digest(model):
    arrays = (model.user_bias_, model.item_bias_, model.user_factors_, model.item_factors_, model.implicit_factors_)
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize("parameters", [{}, {"implicit_feedback": True, "clip": False}])
def test_the_contract_checks_pass(parameters):
    check_recommender(small(n_epochs=5, **parameters))


@pytest.mark.parametrize("parameters", [{}, {"implicit_feedback": True}, {"early_stopping": True}])
def test_the_bits_of_the_model_do_not_depend_on_the_number_of_threads(parameters):
    rng = np.random.default_rng(0)
    cells = rng.choice(2000 * 600, 200_000, replace=False)  # enough ratings for several threads
    data = Interactions.from_arrays(cells // 600, cells % 600, rng.integers(1, 6, len(cells)))
    fits = [small(n_epochs=2, n_threads=n, **parameters).fit(data) for n in (1, 2, 4, 8)]
    assert len({digest(model) for model in fits}) == 1
    assert all(model.history_ == fits[0].history_ for model in fits)


def test_the_seed_determines_the_model():
    pairs, ratings, *_ = planted()
    assert digest(small().fit(pairs, ratings)) == digest(small().fit(pairs, ratings))
    assert digest(small().fit(pairs, ratings)) != digest(small(random_state=1).fit(pairs, ratings))


def test_planted_preferences_are_recovered():
    train, ratings, test, truth = planted(n_users=400, n_items=150)
    model = small(n_epochs=60, l2=0.05).fit(train, ratings)
    assert rmse(model, test, truth) < 0.45  # noise 0.3; biases alone reach 0.75
    errors = model.history_["training_rmse"]
    assert errors[-1] < 0.5 * errors[0]
    assert model.history_["validation_rmse"] == []


def test_training_errors_have_the_units_of_the_ratings():
    pairs, ratings, *_ = planted()
    first = small(n_epochs=1, learning_rate=1e-9, learning_rate_bias=0, init_scale=1e-6).fit(pairs, ratings)
    assert first.history_["training_rmse"] == [pytest.approx(np.std(ratings), rel=1e-4)]


@pytest.mark.parametrize(("scale", "shift"), [(0.1, 0.2), (3.0, -9.0)])
@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_the_rating_scale_changes_only_the_units(scale, shift, implicit_feedback):
    train, ratings, test, _ = planted()
    model = small(implicit_feedback=implicit_feedback)
    expected = model.fit(train, ratings).predict(test)
    actual = model.fit(train, scale * ratings + shift).predict(test)
    np.testing.assert_allclose(actual, scale * expected + shift, atol=2e-3 * scale)


@pytest.mark.parametrize("low_high", [(0, 1), (-10, 10)])
def test_predictions_are_clipped_to_the_range_of_the_training_ratings(low_high):
    train, ratings, test, _ = planted(noise=1.0)
    low, high = low_high
    scaled = np.clip(low + (high - low) * (ratings - 2) / 2, low, high)
    clipped = small().fit(train, scaled).predict(test)
    free = small(clip=False).fit(train, scaled).predict(test)
    assert clipped.min() >= low
    assert clipped.max() <= high
    assert free.min() < low or free.max() > high
    np.testing.assert_allclose(clipped, np.clip(free, low, high))


@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_constant_ratings_are_predicted_exactly(implicit_feedback):
    pairs, ratings, test, _ = planted()
    model = small(clip=False, implicit_feedback=implicit_feedback).fit(pairs, np.full(len(ratings), 4.2))
    np.testing.assert_allclose(model.predict(test), 4.2, rtol=1e-5)


def test_one_rating_per_user_is_enough_to_fit_the_items():
    rng = np.random.default_rng(0)
    items = rng.integers(0, 5, 2000)
    ratings = items + 0.1 * rng.normal(size=2000)
    model = small(n_epochs=40).fit(np.column_stack([np.arange(2000), items]), ratings)
    unknown = model.predict([(-1, item) for item in range(5)])
    np.testing.assert_allclose(unknown, range(5), atol=0.6)
    assert np.all(np.diff(unknown) > 0.5)


def test_predictions_for_a_side_without_ratings_use_the_bias_of_the_other_side():
    data = Interactions.from_dense([[5, 4, 0], [4, 2, 0], [0, 0, 0]])
    model = small(clip=False).fit(data)
    assert not np.any(model.user_factors_[2])
    assert not np.any(model.item_factors_[2])
    known_item = model.predict([(2, 0), ("new", 0), (2, 2), (0, 2)])
    expected = [model.mean_ + model.item_bias_[0]] * 2 + [model.mean_, model.mean_ + model.user_bias_[0]]
    np.testing.assert_allclose(known_item, expected, rtol=1e-6)


@pytest.mark.parametrize("rate", [50.0, 1e30])
@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_the_divergence_error_names_the_learning_rate(rate, implicit_feedback):
    pairs, ratings, *_ = planted()
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d+.*lower learning_rate="):
        small(learning_rate=rate, implicit_feedback=implicit_feedback).fit(pairs, ratings)


@pytest.mark.parametrize("name", ["learning_rate", "learning_rate_bias"])
def test_divergence_in_the_last_epoch_raises_an_error(name):
    with pytest.raises(FloatingPointError, match=rf"{name}=1000000\.0"):
        small(n_epochs=1, **{name: 1e6}).fit([("a", "x"), ("b", "y")], [1.0, 5.0])


def test_baseline_biases_are_not_fitted(monkeypatch):
    def refuse(*args):
        raise AssertionError

    monkeypatch.setattr("recokit.base._biases.fit_biases", refuse)
    small().fit([("a", "x"), ("b", "y")], [1.0, 5.0]).predict([("a", "?"), ("?", "?")])


def test_early_stopping_restores_the_best_epoch():
    pairs, ratings, *_ = planted(noise=1.5)
    stopped = small(n_epochs=100, l2=0.0, early_stopping=True, validation_fraction=0.3).fit(pairs, ratings)
    errors = stopped.history_["validation_rmse"]
    assert stopped.best_epoch_ == 1 + int(np.argmin(errors))
    assert stopped.best_epoch_ < len(errors) == len(stopped.history_["training_rmse"]) < 100
    as_long = small(n_epochs=stopped.best_epoch_, l2=0.0, early_stopping=True, validation_fraction=0.3)
    assert digest(as_long.fit(pairs, ratings)) == digest(stopped)


def test_early_stopping_needs_training_ratings():
    with pytest.raises(DataError, match="early_stopping=False"):
        small(early_stopping=True).fit([("a", "x")], [3.0])


def test_implicit_feedback_raises_an_error_with_alternatives():
    with pytest.raises(DataError, match=r"ItemKNN.*feedback='explicit'"):
        small().fit([("a", "x"), ("b", "x")])


def test_the_implicit_term_uses_the_set_of_rated_items():
    """The choice among the first 20 items, rated alike, predicts the ratings of the other 20."""
    rng = np.random.default_rng(0)
    kind = np.arange(300)[:, None] % 2
    chance = np.where(np.arange(40) < 20, np.where(np.arange(40) % 2 == kind, 0.7, 0.0), 0.4)
    users, items = np.nonzero(rng.random((300, 40)) < chance)
    taste = np.where(np.arange(40) < 20, 0.0, rng.normal(size=40))
    ratings = 3 + (1 - 2 * (users % 2)) * taste[items] + 0.1 * rng.normal(size=len(users))
    model = small(n_epochs=40, implicit_feedback=True, l2_implicit=1.0, clip=False)
    model.fit(Interactions.from_arrays(users, items, ratings))
    chosen = {item: model.mean_ + float(model.item_bias_[item]) for item in range(0, 20, 2)}
    scores = dict(model.recommend_for([chosen], n=40)[0])
    deviations = [scores[item] - model.mean_ - model.item_bias_[item] for item in range(20, 40)]
    assert np.corrcoef(deviations, taste[20:])[0, 1] > 0.9
    assert np.std(deviations) > 0.3 * np.std(taste[20:])


@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_fold_in_solves_the_normal_equations(implicit_feedback):
    pairs, ratings, *_ = planted(n_users=40, n_items=20)
    model = small(n_factors=3, implicit_feedback=implicit_feedback, clip=False).fit(pairs, ratings)
    history = {0: 5.0, 3: 1.0, 11: 3.5, 12: 2.0}
    counts = np.bincount(pairs[:, 0])
    scale = np.sum(counts**0.5) / np.sum(counts)
    implicit = model.implicit_factors_.tolist() if implicit_feedback else None
    items = model.mean_, model.item_bias_.tolist(), model.item_factors_.tolist(), implicit
    bias, p = naive.solve_user(history, *items, model.l2_bias / scale, model.l2 * np.std(ratings) / scale, 0.5)
    for item, score in model.recommend_for([history], n=20, exclude_seen=False)[0]:
        expected = naive.score(model.mean_, bias, model.item_bias_[item], p, model.item_factors_[item])
        assert score == pytest.approx(expected, abs=1e-4)


def test_the_bits_of_a_fold_in_depend_neither_on_other_users_nor_on_threads():
    pairs, ratings, *_ = planted()
    model = small(n_factors=48, implicit_feedback=True, clip=False).fit(pairs, ratings)
    rng = np.random.default_rng(0)
    sizes = rng.integers(0, 40, 50)  # enough work for several threads
    histories = [{int(i): float(rng.integers(1, 6)) for i in rng.choice(60, n, replace=False)} for n in sizes]

    def scores(histories, n_threads):
        recommendations = model.set_params(n_threads=n_threads).recommend_for(histories, n=60)
        return np.nan_to_num(recommendations.scores, nan=-1.0)

    together = scores(histories, 1)
    for n_threads in (2, 3, 8):
        np.testing.assert_array_equal(scores(histories, n_threads), together)
    for row, history in enumerate(histories):
        np.testing.assert_array_equal(scores([history], 1)[0], together[row])


def test_fold_in_of_a_known_history_gives_similar_scores():
    pairs, ratings, *_ = planted(n_users=300, n_items=100)
    model = small(n_epochs=60).fit(pairs, ratings)
    history = {int(item): float(rating) for (user, item), rating in zip(pairs, ratings, strict=True) if user == 7}
    folded_in = dict(model.recommend_for([history], n=100)[0])
    known = dict(model.recommend(7, n=100)[7])
    assert folded_in.keys() == known.keys()
    differences = [folded_in[item] - known[item] for item in known]
    assert np.sqrt(np.mean(np.square(differences))) < 0.15 * np.std(ratings)


@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_explanations_attribute_scores_to_past_items(implicit_feedback):
    pairs, ratings, *_ = planted()
    model = small(n_epochs=60, implicit_feedback=implicit_feedback, clip=False).fit(pairs, ratings)
    shares = []
    for item in range(60):
        why = model.explain(3, item)
        parts = {kind: sum(t.contribution for t in why.terms if t.kind == kind) for kind in ("past_item", "other")}
        assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-5)
        shares.append((parts["past_item"], parts["other"]))
    traced, rest = np.array(shares).T
    assert np.std(rest) < 0.3 * np.std(traced)
    past = {term.subject for term in model.explain(3, 0).terms if term.kind == "past_item"}
    assert past == set(pairs[pairs[:, 0] == 3, 1].tolist())


def test_items_with_the_same_planted_factor_are_similar():
    rng = np.random.default_rng(0)
    taste = rng.normal(size=(200, 2))
    kind = np.arange(30) % 2
    ratings = 3 + taste[:, kind] + 0.1 * rng.normal(size=(200, 30))
    keep = rng.random(ratings.shape) < 0.5
    data = Interactions.from_arrays(*np.nonzero(keep), ratings[keep])
    model = small(n_epochs=40).fit(data)
    for query, entries in model.similar_items(list(range(30)), n=14):
        assert {kind[item] for item, _ in entries} == {kind[query]}
    for query, entries in model.similar_users([0, 1], n=3):
        assert all(taste[query] @ taste[user] > 0 for user, _ in entries)


@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_partial_fit_ends_close_to_a_refit(implicit_feedback):
    train, ratings, test, truth = planted(n_users=400, n_items=150)
    model = small(n_epochs=40, implicit_feedback=implicit_feedback)
    everything = rmse(model.fit(train, ratings), test, truth)
    late = (train[:, 0] >= 360) | (train[:, 1] >= 140) | (np.arange(len(train)) % 10 == 0)
    model.fit(train[~late], ratings[~late])
    before = rmse(model, test, truth)
    model.partial_fit(train[late], ratings[late])
    after = rmse(model, test, truth)
    assert abs(after - everything) < 0.02 * np.std(truth)
    assert after < before
    assert len(model.history_["training_rmse"]) == min(20, int(np.ceil(2 * np.mean(late) * 40)))


def test_a_small_update_takes_one_epoch_and_folds_in_new_users():
    train, ratings, test, truth = planted(n_users=400, n_items=150)
    late, asked = train[:, 0] >= 396, test[:, 0] >= 396
    model = small(n_epochs=40).fit(train, ratings)
    everything = rmse(model, test[asked], truth[asked])
    model.fit(train[~late], ratings[~late])
    before = rmse(model, test[asked], truth[asked])
    model.partial_fit(train[late], ratings[late])
    assert len(model.history_["training_rmse"]) == 1
    assert rmse(model, test[asked], truth[asked]) < everything + 0.2 * (before - everything)


def test_new_users_and_items_without_known_counterparts_are_fitted():
    pairs, ratings, *_ = planted()
    model = small().fit(pairs, ratings)
    model.partial_fit([(1000, 1000), (1001, 1000), (1000, 1001)], [5.0, 1.0, 3.0])
    assert np.all(np.any(model.user_factors_[-2:], axis=1))
    assert np.all(np.isfinite(model.predict([(1000, 1000), (1001, 1001)])))


def test_partial_fit_starts_from_the_fitted_factors():
    pairs, ratings, *_ = planted()
    model = small(n_epochs=40).fit(pairs, ratings)
    first = model.history_["training_rmse"][0]
    model.partial_fit([(0, 0)], [3.0])
    assert model.history_["training_rmse"][0] < 0.7 * first


@pytest.mark.parametrize("changed", [{"n_factors": 9}, {"implicit_feedback": True}])
def test_partial_fit_refuses_factors_of_another_shape(changed):
    pairs, ratings, *_ = planted()
    model = small().fit(pairs, ratings).set_params(**changed)
    with pytest.raises(ValueError, match="call fit"):
        model.partial_fit([(0, 0)], [3.0])


def folds(data_dir):
    for fold in range(1, 6):
        yield (np.loadtxt(data_dir / "ml-100k" / f"u{fold}.{part}", dtype=np.int64) for part in ("base", "test"))


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("parameters", "reach"), [({}, 0.910), ({"implicit_feedback": True}, 0.905)])
def test_defaults_reach_the_state_of_the_art_on_movielens(data_dir, parameters, reach):
    errors = []
    for base, test in folds(data_dir):
        model = SGDMatrixFactorization(random_state=0, **parameters).fit(base[:, :2], base[:, 2])
        errors.append(rmse(model, test[:, :2], test[:, 2]))
    assert np.mean(errors) <= reach
    assert np.mean(np.square(errors)) <= 0.83


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("share", "drift"), [(0.003, 0.001), (0.1, 0.003)])
def test_partial_fit_of_movielens_ends_close_to_a_refit(data_dir, share, drift):
    base, test = next(folds(data_dir))
    rng = np.random.default_rng(1)
    is_late = rng.random(1000) < share, rng.random(1700) < min(share, 0.05)
    late = is_late[0][base[:, 0]] | is_late[1][base[:, 1]] | (rng.random(len(base)) < min(0.005, share))
    refit = SGDMatrixFactorization(random_state=0).fit(base[:, :2], base[:, 2])
    model = SGDMatrixFactorization(random_state=0).fit(base[~late, :2], base[~late, 2])
    model.partial_fit(base[late, :2], base[late, 2])
    assert abs(rmse(model, test[:, :2], test[:, 2]) - rmse(refit, test[:, :2], test[:, 2])) <= drift


@pytest.mark.parametrize("implicit_feedback", [False, True])
def test_users_and_items_without_ratings_change_no_bit(implicit_feedback):
    data = example_interactions("explicit")
    wide_data = data.reindex(
        users=IdIndex([*data.users, *range(1000, 1040)]), items=IdIndex([*data.items, *range(5000, 5300)])
    )
    parameters = {"n_factors": 4, "n_epochs": 5, "random_state": 0, "implicit_feedback": implicit_feedback}
    plain, wide = (SGDMatrixFactorization(**parameters).fit(one) for one in (data, wide_data))
    np.testing.assert_array_equal(wide.predict(data), plain.predict(data))
    unrated = wide.predict([(next(iter(data.users)), 5000)])[0]
    expected = plain.mean_ + plain.user_bias_[0]
    assert unrated == pytest.approx(np.clip(expected, *plain.rating_range_), abs=1e-6)
