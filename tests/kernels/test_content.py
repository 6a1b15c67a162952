import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.data.rows import Rows
from recokit.kernels.content import score_profiles
from tests.naive import tfidf as naive

# Weights that cancel exactly and large ones, but no sums so close to 0 that rounding decides about the evidence.
WEIGHTS = st.sampled_from([-100.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 100.0])


@st.composite
def problems(draw):
    n_terms, n_items = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    documents = draw(st.lists(st.lists(st.integers(0, n_terms - 1), max_size=4), min_size=n_items, max_size=n_items))
    history = st.dictionaries(st.integers(0, n_items - 1), WEIGHTS, max_size=4).map(lambda row: sorted(row.items()))
    return n_terms, documents, draw(st.lists(history, max_size=5))


def compressed(rows, dtype=np.float32):
    indptr = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    codes = np.array([code for row in rows for code, _ in row], dtype=np.int32)
    values = np.array([value for row in rows for _, value in row], dtype=dtype)
    return indptr, codes, values


def scores_of(n_terms, vectors, histories, offsets, gains, losses, n_threads=1):
    by_item = compressed([sorted(vector.items()) for vector in vectors])
    by_term = Rows(*by_item).transposed(n_terms).arrays
    scores = np.full((len(histories), len(vectors)), np.nan, dtype=np.float32)
    args = (*compressed(histories), *by_item, *by_term, offsets, gains, losses, scores)
    Runner(n_threads).rows(score_profiles, len(histories), args, min_cost=0)
    return scores


@given(problems())
def test_scores_are_the_mapped_cosines_of_the_naive_reference(problem):
    n_terms, documents, histories = problem
    vectors = naive.vectors(documents, sublinear_tf=True)
    offsets, gains, losses = (np.full(len(histories), value) for value in (3.0, 2.0, 1.5))
    scores = scores_of(n_terms, vectors, histories, offsets, gains, losses)
    for row, history in enumerate(histories):
        for item in range(len(vectors)):
            cosine = naive.cosine(history, vectors, item)
            expected = -np.inf if cosine is None else 3.0 + cosine * (2.0 if cosine > 0 else 1.5)
            # The vectors are float32 (6e-8 a value), and a profile may be a thousandth of the sum of its parts.
            assert scores[row, item] == pytest.approx(expected, abs=2e-4)


@given(problems())
def test_rows_do_not_depend_on_each_other_or_on_threads(problem):
    n_terms, documents, histories = problem
    vectors = naive.vectors(documents, sublinear_tf=False)
    maps = [np.linspace(low, low + 1, len(histories)) for low in (2, 1, 0)]
    together = scores_of(n_terms, vectors, histories, *maps, n_threads=2)
    for row, history in enumerate(histories):
        alone = scores_of(n_terms, vectors, [history], *(values[row : row + 1] for values in maps))
        np.testing.assert_array_equal(together[row], alone[0])


@pytest.mark.parametrize("weights", [(0.7, -0.7, 0.0), (0.1, 0.2, -0.3)])  # the second cancels only up to rounding
def test_a_profile_whose_items_cancel_gives_no_evidence(weights):
    vectors = [{0: 0.6, 1: 0.8}] * 3 + [{0: 1.0}]
    one = np.ones(1)
    scores = scores_of(2, vectors, [list(enumerate(weights))], one, one, one)
    assert np.all(np.isneginf(scores))


def test_a_cosine_is_clipped_to_its_range():
    vectors = [{term: np.sqrt(1 / 3) + 1e-5 for term in range(3)}]  # a little longer than 1
    scores = scores_of(3, vectors, [[(0, 1.0)], [(0, -1.0)]], np.full(2, 3.0), np.full(2, 2.0), np.full(2, 1.0))
    assert scores[:, 0].tolist() == [5.0, 2.0]


def test_negative_cosines_use_the_losses():
    vectors = [{0: 1.0}]
    scores = scores_of(1, vectors, [[(0, -2.0)]], np.full(1, 3.0), np.full(1, 9.0), np.full(1, 0.5))
    assert scores.tolist() == [[2.5]]
