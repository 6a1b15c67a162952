"""Estimates of the memory of fits, and the refusal of fits that do not fit."""

import json
import os
import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import recokit
from recokit import (
    BPR,
    EASE,
    SLIM,
    SLIST,
    CascadeHybrid,
    FallbackRecommender,
    Interactions,
    ItemKNN,
    ItemSearch,
    Popularity,
    PureSVD,
    UserKNN,
    WeightedHybrid,
)
from recokit._runtime import memory
from recokit.base import Recommender, _learner
from recokit.data.gram import Gram
from recokit.serving import MemoryEstimate, estimate_memory
from recokit.testing import all_recommenders
from tests.reliability.models import CASES, NAMES, data_of, new_model, small_parts


@pytest.fixture
def available(monkeypatch):
    """Return a function that sets the available memory."""

    def put(n_bytes):
        monkeypatch.setattr(memory, "available_memory", lambda: float(n_bytes))

    return put


def wide(n_items):
    """Return interactions of 50 users with one user for each item."""
    codes = np.arange(n_items)
    table = sparse.csr_array((np.ones(n_items), (codes % 50, codes)), shape=(50, n_items))
    return Interactions.from_matrix(table, feedback="implicit")


@pytest.mark.parametrize(("kind", "feedback"), CASES, ids=NAMES)
def test_every_estimator_estimates_its_memory_without_being_fitted(kind, feedback):
    model, data = new_model(kind, models=small_parts(feedback)), data_of(feedback)
    before = dict(vars(model))
    estimate = estimate_memory(model, data, **kind._example_side(data))
    assert 0 < estimate.model <= estimate.peak
    assert sum(estimate.parts.values()) == pytest.approx(estimate.peak, rel=1e-3)
    assert vars(model) == before


@pytest.mark.parametrize("kind", all_recommenders())
def test_every_estimator_plans_its_own_arrays(kind):
    own = [cls for cls in kind.__mro__ if "_plan_memory" in vars(cls) or "_plan_for" in vars(cls)]
    assert own[0].__module__ != "recokit.base._learner"


def test_the_estimate_grows_with_the_data_and_the_parameters():
    small, large = wide(10_000), wide(20_000)
    assert estimate_memory(EASE(), small).peak == pytest.approx(12 * 10_000**2, rel=0.1)
    assert estimate_memory(EASE(), large).peak == pytest.approx(12 * 20_000**2, rel=0.1)
    few, many = (estimate_memory(BPR(n), large).model for n in (8, 512))
    assert many - few == pytest.approx(4 * 504 * 20_050, rel=0.01)


def test_an_estimate_prints_its_parts_and_says_whether_the_fit_fits():
    estimate = MemoryEstimate(3_000_000, 1_000_000, 5_000, {"weights": 1_000_000, "work": 2_000_000}, 2.9e6)
    assert str(estimate) == "peak 3 MB (work 2 MB, weights 1 MB), model 1 MB, data 5 kB; available 2.9 MB"
    assert not estimate.fits
    assert estimate._replace(available=float("inf")).fits


def shelf(n_items):
    """Return a catalogue of which each item has a title and a long description."""
    rng = np.random.default_rng(0)
    words = [" ".join(f"w{rank}" for rank in row) for row in np.minimum(rng.zipf(1.3, (n_items, 48)), 10**6).tolist()]
    return {"item_id": np.arange(n_items), "title": [text[:40] for text in words], "description": words}


def test_the_estimate_of_a_search_is_near_its_allocations_also_beyond_the_sampled_items():
    for catalogue in (shelf(2_000), shelf(12_000)):
        estimate = estimate_memory(ItemSearch(), catalogue)
        tracemalloc.start()
        ItemSearch().fit(catalogue)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert estimate.peak - estimate.parts["other"] == pytest.approx(peak, rel=0.3)
        assert estimate.model < estimate.peak
        assert estimate.data > sum(map(len, catalogue["description"]))


def test_the_estimate_of_a_search_counts_a_recommender_that_the_search_fits():
    catalogue, pairs = shelf(500), wide(500)
    without = estimate_memory(ItemSearch(), catalogue, interactions=pairs)
    both = estimate_memory(ItemSearch(recommender=EASE()), catalogue, interactions=pairs)
    assert both.peak - without.peak > 8 * 500**2
    fitted = ItemSearch(recommender=EASE().fit(pairs))
    assert estimate_memory(fitted, catalogue, interactions=pairs).peak == without.peak


