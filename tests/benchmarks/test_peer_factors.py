"""The workloads of factor models: the figures of recokit on small data."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from _common.generated_data import N_RATED_ITEMS, generate_popular, generate_ratings
from _peers import als, bpr, factor_lists, sgd
from _peers.data import load_matrix, load_test, save
from _peers.quality import agreement, best_items, hold_out, ndcg
from scipy import sparse

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def figures(workload, library, folder, n_threads):
    run = workload.libraries[library](folder, n_threads)
    return run.quality(run.call())


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ratings")
    sgd.write_ratings(folder, 60_000)
    return folder


@pytest.fixture(scope="module")
def interactions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interactions")
    als.write_grouped(folder, 40_000)
    return folder


def test_generated_ratings_are_made_in_parts_and_are_reproducible(monkeypatch):
    monkeypatch.setattr("_common.generated_data._PART_RATINGS", 10_000)
    monkeypatch.setattr("_common.generated_data._PART_USERS", 70)
    matrix = generate_ratings(25_000)
    assert matrix.shape == (70 + 70 + 35, N_RATED_ITEMS)
    assert 20_000 < matrix.nnz < 25_000
    assert (matrix != generate_ratings(25_000)).nnz == 0
    assert matrix.data.min() >= 1
    assert matrix.data.max() <= 5


@pytest.mark.parametrize("library", ["recokit", "recokit:random-order"])
def test_descent_reports_the_error_and_the_time_of_epochs_and_preparation(ratings, library):
    with np.load(ratings / "ratings.npz") as arrays:
        constant = np.std(arrays["y_test"])
    row = figures(sgd.WORKLOADS["sgd"], library, ratings, 1)
    assert set(row) == {"rmse", "ns_per_rating", "preparation_epochs"}
    assert 0.7 < row["rmse"] < constant
    assert row["ns_per_rating"] > 1
    assert row["preparation_epochs"] > 0


def test_descent_on_two_threads_reports_the_same_error_and_a_speedup(ratings):
    one, two = (figures(sgd.WORKLOADS["sgd"], "recokit", ratings, n_threads) for n_threads in (1, 2))
    assert one["rmse"] == two["rmse"]
    assert two["speedup"] > 0
    with pytest.raises(NotImplementedError, match="one thread"):
        figures(sgd.WORKLOADS["sgd"], "recokit:random-order", ratings, 2)


def test_the_slope_separates_the_epochs_from_the_preparation(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("_peers.sgd.time.perf_counter", lambda: clock[0])

    def fit(n_epochs):
        clock[0] += 3 + 2 * n_epochs

    assert sgd._slope(fit, 10**9) == {"ns_per_rating": 2.0, "preparation_epochs": 1.5}


def test_held_out_interactions_are_not_in_the_training_data():
    matrix = generate_popular(20_000)
    train, test = hold_out(matrix, 0.2)
    assert train.multiply(test).nnz == 0
    assert ((train + test) != matrix).nnz == 0
    assert test.nnz == pytest.approx(
        0.2 * matrix.nnz, rel=0.1
    )  # all users are sampled, because there are fewer than 5,000


def test_user_groups_keep_the_number_of_items_of_each_user(interactions):
    matrix, grouped = generate_popular(40_000), load_matrix(interactions) + load_test(interactions)
    assert np.array_equal(np.diff(sparse.csr_array(grouped).indptr), np.diff(matrix.indptr))
    assert set(np.unique(grouped.data)) == {1.0}


def test_the_best_items_equal_a_full_sort_of_the_unseen_items():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(30, 4)), rng.normal(size=(50, 4))
    seen = sparse.csr_array(rng.random((30, 50)) < 0.2)
    queried = np.array([3, 29, 0])
    expected = [
        [item for item in np.argsort(-items @ users[user]) if not seen[[user]].toarray()[0, item]][:20]
        for user in queried
    ]
    lists = best_items(queried, seen, users, items)
    assert lists.tolist() == expected
    assert agreement(lists, lists) == {"agreement": 1.0}
    assert agreement(lists, np.where(np.arange(20) < 5, lists, 99)) == {"agreement": 0.25}


def test_ndcg_is_one_for_factors_of_the_held_out_interactions_and_lower_for_others(tmp_path):
    matrix = sparse.csr_array(np.random.default_rng(0).random((40, 60)) < 0.5, dtype=np.float32)
    train, test = hold_out(matrix, 0.2)
    save(tmp_path, train, test)
    assert ndcg(tmp_path, test.toarray(), np.eye(60)) == {"ndcg@20": 1.0}
    assert ndcg(tmp_path, test.toarray(), np.eye(60)[::-1])["ndcg@20"] < 0.9


def test_alternating_least_squares_ranks_better_than_chance(interactions, monkeypatch):
    monkeypatch.setattr(als, "_FACTORS", 8)
    row = figures(als.WORKLOADS["als-popular"], "recokit", interactions, 2)
    rng = np.random.default_rng(0)
    chance = ndcg(interactions, *(rng.normal(size=(n, 8)) for n in load_matrix(interactions).shape))
    assert row["ndcg@20"] > 10 * chance["ndcg@20"]
    assert row["ndcg@20"] > 0.05


@pytest.mark.parametrize("library", ["recokit", "recokit:one-candidate"])
def test_personalised_ranking_reports_identical_results_of_a_repeated_fit(interactions, library, monkeypatch):
    monkeypatch.setattr(bpr, "_EPOCHS", 2)
    row = figures(bpr.WORKLOADS["bpr-ml-1m"], library, interactions, 2)
    assert set(row) == {"ndcg@20", "same_bits", "epoch_seconds"}
    assert row["same_bits"] == 1


@pytest.mark.parametrize("library", ["recokit", "numpy"])
def test_lists_from_factors_agree_with_exact_ones(tmp_path, library):
    save(tmp_path, generate_popular(20_000))
    row = figures(factor_lists.WORKLOADS["lists-factors"], library, tmp_path, 2)
    assert row["agreement"] > 0.999


@pytest.mark.slow
def test_scaling_prints_a_row_for_each_size_and_plots_them(tmp_path):
    picture = tmp_path / "factors.png"
    options = ["--rows", "5000", "20000", "--factors", "8", "16", "--epochs", "2", "--picture", str(picture), "--json"]
    command = [sys.executable, str(BENCHMARKS / "scaling_factors.py"), *options]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["factors"] for row in rows] == [64, 8, 16, 64]
    assert all(row["ns_per_rating"] > 0 and row["preparation_epochs"] > 0 for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
