import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.kernels import ranking
from tests.naive import metrics as naive

N_ITEMS = 7  # items in lists; relevant items outside all lists have code −1
DENOMINATORS = {"k": ranking.BY_K, "relevant": ranking.BY_RELEVANT, "min": ranking.BY_MIN}
GAINS = {"binary": ranking.BINARY, "linear": ranking.LINEAR, "exponential": ranking.EXPONENTIAL}

# Sums of up to a dozen terms near 1, possibly in another order than in the reference.
CLOSE = {"rel": 1e-12, "abs": 1e-12}


@st.composite
def user_data(draw):
    """Draw one user: a list (None for no list; items may repeat) and the values of the relevant items."""
    listed = draw(st.none() | st.lists(st.integers(0, N_ITEMS - 1), max_size=5))
    values = st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0])
    relevant = draw(st.dictionaries(st.integers(0, N_ITEMS + 3), values, max_size=8))
    return listed, relevant


def measured(users, plan, n_threads=1, n_items=N_ITEMS + 4):
    """Return the metrics of users; items from N_ITEMS on are in no list."""
    rows_with_list = [row for row, (listed, _) in enumerate(users) if listed is not None]
    width = max((len(users[row][0]) for row in rows_with_list), default=0)
    listed = np.full((len(rows_with_list), width), -1, dtype=np.int32)
    for place, row in enumerate(rows_with_list):
        listed[place, : len(users[row][0])] = users[row][0]
    counts = np.array([len(users[row][0]) for row in rows_with_list], dtype=np.int32)
    list_rows = np.full(len(users), -1, dtype=np.int64)
    list_rows[rows_with_list] = np.arange(len(rows_with_list))
    # Test rows are in reverse order; users without relevant items have no row or an empty row.
    tested = [row for row in reversed(range(len(users))) if users[row][1] or row % 2]
    test_rows = np.full(len(users), -1, dtype=np.int64)
    test_rows[tested] = np.arange(len(tested))
    indptr = np.cumsum([0, *(len(users[row][1]) for row in tested)], dtype=np.int64)
    relevant = np.array([item if item < N_ITEMS else -1 for row in tested for item in users[row][1]], dtype=np.int32)
    values = np.array([value for row in tested for value in users[row][1].values()], dtype=np.float64)
    weights = 1 / np.log2(np.arange(2, 40))
    discounts = np.stack([weights, np.concatenate([[0], np.cumsum(weights[:-1])])])
    results = np.full((len(users), len(plan)), np.nan)
    args = (listed, counts, list_rows, indptr, relevant, values, test_rows, discounts, N_ITEMS)
    plan = np.array([(*row, n_items) for row in plan], dtype=np.int64)
    Runner(n_threads).rows(ranking.measure_lists, len(users), (*args, plan, results), min_cost=0)
    return results


@pytest.mark.parametrize("denominator", list(DENOMINATORS))
@given(st.lists(user_data(), min_size=1, max_size=4), st.integers(1, 7))
def test_hits_and_average_precision_equal_the_naive_reference(denominator, users, k):
    by = DENOMINATORS[denominator]
    results = measured(users, [(ranking.HITS, k, by, 0), (ranking.AVERAGE_PRECISION, k, by, 0)])
    for (listed, relevant), (hits, average) in zip(users, results, strict=True):
        if not relevant:
            assert (hits, average) == (0.0, 0.0)
            continue
        assert hits == pytest.approx(naive.precision(listed or [], relevant, k, denominator), **CLOSE)
        assert average == pytest.approx(naive.average_precision(listed or [], relevant, k, denominator), **CLOSE)


@given(st.lists(user_data(), min_size=1, max_size=4), st.integers(1, 7))
def test_hit_rate_and_reciprocal_rank_equal_the_naive_reference(users, k):
    results = measured(users, [(ranking.HIT_RATE, k, 0, 0), (ranking.RECIPROCAL_RANK, k, 0, 0)])
    for (listed, relevant), (hit, reciprocal) in zip(users, results, strict=True):
        assert hit == naive.hit_rate(listed or [], relevant, k)
        assert reciprocal == naive.reciprocal_rank(listed or [], relevant, k)


