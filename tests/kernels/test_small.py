"""The equivalents of kernels in NumPy or plain Python: every output has the bits of the kernel."""

import zlib
from itertools import pairwise

import numpy as np
import pytest

from recokit.kernels import (
    bias,
    gram,
    ids,
    neighbors,
    reranking,
    rows,
    search,
    selection,
    sessions,
    similarity,
    slim,
    sparse_lists,
    spelling,
    top_products,
)
from recokit.kernels.similarity_formulas import LOG_LIKELIHOOD, PEARSON, Constants
from recokit.kernels.small.registry import SMALL_KERNELS

CASES = {}


def case(kernel):
    """Register a function that returns the arguments of a kernel from a random generator."""

    def register(make):
        CASES.setdefault(kernel, []).append(make)
        return make

    return register


def sparse(rng, n_rows, n_columns, *, values=None):
    """Return compressed rows, some of them empty, with columns ascending."""
    cells = rng.random((n_rows, n_columns)) < rng.choice([0.1, 0.4, 0.8], (n_rows, 1))
    cells[rng.integers(n_rows)] = False
    row_codes, codes = np.nonzero(cells)
    indptr = np.append(0, np.cumsum(np.bincount(row_codes, minlength=n_rows)))
    drawn = rng.choice([0.0, 1.0, 0.1, 2.5, 1e-3, -0.7], len(codes)) if values is None else values(len(codes))
    return indptr, codes.astype(np.int32), drawn.astype(np.float32)


def empty_top(n_rows, n):
    return np.full((n_rows, n), 7, np.int32), np.full((n_rows, n), 7, np.float32), np.full(n_rows, 7, np.int32)


def scores_of(rng, shape):
    return rng.choice([0.0, -0.0, 1.0, -np.inf, np.inf, 0.1, -3.0], shape).astype(np.float32)


@case(ids.mark_present)
def _(rng):
    return rng.integers(5, 30, 40), 5, np.zeros(25, np.bool_)


@case(ids.table_codes)
def _(rng):
    limits = np.iinfo(np.int64)
    given = np.append(rng.integers(-5, 40, 50), [limits.min, limits.max])
    return given, 3, rng.integers(-1, 9, 20).astype(np.int32), np.empty(52, np.int32)


@case(ids.hash_codes)
def _(rng):
    return rng.choice(rng.integers(-(2**60), 2**60, 20), 60), np.empty(60, np.int32), np.uint64(12345)


@case(rows.row_starts)
def _(rng):
    return np.sort(rng.integers(0, 9, 40)).astype(np.int32), 11


@case(rows.order_by)
def _(rng):
    codes = rng.integers(0, 9, 40).astype(np.int32)
    return codes, np.append(0, np.cumsum(np.bincount(codes, minlength=9))), rng.permutation(40)


def transposition(rng):
    indptr, codes, values = sparse(rng, 12, 7)
    order, bounds = rng.permutation(12), np.array([0, 5, 5, 12])
    return indptr, codes, values, bounds, order


@case(rows.count_columns)
def _(rng):
    indptr, codes, _, bounds, order = transposition(rng)
    return 0, 3, bounds, order, indptr[:-1], indptr[1:], codes, np.zeros((3, 7), np.int64)


@case(rows.fill_columns)
def _(rng):
    indptr, codes, values, bounds, order = transposition(rng)
    counts = np.zeros((3, 7), np.int64)
    rows.count_columns(0, 3, bounds, order, indptr[:-1], indptr[1:], codes, counts)
    free = np.cumsum(counts, axis=0) - counts + np.append(0, np.cumsum(counts.sum(axis=0)))[:-1]
    if rng.random() < 0.5:
        values = values[:0]
    places, transposed = np.zeros(len(codes), np.int32), np.zeros(len(values), np.float32)
    return 0, 3, bounds, order, indptr[:-1], indptr[1:], codes, values, free, places, transposed


@case(rows.merge_repeated)
def _(rng):
    indptr, codes, _ = sparse(rng, 9, 6)
    repeats = rng.integers(1, 4, len(codes))
    lengths = np.add.reduceat(np.append(repeats, 0), indptr[:-1]) * (np.diff(indptr) > 0)
    values = rng.normal(size=repeats.sum()).astype(np.float32)
    return np.append(0, np.cumsum(lengths)), np.repeat(codes, repeats), values, int(rng.integers(0, 4))


@case(selection.hide_cells)
def _(rng):
    indptr, codes, _ = sparse(rng, 8, 6)
    return 2, 7, indptr, codes, scores_of(rng, (8, 6))


