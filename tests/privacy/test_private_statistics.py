"""Sensitivity, noise and quality of differentially private statistics."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recokit import EASE, SLIM, BoughtTogether, Interactions, ItemKNN
from recokit.data import Gram
from recokit.exceptions import DataError, PrivacyBudgetError
from recokit.privacy import PrivacyAccountant, counts, gram, limit_contributions, private_gram, private_popularity

PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 9)), min_size=1, max_size=40)
USER = st.sets(st.integers(0, 12), max_size=13)


@pytest.fixture
def without_noise(monkeypatch):
    """Record the sums that get noise, with their bounds, instead of adding it."""
    recorded = []

    def record(values, sensitivity, rho):
        recorded.append((np.asarray(values).copy(), sensitivity, rho))
        return np.asarray(values)

    for module in (counts, gram):
        monkeypatch.setattr(sys.modules[f"recokit.privacy.{module.__name__.rsplit('.')[-1]}"], "add_noise", record)
    return recorded


def log_of(pairs, history=()):
    """Return the data of the pairs and of one more user."""
    rows = sorted(pairs) + [(99, item) for item in sorted(history)]
    return Interactions.from_arrays(*zip(*rows, strict=True))


@given(PAIRS, USER, st.integers(1, 8))
def test_one_user_changes_the_counts_by_no_more_than_the_sensitivity(pairs, history, max_items):
    sums = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "add_noise", lambda values, bound, rho: sums.append((values, bound)) or values)
        for data in (log_of(pairs), log_of(pairs, history)):
            private_popularity(data, epsilon=1, delta=1e-5, max_items=max_items, items=range(13), random_state=0)
    (before, bound), (after, _) = sums  # the last user does not change the random choices of the others
    assert bound == math.sqrt(max_items)
    assert np.linalg.norm(after - before) <= bound


@given(PAIRS, USER, st.floats(0.1, 1.0))
def test_one_user_changes_the_gram_by_no_more_than_the_sensitivity(pairs, history, scale):
    released = []

    def record(values, bound, rho):
        released.append((np.asarray(values), bound))
        return np.asarray(values)

    kept, popularity = np.arange(13), np.linspace(3, 0.1, 13)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram, "add_noise", record)
        for data in (log_of(pairs), log_of(pairs, history)):
            codes = data.items.take(data.item_codes).astype(np.int64)
            gram._popularity(data, codes, 13, gram._Budget(0.1, 0.1, 0.0))
            gram._products(data, codes, kept, popularity, scale, 0.1)
    for (before, bound), (after, _) in (released[::2], released[1::2]):
        assert np.linalg.norm((after - before).astype(float)) <= bound


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_triangle_of_a_row_of_whole_numbers_is_within_the_bound(values):
    (row,) = gram.whole_rows(np.array([values]), gram._BITS)
    triangle = np.outer(row, row)[np.triu_indices(len(row))]
    assert np.array_equal(row, np.round(row))
    assert np.linalg.norm(triangle) <= 4.0**gram._BITS


def test_the_noise_has_the_stated_scale_and_is_discrete():
    pytest.importorskip("opendp")
    from recokit.privacy._noise import add_noise, noise_scale

    values = add_noise(np.zeros(20_000, dtype=np.int64), 3.0, 0.5)
    assert values.dtype == np.int64
    assert np.std(values) == pytest.approx(noise_scale(3.0, 0.5), rel=0.05)
    assert stats.kstest(values + np.random.default_rng(0).random(len(values)) - 0.5, stats.norm(0, 3).cdf).pvalue > 1e-3


def test_the_counts_of_a_public_catalogue_are_near_the_truth():
    pytest.importorskip("opendp")
    users, items = np.nonzero(np.random.default_rng(0).random((2000, 5)) < [0.9, 0.5, 0.2, 0.1, 0.0])
    released = private_popularity(
        Interactions.from_arrays(users, items), epsilon=4, delta=1e-5, max_items=5, items=[0, 1, 2, 3, 4, 7]
    )
    truth = np.bincount(items, minlength=8)[[0, 1, 2, 3, 4, 7]]
    assert list(released.items) == [0, 1, 2, 3, 4, 7]
    assert np.all(np.abs(released.counts - truth) < 6 * released.noise)
    assert released.to_frame("pandas")["item_id"].tolist()[:2] == [0, 1]


def test_ids_of_few_users_are_not_released():
    pytest.importorskip("opendp")
    users, items = np.nonzero(np.random.default_rng(0).random((2000, 5)) < 0.5)
    data = Interactions.from_arrays([*users, 1, 2], [*items, 55, 55])
    released = private_popularity(data, epsilon=2, delta=1e-5, max_items=6)
    assert list(released.items) == [0, 1, 2, 3, 4]
    assert private_gram(data, epsilon=8, delta=1e-5, n_items=50).items == released.items
    with pytest.raises(DataError, match="noisy count"):
        private_popularity(Interactions.from_arrays([1], ["a"]), epsilon=1, delta=1e-9)
    with pytest.raises(DataError, match="noisy popularity"):
        private_gram(Interactions.from_arrays([1], ["a"]), epsilon=1, delta=1e-9)


def test_the_threshold_hides_the_ids_of_one_user_with_the_stated_probability():
    noise, extra_delta = 2.0, 1e-3
    for k in (1, 3, 10):
        threshold = counts.threshold_of(noise, np.ones(10), extra_delta)
        none_released = stats.norm.cdf((threshold - 1) / noise) ** k
        assert 1 - none_released <= extra_delta * (1 + 1e-9)


def test_a_gram_with_little_noise_gives_nearly_the_lists_of_the_data():
    pytest.importorskip("opendp")
    rng = np.random.default_rng(0)
    taste = rng.integers(0, 3, 4000)
    users, items = np.nonzero(rng.random((4000, 30)) < np.where(np.arange(30) % 3 == taste[:, None], 0.4, 0.05))
    data = Interactions.from_arrays(users, items)
    released = private_gram(data, epsilon=20, delta=1e-5, n_items=30, items=range(30))
    assert np.all(np.linalg.eigvalsh(released.matrix) > -1e-9)
    histories = {"a": [0, 3], "b": [1, 4], "c": [2, 5]}
    for model in (EASE(), SLIM(l1=0.01), ItemKNN(), BoughtTogether("confidence", min_support=0.0)):
        lists = model.fit_gram(released).recommend_for(histories, n=5)
        for user, remainder in (("a", 0), ("b", 1), ("c", 2)):
            assert all(item % 3 == remainder for item, _ in lists[user]), type(model).__name__


def test_an_accountant_records_releases_and_refuses_them_before_noise_is_drawn(without_noise):
    pytest.importorskip("opendp")
    data, accountant = log_of([(1, 2), (2, 2)]), PrivacyAccountant(2, 1e-5)
    private_popularity(data, epsilon=1, delta=1e-6, items=[2], accountant=accountant)
    private_gram(data, epsilon=1, delta=1e-6, items=[2], accountant=accountant)
    assert [release.name for release in accountant.releases] == ["popularity", "gram"]
    n_sums = len(without_noise)
    with pytest.raises(PrivacyBudgetError):
        private_gram(data, epsilon=3, delta=1e-6, items=[2], accountant=accountant)
    assert len(without_noise) == n_sums


@pytest.mark.parametrize("release", [private_popularity, private_gram])
@pytest.mark.parametrize(
    ("name", "value"),
    [("epsilon", 0), ("epsilon", -2.0), ("delta", 0), ("delta", 1.0), ("max_items", 0), ("max_items", 2.5)],
)
def test_numbers_out_of_range_are_refused(release, name, value):
    with pytest.raises(ValueError, match=name):
        release(log_of([(1, 2)]), **{"epsilon": 1, "delta": 1e-6, name: value})


@pytest.mark.parametrize(("name", "value"), [("n_items", 0), ("popularity_share", 1), ("popularity_scale", 0)])
def test_numbers_of_a_gram_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        private_gram(log_of([(1, 2)]), epsilon=1, delta=1e-6, **{name: value})


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "opendp", None)
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(ImportError, match=r"recokit\[privacy\]"):
        private_popularity(log_of([(1, 2)]), epsilon=1, delta=1e-6)


@given(PAIRS, st.integers(1, 12), st.integers(0, 5))
def test_limited_contributions_are_a_part_of_the_data(pairs, max_items, seed):
    data = log_of(pairs)
    limited = limit_contributions(data, max_items, seed)
    assert limited.users == data.users
    assert limited.items == data.items
    assert np.array_equal(limited.rows.lengths, np.minimum(data.rows.lengths, max_items))
    assert {tuple(pair) for pair in limited.to_pairs()[0].tolist()} <= set(pairs)


def test_limits_below_1_are_refused():
    with pytest.raises(ValueError, match="max_items"):
        limit_contributions(log_of([(1, 2)]), 0)


def test_the_choice_of_items_is_random_and_repeatable():
    data = Interactions.from_arrays(np.repeat(np.arange(500), 10), np.tile(np.arange(10), 500))
    limited = limit_contributions(data, 3, random_state=0)
    assert limited.equals(limit_contributions(data, 3, random_state=0))
    assert np.all(np.abs(np.bincount(limited.item_codes) - 150) < 60)


@pytest.mark.slow
def test_an_attack_that_distinguishes_two_neighbours_stays_below_the_bound():
    """The attacker knows all data but one user, and uses the likelihood ratio of the released matrix."""
    pytest.importorskip("opendp")
    from recokit.privacy._noise import add_noise, noise_scale
    from recokit.privacy._zcdp import rho_of

    epsilon, delta, n_trials = 1.0, 1e-5, 10_000
    rho = rho_of(epsilon, delta)
    (row,) = gram.whole_rows(np.ones((1, 4)), gram._BITS)
    change = np.outer(row, row)[np.triu_indices(4)].astype(np.int64)
    scale = noise_scale(4.0**gram._BITS, rho)
    scores = {}
    for name, sums in (("without", np.zeros_like(change)), ("with", change)):
        noisy = add_noise(np.tile(sums, (n_trials, 1)), 4.0**gram._BITS, rho)
        scores[name] = (noisy @ (change / np.linalg.norm(change))) / scale
    rates = []
    for threshold in np.quantile(scores["without"], np.linspace(0.01, 0.99, 99)):
        false, true = (np.count_nonzero(scores[name] > threshold) for name in ("without", "with"))
        # Clopper–Pearson: the true rates are in the interval with a probability of 99.99%.
        upper = stats.beta.ppf(1 - 5e-5, false + 1, n_trials - false)
        lower = stats.beta.ppf(5e-5, true, n_trials - true + 1)
        assert lower <= math.exp(epsilon) * upper + delta
        rates.append(true / n_trials - false / n_trials)
    assert max(rates) > 0.05  # the attack has some power: the noise is not far too large


def test_a_gram_is_validated():
    Gram(["a", "b"], [[1, 0], [0, 2]])
    for matrix, message in (
        ([[1, 0]], "shapes"),
        ([[1, 5], [0, 1]], "symmetric"),
        ([[-1, 0], [0, 1]], "below 0"),
        ([[math.nan, 0], [0, 1]], "finite"),
    ):
        with pytest.raises(DataError, match=message):
            Gram(["a", "b"], matrix)
    with pytest.raises(DataError, match="no items"):
        Gram([], np.empty((0, 0)))
