"""Searches that skip items of frequent words, against searches that score all items."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit import ItemSearch
from recokit._runtime.small_work import preferring_kernels
from recokit.baselines import Popularity
from recokit.search import _ranking

WORDS = [f"{first}{middle}{last}" for first in "bdkt" for middle in "aeo" for last in ("nk", "lt", "rst")]
N_ITEMS = 60


def texts(rng, n_texts, longest):
    """Return texts with a few frequent words and many rare ones."""
    ranks = [(len(WORDS) * rng.random(rng.integers(1, longest + 1)) ** 3).astype(int) for _ in range(n_texts)]
    return [" ".join(WORDS[rank] for rank in row) for row in ranks]


def catalogue(rng):
    columns = {"title": texts(rng, N_ITEMS, 5), "description": texts(rng, N_ITEMS, 12)}
    return {"item_id": list(range(N_ITEMS)), "price": rng.integers(1, 5, N_ITEMS).tolist()} | columns


def misspelt(rng, text):
    place = rng.integers(0, len(text))
    return text[:place] + text[place + 1 :]


def asked(rng):
    queries = texts(rng, 4, 4)
    return list(dict.fromkeys([*queries, misspelt(rng, queries[0]), "the", "qqqqqq"]))


def found(model, queries, **kwargs):
    lists = model.search(queries, **kwargs)
    return lists.items.tolist(), lists.scores.tobytes(), lists.counts.tolist(), list(lists.fallbacks)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 10, N_ITEMS]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_searches_equal_those_that_score_all_items_bit_for_bit(seed, n, knows_popularity):
    rng = np.random.default_rng(seed)
    pairs = sorted(set(zip(rng.integers(0, 9, 80).tolist(), rng.integers(0, N_ITEMS, 80).tolist(), strict=True)))
    model = ItemSearch(recommender=Popularity() if knows_popularity else None)
    model.fit(catalogue(rng), pairs if knows_popularity else None)
    queries, some = asked(rng), rng.choice(N_ITEMS, 25, replace=False).tolist()
    requests = [
        {},
        {"filters": {"column": "price", "op": "<", "value": 3}},
        {"candidates": some},
        {"candidates": some, "filters": {"column": "price", "op": ">=", "value": 2}},
        {"candidates": {queries[0]: some[:3]}},
        *([{"users": pairs[0][0]}] if knows_popularity else []),
    ]
    with pytest.MonkeyPatch.context() as patch, preferring_kernels():
        pruned = [found(model, queries, n=n, **request) for request in requests]
        patch.setattr(_ranking, "_MAX_TERMS", -1)
        assert pruned == [found(model, queries, n=n, **request) for request in requests]
        patch.setattr(_ranking.Ranking, "without_clicks", from_all_scores)
        assert pruned == [found(model, queries, n=n, **request) for request in requests]


def from_all_scores(ranking, queries, postings, eligible, n, tastes, runner):
    """Do as `Ranking.without_clicks`, by the path of searches with a log of queries."""
    scores = _ranking.text_scores(queries, postings, N_ITEMS, runner)
    rows = np.arange(len(queries))[:, None]
    return [
        ranking.candidates([], scores[row], eligible.take(row), n, taste, runner)
        for row, taste in zip(rows, tastes, strict=True)
    ]


def test_one_query_is_answered_as_in_a_batch():
    rng = np.random.default_rng(0)
    model, queries = ItemSearch().fit(catalogue(rng)), asked(rng)
    together = model.search(queries, n=5)
    for row, query in enumerate(queries):
        alone = model.search(query, n=5)
        assert alone.items[0].tolist() == together.items[row].tolist()
        assert alone.scores.tobytes() == together.scores[row].tobytes()
