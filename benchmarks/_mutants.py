"""A plug-in of pytest that tries mutants instead of running tests: a process forked for each, until a test fails.

mutmut starts pytest anew for each of thousands of mutants. Here the tests are collected once, and those that reach the
mutated function run shortest first.
"""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

KILLED, SURVIVED = 1, 0
_SHORTEST, _SLOWNESS = 20.0, 20.0  # seconds that a test may take, and how many times those it took before


class Mutants:
    """Tries the mutants that ``MUTANTS`` names, and writes what became of each to ``MUTANTS_RESULTS``."""

    def __init__(self) -> None:
        stats = json.loads(Path("mutmut-stats.json").read_text())
        self.durations: dict[str, float] = stats["duration_by_test"]
        self.tests: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
        self.results = Path(os.environ["MUTANTS_RESULTS"])
        self.running: dict[int, tuple[str, float]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        known = {item.nodeid: item for item in session.items}
        names = json.loads(Path(os.environ["MUTANTS"]).read_text())
        for name in names:
            if len(self.running) >= int(os.environ["MUTANTS_PROCESSES"]):
                self.wait()
            reached = sorted(self.tests.get(name.partition("__mutmut_")[0], ()), key=self.durations.__getitem__)
            self.start(name, [known[test] for test in reached if test in known])
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
            signal.setitimer(signal.ITIMER_REAL, _SHORTEST + _SLOWNESS * self.durations[item.nodeid])
            if any(report.failed for report in runtestprotocol(item, log=False)):
                os._exit(KILLED)
        os._exit(SURVIVED)

    def wait(self) -> None:
        pid, status = os.wait()
        name, begin = self.running.pop(pid)
        outcome = {KILLED: "killed", SURVIVED: "survived"}.get(os.waitstatus_to_exitcode(status), "killed by time")
        self.write(name, outcome, time.monotonic() - begin)

    def write(self, name: str, outcome: str, seconds: float) -> None:
        with self.results.open("a") as file:
            file.write(f"{json.dumps({'name': name, 'outcome': outcome, 'seconds': round(seconds, 2)})}\n")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Mutants())
