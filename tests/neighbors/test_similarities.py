"""The properties that the registry declares hold for the formulas, and every similarity is documented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import neighbors
from recokit.kernels.similarity_formulas import Constants, similarity_of
from recokit.neighbors.similarities import SIMILARITIES
from tests.naive import similarity as naive

MONOTONE = [name for name, similarity in SIMILARITIES.items() if similarity.is_monotone]
NO_MOMENTS = np.zeros((1, 4))


@st.composite
def pairs_of_sets(draw):
    """Return the number of columns, the sizes of two sets of columns, and the size of their intersection."""
    n_columns = draw(st.integers(2, 60))
    own, other = draw(st.integers(1, n_columns)), draw(st.integers(1, n_columns - 1))
    return n_columns, own, other, draw(st.integers(max(1, own + other - n_columns), min(own, other)))


def set_similarity(name, swapped, n_common, own, other, constants):
    lengths = (float(own), float(own)), (float(other), float(other))
    common = float(n_common), float(n_common)
    return similarity_of(SIMILARITIES[name].kind, swapped, *common, NO_MOMENTS, 0, *lengths, constants)


@pytest.mark.parametrize("name", MONOTONE)
@given(
    sizes=pairs_of_sets(),
    alpha=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    beta=st.sampled_from([0.0, 0.3, 0.5, 2.0]),
    shrinkage=st.sampled_from([0.0, 3.0]),
    min_common=st.integers(1, 3),
    swapped=st.booleans(),
)
def test_a_monotone_similarity_grows_with_common_columns_and_falls_with_the_length_of_the_other_row(
    name, sizes, alpha, beta, shrinkage, min_common, swapped
):
    n_columns, own, other, n_common = sizes
    constants = Constants(alpha, beta, float(n_columns), shrinkage, float(min_common))
    similarity = set_similarity(name, swapped, n_common, own, other, constants)
    rounding = 1e-6 * abs(similarity) + 1e-12 * n_columns  # the margin of the search
    if n_common < min(own, other):
        assert set_similarity(name, swapped, n_common + 1, own, other, constants) >= similarity - rounding
    if own + other - n_common < n_columns:
        assert set_similarity(name, swapped, n_common, own, other + 1, constants) <= similarity + rounding


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_similarity_depends_on_the_number_of_columns_exactly_if_declared(name, swapped):
    rng = np.random.default_rng(0)
    n_differences = 0
    for _ in range(20):
        x, y = rng.normal(size=(2, 4))
        moments = np.array([[x @ x, y @ y, x.sum(), y.sum()]])
        rows = (6.0, 3.0 + x @ x), (5.0, 2.0 + y @ y)
        few, many = (
            similarity_of(
                SIMILARITIES[name].kind,
                swapped,
                4.0,
                x @ y,
                moments,
                0,
                *rows,
                Constants(0.5, 0.5, n_columns, 0.0, 1.0),
            )
            for n_columns in (10.0, 40.0)
        )
        n_differences += few != many
    assert (n_differences > 0) == SIMILARITIES[name].needs_n_columns


@pytest.mark.parametrize("name", SIMILARITIES)
def test_every_similarity_has_a_row_in_the_documented_table_and_a_naive_definition(name):
    assert f'\n``"{name}"``  ' in neighbors.__doc__
    x, y = np.array([1.0, 2.0, 4.0, np.nan, np.nan]), np.array([2.0, 3.0, 5.0, np.nan, np.nan])
    assert naive.similarity(name, x, y) > 0
