"""Tests of BPR."""

import hashlib

import numpy as np
import pytest

from recokit import BPR, DataError, IdIndex, Interactions, datasets, evaluate, load
from recokit.datasets import example_interactions
from recokit.testing import check_recommender

DATA = example_interactions("implicit")


def small(**parameters):
    return BPR(**{"n_factors": 6, "n_epochs": 10, "random_state": 0} | parameters)


def digest(model):
    arrays = model.user_factors_, model.item_factors_, model.item_bias_
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize("parameters", [{}, {"negative_sampling": "popularity", "n_candidates": 3}])
def test_the_contract_checks_pass(parameters):
    check_recommender(small(**parameters))


@pytest.mark.parametrize("parameters", [{}, {"negative_sampling": "popularity"}, {"n_candidates": 2}])
def test_the_bits_of_the_model_do_not_depend_on_the_number_of_threads(parameters):
    rng = np.random.default_rng(0)
    cells = rng.choice(2000 * 600, 150_000, replace=False)  # enough ratings for several threads
    data = Interactions.from_arrays(cells // 600, cells % 600)
    fits = [small(n_epochs=2, n_threads=n, **parameters).fit(data) for n in (1, 2, 4, 8)]
    assert len({digest(model) for model in fits}) == 1
    assert all(model.history_ == fits[0].history_ for model in fits)


def test_the_seed_determines_the_model():
    assert digest(small().fit(DATA)) == digest(small().fit(DATA))
    assert digest(small().fit(DATA)) != digest(small(random_state=1).fit(DATA))


@pytest.mark.parametrize("parameters", [{}, {"negative_sampling": "popularity"}, {"n_candidates": 3}])
def test_planted_preferences_are_recovered(parameters):
    """Users like half of the items; a tenth of the liked items is held out and should be recommended."""
    rng = np.random.default_rng(0)
    likes = (np.arange(200)[:, None] + np.arange(60)) % 2 == 0
    taken = likes & (rng.random(likes.shape) < 0.5)
    held_out = taken & (rng.random(likes.shape) < 0.1)
    data = Interactions.from_arrays(*np.nonzero(taken & ~held_out))
    test = {int(user): np.flatnonzero(held_out[user]).tolist() for user in np.flatnonzero(held_out.any(axis=1))}
    model = small(n_epochs=60, **parameters).fit(data)
    lists = model.recommend(n=10)
    assert np.mean([likes[user, item] for user, entries in lists for item, _ in entries]) > 0.95
    assert evaluate(lists, test, ["recall@10"])["recall@10"] > 0.4  # 0.25 by chance
    losses = model.history_["training_loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert losses[0] == pytest.approx(np.log(2), abs=0.15)


def test_a_resumed_fit_gives_the_bits_of_a_single_fit():
    whole = small(n_epochs=9).fit(DATA)
    parts = small(warm_start=True)
    for n_epochs in (1, 4, 9, 9):
        parts.set_params(n_epochs=n_epochs).fit(DATA)
    assert digest(parts) == digest(whole)
    assert parts.history_ == whole.history_


def test_a_warm_start_on_other_data_starts_from_the_fitted_factors():
    kept = np.arange(DATA.n_interactions) % 4 > 0
    warm = small(n_epochs=100, learning_rate=0.3, warm_start=True).fit(DATA.select(kept))
    warm.set_params(n_epochs=1).fit(DATA)
    cold = small(n_epochs=1).fit(DATA)
    assert warm.history_["training_loss"][0] < 0.9 * cold.history_["training_loss"][0]


@pytest.mark.parametrize("change", [{"n_epochs": 2}, {"n_factors": 5, "n_epochs": 9}])
def test_changes_that_a_resumed_fit_does_not_allow_raise_and_keep_the_model(change):
    model = small(n_epochs=3, warm_start=True).fit(DATA)
    before = digest(model)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(**change).fit(DATA)
    assert digest(model) == before
    model.set_params(n_epochs=5, n_factors=6).fit(DATA)
    assert digest(model) == digest(small(n_epochs=5).fit(DATA))


def test_partial_fit_starts_from_the_fitted_factors_of_known_users():
    kept = DATA.user_codes != 3
    old = Interactions.from_arrays(*DATA.select(kept).to_pairs()[0].T)
    new = Interactions.from_arrays(*DATA.select(~kept).to_pairs()[0].T)
    model = small(n_epochs=200, learning_rate=0.3, learning_rate_decay=1).fit(old)
    before = model.history_["training_loss"]
    model.partial_fit(new)
    assert len(model.history_["training_loss"]) == np.ceil(400 * new.n_interactions / DATA.n_interactions)
    assert model.history_["training_loss"][0] < 0.8 * before[0]
    assert len(model.recommend(list(new.users), n=3)[next(iter(new.users))]) == 3


def test_fold_in_of_a_known_history_gives_a_similar_list():
    model = small(n_epochs=80, learning_rate=0.3).fit(DATA)
    shared = []
    for k, user in enumerate(DATA.users):
        history = DATA.items.take(DATA.item_codes[slice(*DATA.indptr[k : k + 2])]).tolist()
        mine = {item for item, _ in model.recommend_for([history], n=5)[0]}
        shared.append(len(mine & {item for item, _ in model.recommend(user, n=5)[user]}) / 5)
    assert np.mean(shared) > 0.75


def test_the_divergence_error_names_the_learning_rate():
    with pytest.raises(FloatingPointError, match=r"learning_rate=1000"):
        small(learning_rate=1000.0, l2=1.0).fit(DATA)


def test_nan_in_the_factors_raises_an_error(monkeypatch):
    def spoil(self, data, steps, weights, state, rate):
        state.factors.items.bias[0] = np.nan
        return 0.0

    monkeypatch.setattr(BPR, "_epoch", spoil)
    with pytest.raises(FloatingPointError, match=r"learning_rate=0\.1"):
        small().fit(DATA)


def test_partial_fit_starts_a_new_history_and_can_be_resumed():
    model = small(n_epochs=8, warm_start=True).fit(DATA)
    earlier = model.history_
    model.partial_fit([("new", DATA.items.take([0])[0])])
    assert len(earlier["training_loss"]) == 8
    assert len(model.history_["training_loss"]) <= 8
    for total in (8, 12):
        assert len(model.set_params(n_epochs=total).fit(model.interactions_).history_["training_loss"]) == total


@pytest.mark.parametrize("negative_sampling", ["uniform", "popularity"])
def test_fold_in_is_the_same_after_loading_and_does_not_change_items(negative_sampling, tmp_path):
    model = small(negative_sampling=negative_sampling).fit(DATA)
    model.save(tmp_path / "model")
    before, history = digest(model), DATA.items.take([0, 3, 4]).tolist()
    expected = model.recommend_for([history], n=5)[0]
    assert load(tmp_path / "model").recommend_for([history], n=5)[0] == expected
    assert digest(model) == before


def test_the_terms_of_an_explanation_add_up_to_the_score():
    model = small(n_epochs=60).fit(DATA)
    for user in list(DATA.users)[:10]:
        for item in list(DATA.items):
            why = model.explain(user, item)
            assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-5)


def test_ratings_raise_an_error():
    with pytest.raises(DataError, match="implicit feedback only"):
        small().fit(example_interactions("explicit"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_factors", 0),
        ("n_epochs", 0),
        ("learning_rate", 0),
        ("learning_rate_decay", 1.5),
        ("l2", -1),
        ("negative_sampling", "hard"),
        ("n_candidates", 0),
    ],
)
def test_the_error_names_the_invalid_parameter(name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(DATA)


@pytest.mark.slow
@pytest.mark.data
def test_ndcg_on_movielens_1m_is_far_above_popularity(data_dir):
    split = datasets.load_movielens_1m_implicit(data_dir)
    model = BPR(random_state=0).fit(split.train)
    assert evaluate(model.recommend(n=20), split.test, ["ndcg@20"])["ndcg@20"] >= 0.25


# ---------------------------------------------------------------------- small, wide and clustered catalogues


def two_groups(n_users, n_items, n_taken):
    """Return the interactions of two groups of users with separate items."""
    rng = np.random.default_rng(0)
    pairs = [
        (user, (user % 2) * n_items + item)
        for user in range(n_users)
        for item in rng.choice(n_items, n_taken, replace=False)
    ]
    return Interactions.from_arrays(*zip(*pairs, strict=True))


@pytest.mark.parametrize(("n_users", "n_items", "n_taken"), [(60, 10, 6), (200, 30, 10), (300, 100, 12)])
def test_the_lists_of_a_small_catalogue_stay_in_the_group_of_the_user(n_users, n_items, n_taken):
    data = two_groups(n_users, n_items, n_taken)
    lists = BPR(32, random_state=0, n_threads=1).fit(data).recommend(n=min(n_items - n_taken, 10))
    wrong = [(item >= n_items) != (user % 2 == 1) for user, entries in lists for item, _ in entries]
    assert np.mean(wrong) < 0.01


@pytest.mark.parametrize(
    ("n_items", "expected"), [(1, 1), (249, 1), (250, 2), (500, 3), (1000, 4), (4000, 6), (10**6, 8)]
)
def test_the_default_number_of_candidates_grows_with_the_catalogue(n_items, expected):
    assert BPR()._n_candidates(n_items) == expected
    assert BPR(n_candidates=7)._n_candidates(n_items) == 7


@pytest.mark.parametrize("parameters", [{}, {"negative_sampling": "popularity"}])
def test_users_and_items_without_interactions_change_no_bit(parameters):
    users, items = IdIndex([*DATA.users, *range(1000, 1040)]), IdIndex([*DATA.items, *range(5000, 5300)])
    wide = small(**parameters).fit(DATA.reindex(users=users, items=items))
    plain = small(**parameters).fit(DATA)
    np.testing.assert_array_equal(wide.item_factors_[: DATA.n_items], plain.item_factors_)
    np.testing.assert_array_equal(wide.item_bias_[: DATA.n_items], plain.item_bias_)
    np.testing.assert_array_equal(wide.user_factors_[: DATA.n_users], plain.user_factors_)
    histories = {"x": list(DATA.items)[:4]}
    assert list(wide.recommend_for(histories, n=8)) == list(plain.recommend_for(histories, n=8))


def test_a_score_without_evidence_is_explained_by_no_term():
    data = DATA.select(DATA.item_codes != 3)
    model = small().fit(data)
    why = model.explain(next(iter(data.users)), data.items.take([3])[0])
    assert (why.score, why.terms) == (0.0, ())


def test_the_default_penalty_grows_with_noise_and_is_kept_with_the_model(tmp_path):
    rng = np.random.default_rng(0)
    dense = Interactions.from_arrays(*np.nonzero(rng.random((300, 200)) < 0.6))
    noisy = Interactions.from_arrays(*np.nonzero(rng.random((300, 200)) < 0.1))
    short = Interactions.from_arrays(*np.nonzero(rng.random((300, 200)) < 0.025))
    penalties = [small(n_epochs=1).fit(data).l2_ for data in (dense, noisy, short)]
    assert penalties[0] == 0.018
    assert penalties[1] == 0.032
    assert 0.018 < penalties[2] < penalties[1]
    assert small(n_epochs=1, l2=0.5).fit(noisy).l2_ == 0.5
    model = small(n_epochs=5).fit(noisy)
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.l2_ == model.l2_
    history = {"visitor": noisy.items.ids[:5].tolist()}
    assert loaded.recommend_for(history)["visitor"] == model.recommend_for(history)["visitor"]
