"""Ctrl-C during a fit: seen soon, the old model stays, no thread goes on."""

import json
import os

import pytest

from tests.reliability.processes import run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal to itself")]

INTERRUPTED = """
    import json, os, signal, sys, threading, time
    import numpy as np
    import recokit
    from recokit import Interactions
    from recokit._runtime.small_work import preferring_kernels

    name, n_threads = sys.argv[1], int(sys.argv[2])
    rng = np.random.default_rng(0)
    kind, size = getattr(recokit, name), {"EASE": 3_000}.get(name, 20_000)
    large = Interactions.from_matrix(
        __import__("scipy.sparse").sparse.random_array((size, 3_000), density=0.02, rng=rng, format="csr"),
        feedback="implicit",
    )
    model = kind(n_threads=n_threads)
    if "n_epochs" in model.get_params():
        model.set_params(n_epochs=1_000)
    with preferring_kernels():
        short = kind(n_threads=n_threads)
        if "n_epochs" in model.get_params():
            short.set_params(n_epochs=1)
        short.fit(large.select(np.arange(large.n_interactions) < 20_000))  # compiles
        model.__dict__.update({**vars(short), **model.get_params()})
        before = model.recommend(n=3).items.tolist()
        sent = []

        def interrupt():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Timer(1.5, interrupt).start()
        try:
            model.fit(large)
            print(json.dumps({"finished": True}))
        except KeyboardInterrupt:
            seconds = time.perf_counter() - sent[0]
            threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
            same = model.recommend(n=3).items.tolist() == before
            print(json.dumps({"finished": False, "seconds": seconds, "threads": threads, "same": same}))
"""


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("name", ["UserKNN", "ItemKNN", "ImplicitALS", "BPR", "SLIM", "RP3beta"])
def test_control_c_stops_a_fit_soon_and_keeps_the_old_model(name, n_threads):
    result = json.loads(run(INTERRUPTED, name, n_threads, timeout=300).stdout)
    if not result["finished"]:
        assert result["same"]
        assert result["threads"] == []
        assert result["seconds"] < 2  # on a busy machine; 0.2 s of work between two looks


def test_control_c_while_helpers_run_waits_for_them():
    code = """
        import os, signal, threading, time
        from recokit._runtime.threads import Runner
        done = []

        def work(task):
            time.sleep(0.01 if threading.current_thread() is threading.main_thread() else 1.0)
            done.append(task)

        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            Runner(3).each(range(3), work)
        except KeyboardInterrupt:
            at_once, running = len(done), threading.active_count() - 1
            time.sleep(1)
            print(at_once == len(done), running)
    """
    assert run(code).stdout.split() == ["True", "0"]
