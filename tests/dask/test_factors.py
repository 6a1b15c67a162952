import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

import recokit
import recokit.dask
from recokit import Interactions
from recokit.dask._sums import buffered_stretches, pairwise_stretches, sum_of_buffered, sum_of_pairwise
from tests.dask.eager import assert_same_bits, fit_eagerly


def interactions(n_users=80, n_items=60, n=900, *, seed=0, ratings=False, strengths=False):
    """Return random data; with strengths, one item has only strengths of 0, and some users and items have no data."""
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, n_users, n) * n_items + (n_items * rng.random(n) ** 2).astype(int))
    users, items = pairs // n_items, pairs % n_items
    if ratings:
        return Interactions.from_arrays(users, items, rng.integers(1, 6, len(users)), feedback="explicit")
    values = rng.gamma(1.0, 1.0, len(users)) if strengths else None
    if strengths:
        values[items == 3] = 0
    data = Interactions.from_arrays(users, items, values, feedback="implicit")
    if strengths:
        data = data.select((data.user_codes != 7) & (data.user_codes != data.n_users - 1) & (data.item_codes != 5))
    return data


CASES = [
    ("ImplicitALS", {"n_factors": 8, "n_epochs": 2}, {}),
    ("ImplicitALS", {"n_factors": 8, "n_epochs": 2}, {"strengths": True}),
    ("ImplicitALS", {"n_factors": 8, "n_epochs": 1, "solver": "cholesky", "unobserved_weight": 0.2}, {"n_users": 200}),
    ("ImplicitALS", {"n_factors": 8, "n_epochs": 2, "user_mean_share": 0.6}, {"strengths": True}),
    ("SGDMatrixFactorization", {"n_factors": 8, "n_epochs": 3}, {"ratings": True}),
    (
        "SGDMatrixFactorization",
        {"n_factors": 8, "n_epochs": 1, "l2_exponent": 1.0, "rating_scale": (0, 9)},
        {"ratings": True, "n_users": 300},
    ),
    ("BPR", {"n_factors": 8, "n_epochs": 3}, {"strengths": True}),
    ("BPR", {"n_factors": 8, "n_epochs": 3}, {"n_items": 1200, "n": 4000}),
    ("BPR", {"n_factors": 8, "n_epochs": 2, "negative_sampling": "popularity"}, {"n_items": 1200, "n": 4000}),
    ("EASE", {"l2": 5.0}, {"strengths": True}),
    ("SLIM", {"n_neighbors": 20, "l1": 0.01, "l2": 1.0}, {"strengths": True}),
    ("SLIM", {"n_neighbors": 20, "positive": False, "max_memory_gb": 1e-6}, {}),
    ("SLIM", {"n_neighbors": 20, "max_memory_gb": 1e-12}, {}),
]


def is_random(name):
    return name in ("ImplicitALS", "SGDMatrixFactorization", "BPR")


@pytest.mark.parametrize("n_threads", [1, 2, 3, 16])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{'-'.join(map(str, case[1]))}")
def test_pure_tasks_for_any_number_of_threads_give_the_bits_of_a_local_fit(case, n_threads):
    name, parameters, kind = case
    parameters = parameters | ({"random_state": 0} if is_random(name) else {})
    data = interactions(**kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", recokit.exceptions.WeakModelWarning)
        local = getattr(recokit, name)(**parameters).fit(data)
    distributed, _ = fit_eagerly(getattr(recokit.dask, name)(**parameters), data, n_threads)
    assert_same_bits(local, distributed)


def test_als_reads_the_interactions_of_a_block_once_for_each_half_epoch():
    _, tasks = fit_eagerly(recokit.dask.ImplicitALS(n_factors=4, n_epochs=3, random_state=0), interactions(), 2)
    n_blocks = 8
    assert tasks.stages["solve-users"] == 4 * n_blocks  # three epochs and the exact solution
    assert tasks.stages["solve-items"] == 3 * n_blocks


@pytest.mark.parametrize("n_groups", [1, 2, 4, 5, 16])
def test_blocks_of_items_move_only_to_groups_that_lack_them(n_groups):
    parameters = {"n_factors": 4, "n_epochs": 1, "random_state": 0}
    _, tasks = fit_eagerly(recokit.dask.SGDMatrixFactorization(**parameters), interactions(ratings=True), n_groups)
    assert tasks.stages["sweep"] == (1 if n_groups == 1 else 16 * n_groups)
    assert tasks.stages.get("pick", 0) <= 15 * min(2 * n_groups, 16)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ImplicitALS", {"warm_start": True}),
        ("BPR", {"warm_start": True}),
        ("SGDMatrixFactorization", {"implicit_feedback": True}),
        ("SGDMatrixFactorization", {"early_stopping": True}),
    ],
)
def test_parameters_without_an_implementation_on_clusters_are_refused_before_the_data_are_read(name, parameters):
    message = f"{next(iter(parameters))}=True: recokit.dask.{name} supports only False; use recokit.{name}"
    with pytest.raises(ValueError, match=message):
        getattr(recokit.dask, name)(**parameters).fit(None)


