import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from recokit import ImplicitALS, Interactions
from recokit._runtime.small_work import preferring_kernels
from recokit._runtime.threads import Runner
from recokit.base import EligibleItems
from recokit.data.rows import Rows
from recokit.factorization import _scoring
from recokit.factorization._item_vectors import ItemVectors
from recokit.factorization._scoring import nearest_by_cosine, products

RNG = np.random.default_rng(0)
USERS, ITEMS = RNG.normal(size=(150, 32)).astype(np.float32), RNG.normal(size=(2500, 32)).astype(np.float32)
BIAS = RNG.normal(size=2500).astype(np.float32)
assert ITEMS.size > _scoring._MIN_CELLS_FOR_BLAS


def top_of_products(users, items, *args):
    return _scoring.top_of_products(users, ItemVectors(items), *args)


def eligible_items(n_users, *, allowed=None, own=None, seed=0, n_items=2500):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 40, n_users)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    excluded = Rows.from_arrays(indptr, rng.integers(0, n_items, indptr[-1]), ())
    restricted, candidates = own or (None, None)
    return EligibleItems(allowed, excluded, candidates, restricted)


def random_mask(share, seed=1):
    return np.random.default_rng(seed).random(len(ITEMS)) < share


def own_candidates(n_users, restricted, seed=2):
    rng = np.random.default_rng(seed)
    indptr = np.arange(n_users + 1, dtype=np.int64) * 9
    return restricted, Rows.from_arrays(indptr, rng.integers(0, len(ITEMS), indptr[-1]), ())


@pytest.mark.parametrize("bias", [None, BIAS])
@pytest.mark.parametrize(
    "eligible",
    [
        eligible_items(150),
        eligible_items(150, allowed=random_mask(0.99)),
        eligible_items(150, allowed=random_mask(0.01)),
        eligible_items(150, allowed=np.zeros(len(ITEMS), dtype=bool)),
        eligible_items(150, own=own_candidates(150, np.ones(150, dtype=bool))),
        eligible_items(150, own=own_candidates(150, np.arange(150) % 2 == 0), allowed=random_mask(0.5)),
    ],
    ids=["all", "most", "few", "none", "candidates of all users", "candidates of some users"],
)
def test_lists_equal_the_best_of_all_scores(eligible, bias):
    scores = products(USERS, ITEMS, Runner(1)) + (0 if bias is None else bias)
    expected = eligible.select(scores, 12, Runner(1))
    found = top_of_products(USERS, ITEMS, bias, 12, eligible, Runner(2))
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5, atol=1e-5)