@case(selection.keep_cells)
def _(rng):
    indptr, codes, _ = sparse(rng, 8, 6)
    return 2, 7, indptr, codes, rng.random(8) < 0.5, scores_of(rng, (8, 6))


@case(selection.select_top)
def _(rng):
    return 1, 7, scores_of(rng, (8, 6)), *empty_top(8, int(rng.integers(1, 9)))


@case(selection.select_listed)
def _(rng):
    indptr, codes, _ = sparse(rng, 8, 6)
    return 1, 7, indptr, codes, scores_of(rng, len(codes)), *empty_top(8, int(rng.integers(1, 9)))


def factors(rng, n_users, n_items):
    """Return vectors of users and of items, some of them 0 and some equal, and excluded items of each user."""
    n_factors = int(rng.integers(1, 11))
    users, items = (rng.choice([0.0, 1.0, 0.1, -2.3], (n, n_factors)).astype(np.float32) for n in (n_users, n_items))
    users[rng.integers(n_users)] = 0
    return users, items, *sparse(rng, n_users, n_items)[:2]


@case(top_products.select_exact)
def _(rng):
    users, items, indptr, codes = factors(rng, 8, 6)
    added = rng.choice([0.0, 0.3, -np.inf], 6).astype(np.float32)[: rng.choice([0, 6])]
    norms, slacks = (1.001 * np.linalg.norm(each, axis=1).astype(np.float32) for each in (users, items))
    slacks *= np.float32(rng.choice([1e-5, 0.03]))
    errors = 0.9 * slacks * norms[3:7, None] * rng.uniform(-1, 1, (4, 6))
    scores = (users[3:7] @ items.T + errors).astype(np.float32)
    top = empty_top(8, int(rng.integers(1, 9)))
    return scores, norms, slacks, 1e-6, added, users, items, 3, indptr, codes, *top


@case(top_products.listed_products)
def _(rng):
    users, items, indptr, codes = factors(rng, 8, 6)
    return 1, 7, indptr, codes, users, items, np.full(len(codes), 7, np.float32)


def product(rng):
    """Return sparse profiles, and sparse rows with positive and negative weights that may add up to zero."""
    return *sparse(rng, 9, 8), *sparse(rng, 8, 10)


@case(sparse_lists.sparse_scores)
def _(rng):
    return 2, 8, *product(rng), np.zeros((9, 10), np.float32)


@case(sparse_lists.sparse_top)
def _(rng):
    excluded, candidates = sparse(rng, 9, 10)[:2], sparse(rng, 9, 10)[:2]
    top = empty_top(9, int(rng.integers(1, 12)))
    offsets = rng.choice([0.0, -0.5, 0.25, 3.1], 10).astype(np.float32)
    order = np.argsort(-offsets, kind="stable").astype(np.int32)
    order = order[offsets[order] != 0][: rng.choice([0, 10])]
    return 2, 8, *product(rng), offsets, order, rng.random(10) < 0.8, *excluded, rng.random(9) < 0.4, *candidates, *top


@case(similarity.row_stats)
def _(rng):
    indptr, _, values = sparse(rng, 9, 12)
    return indptr, values


@case(similarity.query_costs)
def _(rng):
    indptr, codes, _ = sparse(rng, 9, 8)
    return indptr, codes, sparse(rng, 8, 12)[0]


def similarity_case(rng, *output):
    kind, unit = int(rng.integers(0, PEARSON + 1)), rng.random() < 0.4
    unit &= kind <= LOG_LIKELIHOOD  # correlations need products
    draw = np.ones if unit else lambda n: rng.choice([1.0, 2.0, 0.3, 4.7], n)
    indptr, codes, values = sparse(rng, 20, 9, values=draw)
    order = np.argsort(codes, kind="stable")
    columns = np.append(0, np.cumsum(np.bincount(codes, minlength=9)))
    row_codes = np.repeat(np.arange(20, dtype=np.int32), np.diff(indptr))[order]
    stats = similarity.row_stats(indptr, values)
    own_codes = np.where(rng.random(20) < 0.8, np.arange(20), -1).astype(np.int32)
    constants = Constants(0.3, 0.8, 9.0, float(rng.choice([0.0, 2.5])), float(rng.choice([0.0, 2.0])))
    queries, indexed = (indptr, codes, values, stats, own_codes), (columns, row_codes, values[order], stats)
    return 3, 18, *queries, *indexed, kind, constants, bool(unit), bool(rng.random() < 0.5), *output


