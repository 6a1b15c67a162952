import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numpy.testing import assert_allclose, assert_array_equal

from recokit.kernels import similarity_function as kernel
from recokit.kernels.similarity_formulas import Constants
from tests.kernels.test_similarity import compressed, matrices, stats
from tests.naive import similarity as naive


@njit
def cosine(common, product, n_own, n_other, square_own, square_other):
    return product / math.sqrt(square_own * square_other) if square_own * square_other > 0 else 0.0


@njit
def tversky(common, product, n_own, n_other, square_own, square_other):
    return common / (common + 0.25 * (n_own - common) + 0.75 * (n_other - common))


@njit
def always_nan(common, product, n_own, n_other, square_own, square_other):
    return math.nan


FORMULAS = {"cosine": cosine, "tversky": tversky}


def arguments(queries, rows, formula, own, shrinkage=0.0, min_common=1, swapped=False):
    constants = Constants(0.0, 0.0, float(rows.shape[1]), shrinkage, float(min_common))
    own = np.asarray(own, dtype=np.int32)
    by_column = compressed(rows.T)
    return (*compressed(queries), stats(queries), own, *by_column, stats(rows), formula, constants, False, swapped)


def similarities(queries, rows, formula, **options):
    own = options.pop("own", np.full(len(queries), -1))
    out = np.full((len(queries), len(rows)), np.nan, dtype=np.float32)
    kernel.similarity_rows_by(0, len(queries), *arguments(queries, rows, formula, own, **options), out)
    return out


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data(), shrinkage=st.sampled_from([0.0, 3.0]), min_common=st.integers(1, 2))
def test_similarities_follow_the_formula(name, data, shrinkage, min_common):
    queries, rows = data.draw(matrices(5)), data.draw(matrices(5))
    options = {"shrinkage": shrinkage, "min_common": min_common}
    expected = naive.similarities(
        name, queries.astype(np.float64), rows.astype(np.float64), alpha=0.25, beta=0.75, **options
    )
    assert_allclose(similarities(queries, rows, FORMULAS[name], **options), expected, rtol=1e-5, atol=1e-6)


@given(data=st.data(), k=st.integers(1, 5), swapped=st.booleans())
def test_nearest_rows_have_the_highest_similarities(data, k, swapped):
    rows = data.draw(matrices(4))
    own = np.arange(len(rows))
    n = len(rows)
    codes, scores, counts = np.full((n, k), 9, np.int32), np.full((n, k), 9, np.float32), np.full(n, 9, np.int32)
    kernel.nearest_rows_by(0, n, *arguments(rows, rows, tversky, own, swapped=swapped), codes, scores, counts)
    for row, values in enumerate(similarities(rows, rows, tversky, own=own, swapped=swapped)):
        best, best_scores = naive.nearest(values, k, own=row)
        assert counts[row] == len(best)
        assert_array_equal(codes[row], [*best, *[-1] * (k - len(best))])
        assert_array_equal(scores[row], [*best_scores, *[0] * (k - len(best))])


@given(rows=matrices(4))
def test_swapping_exchanges_the_two_rows(rows):
    assert_array_equal(similarities(rows, rows, tversky, swapped=True), similarities(rows, rows, tversky).T)


def test_a_formula_that_returns_nan_gives_similarity_zero():
    rows = np.ones((3, 2), dtype=np.float32)
    assert_array_equal(similarities(rows, rows, always_nan), 0)
