import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels import bpr as kernel
from tests.naive import bpr as naive

NO_SUMS = np.empty(0)


def run(seen, n_items, *, sums=NO_SUMS, n_candidates=1, seed=1, rate=0.1, l2=0.0, size=3, start=0, stop=None):
    """Descend over the interactions of one user in one block; return the loss and the parameters before and after."""
    rng = np.random.default_rng(0)
    codes = np.array(sorted(seen), dtype=np.int32)
    user, items = rng.normal(size=(1, size)).astype(np.float32), rng.normal(size=(n_items, size)).astype(np.float32)
    bias = rng.normal(size=n_items).astype(np.float32)
    before = user.copy(), items.copy(), bias.copy()
    loss = kernel.descend_pairs(
        start, len(codes) if stop is None else stop, np.zeros(len(codes), np.int32), codes, np.array([0, n_items]),
        np.zeros(1, np.int32), np.arange(n_items, dtype=np.int32), np.array([0, len(codes)]), codes, sums,
        n_candidates, seed, 0, user, items, bias, *map(np.float32, (rate, l2, l2, l2 / 2)),
    )  # fmt: skip
    return loss, before, (user, items, bias)


@given(st.integers(0, 50), st.floats(0, 0.5))
def test_a_step_follows_the_negative_gradient_of_the_loss(seed, l2):
    rate = 1e-3
    loss, (user, items, bias), (new_user, new_items, new_bias) = run([0], 2, seed=seed, rate=rate, l2=l2)
    parameters = np.concatenate([user[0], items[0], items[1], bias[:2]]).astype(np.float64)
    after = np.concatenate([new_user[0], new_items[0], new_items[1], new_bias[:2]]).astype(np.float64)
    gradient = naive.gradient(parameters, l2, l2 / 2)
    np.testing.assert_allclose((after - parameters) / -rate, gradient, rtol=5e-3, atol=2e-3)
    assert loss == pytest.approx(naive.loss(user[0], items[0], items[1], bias[0], bias[1], 0, 0), rel=1e-5)


@given(st.sets(st.integers(0, 7), min_size=1, max_size=7), st.integers(0, 1000), st.integers(1, 4))
def test_items_of_the_history_are_never_drawn_as_negatives(seen, seed, n_candidates):
    _, before, after = run(seen, 8, seed=seed, n_candidates=n_candidates, rate=0.01)
    lowered = set(np.flatnonzero(after[2] < before[2]).tolist())
    assert lowered
    assert not lowered & seen


def test_a_user_with_every_item_in_the_history_takes_no_step():
    loss, before, after = run(range(4), 4)
    assert loss == pytest.approx(4 * np.log(2))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


@numba.njit
def draw(seen, first, last, sums, item_order, state):
    """Call the helper of the kernels, which cannot be called from Python."""
    return kernel._draw(seen, first, last, sums, item_order, state)


@numba.njit
def draw_negative(seen, first, last, sums, item_order, n_candidates, user, items, bias, state):
    """Call the helper of the kernels, which cannot be called from Python."""
    return kernel._draw_negative(seen, first, last, sums, item_order, n_candidates, user, items, bias, state)


def drawn(n_items, sums, n_draws=4000):
    """Return the relative frequency of each drawn item for a user whose history holds item 0."""
    state, counts = np.array([5], dtype=np.uint64), np.zeros(n_items)
    for _ in range(n_draws):
        counts[draw(np.zeros(1, np.int32), 0, n_items, sums, np.arange(n_items, dtype=np.int32), state)] += 1
    return counts / n_draws


def test_items_are_drawn_uniformly_or_in_proportion_to_their_weights():
    np.testing.assert_allclose(drawn(5, NO_SUMS), [0, 0.25, 0.25, 0.25, 0.25], atol=0.03)
    weights = np.array([10.0, 1, 2, 0, 5])
    np.testing.assert_allclose(drawn(5, np.cumsum(weights)), [0, 1 / 8, 2 / 8, 0, 5 / 8], atol=0.03)


def test_only_items_of_the_block_are_drawn():
    state, order = np.array([5], dtype=np.uint64), np.arange(10, dtype=np.int32)
    for sums in (NO_SUMS, np.cumsum(np.arange(1.0, 11))):
        found = {draw(np.empty(0, np.int32), 4, 7, sums, order, state) for _ in range(200)}
        assert found == {4, 5, 6}


def test_the_negative_is_the_candidate_with_the_highest_score():
    user, items = np.ones(1, np.float32), np.arange(6, dtype=np.float32)[:, None]
    state, order, bias = np.array([1], np.uint64), np.arange(6, dtype=np.int32), np.zeros(6, np.float32)
    seen = np.array([5], dtype=np.int32)
    best = [draw_negative(seen, 0, 6, NO_SUMS, order, 60, user, items, bias, state) for _ in range(20)]
    assert set(best) == {4}


def test_fold_in_depends_only_on_the_history_of_the_user():
    rng = np.random.default_rng(0)
    items, bias = rng.normal(size=(9, 4)).astype(np.float32), rng.normal(size=9).astype(np.float32)
    indptr, codes = np.array([0, 2, 2, 5]), np.array([1, 4, 0, 4, 8], dtype=np.int32)
    rates = np.full(40, 0.1, dtype=np.float32)
    rest = (np.arange(9, dtype=np.int32), NO_SUMS, 1, items.copy(), bias.copy(), rates, np.float32(0.01))
    together = np.full((3, 4), 7, dtype=np.float32)
    kernel.fold_in_pairs(0, 3, indptr, codes, *rest, together)
    alone = np.full((1, 4), 7, dtype=np.float32)
    kernel.fold_in_pairs(0, 1, np.array([0, 3]), codes[2:], *rest, alone)
    np.testing.assert_array_equal(alone[0], together[2])
    assert np.all(together[1] == 0)
    np.testing.assert_array_equal(rest[3], items)
    np.testing.assert_array_equal(rest[4], bias)
    scores = items @ together[2]
    assert scores[[0, 4, 8]].mean() > np.delete(scores, [0, 4, 8]).mean() + 1
