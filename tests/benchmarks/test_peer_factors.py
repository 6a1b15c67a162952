"""The works of factor models, on little data: what recokit's side of them reports."""

import json
import subprocess
import sys
from pathlib import Path

import _peer_als
import _peer_bpr
import _peer_factor_lists
import _peer_sgd
import numpy as np
import pytest
from _peer_data import MATRIX, generate_popular, load_matrix
from _peer_quality import TEST, agreement, best_items, hold_out, ndcg
from _ratings import N_ITEMS, generate_ratings
from scipy import sparse

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def figures(work, library, folder, n_threads):
    run = work.libraries[library](folder, n_threads)
    return run.quality(run.call())


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ratings")
    _peer_sgd.make(folder, 60_000)
    return folder


@pytest.fixture(scope="module")
def interactions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interactions")
    _peer_als.make_tasteful(folder, 40_000)
    return folder


def test_generated_ratings_come_in_parts_of_bounded_size_and_repeat(monkeypatch):
    monkeypatch.setattr("_ratings._RATINGS", 10_000)
    monkeypatch.setattr("_ratings._USERS", 70)
    matrix = generate_ratings(25_000)
    assert matrix.shape == (70 + 70 + 35, N_ITEMS)
    assert 20_000 < matrix.nnz < 25_000
    assert (matrix != generate_ratings(25_000)).nnz == 0
    assert matrix.data.min() >= 1
    assert matrix.data.max() <= 5


@pytest.mark.parametrize("library", ["recokit", "recokit:random-order"])
def test_descent_reports_its_error_its_epochs_and_its_preparation(ratings, library):
    with np.load(ratings / "ratings.npz") as arrays:
        constant = np.std(arrays["y_test"])
    row = figures(_peer_sgd.WORKS["sgd"], library, ratings, 1)
    assert set(row) == {"rmse", "ns_per_rating", "preparation_epochs"}
    assert 0.7 < row["rmse"] < constant
    assert row["ns_per_rating"] > 1
    assert row["preparation_epochs"] > 0


def test_on_two_threads_descent_reports_the_same_error_and_its_speedup(ratings):
    one, two = (figures(_peer_sgd.WORKS["sgd"], "recokit", ratings, n_threads) for n_threads in (1, 2))
    assert one["rmse"] == two["rmse"]
    assert two["speedup"] > 0
    with pytest.raises(NotImplementedError, match="one thread"):
        figures(_peer_sgd.WORKS["sgd"], "recokit:random-order", ratings, 2)


def test_an_epoch_is_told_from_its_preparation_by_the_slope(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("_peer_sgd.time.perf_counter", lambda: clock[0])

    def fit(n_epochs):
        clock[0] += 3 + 2 * n_epochs

    assert _peer_sgd._slope(fit, 10**9) == {"ns_per_rating": 2.0, "preparation_epochs": 1.5}


def test_what_is_held_out_is_of_the_sample_and_is_not_left():
    matrix = generate_popular(20_000)
    train, test = hold_out(matrix, 0.2)
    assert train.multiply(test).nnz == 0
    assert ((train + test) != matrix).nnz == 0
    assert test.nnz == pytest.approx(0.2 * matrix.nnz, rel=0.1)  # fewer than 5,000 users: all are in the sample


def test_tastes_keep_the_numbers_of_items_of_users_and_divide_the_users(interactions):
    matrix, folded = generate_popular(40_000), load_matrix(interactions) + sparse.load_npz(interactions / TEST)
    assert np.array_equal(np.diff(sparse.csr_array(folded).indptr), np.diff(matrix.indptr))
    assert set(np.unique(folded.data)) == {1.0}


def test_the_best_items_are_those_of_a_full_sort_without_what_was_seen():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(30, 4)), rng.normal(size=(50, 4))
    seen = sparse.csr_array(rng.random((30, 50)) < 0.2)
    some = np.array([3, 29, 0])
    expected = [
        [item for item in np.argsort(-items @ users[user]) if not seen[[user]].toarray()[0, item]][:20] for user in some
    ]
    lists = best_items(some, seen, users, items)
    assert lists.tolist() == expected
    assert agreement(lists, lists) == {"agreement": 1.0}
    assert agreement(lists, np.where(np.arange(20) < 5, lists, 99)) == {"agreement": 0.25}


def test_factors_that_know_what_was_held_out_have_an_ndcg_of_one_and_others_less(tmp_path):
    matrix = sparse.csr_array(np.random.default_rng(0).random((40, 60)) < 0.5, dtype=np.float32)
    train, test = hold_out(matrix, 0.2)
    sparse.save_npz(tmp_path / MATRIX, train)
    sparse.save_npz(tmp_path / TEST, test)
    assert ndcg(tmp_path, test.toarray(), np.eye(60)) == {"ndcg@20": 1.0}
    assert ndcg(tmp_path, test.toarray(), np.eye(60)[::-1])["ndcg@20"] < 0.9


def test_alternating_least_squares_lists_better_than_chance(interactions, monkeypatch):
    monkeypatch.setattr(_peer_als, "_FACTORS", 8)
    row = figures(_peer_als.WORKS["als-popular"], "recokit", interactions, 2)
    rng = np.random.default_rng(0)
    chance = ndcg(interactions, *(rng.normal(size=(n, 8)) for n in load_matrix(interactions).shape))
    assert row["ndcg@20"] > 10 * chance["ndcg@20"]
    assert row["ndcg@20"] > 0.05


@pytest.mark.parametrize("library", ["recokit", "recokit:one-candidate"])
def test_ranking_reports_that_a_fit_repeats(interactions, library, monkeypatch):
    monkeypatch.setattr(_peer_bpr, "_EPOCHS", 2)
    row = figures(_peer_bpr.WORKS["bpr-ml-1m"], library, interactions, 2)
    assert set(row) == {"ndcg@20", "same_bits", "epoch_seconds"}
    assert row["same_bits"] == 1


@pytest.mark.parametrize("library", ["recokit", "numpy"])
def test_lists_of_factors_agree_with_the_exact_ones(tmp_path, library):
    sparse.save_npz(tmp_path / MATRIX, generate_popular(20_000), compressed=False)
    row = figures(_peer_factor_lists.WORKS["lists-factors"], library, tmp_path, 2)
    assert row["agreement"] > 0.999


@pytest.mark.slow
def test_scaling_prints_a_row_for_each_size_and_draws_them(tmp_path):
    picture = tmp_path / "factors.png"
    options = ["--rows", "5000", "20000", "--factors", "8", "16", "--epochs", "2", "--picture", str(picture), "--json"]
    command = [sys.executable, str(BENCHMARKS / "scaling_factors.py"), *options]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["factors"] for row in rows] == [64, 8, 16, 64]
    assert all(row["ns_per_rating"] > 0 and row["preparation_epochs"] > 0 for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