@case(similarity.nearest_rows)
def _(rng):
    return similarity_case(rng, *empty_top(20, int(rng.integers(1, 22))))


@case(similarity.similarity_rows)
def _(rng):
    return similarity_case(rng, np.zeros((20, 20), np.float32))


@case(gram.gram_costs)
def _(rng):
    indptr, codes, _ = sparse(rng, 8, 9)
    return indptr, codes, sparse(rng, 9, 8)[0]


@case(search.score_queries)
def _(rng):
    def weights(n):
        return rng.choice([0.25, 1.0, 0.1, 3.7], n)

    words, postings = sparse(rng, 12, 9, values=weights), sparse(rng, 9, 14, values=weights)
    query_indptr = np.append(0, np.sort(rng.integers(0, 13, 5))).astype(np.int64)
    masses = weights(12).astype(np.float32)
    return 1, 4, query_indptr, masses, *words, *postings, np.full((5, 14), 7, np.float32)


@case(search.best_items)
def _(rng):
    def weights(n):
        return rng.choice([0.25, 1.0, 0.1, 3.7], n)

    words, (indptr, items, values) = sparse(rng, 12, 9, values=weights), sparse(rng, 9, 14, values=weights)
    query_indptr = np.append(0, np.sort(rng.integers(0, 13, 5))).astype(np.int64)
    largest = np.array([values[a:b].max(initial=0) for a, b in pairwise(indptr)], dtype=np.float32)
    allowed = rng.random(14) < 0.6 if rng.random() < 0.5 else np.empty(0, np.bool_)
    top = np.full((5, 3), 7, np.int32), np.full((5, 3), 7, np.float32), np.full(5, 7, np.int32)
    masses = weights(12).astype(np.float32)
    return 1, 4, query_indptr, masses, *words, indptr, items, values, largest, allowed, *top


@case(spelling.close_words)
def _(rng):
    lengths = rng.integers(1, 8, 12)
    letters = np.where(np.arange(7) < lengths[:, None], rng.integers(97, 100, (12, 7)), 0).astype(np.int32)
    indptr, rows, _ = sparse(rng, 6, 12)
    first, last = np.sort(rng.integers(0, 13, 2)).tolist()
    limit, min_common = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    words = rng.integers(97, 100, rng.integers(1, 8)).astype(np.int32), letters, lengths
    found, distances = np.full((2, 12), 7)
    return first, last, indptr[:-1], indptr[1:], rows, min_common, *words, limit, found, distances


def session_index(rng, n_items):
    """Return an index of twelve sessions that may visit an item several times."""
    lengths = rng.integers(1, 8, 12)
    indptr = np.append(0, np.cumsum(lengths))
    codes = rng.integers(0, n_items, indptr[-1]).astype(np.int32)
    last = {
        (code, rank): k - indptr[rank]
        for rank in range(12)
        for k, code in enumerate(codes)
        if k in range(*indptr[rank : rank + 2])
    }
    pairs = np.array(sorted(last)).astype(np.int32)
    item_indptr = np.append(0, np.cumsum(np.bincount(pairs[:, 0], minlength=n_items)))
    positions = np.array([last[pair] for pair in sorted(last)], np.int32)
    weights = rng.choice([1.0, 0.5, 0.3], 12), rng.choice([1.0, 0.7, 0.1], n_items)
    return sessions.SessionIndex(item_indptr, pairs[:, 1].copy(), positions, indptr, codes, *weights)


def gap_weights(rng):
    n = int(rng.integers(1, 8))
    return 0.6 ** np.arange(n), rng.choice([0.0, 0.5]) * 0.6 ** np.arange(n)


@case(sessions.related_items)
def _(rng):
    codes, values, _ = empty_top(5, int(rng.integers(1, 9)))
    return 1, 4, 3, session_index(rng, 9), int(rng.integers(1, 5)), *gap_weights(rng), codes, values


@case(sessions.session_scores)
def _(rng):
    n_rows, n_items = 40, int(rng.choice([9, 40]))
    indptr = np.append(0, np.cumsum(rng.integers(0, 9, n_rows)))
    histories = (
        indptr,
        rng.integers(0, n_items, indptr[-1]).astype(np.int32),
        rng.integers(-1, 12, n_rows).astype(np.int32),
    )
    n_steps, limits = int(rng.integers(1, 9)), (int(rng.integers(1, 5)), int(rng.integers(1, 14)))
    exponent = float(rng.choice([1.0, 2.0, 0.7]))
    steps = rng.choice([0.4, 1.0]) ** np.arange(n_steps)
    align_all, history_weight, expansion = bool(rng.random() < 0.5), *rng.choice([0.0, 0.1, 0.5], 2).tolist()
    others = float(rng.choice([0.0, 1.0])), align_all, history_weight, expansion
    related = sparse(rng, n_items, n_items, values=lambda n: rng.choice([1.0, 0.3], n))
    only = rng.choice([-1, -1, 0, 2], n_rows).astype(np.int32)
    model = session_index(rng, n_items), steps, exponent, *limits, *gap_weights(rng), *others, *related
    return 2, 39, *histories, *model, only, np.full((n_rows, n_items), 7, np.float32)


