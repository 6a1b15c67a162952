import numpy as np
import pytest

from recokit import Interactions, SGDMatrixFactorization
from recokit.datasets import example_interactions

DATA = example_interactions("explicit")
PARAMETERS = {"n_factors": 4, "random_state": 3, "learning_rate": 0.05}
LEARNED = ("user_bias_", "item_bias_", "user_factors_", "item_factors_", "implicit_factors_")


def assert_same(actual, expected):
    for name in LEARNED:
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name), err_msg=name)
    assert actual.history_ == expected.history_
    assert actual.best_epoch_ == expected.best_epoch_


@pytest.mark.parametrize("options", [{}, {"implicit_feedback": True}, {"early_stopping": True, "n_iter_no_change": 30}])
def test_a_resumed_fit_gives_the_bits_of_a_single_fit(options):
    whole = SGDMatrixFactorization(n_epochs=12, **PARAMETERS, **options).fit(DATA)
    parts = SGDMatrixFactorization(n_epochs=1, warm_start=True, **PARAMETERS, **options)
    for n_epochs in (1, 5, 6, 12):
        parts.set_params(n_epochs=n_epochs).fit(DATA)
        assert len(parts.history_["training_rmse"]) == n_epochs
    assert_same(parts, whole)


def test_a_fit_that_stopped_early_does_not_resume():
    options = {"early_stopping": True, "n_iter_no_change": 2, "tol": 0.5, **PARAMETERS}
    whole = SGDMatrixFactorization(n_epochs=40, **options).fit(DATA)
    parts = SGDMatrixFactorization(n_epochs=20, warm_start=True, **options).fit(DATA)
    assert len(parts.history_["validation_rmse"]) < 20
    assert_same(parts.set_params(n_epochs=40).fit(DATA), whole)


def test_the_same_data_in_another_form_and_order_resume_the_fit():
    pairs, ratings = DATA.to_pairs()
    parts = SGDMatrixFactorization(n_epochs=3, warm_start=True, **PARAMETERS).fit(pairs, ratings)
    parts.set_params(n_epochs=5).fit(pairs[::-1], ratings[::-1])
    assert_same(parts, SGDMatrixFactorization(n_epochs=5, **PARAMETERS).fit(DATA))


def test_a_fit_without_warm_start_starts_from_scratch():
    model = SGDMatrixFactorization(n_epochs=4, warm_start=True, **PARAMETERS).fit(DATA)
    model.set_params(warm_start=False).fit(DATA)
    assert_same(model, SGDMatrixFactorization(n_epochs=4, **PARAMETERS).fit(DATA))


def test_a_warm_start_on_other_data_starts_from_the_fitted_factors():
    rows = np.arange(DATA.n_interactions)
    pairs, ratings = DATA.to_pairs()
    some = Interactions.from_arrays(*pairs[rows % 3 > 0].T, ratings[rows % 3 > 0])
    cold = SGDMatrixFactorization(n_epochs=2, **PARAMETERS).fit(DATA)
    warm = SGDMatrixFactorization(n_epochs=60, warm_start=True, **PARAMETERS).fit(some)
    warm.set_params(n_epochs=2).fit(DATA)
    assert len(warm.history_["training_rmse"]) == 2
    assert warm.history_["training_rmse"][0] < 0.8 * cold.history_["training_rmse"][0]
    assert warm.interactions_.n_users == DATA.n_users


def test_a_warm_start_drops_users_and_items_that_the_data_lack():
    pairs, ratings = DATA.to_pairs()
    model = SGDMatrixFactorization(n_epochs=5, warm_start=True, **PARAMETERS).fit(DATA)
    few = pairs[:, 0] > pairs[:, 0].min()
    model.fit(pairs[few], ratings[few])
    assert model.interactions_.n_users == DATA.n_users - 1
    assert np.all(np.isfinite(model.predict(pairs)))


def test_a_resumed_fit_uses_the_new_learning_rate():
    model = SGDMatrixFactorization(n_epochs=3, warm_start=True, **PARAMETERS).fit(DATA)
    before = model.user_factors_.copy()
    model.set_params(n_epochs=4, learning_rate=1e-9, learning_rate_bias=1e-9).fit(DATA)
    np.testing.assert_allclose(model.user_factors_, before, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_epochs": 2}, "3 epochs are done"),
        ({"n_epochs": 9, "n_factors": 5}, "n_factors=5.*fitted with n_factors=4"),
        ({"n_epochs": 9, "early_stopping": True}, "early_stopping=True.*fitted with early_stopping=False"),
        (
            {"n_epochs": 9, "l2_exponent": 0.1, "n_factors": 5},
            r"l2_exponent=0\.1, n_factors=5.*fitted with l2_exponent=0\.5, n_factors=4",
        ),
    ],
)
def test_changes_that_a_resumed_fit_does_not_allow_raise_and_keep_the_model(change, message):
    model = SGDMatrixFactorization(n_epochs=3, warm_start=True, **PARAMETERS).fit(DATA)
    before = model.predict(DATA)
    with pytest.raises(ValueError, match=message):
        model.set_params(**change).fit(DATA)
    np.testing.assert_array_equal(model.predict(DATA), before)
    model.set_params(n_epochs=6, n_factors=4, early_stopping=False, l2_exponent=0.5).fit(DATA)
    assert_same(model, SGDMatrixFactorization(n_epochs=6, **PARAMETERS).fit(DATA))


def test_after_a_divergence_a_fit_resumes_from_the_fit_before():
    model = SGDMatrixFactorization(n_epochs=2, warm_start=True, **PARAMETERS).fit(DATA)
    with pytest.raises(FloatingPointError, match="learning_rate"):
        model.set_params(n_epochs=20, learning_rate=50.0).fit(DATA)
    model.set_params(n_epochs=5, learning_rate=0.05).fit(DATA)
    assert_same(model, SGDMatrixFactorization(n_epochs=5, **PARAMETERS).fit(DATA))


def test_a_failed_resumed_fit_can_be_repeated_with_the_same_bits():
    model = SGDMatrixFactorization(n_epochs=2, warm_start=True, implicit_feedback=True, **PARAMETERS).fit(DATA)
    for _ in range(2):
        with pytest.raises(FloatingPointError, match="learning_rate"):
            model.set_params(n_epochs=20, learning_rate=50.0).fit(DATA)
    model.set_params(n_epochs=6, learning_rate=0.05).fit(DATA)
    assert_same(model, SGDMatrixFactorization(n_epochs=6, implicit_feedback=True, **PARAMETERS).fit(DATA))
