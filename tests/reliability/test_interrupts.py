"""Ctrl-C during a fit: seen soon, the old model stays, no thread goes on."""

import json
import os

import pytest

from tests.reliability.processes import run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal to itself")]


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("name", ["UserKNN", "ItemKNN", "ImplicitALS", "BPR", "SLIM", "RP3beta"])
def test_control_c_stops_a_fit_soon_and_keeps_the_old_model(name, n_threads):
    code = "import sys; from tests.reliability.interrupt_fit import main; main(sys.argv[1], int(sys.argv[2]))"
    result = json.loads(run(code, name, n_threads, timeout=300).stdout)
    if not result["finished"]:
        assert result["same"]
        assert result["threads"] == []
        assert result["seconds"] < 2  # on a busy machine; 0.2 s of work between two looks


@pytest.mark.parametrize("n_threads", [2, 3])
def test_control_c_while_helpers_run_waits_for_them(n_threads):
    code = """
        import os, signal, sys, threading, time
        from recokit._runtime.threads import Runner
        n_threads, done = int(sys.argv[1]), []

        def work(task):
            time.sleep(0.01 if threading.current_thread() is threading.main_thread() else 1.0)
            done.append(task)

        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            Runner(n_threads).each(range(n_threads), work)
        except KeyboardInterrupt:
            at_once, running = len(done), threading.active_count() - 1
            time.sleep(1)
            print(at_once == len(done), running)
    """
    assert run(code, n_threads).stdout.split() == ["True", "0"]
