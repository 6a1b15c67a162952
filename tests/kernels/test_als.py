import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels import als as kernel
from tests.naive import als as naive


def compressed(R):
    rows, columns = np.nonzero(R)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(R)))]).astype(np.int64)
    return indptr, columns.astype(np.int32), R[rows, columns].astype(np.float32)


@st.composite
def problems(draw):
    seed = draw(st.integers(0, 10**6))
    n_rows, n_columns, size = draw(st.integers(1, 6)), draw(st.integers(1, 7)), draw(st.integers(1, 9))
    rng = np.random.default_rng(seed)
    R = np.where(rng.random((n_rows, n_columns)) < draw(st.floats(0, 1)), rng.uniform(0.1, 5, (n_rows, n_columns)), 0)
    R = R.astype(np.float32).astype(np.float64)
    others = rng.normal(size=(n_columns, size)).astype(np.float32)
    l2 = rng.uniform(0.1, 3, n_rows).astype(np.float32)
    means = rng.normal(size=(draw(st.sampled_from([0, 1, n_rows])), size)).astype(np.float32)
    return R, others, (l2, means), draw(st.floats(0.01, 2)), rng


def gram_of(others, weight):
    return (weight * others.astype(np.float64).T @ others).astype(np.float32)


@given(problems())
def test_cholesky_minimises_the_objective(problem):
    R, others, prior, weight, _ = problem
    found = np.full((len(R), others.shape[1]), np.nan, dtype=np.float32)
    kernel.solve_by_cholesky(
        0, len(R), *compressed(R), others, gram_of(others, weight), *prior, found, np.empty(len(R))
    )
    np.testing.assert_allclose(found, naive.solve(R, others, weight, *prior), rtol=2e-4, atol=2e-5)


