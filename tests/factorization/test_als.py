"""ImplicitALS: what it learns, and what it says about it."""

import hashlib

import numpy as np
import pytest

from recokit import DataError, Interactions, datasets, evaluate
from recokit._runtime.threads import threads_at_any_cost
from recokit.datasets import example_interactions
from recokit.factorization import ImplicitALS
from recokit.factorization._alternation import Penalties, gram_of
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
def test_it_keeps_the_contract_of_recommenders(solver):
    check_recommender(small(solver=solver))


@pytest.mark.parametrize("l2_exponent", [0.0, 0.5, 1.0])
def test_users_are_solved_exactly_and_the_loss_is_that_of_the_objective(l2_exponent):
    data = strengths()
    model = small(l2_exponent=l2_exponent, unobserved_weight=0.3, solver="cholesky").fit(data)
    R = data.matrix.toarray().astype(np.float64)
    user_l2 = naive.penalties(R, 0.3, 0.05, l2_exponent)
    item_l2 = naive.penalties(R.T, 0.3, 0.05, l2_exponent)
    users = naive.solve(R, model.item_factors_.astype(np.float64), 0.3, user_l2)
    np.testing.assert_allclose(model.user_factors_, users, rtol=1e-4, atol=1e-5)
    # The loss was taken before the users were solved once more, which changes little at the end.
    loss = naive.loss(R, users, model.item_factors_.astype(np.float64), 0.3, user_l2, item_l2) / data.n_interactions
    assert loss <= model.history_["training_loss"][-1]
    assert loss == pytest.approx(model.history_["training_loss"][-1], rel=2e-2)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_every_epoch_lowers_the_loss(solver):
    history = small(n_epochs=15, solver=solver).fit(strengths()).history_["training_loss"]
    assert len(history) == 15
    assert np.all(np.diff(history) <= 1e-6 * history[0])
    assert history[-1] < 0.9 * history[0]


def test_both_solvers_end_at_the_same_lists_mostly():
    fits = [small(n_epochs=60, solver=solver).fit(DATA) for solver in ("cg", "cholesky")]
    losses = [model.history_["training_loss"][-1] for model in fits]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_model_is_the_same_bits_for_any_number_of_threads(solver):
    rng = np.random.default_rng(0)
    cells = rng.choice(300 * 200, 6_000, replace=False)
    data = Interactions.from_arrays(cells // 200, cells % 200)
    with threads_at_any_cost():
        fits = [small(n_threads=n, solver=solver, n_factors=20).fit(data) for n in (1, 2, 4, 8)]
    assert len({digest(model) for model in fits}) == 1
    assert all(model.history_ == fits[0].history_ for model in fits)


def test_who_has_the_history_of_a_user_gets_the_users_list():
    model = small().fit(DATA)
    histories = {
        user: dict.fromkeys(DATA.items.take(DATA.item_codes[slice(*DATA.indptr[k : k + 2])]).tolist(), 1.0)
        for k, user in enumerate(DATA.users)
    }
    for user, entries in model.recommend_for(histories, n=5):
        assert entries == model.recommend(user, n=5)[user]


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_going_on_gives_the_bits_of_one_fit(solver):
    whole = small(n_epochs=9, solver=solver).fit(DATA)
    parts = small(warm_start=True, solver=solver)
    for n_epochs in (1, 4, 9, 9):
        parts.set_params(n_epochs=n_epochs).fit(DATA)
    assert digest(parts) == digest(whole)
    assert parts.history_ == whole.history_


def test_other_data_start_from_what_was_learned():
    kept = np.arange(DATA.n_interactions) % 4 > 0
    warm = small(n_epochs=30, warm_start=True).fit(DATA.select(kept)).set_params(n_epochs=1).fit(DATA)
    cold = small(n_epochs=1).fit(DATA)
    assert warm.history_["training_loss"][0] < cold.history_["training_loss"][0]


@pytest.mark.parametrize("change", [{"n_epochs": 2}, {"n_factors": 5, "n_epochs": 9}])
def test_what_cannot_go_on_says_so_and_stays_as_it_was(change):
    model = small(n_epochs=3, warm_start=True).fit(DATA)
    before = digest(model)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(**change).fit(DATA)
    assert digest(model) == before
    model.set_params(n_epochs=5, n_factors=6).fit(DATA)
    assert digest(model) == digest(small(n_epochs=5).fit(DATA))


def test_more_interactions_of_an_item_than_before_raise_its_score():
    data = Interactions.from_arrays(["a", "a", "b", "b", "c"], ["x", "y", "x", "z", "x"])
    model = small(n_epochs=30).fit(data)
    before = model.predict([("c", "y")])[0]
    model.partial_fit([("c", "q"), ("a", "q"), ("c", "y")])
    assert model.predict([("c", "y")])[0] > before
    assert set(model.interactions_.items) == {"x", "y", "z", "q"}


def test_the_history_is_that_of_the_last_fit_and_a_fit_can_go_on_from_it():
    model = small(n_epochs=8, warm_start=True).fit(DATA)
    earlier = model.history_
    model.partial_fit([("new", DATA.items.take([0])[0])])
    assert len(earlier["training_loss"]) == 8
    n_epochs = len(model.history_["training_loss"])
    assert n_epochs <= 8
    for total in (8, 12):
        assert len(model.set_params(n_epochs=total).fit(model.interactions_).history_["training_loss"]) == total


def test_a_partial_fit_that_fails_leaves_the_history_alone(monkeypatch):
    model = small().fit(DATA)
    before = {name: list(values) for name, values in model.history_.items()}

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ImplicitALS, "_restore", fail)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit([("new", DATA.items.take([0])[0])])
    assert model.history_ == before


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_numbers_out_of_range_are_an_error_that_says_what_to_change(solver):
    with pytest.raises(FloatingPointError, match=r"strengths of up to 3e\+38.*l2=0\.05"):
        small(solver=solver, feedback="implicit").fit([("a", "x"), ("b", "y"), ("b", "z")], [3e38, 3e38, 1.0])


