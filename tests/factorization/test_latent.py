import numpy as np
import pytest
from threadpoolctl import threadpool_info

from recokit._rules import Choice
from recokit.factorization import _latent
from recokit.factorization._latent import products, top_of_products

RNG = np.random.default_rng(0)
PEOPLE, ITEMS = RNG.normal(size=(150, 32)).astype(np.float32), RNG.normal(size=(2500, 32)).astype(np.float32)
BIAS = RNG.normal(size=2500).astype(np.float32)
assert ITEMS.size > _latent._WORTH_BLAS


def choice_of(n_people, *, allowed=None, kept=None, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 40, n_people)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Choice(allowed, (indptr, rng.integers(0, len(ITEMS), indptr[-1]).astype(np.int32)), kept)


def some_items(share, seed=1):
    return np.random.default_rng(seed).random(len(ITEMS)) < share


def own_items(n_people, given, seed=2):
    rng = np.random.default_rng(seed)
    indptr = np.arange(n_people + 1, dtype=np.int64) * 9
    return given, indptr, rng.integers(0, len(ITEMS), indptr[-1]).astype(np.int32)


@pytest.mark.parametrize("bias", [None, BIAS])
@pytest.mark.parametrize(
    "choice",
    [
        choice_of(150),
        choice_of(150, allowed=some_items(0.99)),
        choice_of(150, allowed=some_items(0.01)),
        choice_of(150, allowed=np.zeros(len(ITEMS), dtype=bool)),
        choice_of(150, kept=own_items(150, np.ones(150, dtype=bool))),
        choice_of(150, kept=own_items(150, np.arange(150) % 2 == 0), allowed=some_items(0.5)),
    ],
    ids=["all", "most", "few", "none", "own", "some have their own"],
)
def test_lists_are_those_of_all_scores(choice, bias):
    scores = products(PEOPLE, ITEMS, 1) + (0 if bias is None else bias)
    expected = choice.select(scores, 12, 1)
    found = top_of_products(PEOPLE, ITEMS, bias, 12, choice, 2)
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.item_codes, expected.item_codes)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5, atol=1e-5)


def test_the_bits_of_a_list_depend_on_neither_the_others_nor_the_threads():
    choice = choice_of(150)
    together = top_of_products(PEOPLE, ITEMS, BIAS, 12, choice, 1)
    for n_threads in (2, 5):
        for mine, theirs in zip(top_of_products(PEOPLE, ITEMS, BIAS, 12, choice, n_threads), together, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    for rows in (np.array([3]), np.array([3, 70, 149]), np.arange(100)):
        alone = top_of_products(PEOPLE[rows], ITEMS, BIAS, 12, choice.rows(rows), 2)
        for mine, theirs in zip(alone, together, strict=True):
            np.testing.assert_array_equal(mine, theirs[rows])


def test_items_that_nobody_may_be_shown_are_not_scored(monkeypatch):
    scored = []

    def spy(people, items, n_threads):
        scored.append(len(items))
        return products(people, items, n_threads)

    monkeypatch.setattr(_latent, "products", spy)
    allowed = some_items(0.01)
    top_of_products(PEOPLE, ITEMS, None, 3, choice_of(150, allowed=allowed), 1)
    assert scored == [allowed.sum()]


def test_equal_items_are_in_order_of_code():
    items = np.repeat(ITEMS[:5], 500, axis=0)
    top = top_of_products(PEOPLE, items, None, 600, choice_of(150, seed=9)._replace(hidden=_nothing(150)), 2)
    best = (PEOPLE @ ITEMS[:5].T).argmax(axis=1)
    np.testing.assert_array_equal(top.item_codes[:, :500], best[:, None] * 500 + np.arange(500))


def test_blas_has_its_threads_back():
    before = [pool["num_threads"] for pool in threadpool_info()]
    top_of_products(PEOPLE, ITEMS, None, 3, choice_of(150), 2)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def _nothing(n_people):
    return np.zeros(n_people + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
