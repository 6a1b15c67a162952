"""The parts of the comparison: algorithms, tasks, tables and measurements of memory and processes."""

import os
import sys

import numpy as np
import pytest
from _common.algorithms import ALGORITHMS, choose
from _common.memory import PeakMemory
from _common.process import call_in_new_process
from _common.tables import main_column, render, sort_rows
from _common.tasks import Request, Task, load_tasks

from recokit.datasets import make_shop


@pytest.fixture(scope="module")
def tasks():
    return {task.kind: task for task in load_tasks(Request("shop", None, None, True, 0))}


def result(algorithm, **values):
    metrics = dict.fromkeys(("precision", "recall", "ndcg", "average_precision", "reciprocal_rank", "coverage"), 0.1)
    return {"algorithm": algorithm, **metrics, "rmse": 1.0, "mae": 0.5, "fit_seconds": 1.0, **values}


COSTS = {"users_per_second": 1_000.0, "peak_bytes": 2**20}


def test_algorithms_are_chosen_by_class_or_label_in_any_case():
    assert {one.name for one in choose(["itemknn"])} == {"ItemKNN"}
    assert [one.label for one in choose(["ItemKNN(n_neighbors=100)"])] == ["ItemKNN(n_neighbors=100)"]
    assert choose(None) == choose([]) == ALGORITHMS


def test_a_quick_run_has_each_class_once_per_table():
    for kind in ("ratings", "ranking"):
        names = [one.name for one in choose(None, quick=True) if kind in one.kinds]
        assert sorted(names) == sorted({one.name for one in ALGORITHMS if kind in one.kinds})


def test_an_estimator_has_the_parameters_of_its_label(tasks):
    for one in ALGORITHMS:
        estimator = one.make(tasks[one.kinds[0]], seed=3, n_threads=2)
        parameters = estimator.get_params()
        assert {key: parameters[key] for key in one.parameters} == one.parameters
        assert parameters["n_threads"] == 2
        assert parameters.get("random_state", 3) == 3


def test_tables_of_data_without_texts_leave_out_content_models(tasks):
    ranking = tasks["ranking"]
    without = Task("ranking", ranking.splits, 10, None, ())
    assert {one.name for one in ALGORITHMS if one.fits(ranking) and not one.fits(without)} == {"TfidfRecommender"}


def test_a_fifth_of_the_ratings_of_the_shop_are_test_ratings_and_none_is_in_both_parts(tasks):
    (split,) = tasks["ratings"].splits
    train, test = (set(map(tuple, part.to_pairs()[0])) for part in (split.train, split.test))
    all_ratings = make_shop(400, 200, 40_000).ratings()
    assert not train & test
    assert train | test == set(map(tuple, all_ratings.to_pairs()[0]))
    assert len(test) / len(train | test) == pytest.approx(0.2, abs=0.03)


def test_the_seed_changes_the_generated_data():
    first, second = (load_tasks(Request("shop", None, None, True, seed))[0].splits[0] for seed in (0, 1))
    assert first.train.values.tolist() != second.train.values.tolist()


def test_lists_have_the_requested_length(tasks):
    assert tasks["ranking"].k == 10
    assert load_tasks(Request("shop", None, 5, True, 0))[1].k == 5


@pytest.mark.parametrize(("kind", "values", "order"), [("ratings", "rmse", "bca"), ("ranking", "ndcg", "acb")])
def test_rows_are_sorted_by_the_main_metric_with_the_best_first(kind, values, order):
    task = Task(kind, (), 10, None, ())
    rows = [result(name, **{values: value}, **COSTS) for name, value in zip("abc", (0.9, 0.1, 0.5), strict=True)]
    assert main_column(kind, 10).key == values
    assert "".join(row["algorithm"] for row in sort_rows(rows, task)) == order


def table(rows, ansi=False):
    return render(rows, Task("ratings", (), 10, None, ()), ["a protocol line"], ansi=ansi).splitlines()


def test_the_lowest_error_and_the_highest_speed_are_bold():
    rows = [
        result("a", rmse=0.5, mae=0.4, fit_seconds=3.0, users_per_second=10.0, peak_bytes=2**20),
        result("b", rmse=0.6, mae=0.3, fit_seconds=0.25, users_per_second=2_000.0, peak_bytes=2**21),
    ]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(rows) if line.startswith("|")]
    assert cells[2] == ["a", "**0.5000**", "0.4000", "3.00", "10", "**1.0**"]
    assert cells[3] == ["b", "0.6000", "**0.3000**", "**0.250**", "**2,000**", "2.0"]


def test_the_protocol_is_printed_above_the_table():
    lines = table([result("a", **COSTS)])
    assert lines.index("- a protocol line") < next(number for number, line in enumerate(lines) if line.startswith("|"))


@pytest.mark.parametrize("ansi", [False, True])
def test_the_columns_of_a_table_are_aligned(ansi):
    rows = [result("a" * 30, **COSTS), result("b", rmse=12.5, **COSTS)]
    lines = [line.replace("\033[1m", "").replace("\033[0m", "") for line in table(rows, ansi) if line.startswith("|")]
    assert len({len(line) for line in lines}) == 1


def test_a_missing_measurement_is_printed_as_a_dash():
    rows = [result("a", users_per_second=1.0, peak_bytes=None)]
    assert table(rows)[-1].split("|")[-2].strip() == "–"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="on other systems an earlier peak may hide the growth")
def test_peak_memory_counts_freed_blocks_but_not_earlier_ones():
    earlier = np.ones(30 << 20, dtype=np.uint8)
    del earlier
    memory = PeakMemory()
    block = np.ones(16 << 20, dtype=np.uint8)
    del block
    assert 15 << 20 < memory.read() < 24 << 20


@pytest.mark.slow
def test_a_call_in_a_new_process_returns_its_result_or_the_exit_status_of_the_process():
    assert call_in_new_process(pow, 2, 10) == 1024
    assert call_in_new_process(os.getpid) != os.getpid()
    with pytest.raises(RuntimeError, match="exit status 3"):
        call_in_new_process(os._exit, 3)
