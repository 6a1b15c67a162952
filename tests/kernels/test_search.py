import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.data.rows import Rows
from recokit.kernels.search import score_queries
from recokit.kernels.small import search as small
from tests.naive import search as naive

WEIGHTS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.5])


@st.composite
def problems(draw):
    n_terms, n_items = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    items = st.dictionaries(st.integers(0, n_items - 1), WEIGHTS, max_size=n_items)
    postings = draw(st.lists(items, min_size=n_terms, max_size=n_terms))
    word = st.tuples(WEIGHTS, st.dictionaries(st.integers(0, n_terms - 1), WEIGHTS, min_size=1, max_size=3))
    return postings, n_items, draw(st.lists(st.lists(word, max_size=4), min_size=1, max_size=4))


def compressed(rows):
    indptr = np.cumsum([0, *map(len, rows)])
    codes = [code for row in rows for code in row]
    values = [value for row in rows for value in row.values()]
    return Rows.from_arrays(indptr, np.array(codes, np.int32), np.array(values, np.float32)).arrays


def arguments(postings, n_items, queries):
    words = [word for query in queries for word in query]
    query_indptr = np.cumsum([0, *map(len, queries)], dtype=np.int64)
    masses = np.array([mass for mass, _ in words], dtype=np.float32)
    scores = np.full((len(queries), n_items), np.nan, dtype=np.float32)
    return query_indptr, masses, *compressed([terms for _, terms in words]), *compressed(postings), scores


@given(problems())
def test_scores_are_those_of_the_naive_reference(problem):
    postings, n_items, queries = problem
    args = arguments(*problem)
    score_queries(0, len(queries), *args)
    for row, query in enumerate(queries):
        for item, expected in enumerate(naive.scores(query, postings, n_items)):
            found = args[-1][row, item]
            assert np.isneginf(found) if expected is None else found == pytest.approx(expected, rel=1e-5)


@given(problems())
def test_queries_do_not_depend_on_each_other_on_threads_or_on_the_implementation(problem):
    _, _, queries = problem
    serial, threaded, numpy = arguments(*problem), arguments(*problem), arguments(*problem)
    score_queries(0, len(queries), *serial)
    Runner(2).rows(score_queries, len(queries), threaded, min_cost=0)
    small.score_queries(0, len(queries), *numpy)
    np.testing.assert_array_equal(serial[-1], threaded[-1])
    np.testing.assert_array_equal(serial[-1], numpy[-1])