def timed(n_users=1_500, n_items=1_200, n=60_000):
    """Return interactions with times."""
    rng = np.random.default_rng(0)
    users, items = np.divmod(np.unique(rng.integers(0, n_users * n_items, n)), n_items)
    return Interactions.from_arrays(users, items, timestamps=rng.random(len(users)), feedback="implicit")


@pytest.mark.parametrize(
    "model",
    [
        CascadeHybrid([ItemKNN(20), Popularity()], random_state=0, n_threads=1),
        WeightedHybrid([ItemKNN(20), Popularity()], weights="learn", random_state=0, n_threads=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_estimate_of_a_hybrid_counts_the_scores_of_held_out_users(model):
    data = timed()
    estimate = estimate_memory(model, replace(data))
    assert "scores of held-out users" in estimate.parts
    model.fit(replace(data))  # loads the code
    tracemalloc.start()
    model.fit(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert estimate.peak - estimate.parts["other"] == pytest.approx(peak, rel=0.3)


def test_parts_of_a_hybrid_that_are_fitted_to_the_same_data_share_the_interactions_by_item():
    data = timed()
    one = estimate_memory(ItemKNN(20), replace(data))
    two = estimate_memory(FallbackRecommender([("a", ItemKNN(20)), ("b", ItemKNN(20))]), replace(data))
    by_item = 8 * (data.n_interactions + data.n_items)
    overhead = one.parts["other"]
    assert two.model == pytest.approx(2 * one.model - by_item - overhead, rel=0.02)


def test_only_estimators_have_an_estimate():
    with pytest.raises(TypeError, match="expected a Recommender or an ItemSearch, got dict"):
        estimate_memory({}, wide(100))


def test_data_of_another_form_and_side_information_are_read_as_by_fit():
    pairs = [(1, "a"), (1, "b"), (2, "a")]
    assert (
        estimate_memory(Popularity(), pairs).data
        == estimate_memory(Popularity(), Interactions.from_arrays(*np.array(pairs, dtype=object).T)).data
    )
    with pytest.raises(TypeError, match="takes no catalogue"):
        estimate_memory(EASE(), pairs, catalogue={})
    with pytest.raises(recokit.DataError):
        estimate_memory(Popularity(), [1, 2, 3])


# ---------------------------------------------------------------------- refusal


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        (EASE(), "use SLIM or ItemKNN"),
        (SLIM(None, l1=0.0), "lower n_neighbors"),
        (PureSVD(20_000), "lower n_factors"),
        (ItemKNN(20_000), "n_neighbors"),
        (UserKNN(20_000), "n_neighbors"),
        (BPR(100_000), "n_factors"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Recommender) else "",
)
def test_a_fit_that_exceeds_the_available_memory_fails_before_it_begins(model, remedy, available, monkeypatch):
    one_user = np.ones((1, 25_000))
    shapes = {UserKNN: np.ones((22_000, 1)), ItemKNN: one_user, SLIM: one_user}
    if type(model) in shapes:
        table = sparse.csr_array(shapes[type(model)])
    elif isinstance(model, PureSVD):  # as many users as items
        table = sparse.csr_array(sparse.eye_array(24_000) + sparse.eye_array(24_000, k=1))
    else:
        table = wide(25_000).matrix
    data = Interactions.from_matrix(table, feedback="implicit")
    monkeypatch.setattr(type(model), "_fit", lambda self, interactions: pytest.fail("the fit began"))
    available(1.0e9)
    with pytest.raises(
        MemoryError,
        match=rf"{type(model).__name__} with .* needs .* of memory, more than the 1 GB that"
        rf" are available; .*{remedy}",
    ):
        model.fit(data)
    assert not model.__sklearn_is_fitted__()


def test_a_refused_fit_keeps_the_fitted_model(available):
    model = EASE().fit(wide(300))
    available(1e9)
    with pytest.raises(MemoryError):
        model.fit(wide(20_000))
    assert model.interactions_.n_items == 300
    with pytest.raises(MemoryError):
        model.partial_fit(wide(20_000))
    assert model.interactions_.n_items == 300


def test_a_limit_of_the_caller_counts_in_place_of_the_available_memory(available):
    available(1.0)
    assert EASE(max_memory_gb=1.0).fit(wide(300)).item_weights_.shape == (300, 300)
    with pytest.raises(MemoryError, match=r"more than the 1 MB that max_memory_gb=0\.001 allows"):
        SLIST(max_memory_gb=1e-3).fit(data_of("implicit"))
    with pytest.raises(MemoryError, match="max_memory_gb=1e-06 allows"):
        EASE(max_memory_gb=1e-6).fit_gram(Gram(np.arange(30), np.eye(30)))


def test_small_work_does_not_ask_for_the_available_memory(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: pytest.fail("asked"))
    Popularity().fit(wide(300)).recommend(n=5).to_frame()


def test_an_upper_bound_above_the_available_memory_does_not_refuse_a_fit_that_fits(available, monkeypatch):
    monkeypatch.setattr(_learner, "ALWAYS_FREE", 0)
    monkeypatch.setattr(memory, "ALWAYS_FREE", 0)
    users, items = np.divmod(np.arange(90_000), 30)  # the users of a group have the same 30 items
    data = Interactions.from_arrays(users, items + 30 * (users % 10), feedback="implicit")
    model = ItemKNN(300).fit(data)
    bound, estimate = model._planned_memory(quick=True).peak, model._planned_memory().peak
    assert bound > 1.05 * estimate
    available((bound + estimate) / 2)
    assert ItemKNN(300).fit(data).neighbor_codes_.shape[0] == 300
    available(0.9 * estimate)
    with pytest.raises(MemoryError):
        ItemKNN(300).fit(data)


@pytest.mark.parametrize(
    ("request_of", "remedy"),
    [
        (lambda model: model.recommend(n=2000), "iter_recommend"),
        (lambda model: model.recommend_for([[1], [2]] * 6000, n=2000), "iter_recommend"),
        (lambda model: model.similar_items(model.interactions_.items.ids.tolist() * 10, n=2000), "fewer items"),
        (lambda model: model.recommend_users(model.interactions_.items.ids.tolist() * 2, n=10_000), "fewer items"),
    ],
    ids=["recommend", "recommend_for", "similar_items", "recommend_users"],
)
def test_lists_that_exceed_the_available_memory_are_refused_with_an_alternative(request_of, remedy, available):
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 10_000, 20_000), rng.integers(0, 2000, 20_000)
    model = ItemKNN(5).fit(Interactions.from_arrays(*pairs, duplicates="sum", feedback="implicit"))
    available(3e8)
    with pytest.raises(MemoryError, match=rf"a result with .* entries for each of .*{remedy}"):
        request_of(model)


def test_a_frame_that_exceeds_the_available_memory_is_refused(available):
    lists = recokit.Recommendations(users=np.arange(30_000), items=np.tile(np.arange(100), (30_000, 1)))
    available(3e8)
    with pytest.raises(MemoryError, match=r"a frame of 3,000,000 rows needs 360 MB"):
        lists.to_frame()


# ---------------------------------------------------------------------- measured


_MEASURE = """
import json, sys
sys.path.append("benchmarks")
import memory
case = memory.Case(sys.argv[1], json.loads(sys.argv[2]))
memory.load_kernels(case)
data = memory.generate(memory.Shape(*json.loads(sys.argv[3])), case.feedback)
small = memory.sample_of(data), {}
print(json.dumps(memory.call_in_fork(memory.measure, case, data, {}, small, int(sys.argv[4]))))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the exact peak is known on Linux only")
@pytest.mark.parametrize(
    ("kind", "parameters", "shape", "n_threads"),
    [
        ("EASE", {}, (3_000, 3_000, 200_000, 0.5), 1),
        ("ItemKNN", {}, (100_000, 20_000, 800_000, 0.8), 2),
        ("ImplicitALS", {"n_factors": 128, "n_epochs": 1}, (60_000, 20_000, 500_000, 0.8), 2),
        ("PureSVD", {"n_factors": 50}, (60_000, 8_000, 400_000, 0.7), 1),
        ("BPR", {"n_factors": 64, "n_epochs": 1}, (80_000, 20_000, 800_000, 0.8), 2),
        ("SessionKNN", {}, (80_000, 10_000, 800_000, 0.8), 2),
    ],
    ids=lambda value: str(value),
)
def test_the_estimated_peak_is_near_the_measured_one(kind, parameters, shape, n_threads):
    arguments = [kind, json.dumps(parameters), json.dumps(shape), str(n_threads)]
    # With a fixed threshold, glibc returns freed arrays to the system; its own threshold grows with each freed array.
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
    command = [sys.executable, "-c", _MEASURE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["measured"] > 30e6
    assert 0.7 <= row["estimate"] / row["measured"] <= 1.3