def test_the_bits_of_a_list_depend_neither_on_other_users_nor_on_threads():
    eligible = eligible_items(150)
    together = top_of_products(USERS, ITEMS, BIAS, 12, eligible, Runner(1))
    for n_threads in (2, 5):
        for mine, theirs in zip(
            top_of_products(USERS, ITEMS, BIAS, 12, eligible, Runner(n_threads)), together, strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    for rows in (np.array([3]), np.array([3, 70, 149]), np.arange(100)):
        alone = top_of_products(USERS[rows], ITEMS, BIAS, 12, eligible.take(rows), Runner(2))
        for mine, theirs in zip(alone, together, strict=True):
            np.testing.assert_array_equal(mine, theirs[rows])


def test_only_eligible_items_are_scored_if_they_are_few(monkeypatch):
    scored = []

    def spy(users, items, *args):
        scored.append(len(items.vectors))
        return make(users, items, *args)

    make = _scoring._top_by_blocks
    monkeypatch.setattr(_scoring, "_top_by_blocks", spy)
    allowed = random_mask(0.01)
    top_of_products(USERS, ITEMS, None, 3, eligible_items(150, allowed=allowed), Runner(1))
    assert set(scored) == {allowed.sum()}


@pytest.mark.parametrize("n_factors", [1, 2, 16, 31, 48, 100, 127, 128, 200, 257, 400])
@pytest.mark.parametrize("n_items", [400, 1025, 5003])
def test_the_bits_of_a_list_do_not_depend_on_the_shape_of_the_block(n_factors, n_items):
    """BLAS chooses its routine by the size of the product, and the routines round in different orders."""
    rng = np.random.default_rng(n_factors)
    users, items = (rng.normal(size=(n, n_factors)).astype(np.float32) for n in (700, n_items))
    eligible = eligible_items(700, n_items=n_items)
    together = top_of_products(users, items, None, 12, eligible, Runner(1))
    for n_users in (1, 2, 3, 5, 8, 15, 16, 17, 31, 63, 64, 65, 66, 97, 130):
        rows = rng.choice(700, n_users, replace=False)
        found = top_of_products(users[rows], items, None, 12, eligible.take(rows), Runner(2))
        for mine, theirs in zip(found, together, strict=True):
            np.testing.assert_array_equal(mine, theirs[rows], err_msg=f"{n_users} users")
        for mine, theirs in zip(
            products(users[rows], items, Runner(2)), products(users, items, Runner(1))[rows], strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("given", [None, np.arange(150) % 3 > 0, np.arange(150) >= 0])
def test_the_bits_of_a_list_of_candidates_depend_neither_on_other_users_nor_on_threads(share, given):
    own = None if given is None else own_candidates(150, given)
    eligible = eligible_items(150, allowed=random_mask(share), own=own)
    together = top_of_products(USERS, ITEMS, BIAS, 12, eligible, Runner(1))
    for rows in (np.array([4]), np.array([3, 70, 149]), np.arange(65), np.arange(150)):
        found = top_of_products(USERS[rows], ITEMS, BIAS, 12, eligible.take(rows), Runner(3))
        for mine, theirs in zip(found, together, strict=True):
            np.testing.assert_array_equal(mine, theirs[rows])


def peak_of(work):
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_list_of_one_user_needs_no_copy_of_the_factors_but_the_kept_one_of_8_bits():
    items = RNG.normal(size=(100_000, 32)).astype(np.float32)
    vectors = ItemVectors(items)
    allowed = np.arange(100_000) > 10  # as if some items had no interactions
    eligible = EligibleItems(allowed, Rows.empty(1))
    with preferring_kernels():
        top_of_products(USERS[:1], ITEMS, None, 10, eligible_items(1), Runner(1))  # loads the kernels
        first, later = (
            peak_of(lambda: _scoring.top_of_products(USERS[:1], vectors, None, 10, eligible, Runner(1)))
            for _ in range(2)
        )
    kept = sum(array.nbytes for array in vectors.rough)
    assert kept == items.nbytes / 4 + 8 * len(items)
    assert first < kept + 0.3 * items.nbytes
    assert later < 0.3 * items.nbytes


def test_scores_of_pairs_need_no_copies_of_the_factors():
    data = Interactions.from_arrays(np.arange(100), np.arange(100) % 40)
    model = ImplicitALS(n_factors=64, n_epochs=1, random_state=0).fit(data)
    codes = RNG.integers(0, 40, (2, 20_000)).astype(np.int32)
    scores = np.einsum("ij,ij->i", model.user_factors_[codes[0]], model.item_factors_[codes[1]], dtype=np.float64)
    np.testing.assert_allclose(model._score_pairs(*codes), scores, rtol=1e-9, atol=1e-12)
    assert peak_of(lambda: model._score_pairs(*codes)) < 0.5 * 20_000 * 64 * 4


def test_scores_of_a_large_catalogue_are_held_for_few_users_at_a_time(monkeypatch):
    monkeypatch.setattr(_scoring, "_BUFFER_BYTES", 4 * 10 * len(ITEMS))
    expected = top_of_products(USERS, ITEMS, BIAS, 12, eligible_items(150), Runner(1))
    dense = 4 * len(USERS) * len(ITEMS)
    assert peak_of(lambda: top_of_products(USERS, ITEMS, BIAS, 12, eligible_items(150), Runner(1))) < 0.5 * dense
    monkeypatch.undo()
    for mine, theirs in zip(
        top_of_products(USERS, ITEMS, BIAS, 12, eligible_items(150), Runner(1)), expected, strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_cosines_of_many_rows_are_held_for_few_rows_at_a_time(monkeypatch):
    codes = np.arange(len(ITEMS), dtype=np.int32)
    expected = nearest_by_cosine(ITEMS, codes, 5, Runner(1))
    monkeypatch.setattr(_scoring, "_BUFFER_BYTES", 4 * 100 * len(ITEMS))
    assert peak_of(lambda: nearest_by_cosine(ITEMS, codes, 5, Runner(1))) < 0.1 * 4 * len(ITEMS) ** 2
    for mine, theirs in zip(nearest_by_cosine(ITEMS, codes, 5, Runner(2)), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_ties_are_broken_by_item_code():
    items = np.repeat(ITEMS[:5], 500, axis=0)
    top = top_of_products(
        USERS, items, None, 600, eligible_items(150, seed=9)._replace(excluded=Rows.empty(150)), Runner(2)
    )
    best = (USERS @ ITEMS[:5].T).argmax(axis=1)
    np.testing.assert_array_equal(top.codes[:, :500], best[:, None] * 500 + np.arange(500))


def test_the_number_of_blas_threads_is_restored():
    before = [pool["num_threads"] for pool in threadpool_info()]
    top_of_products(USERS, ITEMS, None, 3, eligible_items(150), Runner(2))
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_one_user_gets_the_list_of_a_batch_from_thousands_of_items_of_any_norm():
    rng = np.random.default_rng(0)
    items = (
        rng.normal(size=(5_000, 16)).astype(np.float32) * rng.lognormal(sigma=1, size=5_000).astype(np.float32)[:, None]
    )
    items[1::7] = items[::7][: len(items[1::7])]  # ties
    users, excluded = rng.normal(size=(60, 16)).astype(np.float32), rng.permutation(5_000)[:3_000].astype(np.int32)
    rows = Rows.from_arrays(np.arange(61) * 50, excluded, ())
    together = top_of_products(users, items, None, 12, EligibleItems(None, rows), Runner(1))
    for user in range(60):
        alone = top_of_products(
            users[user : user + 1], items, None, 12, EligibleItems(None, rows.take(np.array([user]))), Runner(1)
        )
        for found, expected in zip(alone, together, strict=True):
            assert np.array_equal(found[0], expected[user])
