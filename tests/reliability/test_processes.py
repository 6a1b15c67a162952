"""Models in forked and spawned processes and in pools."""

import os
import sys

import pytest

from tests.reliability.processes import joined, run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="forks")]

MODELS = """
    import os, sys, threading, time, warnings
    warnings.simplefilter("ignore")
    import numpy as np
    import recokit
    from recokit._runtime.small_work import preferring_kernels
    from tests.reliability.models import answers, fitted

    preferring_kernels().__enter__()
    KINDS = (recokit.ItemKNN, recokit.EASE, recokit.ImplicitALS, recokit.BPR, recokit.SessionKNN)
    models = [fitted(kind, "implicit") for kind in KINDS]
    for model in models:
        model.set_params(n_threads=2)


    def check(number):
        return answers(models[number % len(models)])


    def answer(model):
        return answers(model)


    def fit(number):
        return answers(fitted(KINDS[number % len(KINDS)], "implicit"))

    expected = [check(number) for number in range(len(models))]
"""


def test_forked_children_serve_and_fit_while_the_parent_does():
    code = """
        stop = threading.Event()

        def work():
            while not stop.is_set():
                check(0)
                fit(1)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        children = []
        for number in range(10):
            child = os.fork()
            if child == 0:
                ok = check(number) == expected[number % len(KINDS)] and fit(number) == expected[number % len(KINDS)]
                os._exit(0 if ok else 1)
            children.append(child)
        statuses = [os.waitpid(child, 0)[1] for child in children]
        stop.set()
        for thread in threads:
            thread.join()
        print(statuses)
    """
    assert run((MODELS, code), timeout=300).stdout.strip() == str([0] * 10)


def test_a_child_forked_while_another_thread_compiles_is_not_stuck(tmp_path):
    code = """
        import os, threading, time
        import numpy as np
        from numba.core import event
        from recokit.kernels.rows import count_columns, row_starts
        import recokit

        codes = np.array([0, 0, 2], dtype=np.int32)
        started = threading.Event()

        class Started(event.Listener):
            def on_start(self, event):
                started.set()

            def on_end(self, event):
                pass

        event.register("numba:compile", Started())
        thread = threading.Thread(target=row_starts, args=(codes, 3))
        thread.start()
        started.wait()
        child = os.fork()
        if child == 0:
            row_starts(codes.astype(np.int64), 3)  # compiles
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        thread.join()
    """
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout.strip() == "0"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes_serve_and_fit(method, tmp_path):
    code = """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                assert list(pool.map(answer, models)) == expected
                assert list(pool.map(fit, range(5))) == expected
            with context.Pool(2) as pool:
                assert pool.map(check, range(5)) == expected
            print("done")
    """
    script = tmp_path / "pools.py"
    script.write_text(joined(MODELS, code))
    run_script = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    assert run(run_script, script, method, timeout=600).stdout.strip() == "done"


def test_joblib_serves_and_fits_in_processes_and_threads():
    code = """
        from joblib import Parallel, delayed
        from tests.reliability.models import answers as in_process
        for backend in ("loky", "threading", "multiprocessing"):
            found = Parallel(2, backend=backend)(delayed(in_process)(model) for model in models)
            assert found == expected, backend
        print("done")
    """
    assert run((MODELS, code), timeout=600).stdout.strip() == "done"


def test_a_fork_in_the_middle_of_a_fit_leaves_the_threads_of_blas_to_the_child():
    code = """
        import os
        from threadpoolctl import threadpool_info
        from recokit._runtime.blas import single_threaded_blas
        import scipy.linalg

        def threads():
            return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]

        before = threads()
        with single_threaded_blas():
            child = os.fork()
            if child == 0:
                os._exit(0 if threads() == before else 1)
            inside = threads()
        print(os.waitpid(child, 0)[1], threads() == before, set(inside) == {1})
    """
    assert run(code, OPENBLAS_NUM_THREADS="2").stdout.split() == ["0", "True", "True"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="earlier versions do not warn of threads at a fork")
def test_after_serving_a_fork_finds_no_helper_thread():
    code = """
        import os, warnings
        import recokit
        warnings.simplefilter("error", DeprecationWarning)
        recokit.Popularity().fit([(1, 2), (2, 2)]).recommend()
        if os.fork() == 0:
            os._exit(0)
    """
    run(code)


def test_serving_without_a_progress_bar_starts_no_thread():
    code = """
        import threading
        import recokit
        recokit.Popularity().fit([(1, 2), (2, 2)]).recommend()
        recokit.EASE().fit([(1, 2), (2, 2), (1, 3)]).recommend()
        print([thread.name for thread in threading.enumerate()])
    """
    assert run(code).stdout.strip() == "['MainThread']"