@pytest.mark.parametrize("gain", list(GAINS))
@pytest.mark.parametrize("denominator", ["min", "relevant"])
@given(st.lists(user_data(), min_size=1, max_size=4), st.integers(1, 7))
def test_ndcg_equals_the_naive_reference(denominator, gain, users, k):
    results = measured(users, [(ranking.NDCG, k, DENOMINATORS[denominator], GAINS[gain])])
    for (listed, relevant), (ndcg,) in zip(users, results, strict=True):
        expected = naive.ndcg(listed or [], relevant, k, denominator, gain) if relevant else 0.0
        assert ndcg == pytest.approx(expected, **CLOSE)


@given(st.lists(user_data(), min_size=1, max_size=4), st.integers(1, 9))
def test_ndcg_with_an_ideal_list_of_k_hits_equals_the_naive_reference(users, k):
    results = measured(users, [(ranking.NDCG, k, ranking.BY_K, ranking.BINARY)])
    for (listed, relevant), (ndcg,) in zip(users, results, strict=True):
        expected = naive.ndcg(listed or [], relevant, k, "k") if relevant else 0.0
        assert ndcg == pytest.approx(expected, **CLOSE)


@given(st.lists(user_data(), min_size=1, max_size=4), st.integers(1, 7))
def test_auc_equals_the_share_of_correctly_ordered_pairs(users, k):
    results = measured(users, [(ranking.AUC, k, 0, 0), (ranking.HITS, k, 0, 0), (ranking.AUC, k, 0, 0)])
    for (listed, relevant), (auc, _, again) in zip(users, results, strict=True):
        assert auc == again
        expected = naive.auc(listed, relevant, k, range(N_ITEMS + 4)) if relevant and listed is not None else 0.0
        assert auc == pytest.approx(expected, **CLOSE)


def test_auc_with_one_other_item_counts_pairs_outside_the_list_as_one_half():
    plan, relevant = [(ranking.AUC, 3, 0, 0)], {0: 1.0, 1: 1.0}
    users = [([0, 1, 2], relevant), ([2, 0, 1], relevant), ([0], relevant), ([0, 2], relevant)]
    assert measured(users, plan, n_items=3).tolist() == [[1.0], [0.0], [0.75], [0.5]]


def test_auc_is_one_half_for_an_empty_list_and_zero_without_a_list():
    users = [([], {0: 1.0}), (None, {0: 1.0}), ([0], {0: 1.0})]
    assert measured(users, [(ranking.AUC, 3, 0, 0)], n_items=3).tolist() == [[0.5], [0.0], [1.0]]


def test_auc_is_zero_if_every_item_is_relevant():
    assert measured([([0, 1], {0: 1.0, 1: 1.0})], [(ranking.AUC, 2, 0, 0)], n_items=2).tolist() == [[0.0]]


@given(st.lists(user_data(), min_size=2, max_size=6))
def test_metrics_of_a_user_do_not_depend_on_other_users_or_threads(users):
    plan = [(ranking.NDCG, 3, ranking.BY_MIN, ranking.LINEAR), (ranking.AVERAGE_PRECISION, 5, ranking.BY_RELEVANT, 0)]
    together = measured(users, plan, n_threads=2)
    for row, user in enumerate(users):
        np.testing.assert_array_equal(together[row], measured([user], plan)[0])


def test_metrics_of_one_plan_equal_metrics_computed_separately():
    users = [([3, 1, 4, 0], {1: 2.0, 0: 5.0, 6: 1.0}), ([2], {2: 1.0}), (None, {5: 1.0})]
    plan = [(kind, k, by, 0) for kind in range(6) for k in (1, 2, 9) for by in DENOMINATORS.values()]
    together = measured(users, plan)
    for column, measure in enumerate(plan):
        np.testing.assert_array_equal(together[:, [column]], measured(users, [measure]))


def test_only_users_in_the_range_are_written():
    args = np.zeros((3, 1), np.int32), np.ones(3, np.int32), np.arange(3), np.arange(4), np.zeros(3, np.int32)
    plan, results = np.array([(ranking.HIT_RATE, 1, 0, 0, 0)]), np.full((3, 1), np.nan)
    ranking.measure_lists(1, 2, *args, np.ones(3), np.arange(3), np.ones((2, 3)), 1, plan, results)
    np.testing.assert_array_equal(results, [[np.nan], [1], [np.nan]])
