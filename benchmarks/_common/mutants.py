"""A pytest plug-in that runs mutants in forked processes.

mutmut restarts pytest for each of thousands of mutants. This plug-in collects the tests once. For each mutant, a forked
process runs the tests that reach the mutated function, shortest first, until one fails.
"""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

KILLED, SURVIVED = 1, 0
# A test is stopped after 20 seconds plus 20 times its usual duration.
_EXTRA_SECONDS, _DURATION_FACTOR = 20.0, 20.0


class Mutants:
    """Runs the mutants listed in the file ``MUTANTS`` and appends each outcome to the file ``MUTANTS_RESULTS``."""

    def __init__(self) -> None:
        stats = json.loads(Path("mutmut-stats.json").read_text())
        self.durations: dict[str, float] = stats["duration_by_test"]
        self.tests: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
        self.results = Path(os.environ["MUTANTS_RESULTS"])
        self.running: dict[int, tuple[str, float]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        collected = {item.nodeid: item for item in session.items}
        names = json.loads(Path(os.environ["MUTANTS"]).read_text())
        for name in names:
            if len(self.running) >= int(os.environ["MUTANTS_PROCESSES"]):
                self.wait()
            reaching = sorted(self.tests.get(name.partition("__mutmut_")[0], ()), key=self.durations.__getitem__)
            self.start(name, [collected[test] for test in reaching if test in collected])
        while self.running:
            self.wait()
        return True

    def start(self, name: str, items: list[pytest.Item]) -> None:
        if not items:
            return self.write(name, "no tests", 0.0)
        pid = os.fork()
        if pid:
            self.running[pid] = (name, time.monotonic())
            return None
        os.environ["MUTANT_UNDER_TEST"] = name
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for item in items:
            signal.setitimer(signal.ITIMER_REAL, _EXTRA_SECONDS + _DURATION_FACTOR * self.durations[item.nodeid])
            if any(report.failed for report in runtestprotocol(item, log=False)):
                os._exit(KILLED)
        os._exit(SURVIVED)

    def wait(self) -> None:
        pid, status = os.wait()
        name, start = self.running.pop(pid)
        outcome = {KILLED: "killed", SURVIVED: "survived"}.get(os.waitstatus_to_exitcode(status), "killed by time")
        self.write(name, outcome, time.monotonic() - start)

    def write(self, name: str, outcome: str, seconds: float) -> None:
        with self.results.open("a") as file:
            file.write(f"{json.dumps({'name': name, 'outcome': outcome, 'seconds': round(seconds, 2)})}\n")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Mutants())
