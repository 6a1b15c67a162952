"""The measurement of workloads by several libraries."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from _common.generated_data import generate_popular
from _peers.data import load_matrix, matrix_writer
from _peers.measure import Run, Workload, measure

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def small():
    return generate_popular(2_000)


def prepare(folder, n_threads):
    matrix = load_matrix(folder)
    return Run(lambda: matrix.sum(), lambda total: {"total": total, "threads": n_threads})


def fail(folder, n_threads):
    raise NotImplementedError("not supported")


WORKLOAD = Workload(
    "a sum", matrix_writer(small), {"numpy": prepare, "numpy:failing": fail, "no_such_library": prepare}
)


@pytest.mark.slow
def test_a_library_is_measured_in_a_separate_process(tmp_path):
    WORKLOAD.make(tmp_path)
    row = measure("numpy", WORKLOAD, tmp_path, 2, 3)
    assert row["total"] == load_matrix(tmp_path).sum() > 1_500
    assert row["threads"] == 2
    assert 0 <= row["seconds"] < 10
    assert set(row) == {"seconds", "cpu_seconds", "peak_mb", "total", "threads"}


@pytest.mark.slow
def test_a_failing_or_missing_library_is_reported_as_such(tmp_path):
    WORKLOAD.make(tmp_path)
    assert measure("numpy:failing", WORKLOAD, tmp_path, 1, 1) == {"failed": "NotImplementedError: not supported"}
    assert measure("no_such_library", WORKLOAD, tmp_path, 1, 1) == {"failed": "no_such_library is not installed"}


def test_generated_interactions_are_reproducible_and_have_a_long_tail():
    matrix = generate_popular(20_000)
    assert (matrix != generate_popular(20_000)).nnz == 0
    assert np.all(matrix.data == 1)
    counts = np.sort(np.bincount(matrix.indices, minlength=matrix.shape[1]))[::-1]
    assert counts[: len(counts) // 10].sum() > 0.5 * counts.sum()


def test_the_command_lists_its_workloads_and_refuses_unknown_ones():
    command = [sys.executable, str(BENCHMARKS / "peers.py"), "--list"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    names = [line.partition(":")[0] for line in printed.splitlines()]
    assert {"items-popular", "lists-ml-1m", "sgd", "als-ml-1m", "bpr-ml-1m", "lists-factors", "metrics"} <= set(names)
    assert all("recokit" in line for line in printed.splitlines())
    refused = subprocess.run([*command, "no-such-workload"], capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 2
    assert "unknown workload no-such-workload" in refused.stderr
