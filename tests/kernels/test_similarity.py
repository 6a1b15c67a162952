import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from recokit._runtime.threads import Runner
from recokit.kernels import similarity as kernel
from recokit.kernels.similarity_formulas import Constants
from recokit.neighbors.similarities import SIMILARITIES
from tests.naive import similarity as naive

KINDS = {name: similarity.kind for name, similarity in SIMILARITIES.items()}
SETS = [name for name, similarity in SIMILARITIES.items() if similarity.values == "sets"]
WEIGHTED = [name for name, similarity in SIMILARITIES.items() if similarity.values == "weighted"]

# Zero is a valid rating; a missing cell is NaN. The values produce ties and rounding errors.
CELLS = st.sampled_from([np.nan, np.nan, 0.0, 1.0, 2.0, 3.0, 5.0, -4.0, 1 / 3])


def matrices(n_columns, cells=CELLS):
    return st.integers(1, 6).flatmap(lambda n_rows: arrays(np.float32, (n_rows, n_columns), elements=cells))


def compressed(matrix):
    """Return (indptr, codes, values) of the cells that are not NaN."""
    rows, columns = np.nonzero(~np.isnan(matrix))
    indptr = np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int64)
    return indptr, columns.astype(np.int32), matrix[rows, columns].astype(np.float32)


def stats(matrix):
    return np.stack([(~np.isnan(matrix)).sum(axis=1), np.nansum(np.square(matrix, dtype=np.float64), axis=1)], axis=1)


def all_ones(*matrices):
    return all(np.all(matrix[~np.isnan(matrix)] == 1) for matrix in matrices)


def arguments(queries, rows, name, own=None, alpha=0.5, beta=0.5, shrinkage=0.0, min_common=1, swapped=False):
    own = np.full(len(queries), -1) if own is None else own
    unit = name in SETS or (name in WEIGHTED and all_ones(queries, rows))
    constants = Constants(alpha, beta, float(rows.shape[1]), shrinkage, float(min_common))
    return (
        *compressed(queries),
        stats(queries).astype(np.float64),
        np.asarray(own, dtype=np.int32),
        *compressed(rows.T),
        stats(rows).astype(np.float64),
        KINDS[name],
        constants,
        unit,
        swapped,
    )


def similarity_rows(queries, rows, name, **options):
    out = np.full((len(queries), len(rows)), np.nan, dtype=np.float32)
    kernel.similarity_rows(0, len(queries), *arguments(queries, rows, name, **options), out)
    return out


def nearest_rows(queries, rows, name, k, start=0, stop=None, **options):
    codes = np.full((len(queries), k), 9, dtype=np.int32)
    scores, counts = np.full((len(queries), k), 9, dtype=np.float32), np.full(len(queries), 9, dtype=np.int32)
    stop = len(queries) if stop is None else stop
    kernel.nearest_rows(start, stop, *arguments(queries, rows, name, **options), codes, scores, counts)
    return codes, scores, counts


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data(), shrinkage=st.sampled_from([0.0, 0.5, 10.0]), min_common=st.integers(1, 3))
def test_similarities_follow_the_formulas(name, data, shrinkage, min_common):
    queries, rows = data.draw(matrices(5)), data.draw(matrices(5))
    options = {"alpha": 0.25, "beta": 0.75, "shrinkage": shrinkage, "min_common": min_common}
    expected = naive.similarities(name, queries.astype(np.float64), rows.astype(np.float64), **options)
    assert_allclose(similarity_rows(queries, rows, name, **options), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*WEIGHTED, *SETS])
@given(data=st.data(), shrinkage=st.sampled_from([0.0, 2.0]))
def test_counting_binary_values_gives_the_similarities_of_the_formulas(name, data, shrinkage):
    cells = st.sampled_from([np.nan, 1.0])
    queries, rows = data.draw(matrices(5, cells)), data.draw(matrices(5, cells))
    expected = naive.similarities(name, queries, rows, shrinkage=shrinkage)
    assert_allclose(similarity_rows(queries, rows, name, shrinkage=shrinkage), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
@given(rows=matrices(4))
def test_swapping_exchanges_the_two_rows(name, rows):
    forwards = similarity_rows(rows, rows, name, alpha=0.25)
    assert_array_equal(similarity_rows(rows, rows, name, alpha=0.25, swapped=True), forwards.T)


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data(), k=st.integers(1, 8), swapped=st.booleans())
def test_nearest_rows_have_the_highest_similarities(name, data, k, swapped):
    rows = data.draw(matrices(4))
    own = np.arange(len(rows))
    codes, scores, counts = nearest_rows(rows, rows, name, k, own=own, swapped=swapped)
    for row, similarities in enumerate(similarity_rows(rows, rows, name, own=own, swapped=swapped)):
        best, best_scores = naive.nearest(similarities, k, own=row)
        assert counts[row] == len(best)
        assert_array_equal(codes[row], [*best, *[-1] * (k - len(best))])
        assert_array_equal(scores[row], [*best_scores, *[0] * (k - len(best))])


