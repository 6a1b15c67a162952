"""Every estimator on a cluster equals the local one, bit for bit, and recommends the same lists."""

import dask.bag
import pytest

import recokit
import recokit.dask
from recokit import Interactions
from recokit.data import Sequences
from tests.dask.data import assert_same_lists, assert_same_model, catalogue, events, partitioned

EVENTS = events()
PLAIN = EVENTS[["user_id", "item_id"]].drop_duplicates()
VIEWS = PLAIN.sample(500, random_state=0).assign(item_id=lambda frame: frame["item_id"] + 3)
TIMED = {"timestamp": "timestamp", "duplicates": "sum"}


def pairs():
    return Interactions.from_frame(PLAIN)


def strengths():
    return Interactions.from_frame(EVENTS.drop(columns="rating"), **TIMED)


def ratings():
    return Interactions.from_frame(EVENTS, timestamp="timestamp", rating="rating", duplicates="last")


# Name and parameters; the arguments of the fit on the cluster; those of the local fit.
CASES = {
    "ratings by items": ("ItemKNN", {}, lambda: (ratings(), {}), None),
    "counts of items": ("ItemKNN", {"similarity": "cosine"}, lambda: (pairs(), {}), None),
    "products of items": (
        "ItemKNN",
        {
            "similarity": "cosine",
            "weighting": None,
            "shrinkage": 0.0,
            "user_exponent": 0.0,
            "scoring": "normalized_sum",
        },
        lambda: (partitioned(EVENTS), TIMED),
        lambda: (strengths(), {}),
    ),
    "any similarity of items": ("ItemKNN", {"half_life": 500.0}, lambda: (strengths(), {}), None),
    "counts of users": (
        "UserKNN",
        {"similarity": "jaccard", "n_neighbors": 9},
        lambda: (partitioned(PLAIN), {}),
        lambda: (pairs(), {}),
    ),
    "walks": ("RP3beta", {"n_neighbors": 15}, lambda: (partitioned(EVENTS), TIMED), lambda: (strengths(), {})),
    "walks from a bag of frames": (
        "RP3beta",
        {},
        lambda: (dask.bag.from_sequence([PLAIN[:700], PLAIN[700:900], PLAIN[900:]], npartitions=2), {}),
        lambda: (pairs(), {}),
    ),
    "transitions": (
        "TransitionKNN",
        {"n_neighbors": 20},
        lambda: (partitioned(EVENTS), {"timestamp": "timestamp"}),
        lambda: (EVENTS[["user_id", "item_id", "timestamp"]], {}),
    ),
    "transitions without smoothing": (
        "TransitionKNN",
        {"smoothing": 0.0, "gap_half_life": 100.0},
        lambda: (strengths(), {}),
        None,
    ),
    "baskets": (
        "BoughtTogether",
        {},
        lambda: (partitioned(EVENTS), {"timestamp": "timestamp", "basket": "order"}),
        lambda: (Sequences.from_frame(EVENTS, basket="order"), {}),
    ),
    "baskets and views": (
        "BoughtTogether",
        {"measure": "confidence"},
        lambda: (partitioned(PLAIN), {"views": partitioned(VIEWS, 2)}),
        lambda: (pairs(), {"views": VIEWS}),
    ),
    "texts": (
        "TfidfRecommender",
        {"text": "text"},
        lambda: (partitioned(EVENTS), {**TIMED, "catalogue": partitioned(catalogue(), 2)}),
        lambda: (strengths(), {"catalogue": catalogue()}),
    ),
    "sums of strengths": ("Popularity", {}, lambda: (partitioned(EVENTS), TIMED), lambda: (strengths(), {})),
    "popularity": (
        "Popularity",
        {"half_life": 900.0},
        lambda: (partitioned(EVENTS), TIMED),
        lambda: (strengths(), {}),
    ),
    "popularity of ratings": ("Popularity", {}, lambda: (ratings(), {}), None),
    "popularity by category": ("Popularity", {"by": "category"}, lambda: (pairs(), {"catalogue": catalogue()}), None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fit_on_a_cluster_equals_a_local_fit(case, client, tmp_path):
    name, parameters, given, local = CASES[case]
    X, options = given()
    model = getattr(recokit.dask, name)(client, **parameters).fit(X, **options)
    X, options = (local or given)()
    expected = getattr(recokit, name)(**parameters).fit(X, **options)
    assert_same_model(model.to_local(), expected, tmp_path)
    assert_same_lists(model.recommend(n=7), expected.recommend(n=7))
