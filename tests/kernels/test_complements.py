import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recokit._runtime.threads import Runner
from recokit.data import Rows
from recokit.kernels import similarity_formulas as formulas
from recokit.kernels.complements import complement_rows, swing_rows
from recokit.kernels.similarity_formulas import Constants
from tests.naive import baskets as naive

N_ITEMS = 6
SETS = st.lists(st.sets(st.integers(0, N_ITEMS - 1), min_size=1), min_size=1, max_size=9)
KINDS = {
    "confidence": formulas.CONDITIONAL_PROBABILITY, "lift": formulas.LIFT, "log_likelihood": formulas.LOG_LIKELIHOOD
}  # fmt: skip


def both_ways(sets):
    rows = Rows.from_arrays(np.cumsum([0, *map(len, sets)]), [item for one in sets for item in sorted(one)], ())
    return *rows.transposed(N_ITEMS).arrays[:2], *rows.arrays[:2]


def assert_best(codes, scores, expected):
    """Compare the best entries of a row with all expected values."""
    best = sorted(((value, -code) for code, value in expected.items() if value > 1e-9), reverse=True)[: len(codes)]
    assert scores[: len(best)].tolist() == pytest.approx([value for value, _ in best], rel=1e-5)
    assert np.count_nonzero(codes >= 0) == len(best)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


@given(SETS, SETS, st.sampled_from(list(KINDS)), st.integers(1, 2), st.sampled_from([0.0, 0.7]), st.integers(1, 6))
def test_complements_follow_the_formula(baskets, views, measure, min_support, view_weight, k):
    constants = Constants(0.5, 0.5, float(len(baskets)), 2.0, float(min_support))
    args = (0, *both_ways(baskets), *both_ways(views), KINDS[measure], constants, view_weight)
    results = []
    for runner in (Runner(), Runner(3)):
        codes, scores = np.empty((N_ITEMS, k), np.int32), np.empty((N_ITEMS, k), np.float32)
        runner.rows(complement_rows, N_ITEMS, (*args, codes, scores), min_cost=0)
        results.append((codes, scores))
    assert_array_equal(results[0][0], results[1][0])
    assert_array_equal(results[0][1], results[1][1])
    options = {"measure": measure, "min_support": min_support, "shrinkage": 2.0, "view_weight": view_weight}
    for item in range(N_ITEMS):
        others = [other for other in range(N_ITEMS) if other != item]
        expected = {other: naive.complement(baskets, item, other, views=views, **options) for other in others}
        assert_best(results[0][0][item], results[0][1][item], expected)


@given(SETS, st.integers(1, 6))
def test_swing_follows_the_formula(views, k):
    queries = np.arange(N_ITEMS, dtype=np.int32)
    top = np.empty((N_ITEMS, k), np.int32), np.empty((N_ITEMS, k), np.float32), np.empty(N_ITEMS, np.int32)
    Runner(2).rows(swing_rows, N_ITEMS, (queries, *both_ways(views), 1.0, *top), min_cost=0)
    for item in range(N_ITEMS):
        expected = {other: naive.swing(views, item, other) for other in range(N_ITEMS) if other != item}
        assert_best(top[0][item], top[1][item], expected)
        assert top[2][item] == np.count_nonzero(top[0][item] >= 0)