@given(problems())
def test_enough_conjugate_gradient_steps_minimise_the_objective(problem):
    R, others, prior, weight, rng = problem
    found = rng.normal(size=(len(R), others.shape[1])).astype(np.float32)
    steps = 4 * others.shape[1]  # without rounding, one step for each factor would do
    kernel.solve_by_gradients(
        0, len(R), *compressed(R), others, gram_of(others, weight), *prior, steps, found, np.empty(len(R))
    )
    np.testing.assert_allclose(found, naive.solve(R, others, weight, *prior), rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("length", [8191, 8192, 8193, 20_001])
def test_rows_longer_than_the_buffer_are_solved(length):
    rng = np.random.default_rng(length)
    R = np.zeros((2, 20_001))
    R[0, :length], R[1, :5] = rng.uniform(0.1, 2, length), 1.0
    others, l2 = rng.normal(size=(20_001, 3)).astype(np.float32), np.array([2.0, 2.0], dtype=np.float32)
    prior = l2, np.empty((0, 3), dtype=np.float32)
    gram, expected = gram_of(others, 0.01), naive.solve(R.astype(np.float32), others, 0.01, l2)
    exact, stepped = np.empty((2, 3), dtype=np.float32), np.zeros((2, 3), dtype=np.float32)
    losses = np.full((2, 2), np.nan)
    kernel.solve_by_cholesky(0, 2, *compressed(R), others, gram, *prior, exact, losses[0])
    kernel.solve_by_gradients(0, 2, *compressed(R), others, gram, *prior, 12, stepped, losses[1])
    np.testing.assert_allclose(exact, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(stepped, expected, rtol=1e-3, atol=1e-4)
    for row in (0, 1):
        loss = naive.loss(R[row : row + 1], expected[row : row + 1], others.astype(np.float64), 0.01, 2.0, 0.0)
        np.testing.assert_allclose(losses[:, row], loss, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-16, 1e-10, 1.0, 1e10])
def test_conjugate_gradients_do_not_depend_on_the_scale_of_the_strengths(scale):
    rng = np.random.default_rng(0)
    R, others = rng.uniform(0.5, 2, (3, 6)), rng.normal(size=(6, 4)).astype(np.float32)
    prior = np.full(3, 0.1 * scale, dtype=np.float32), np.empty((0, 4), dtype=np.float32)
    found = np.zeros((3, 4), dtype=np.float32)
    kernel.solve_by_gradients(
        0, 3, *compressed(scale * R), others, gram_of(others, 0.1 * scale), *prior, 16, found, np.empty(3)
    )
    np.testing.assert_allclose(found, naive.solve(R, others, 0.1, np.full(3, 0.1)), rtol=1e-3, atol=1e-3)


@given(problems(), st.integers(1, 4))
def test_conjugate_gradient_steps_do_not_raise_the_objective(problem, steps):
    R, others, prior, weight, rng = problem
    start = rng.normal(size=(len(R), others.shape[1])).astype(np.float32)
    means = np.broadcast_to(prior[1], start.shape) if len(prior[1]) else np.zeros_like(start)
    start[~np.any(R, axis=1)] = means[~np.any(R, axis=1)]
    found = start.copy()
    kernel.solve_by_gradients(
        0, len(R), *compressed(R), others, gram_of(others, weight), *prior, steps, found, np.empty(len(R))
    )

    def loss(rows):
        return naive.loss(R, rows.astype(np.float64), others.astype(np.float64), weight, prior[0], 0.0, means)

    assert loss(found) <= loss(start) * (1 + 1e-5) + 1e-5


@given(problems())
def test_only_rows_in_the_range_are_written(problem):
    R, others, prior, weight, _ = problem
    gram, middle = gram_of(others, weight), len(R) // 2
    whole = np.zeros((len(R), others.shape[1]), dtype=np.float32)
    kernel.solve_by_cholesky(0, len(R), *compressed(R), others, gram, *prior, whole, np.empty(len(R)))
    part = np.full_like(whole, 7)
    kernel.solve_by_cholesky(middle, len(R), *compressed(R), others, gram, *prior, part, np.empty(len(R)))
    np.testing.assert_array_equal(part[middle:], whole[middle:])
    assert np.all(part[:middle] == 7)


@pytest.mark.parametrize("solver", ["gradients", "cholesky"])
@given(problems(), st.integers(0, 4))
def test_losses_are_the_objectives_of_the_rows(solver, problem, steps):
    R, others, prior, weight, rng = problem
    rows = rng.normal(size=(len(R), others.shape[1])).astype(np.float32)
    losses, args = np.full(len(R), np.nan), (0, len(R), *compressed(R), others, gram_of(others, weight), *prior)
    if solver == "cholesky":
        kernel.solve_by_cholesky(*args, rows, losses)
    else:
        kernel.solve_by_gradients(*args, steps, rows, losses)
    assert np.all(losses[~np.any(R, axis=1)] == 0)
    l2, means = prior[0], np.broadcast_to(prior[1], rows.shape) if len(prior[1]) else np.zeros_like(rows)
    for row in np.flatnonzero(np.any(R, axis=1)):
        one = R[row : row + 1], rows[row : row + 1].astype(np.float64), others.astype(np.float64)
        scale = 1 + R[row].sum() + l2[row] * np.sum(means[row] ** 2)
        scale += (l2[row] + weight) * np.sum(others.astype(np.float64) ** 2) * others.shape[1]
        assert losses[row] == pytest.approx(naive.loss(*one, weight, l2[row], 0.0, means[row]), abs=1e-4 * scale)


@pytest.mark.parametrize("n_rows", [0, 1, 3, 4, 5, 11])
def test_gram_parts_are_the_lower_triangles_of_each_part(n_rows):
    factors = np.random.default_rng(0).normal(size=(n_rows, 6)).astype(np.float32)
    bounds, parts = np.array([0, n_rows // 2, n_rows]), np.full((2, 6, 6), np.nan, dtype=np.float32)
    kernel.gram_parts(0, 2, bounds, factors, parts)
    for part, rows in zip(parts, (factors[: n_rows // 2], factors[n_rows // 2 :]), strict=True):
        np.testing.assert_allclose(part, np.tril(rows.T @ rows), rtol=1e-5, atol=1e-5)
