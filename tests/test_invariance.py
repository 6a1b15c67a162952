"""Results depend neither on users and items without interactions nor on the unit of the strengths."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from recokit import EASE, SLIM, BiasBaseline, Interactions, ItemKNN, Popularity, PureSVD, RP3beta, UserKNN
from recokit._runtime.small_work import preferring_kernels, preferring_numpy
from recokit.datasets import example_interactions
from recokit.testing import all_recommenders

MODELS = [
    Popularity(),
    BiasBaseline(),
    EASE(l2=1.0),
    SLIM(l1=0.01, l2=0.5),
    SLIM(None, l1=0.01, l2=0.5, positive=False),
    RP3beta(),
    RP3beta(2, shrinkage=0.0, normalize=False),
    ItemKNN(),
    UserKNN(),
    PureSVD(2),
]
ROUNDED = [PureSVD(2, centering="mean")]  # sums over all items are rounded in another order


def assert_close(found, expected):
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def read(dense, users, items, feedback):
    """Return the cells above 0 of a table, over rows and columns that may be added to it."""
    rows, columns = np.nonzero(dense)
    cells = dense[rows, columns], (users[rows], items[columns])
    matrix = sparse.csr_array(cells, shape=(users[-1] + 3, items[-1] + 3))
    return Interactions.from_matrix(matrix, feedback=feedback)


@pytest.mark.parametrize("model", MODELS + ROUNDED, ids=str)
@given(st.integers(0, 2**31))
def test_users_and_items_without_interactions_do_not_change_results(model, seed):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 4, (6, 5)) * rng.integers(0, 2, (6, 5)) * 1.0
    dense[:, 0] = dense[0] = 1.0  # each user and each item has an interaction
    few = Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit")
    users, items = (np.cumsum(rng.integers(1, 30, n)) for n in dense.shape)
    many = read(dense, users, items, "implicit")
    expected = model.fit(few).recommend(n=5)
    pairs = [(user, item) for user in range(6) for item in range(5)]
    predicted, assert_same = model.predict(pairs), assert_close if model in ROUNDED else assert_array_equal
    model.fit(many)
    found = model.recommend(users, n=5, candidates=items)
    assert found.counts.tolist() == expected.counts.tolist()
    for row, count in enumerate(expected.counts):
        assert_array_equal(np.asarray(found.items)[row, :count], items[np.asarray(expected.items)[row, :count]])
        assert_same(found.scores[row, :count], expected.scores[row, :count])
    assert_same(model.predict([(users[user], items[item]) for user, item in pairs]), predicted)


@pytest.mark.parametrize("model", [EASE(), SLIM(), RP3beta(normalize=False)], ids=["EASE", "SLIM", "RP3beta"])
@pytest.mark.parametrize("unit", [2.0**-14, 2.0**20])
def test_lists_do_not_depend_on_the_unit_of_the_strengths(model, unit):
    data = example_interactions("implicit")
    rng = np.random.default_rng(0)
    matrix = data.matrix.astype(np.float64)
    matrix.data = np.round(rng.lognormal(2, 1, len(matrix.data)), 2)
    lists = []
    for scale in (1.0, unit):
        scaled = matrix * scale
        lists.append(model.fit(Interactions.from_matrix(scaled, feedback="implicit")).recommend(n=5))
    assert_array_equal(lists[0].items, lists[1].items)
    assert lists[0].counts.min() > 0


@pytest.mark.parametrize("model", [EASE(), SLIM(tol=1e-9, max_iter=2000)], ids=["EASE", "SLIM"])
def test_weights_do_not_depend_on_the_unit_of_the_strengths(model):
    matrix = example_interactions("implicit").matrix.astype(np.float64)
    matrix.data = np.random.default_rng(0).lognormal(0, 1, len(matrix.data))
    seconds = model.fit(Interactions.from_matrix(matrix, feedback="implicit")).item_weights_
    hours = model.fit(Interactions.from_matrix(matrix / 3600, feedback="implicit")).item_weights_
    dense = [weights.toarray() if sparse.issparse(weights) else weights for weights in (seconds, hours)]
    assert np.abs(dense[0]).max() > 0
    assert_allclose(*dense, rtol=1e-3, atol=1e-6)  # the strengths are rounded to float32


def results(kind, data):
    """Return the bits of predictions and lists."""
    model = kind()
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    model.fit(data, **kind._example_side(data))
    users, items = list(data.users), list(data.items)
    lists = [
        model.recommend(n=7),
        model.recommend(n=4, exclude_seen=False, candidates=items[::2], exclude={users[0]: items[:3]}),
        model.recommend(n=4, candidates={user: items[k : k + 5] for k, user in enumerate(users[:9])}),
        model.recommend([users[3], "nobody"], n=5, on_unknown="popular"),
        model.recommend_for({0: dict.fromkeys(items[:4], 2.0)}, n=5),
    ]
    found = [array for one in lists for array in (np.asarray(one.items), one.scores, one.counts)]
    predicted = model.predict([(user, item) for user in users for item in items])
    return [predicted.tobytes(), *(array.tolist() if array.dtype == object else array.tobytes() for array in found)]


@pytest.mark.parametrize("kind", all_recommenders(), ids=lambda kind: kind.__name__)
def test_small_work_by_numpy_has_the_bits_of_the_kernels(kind):
    for feedback in kind._supported_feedback:
        data = example_interactions(feedback, seed=3)
        if kind._reads_order:
            data = replace(data, timestamps=np.arange(data.n_interactions))
        with preferring_numpy():
            small = results(kind, data)
        with preferring_kernels():
            assert results(kind, data) == small