@pytest.mark.parametrize("name", ["ImplicitALS", "EASE", "SLIM", "BPR", "SGDMatrixFactorization"])
def test_side_information_is_refused_before_the_data_are_read(name):
    with pytest.raises(TypeError, match=f"recokit.dask.{name}.fit takes no item_features; use recokit.{name}"):
        getattr(recokit.dask, name)().fit(None, item_features={})


def test_a_descent_that_diverges_raises_the_error_of_a_local_fit():
    model = recokit.dask.SGDMatrixFactorization(n_factors=4, n_epochs=5, learning_rate=50.0, random_state=0)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"diverged in epoch 1.*learning_rate=50"):
        fit_eagerly(model, interactions(ratings=True), 2)
    model = recokit.dask.BPR(n_factors=4, n_epochs=5, learning_rate=1e6, random_state=0)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"diverged in epoch 1.*learning_rate=1"):
        fit_eagerly(model, interactions(), 2)


def test_strengths_out_of_range_raise_the_error_of_a_local_fit():
    data = interactions()
    data = Interactions.from_arrays(
        data.user_codes, data.item_codes, np.full(data.n_interactions, 1e35), feedback="implicit"
    )
    model = recokit.dask.ImplicitALS(n_factors=4, n_epochs=1, unobserved_weight=1.0, random_state=0)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"from 1e[+]35 to 1e[+]35; scale them down"),
    ):
        fit_eagerly(model, data, 2)


def test_factors_that_vanish_are_reported():
    model = recokit.dask.ImplicitALS(n_factors=4, n_epochs=2, l2=1e4, random_state=0)
    with pytest.warns(UserWarning, match="the factors have vanished"):
        fit_eagerly(model, interactions(), 2)


def test_slim_without_convergence_warns_in_the_process_of_the_client():
    model = recokit.dask.SLIM(n_neighbors=20, l1=0.0, l2=0.01, max_iter=1, tol=0.0)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        fit_eagerly(model, interactions(), 2)


@settings(max_examples=40)
@given(st.integers(1, 40_000), st.lists(st.floats(0, 1), max_size=5), st.integers(0, 100))
def test_sums_over_parts_have_the_bits_of_numpy(n, cuts, seed):
    values = np.random.default_rng(seed).gamma(1.0, 1.0, n)
    bounds = np.unique([0, *(int(cut * n) for cut in cuts), n])
    parts = [(values[a:b], int(a)) for a, b in pairwise(bounds)]
    assert sum_of_pairwise([pairwise_stretches(part, first, n) for part, first in parts], n) == values.sum()
    single = values.astype(np.float32)
    parts = [(single[first : first + len(part)], first) for part, first in parts]
    total = sum_of_buffered([buffered_stretches(part, first, n) for part, first in parts])
    assert total == single.sum(dtype=np.float64)


def test_dask_knows_the_memory_of_data_and_models():
    from dask.sizeof import sizeof

    from recokit.dask._draft import Draft

    data = interactions(n_users=2000, n=50_000)
    model = recokit.Popularity().fit(data)
    least = data.item_codes.nbytes + data.values.nbytes
    assert least < sizeof(data) < 3 * least
    assert least < sizeof(Draft(model)) < 3 * least
    assert sizeof(recokit.data.IdIndex([f"user {n}" for n in range(1000)])) > 4000
