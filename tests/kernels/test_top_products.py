import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.factorization._item_vectors import ItemVectors
from recokit.kernels.top_products import listed_products, rough_products, select_exact, top_by_norm
from tests.naive import selection as naive

N_ITEMS = 130  # more than one strip
SEED = st.integers(0, 2**32 - 1)


def vectors(rng, n, n_factors):
    """Return vectors of few different values, so that many products are equal."""
    return rng.choice([0.0, 1.0, -1.0, 0.1, 0.3, -2.7, 1e-3], (n, n_factors)).astype(np.float32)


def exact_scores(p, items, bias):
    """Return the exact scores of all items, rounded to float32 before and after the bias is added."""
    products = [np.float32(float(naive.inner_product(p.tolist(), q.tolist()))) for q in items]
    return [float(product + b) if b != -math.inf else -math.inf for product, b in zip(products, bias, strict=True)]


def compressed(sets):
    indptr = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return indptr, np.array([code for one in sets for code in sorted(one)], dtype=np.int32)


@given(SEED, st.integers(1, 9), st.integers(1, N_ITEMS + 3), st.sampled_from([0.0, 1e-6, 0.05, 1.0]), st.booleans())
def test_select_exact_equals_a_full_sort_by_exact_scores(seed, n_factors, n, error, has_bias):
    rng = np.random.default_rng(seed)
    users, items = vectors(rng, 3, n_factors), vectors(rng, N_ITEMS, n_factors)
    bias = rng.choice([0.0, 0.5, -math.inf], N_ITEMS).astype(np.float32) if has_bias else np.empty(0, np.float32)
    excluded = [set(rng.choice(N_ITEMS, rng.integers(0, 20)).tolist()) for _ in range(3)]
    norms = np.float32(1.001) * np.linalg.norm(users, axis=1)
    slacks = (np.linalg.norm(items, axis=1) * error + 1e-5).astype(np.float32)
    rough = users[1:].astype(np.float64) @ items.T.astype(np.float64)
    rough += 0.99 * norms[1:, None] * slacks * rng.uniform(-1, 1, rough.shape)
    codes, scores = np.full((3, n), -9, np.int32), np.full((3, n), -9, np.float32)
    counts = np.full(3, -9, np.int32)
    top = codes, scores, counts
    select_exact(rough.astype(np.float32), norms, slacks, 1e-5, bias, users, items, 1, *compressed(excluded), *top)
    assert counts[0] == -9
    for user in (1, 2):
        all_scores = exact_scores(users[user], items, bias if has_bias else np.zeros(N_ITEMS, np.float32))
        expected = naive.best(naive.without(all_scores, excluded[user]), n)
        size = counts[user]
        assert list(zip(codes[user, :size].tolist(), scores[user, :size].tolist(), strict=True)) == expected
        assert np.all(codes[user, size:] == -1)
        assert np.all(np.isnan(scores[user, size:]))


@given(SEED, st.integers(1, 9), st.integers(1, N_ITEMS + 3), st.booleans())
def test_items_by_norm_equal_a_full_sort_by_exact_scores(seed, n_factors, n, has_equal_norms):
    rng = np.random.default_rng(seed)
    users, items = vectors(rng, 3, n_factors), vectors(rng, N_ITEMS, n_factors)
    users[:, 0] += np.float32(0.5)  # no vector of zeros
    if not has_equal_norms:
        items *= rng.choice([0.0, 0.01, 1.0, 10.0], N_ITEMS).astype(np.float32)[:, None]
    excluded = [set(rng.choice(N_ITEMS, rng.integers(0, 20)).tolist()) for _ in range(3)]
    norms = (np.float32(1.001) * np.linalg.norm(users, axis=1)).astype(np.float32)
    by_norm = ItemVectors(items).by_norm
    padded = np.zeros((3, by_norm.levels.shape[1]), np.float32)
    padded[:, :n_factors] = users
    codes, scores, counts = np.full((3, n), -9, np.int32), np.full((3, n), -9, np.float32), np.full(3, -9, np.int32)
    top = codes, scores, counts
    top_by_norm(1, 3, padded, norms, 1e-30, users, *by_norm, items, *compressed(excluded), *top)
    assert counts[0] == -9
    for user in (1, 2):
        all_scores = exact_scores(users[user], items, np.zeros(N_ITEMS, np.float32))
        expected, size = naive.best(naive.without(all_scores, excluded[user]), n), counts[user]
        assert list(zip(codes[user, :size].tolist(), scores[user, :size].tolist(), strict=True)) == expected
        assert np.all(codes[user, size:] == -1)
        assert np.all(np.isnan(scores[user, size:]))


@given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=5), st.integers(1, 70), SEED)
def test_listed_products_are_exact_products_rounded_once(lists, n_factors, seed):
    rng = np.random.default_rng(seed)
    users, items = (rng.normal(size=(n, n_factors)).astype(np.float32) for n in (len(lists), 5))
    indptr, codes = compressed(lists)
    products = np.full(len(codes), np.nan, np.float32)
    middle = len(lists) // 2
    for start, stop in ((0, middle), (middle, len(lists))):
        listed_products(start, stop, indptr, codes, users, items, products)
    pairs = [(row, code) for row, one in enumerate(lists) for code in sorted(one)]
    expected = [naive.inner_product(users[row].tolist(), items[code].tolist()) for row, code in pairs]
    np.testing.assert_allclose(products, np.array(list(map(float, expected)), dtype=np.float32), rtol=2e-7, atol=1e-12)


@given(st.integers(0, 4), st.integers(1, 40), SEED)
def test_rough_products_are_those_of_the_levels(n_users, n_factors, seed):
    rng = np.random.default_rng(seed)
    users = rng.normal(size=(4, n_factors)).astype(np.float32)
    levels = rng.integers(-127, 128, (5, n_factors)).astype(np.int8)
    scales, products = rng.random(5).astype(np.float32), np.full((4, 5), -9, np.float32)
    rough_products(0, n_users, users, levels, scales, products)
    for user in range(4):
        for item in range(5):
            expected = float(scales[item]) * float(naive.inner_product(users[user].tolist(), levels[item].tolist()))
            bound = (
                1e-6 * n_factors * float(scales[item]) * float(np.abs(users[user]) @ np.abs(levels[item].astype(float)))
            )
            assert (
                abs(products[user, item] - expected) <= bound + 1e-12 if user < n_users else products[user, item] == -9
            )
