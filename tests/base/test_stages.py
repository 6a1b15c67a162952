"""The parts of a stage may be computed in any ranges, in any order and repeatedly, without a change in the result."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit import EASE, SLIM, BoughtTogether, Interactions, ItemKNN, RP3beta, TransitionKNN, UserKNN
from recokit._runtime.threads import Runner
from recokit.base._stages import run_stages
from recokit.neighbors import _all_pairs

MODELS = {
    "counts of items": ItemKNN(similarity="cosine", n_neighbors=5, weighting=None, shrinkage=0.0, user_exponent=0.0),
    "any similarity of items": ItemKNN(n_neighbors=5),
    "counts of users": UserKNN(similarity="jaccard", n_neighbors=4),
    "walks": RP3beta(n_neighbors=6),
    "transitions": TransitionKNN(n_neighbors=6),
    "baskets": BoughtTogether(min_support=1),
    "sparse weights": SLIM(n_neighbors=8, max_iter=5),
    "dense weights": EASE(),
}


def interactions(seed, *, strengths=False):
    rng = np.random.default_rng(seed)
    users, items = (40 * rng.random(400) ** 2).astype(int), (30 * rng.random(400) ** 2).astype(int)
    given = rng.integers(1, 4, 400) if strengths else None
    return Interactions.from_arrays(
        users, items, given, rng.integers(0, 99, 400), feedback="implicit", duplicates="last"
    )


def in_parts(stage, cuts):
    """Return the result of a stage from parts that are computed last first, each of them twice."""
    n_rows = len(stage.costs)
    bounds = [0, *sorted({int(cut * n_rows) for cut in cuts} - {0, n_rows}), n_rows]
    ranges = list(pairwise(bounds))
    parts = [[stage.run(start, stop, Runner()) for start, stop in reversed(ranges)] for _ in range(2)][1]
    return stage.join(parts[::-1], Runner())


def fitted(model, data, run):
    draft = model._with_attributes(dict(vars(model)))
    interactions = draft._prepare(draft._read(data, None))
    draft._set_common_attributes(interactions)
    run_stages(draft._stages(interactions), run)
    return draft


def learned(model):
    names = ("neighbor_codes_", "neighbor_scores_", "item_weights_")
    found = [vars(model)[name] for name in names if name in vars(model)]
    assert found
    return [array if isinstance(array, np.ndarray) else array.toarray() for array in found]


@given(seed=st.integers(0, 99), strengths=st.booleans(), cuts=st.lists(st.floats(0, 1), max_size=4))
@settings(max_examples=20)
def test_long_and_short_rows_may_be_in_different_parts(seed, strengths, cuts):
    patched = {"N_LONG_OPTIONS": (0, 8), "_WORD_COST": 0.0, "MAX_LONG_PRODUCTS": 8}
    n_stages = []

    def run(stage):
        n_stages.append(len(stage.costs))
        return in_parts(stage, cuts)

    data, name = interactions(seed, strengths=strengths), "counts of items"
    with mock.patch.multiple(_all_pairs, **patched):
        in_ranges = fitted(MODELS[name], data, run)
    assert n_stages == [data.n_items] if strengths else [8, data.n_items - 8]
    for mine, theirs in zip(learned(in_ranges), learned(MODELS[name].fit(data)), strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=8)
@given(seed=st.integers(0, 99), strengths=st.booleans(), cuts=st.lists(st.floats(0, 1), max_size=4))
def test_parts_in_any_ranges_give_the_same_fit(name, seed, strengths, cuts):
    data = interactions(seed, strengths=strengths)
    expected = MODELS[name].fit(data)
    in_ranges = fitted(MODELS[name], data, lambda stage: in_parts(stage, cuts))
    for mine, theirs in zip(learned(in_ranges), learned(expected), strict=True):
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()