@pytest.mark.parametrize("parameters", [{}, {"l2": 1e-9, "unobserved_weight": 1e-6, "n_factors": 24}])
def test_the_terms_of_an_explanation_add_up_to_the_score(parameters):
    """Also where the matrix that a user is solved by is almost singular."""
    data = strengths()
    model = small(n_epochs=30, **parameters).fit(data)
    for user in list(data.users)[:10]:
        for item in list(data.items):
            why = model.explain(user, item)
            total = sum(term.contribution for term in why.terms)
            assert total == pytest.approx(why.score, abs=1e-5 * max(1, abs(why.score)))


def test_items_without_interactions_are_never_listed_and_score_0():
    data = DATA.select(DATA.item_codes != 3)
    model = small().fit(data)
    lost = data.items.take([3])[0]
    assert lost not in model.recommend(n=data.n_items, exclude_seen=False).items
    assert model.predict([(next(iter(data.users)), lost)]) == [0]


def test_ratings_are_refused():
    with pytest.raises(DataError, match="implicit feedback only"):
        small().fit(example_interactions("explicit"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_factors", 0), ("n_epochs", 0), ("unobserved_weight", 0), ("l2", 0), ("l2_exponent", -1), ("solver", "qr")],
)
def test_a_wrong_parameter_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(DATA)


def test_penalties_add_up_to_the_same_whatever_the_exponent():
    lengths = np.array([0, 1, 5, 40])
    sums = [Penalties.of(lengths, 10, 0.2, 0.1, e).rows(lengths).sum(dtype=np.float64) for e in (0, 0.5, 1, 2)]
    assert sums == pytest.approx([sums[0]] * 4, rel=1e-6)


@pytest.mark.parametrize("n_rows", [1, 5, 64, 1000])
def test_the_gram_matrix_is_that_of_all_rows(n_rows):
    factors = np.random.default_rng(0).normal(size=(n_rows, 7)).astype(np.float32)
    gram = gram_of(factors, 2)
    np.testing.assert_allclose(gram, factors.T.astype(np.float64) @ factors, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(gram, gram.T)


@pytest.mark.slow
@pytest.mark.data
def test_lists_of_movielens_1m_are_as_good_as_those_of_the_best_library(data_dir):
    split = datasets.load_movielens_1m_implicit(data_dir)
    model = ImplicitALS(random_state=0).fit(split.train)
    result = evaluate(model.recommend(n=20), split.test, ["ndcg@20", "recall@20"])
    assert result["ndcg@20"] >= 0.267
