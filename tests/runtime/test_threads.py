import itertools
import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.threads import Runner, split_by_cost, thread_count

COSTS = st.lists(st.one_of(st.just(0.0), st.floats(0, 1e12), st.integers(0, 5)), max_size=60)


@given(COSTS, st.integers(1, 40))
def test_ranges_cover_every_row_once_and_in_order(costs, n_ranges):
    ranges = split_by_cost(np.array(costs, dtype=np.float64), n_ranges)
    assert [row for start, stop in ranges for row in range(start, stop)] == list(range(len(costs)))
    assert len(ranges) <= n_ranges
    assert all(start < stop for start, stop in ranges)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60), st.integers(1, 20))
def test_no_range_costs_much_more_than_its_share(costs, n_ranges):
    for start, stop in split_by_cost(np.array(costs), n_ranges):
        assert sum(costs[start:stop]) <= sum(costs) / n_ranges + max(costs) + 1e-6


def test_equal_costs_make_equal_ranges():
    assert split_by_cost(np.ones(12), 4) == [(0, 3), (3, 6), (6, 9), (9, 12)]


@given(st.integers(0, 50), st.integers(1, 8))
def test_every_task_runs_exactly_once(n_tasks, n_threads):
    done = []
    Runner(n_threads).each(range(n_tasks), done.append)
    assert sorted(done) == list(range(n_tasks))


def test_with_one_thread_the_caller_runs_the_tasks_in_order():
    seen = []
    Runner(1).each(range(5), lambda task: seen.append((task, threading.get_ident())))
    assert seen == [(task, threading.get_ident()) for task in range(5)]


def test_several_threads_run_at_the_same_time():
    together = threading.Barrier(3, timeout=20)
    Runner(3).each(range(3), lambda _: together.wait())  # times out unless all three run


@pytest.mark.parametrize("n_threads", [1, 2, 8])
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_reaches_the_caller_and_stops_the_remaining_tasks(n_threads, kind):
    done = []

    def work(task):
        if task == 3:
            raise kind("task 3")
        time.sleep(0.001)
        done.append(task)

    before = threading.active_count()
    with pytest.raises(kind, match="task 3"):
        Runner(n_threads).each(range(1000), work)
    assert threading.active_count() == before
    assert len(done) < 100


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to itself")
def test_control_c_stops_the_work_and_all_threads():
    code = """
        import os, signal, threading, time
        from recokit._runtime.threads import Runner
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            Runner(4).each(range(10_000), lambda task: time.sleep(0.01))
        except KeyboardInterrupt:
            print("interrupted", threading.active_count())
    """
    assert run(code) == "interrupted 1"


@given(
    st.integers(0, 40).flatmap(lambda n: st.lists(st.floats(0, 1e6), min_size=n, max_size=n)),
    st.integers(1, 8),
    st.sampled_from([0.0, 1e9]),
)
def test_a_kernel_visits_every_row_once_with_its_arguments(costs, n_threads, min_cost):
    visits = np.zeros(len(costs), dtype=np.int64)

    def kernel(start, stop, target, amount):
        for row in range(start, stop):
            target[row] += amount * (row + 1)

    costs = np.array(costs, dtype=np.float64)
    Runner(n_threads).rows(kernel, len(costs), (visits, 3), costs=costs, min_cost=min_cost)
    assert visits.tolist() == [3 * (row + 1) for row in range(len(costs))]


def test_little_work_runs_on_one_thread_and_rows_have_equal_costs_by_default():
    calls = []
    Runner(4).rows(lambda start, stop: calls.append((start, stop)), 100, ())
    assert calls == [(0, 100)]
    calls.clear()
    Runner(4).rows(lambda start, stop: calls.append((start, stop)), 100, (), min_cost=100)
    assert len(calls) == 64
    assert sorted(calls)[0][0] == 0
    assert sorted(calls)[-1][1] == 100


def test_the_number_of_threads_is_the_requested_one_or_a_default():
    assert thread_count(5) == 5
    assert thread_count(None) >= 1


def run(code, timeout=120, **environment):
    """Return the output of a Python process, after checking that it succeeds in time."""
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_numba_num_threads_is_respected():
    code = "from recokit._runtime.threads import thread_count; print(thread_count(None))"
    assert run(code, NUMBA_NUM_THREADS="1") == "1"


# Enough users for several threads; only compiled kernels are fast enough for so many.
COMPILED = {"NUMBA_DISABLE_JIT": "0"}
RECOMMEND = """
    import numpy as np
    from scipy import sparse
    import recokit
    data = sparse.random_array((60_000, 40), density=0.1, rng=np.random.default_rng(0), dtype=np.float32, format="csr")
    data.data[:] = 1
    model = recokit.Popularity(n_threads=4).fit(data)
    expected = model.recommend(n=5)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_can_fit_and_recommend_after_its_parent_used_threads():
    code = (
        RECOMMEND
        + """
    import os
    child = os.fork()
    if child == 0:
        again = recokit.Popularity(n_threads=4).fit(data).recommend(n=5)
        os._exit(0 if np.array_equal(again.items, expected.items) else 3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    )
    assert run(code, **COMPILED) == "0"


def test_concurrent_calls_do_not_abort_the_process_with_the_workqueue_layer():
    code = (
        RECOMMEND
        + """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool:
        for lists in pool.map(lambda _: model.recommend(n=5), range(16)):
            assert np.array_equal(lists.items, expected.items)
            assert np.array_equal(lists.scores, expected.scores, equal_nan=True)
    print("done")
    """
    )
    assert run(code, NUMBA_THREADING_LAYER="workqueue", **COMPILED) == "done"


def test_blas_stays_limited_until_the_last_caller_leaves():
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before, inside, after_first = threads(), [], []
    with single_threaded_blas():
        with single_threaded_blas():
            inside.append(threads())
        after_first.append(threads())
    assert inside == after_first == [{1}]
    assert threads() == before


@pytest.mark.parametrize("n_rows", [1, 5, 100_000])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_ranges_of_rows_start_at_the_first_row(n_rows, n_threads):
    done = []
    Runner(n_threads).rows(lambda start, stop: done.append((start, stop)), n_rows, (), first=7)
    covered = sorted(done)
    assert covered[0][0] == 7
    assert covered[-1][1] == 7 + n_rows
    assert all(before[1] == after[0] for before, after in itertools.pairwise(covered))
