import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.data.rows import Rows
from recokit.kernels.search import best_items, score_queries
from recokit.kernels.selection import select_top
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


@st.composite
def wide_problems(draw):
    """Many items of few terms, so that words become idle; weights are arbitrary or often equal."""
    n_terms, n_items = draw(st.integers(1, 4)), draw(st.integers(1, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = draw(st.sampled_from([2, 5, 10_000]))
    postings = []
    for _ in range(n_terms):
        items = np.flatnonzero(rng.random(n_items) < rng.random()).tolist()
        scale = rng.choice([0.1, 1.0, 5.0])
        postings.append({item: float(scale * rng.integers(1, steps + 1) / steps) for item in items})
    queries = []
    for _ in range(draw(st.integers(1, 3))):
        words = [
            (float(rng.choice([0.3, 1.0, 4.0])), dict.fromkeys(rng.integers(0, n_terms, rng.integers(1, 3)).tolist()))
            for _ in range(rng.integers(0, 5))
        ]
        queries.append([(mass, {t: float(rng.choice([0.2, 0.7, 1.0])) for t in terms}) for mass, terms in words])
    return postings, n_items, queries


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


def selected(problem, n, allowed, select):
    """Return the lists that a function selects."""
    postings, n_items, queries = problem
    *words, _ = arguments([dict(sorted(row.items())) for row in postings], n_items, queries)
    largest = np.array([max(row.values(), default=0.0) for row in postings], dtype=np.float32)
    top = (
        np.zeros((len(queries), n), np.int32),
        np.zeros((len(queries), n), np.float32),
        np.zeros(len(queries), np.int32),
    )
    select(0, len(queries), *words, largest, allowed, *top)
    return top


@given(st.one_of(problems(), wide_problems()), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_the_best_items_are_those_of_all_scores_bit_for_bit(problem, n, seed):
    _, n_items, queries = problem
    n = min(n, n_items)
    rng = np.random.default_rng(seed)
    for allowed in (np.empty(0, np.bool_), rng.random(n_items) < rng.random()):
        args = arguments(*problem)
        score_queries(0, len(queries), *args)
        if len(allowed):
            args[-1][:, ~allowed] = -np.inf
        codes, scores = np.empty((len(queries), n), np.int32), np.empty((len(queries), n), np.float32)
        counts = np.empty(len(queries), np.int32)
        select_top(0, len(queries), args[-1], codes, scores, counts)
        for select in (best_items, small.best_items):
            for found, expected in zip(selected(problem, n, allowed, select), (codes, scores, counts), strict=True):
                np.testing.assert_array_equal(found, expected)


@given(wide_problems(), st.integers(1, 5))
def test_the_best_items_are_those_of_the_naive_reference(problem, n):
    postings, n_items, queries = problem
    n = min(n, n_items)
    codes, scores, counts = selected(problem, n, np.empty(0, np.bool_), best_items)
    for row, query in enumerate(queries):
        exact = sorted((score for score in naive.scores(query, postings, n_items) if score is not None), reverse=True)
        assert counts[row] == min(n, len(exact))
        assert scores[row, : counts[row]] == pytest.approx(exact[:n], rel=1e-5)
        listed = naive.scores(query, postings, n_items)
        assert [listed[code] for code in codes[row, : counts[row]]] == pytest.approx(exact[:n], rel=1e-5)