def test_equal_similarities_are_sorted_by_code():
    rows = np.array([[1, 1, np.nan]] * 7, dtype=np.float32)
    codes, _, _ = nearest_rows(rows, rows, "cosine", 3, own=np.arange(7))
    assert_array_equal(codes[0], [1, 2, 3])
    assert_array_equal(codes[6], [0, 1, 2])


@pytest.mark.parametrize("name", ["cosine", "asymmetric_cosine"])
@given(
    rows=arrays(np.float32, (9, 4), elements=st.sampled_from([np.nan, 1.0, 1.0, 2.0, -0.5])),
    k=st.integers(1, 4),
    swapped=st.booleans(),
    alpha=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    shrinkage=st.sampled_from([0.0, 2.0]),
)
def test_candidates_skipped_by_the_bound_of_the_cosine_are_not_among_the_nearest(name, rows, k, **options):
    own = np.arange(9)
    codes, scores, counts = nearest_rows(rows, rows, name, k, own=own, **options)
    for row, similarities in enumerate(similarity_rows(rows, rows, name, own=own, **options)):
        best, best_scores = naive.nearest(similarities, k, own=row)
        assert_array_equal(codes[row, : counts[row]], best)
        assert_array_equal(scores[row, : counts[row]], best_scores)


def test_only_rows_in_the_range_are_written():
    rows = np.ones((4, 2), dtype=np.float32)
    codes, scores, counts = nearest_rows(rows, rows, "cosine", 2, start=1, stop=3)
    assert_array_equal(codes[[0, 3]], 9)
    assert_array_equal(scores[[0, 3]], 9)
    assert_array_equal(counts, [9, 2, 2, 9])


@pytest.mark.parametrize("value", [1e-18, 1e18])
def test_extreme_values_have_finite_cosines(value):
    rows = np.array([[value, value], [value, np.nan]], dtype=np.float32)
    assert_allclose(similarity_rows(rows, rows, "cosine"), [[1, 0.5**0.5], [0.5**0.5, 1]], rtol=1e-6)


def test_a_constant_row_has_no_correlation():
    rows = np.array([[0.1, 0.1, 0.1], [1, 2, 3]], dtype=np.float32)
    assert_array_equal(similarity_rows(rows, rows, "pearson"), [[0, 0], [0, 1]])


@given(queries=matrices(4), rows=matrices(4))
def test_query_costs_count_the_products(queries, rows):
    indptr, codes, _ = compressed(queries)
    expected = (~np.isnan(queries)) @ (~np.isnan(rows)).sum(axis=0)
    assert_array_equal(kernel.query_costs(indptr, codes, compressed(rows.T)[0]), expected)


@given(rows=matrices(4))
def test_row_stats_are_cell_counts_and_sums_of_squares(rows):
    indptr, _, values = compressed(rows)
    assert_allclose(kernel.row_stats(indptr, values), stats(rows), rtol=1e-12)


@given(rows=matrices(4), n_threads=st.integers(2, 4))
def test_nearest_rows_do_not_depend_on_the_number_of_threads(rows, n_threads):
    rows = np.tile(rows, (3, 1))
    expected = nearest_rows(rows, rows, "cosine", 3, own=np.arange(len(rows)))
    found = tuple(np.empty_like(array) for array in expected)
    args = (*arguments(rows, rows, "cosine", own=np.arange(len(rows))), *found)
    Runner(n_threads).rows(kernel.nearest_rows, len(rows), args, min_cost=0)
    for actual, wanted in zip(found, expected, strict=True):
        assert_array_equal(actual, wanted)


@pytest.mark.parametrize("name", ["cosine", "asymmetric_cosine"])
@given(seed=st.integers(0, 2**31), k=st.integers(1, 4), shrinkage=st.sampled_from([0.0, 3.0]), swapped=st.booleans())
def test_neighbours_among_many_rows_are_the_best_of_all_similarities(name, seed, k, shrinkage, swapped):
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.array([np.nan, 1.0, 2.0, -1.0, 1 / 3], dtype=np.float32), (30, 6))
    options = {
        "own": np.arange(30), "shrinkage": shrinkage, "min_common": int(rng.integers(1, 4)), "alpha": 0.3,
        "swapped": swapped,
    }  # fmt: skip
    codes, scores, counts = nearest_rows(rows, rows, name, k, **options)
    for query, similarities in enumerate(similarity_rows(rows, rows, name, **options)):
        best = [code for code in np.argsort(-similarities, kind="stable") if similarities[code] > 0][:k]
        assert codes[query, : counts[query]].tolist() == best
        assert_array_equal(scores[query, : counts[query]], similarities[best])
