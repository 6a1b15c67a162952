import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit._runtime.threads import Runner, threads_at_any_cost
from recokit.base import Top
from recokit.data.rows import Rows
from recokit.hybrid._normalization import NORMALIZATIONS, normalized, ranks_of
from tests.naive import hybrid as naive

SCORE = st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.just(-np.inf))


@st.composite
def users(draw):
    """Draw scores of some users and the items of their histories."""
    n_items = draw(st.integers(1, 9))
    n_users = draw(st.integers(1, 4))
    scores = draw(st.lists(st.lists(SCORE, min_size=n_items, max_size=n_items), min_size=n_users, max_size=n_users))
    seen = [sorted(draw(st.sets(st.integers(0, n_items - 1)))) for _ in range(n_users)]
    return scores, seen


def rows_of(lists):
    lengths = np.array([len(one) for one in lists])
    return Rows.from_arrays(np.concatenate([[0], np.cumsum(lengths)]), [code for one in lists for code in one], ())


@settings(deadline=None)
@given(users(), st.sampled_from(NORMALIZATIONS), st.integers(1, 12), st.sampled_from([1.0, 10.0, 60.0]))
def test_values_are_those_of_the_naive_reference(given_users, kind, depth, k):
    scores, seen = given_users
    values = normalized(np.array(scores, dtype=np.float32), rows_of(seen), kind, depth, Runner(), rrf_k=k)
    for row, (one, history) in enumerate(zip(scores, seen, strict=True)):
        expected = naive.normalized(one, history, kind, depth, k)
        if expected is None:
            assert np.all(np.isfinite(values[row]))
        else:
            np.testing.assert_allclose(values[row], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_the_number_of_threads_changes_no_bit(kind):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(600, 1500)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    seen = rows_of([np.sort(rng.choice(1500, 5, replace=False)).tolist() for _ in range(600)])
    with threads_at_any_cost():
        one, four = (normalized(scores.copy(), seen, kind, 50, Runner(n)) for n in (1, 4))
    assert one.tobytes() == four.tobytes()


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12), st.lists(st.integers(-1, 21), max_size=6))
def test_the_rank_is_one_more_than_the_number_of_greater_scores(listed, wanted):
    listed = np.sort(np.array(listed, dtype=np.float32))[::-1]
    top = Top(np.arange(len(listed), dtype=np.int32)[None], listed[None].copy(), np.array([len(listed)], np.int32))
    ranks = ranks_of(top, np.zeros(len(wanted), np.int64), np.array(wanted, dtype=np.float32))
    assert ranks.tolist() == [1 + int(np.sum(listed > score)) for score in wanted]