@case(neighbors.neighbor_sums)
def _(rng):
    return 2, 8, *product(rng), np.full((9, 10), 7, np.float32)


@case(slim.head_gram)
def _(rng):
    user_indptr, item_codes, user_values = sparse(rng, 12, 9)
    order = np.argsort(item_codes, kind="stable")
    item_indptr = np.append(0, np.cumsum(np.bincount(item_codes, minlength=9)))
    user_codes = np.repeat(np.arange(12, dtype=np.int32), np.diff(user_indptr))[order]
    heads = rng.permutation(9)[:5].astype(np.int32)
    places = np.full(9, -1, np.int32)
    places[heads] = np.arange(5)
    items, users = (item_indptr, user_codes, user_values[order]), (user_indptr, item_codes, user_values)
    return 1, 4, heads, *items, *users, rng.random(12), places, np.full((5, 5), 7, np.float32)


@case(bias.fit_biases)
def _(rng):
    penalty = float(rng.choice([0.0, 3.0, np.inf]))
    return *sparse(rng, 12, 9), 0.37, penalty, 5.0, 4, rng.normal(size=12), rng.normal(size=9)


def bits(array):
    return np.asarray(array).dtype.str, np.asarray(array).shape, np.asarray(array).tobytes()


def outputs(function, arguments):
    """Return the bits of the result and of all array arguments after a call."""
    copies = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    result = function(*copies)
    results = result if isinstance(result, tuple) else () if result is None else (result,)
    return [bits(array) for array in (*results, *(copy for copy in copies if isinstance(copy, np.ndarray)))]


@case(reranking.rerank_rows)
def _(rng):
    n_lists, n_candidates, n_items, n = 2, 7, 12, 4
    n_caps, n_quotas, n_categories = rng.integers(0, 3, 3)
    codes = np.array([rng.permutation(n_items)[:n_candidates] for _ in range(n_lists)], np.int32)
    values = rng.choice([0.1, 0.5, 0.7, 1.0, np.nan, np.inf], (n_lists, n_candidates), p=[0.2, 0.2, 0.2, 0.2, 0.1, 0.1])
    constraints = reranking.Constraints(
        rng.integers(1, 3, n_caps),
        rng.integers(-1, 4, (n_caps, n_items)).astype(np.int32),
        np.cumsum(rng.random((n_quotas, n)) < 0.4, axis=1),
        rng.random((n_quotas, n_items)) < 0.4,
        np.arange(n_quotas, dtype=np.int32),
        rng.choice([-1, -1, codes[0, 3]], n).astype(np.int32),
    )
    vectors = rng.standard_normal((n_items, 3)).astype(np.float32)
    terms = reranking.DynamicTerms(
        *rng.choice([0.0, 0.3], 3),
        rng.integers(-1, 3, (n_items, rng.integers(3))).astype(np.int32),
        (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        (rng.integers(-1, n_categories, n_items)).astype(np.int32),
    )
    targets = rng.dirichlet(np.ones(n_categories), n_lists) if n_categories else np.empty((n_lists, 0))
    counts = rng.integers(0, n_candidates + 1, n_lists).astype(np.int32)
    outputs = np.empty((n_lists, n), np.int32), np.zeros((n_lists, n, 2)), np.empty((n_lists, n), np.int32)
    return 0, n_lists, codes, counts, values, constraints, terms, targets, *outputs


def test_every_equivalent_has_a_case():
    assert set(CASES) == set(SMALL_KERNELS)


@pytest.mark.parametrize("kernel", list(SMALL_KERNELS), ids=lambda kernel: kernel.__name__)
def test_the_equivalent_in_numpy_has_the_bits_of_the_kernel(kernel):
    rng = np.random.default_rng(zlib.crc32(kernel.__name__.encode()))
    for make in CASES[kernel]:
        for _ in range(150):
            arguments = make(rng)
            assert outputs(SMALL_KERNELS[kernel], arguments) == outputs(kernel, arguments)
