"""The benchmarks for airspeed velocity run, with little data."""

import importlib.util
import inspect
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "asv"
SCRIPTS = sorted(path.stem for path in (FOLDER / "benchmarks").glob("[a-z]*.py"))
TIMED = ("time_", "peakmem_")


def suites(script):
    """Return the benchmark classes of a script, with a shop of 60 users."""
    spec = importlib.util.spec_from_file_location(f"asv_{script}", FOLDER / "benchmarks" / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.N_USERS, module.N_ITEMS, module.N_EVENTS = 60, 40, 4_000
    return [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == spec.name]


def test_the_settings_name_the_folder_of_the_benchmarks():
    settings = json.loads((FOLDER / "asv.conf.json").read_text("utf-8"))
    assert (FOLDER / settings["benchmark_dir"] / "__init__.py").exists()
    assert ((FOLDER / settings["repo"]) / "pyproject.toml").exists()


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_benchmark_runs(script):
    run = 0
    for suite in suites(script):
        benchmarks = [name for name in dir(suite) if name.startswith(TIMED)]
        for value in getattr(suite, "params", [None]):
            one = suite()
            arguments = [] if value is None else [one.setup_cache(), value]
            one.setup(*arguments)
            for name in benchmarks:
                getattr(one, name)(*arguments)
                run += 1
            if hasattr(one, "teardown"):
                one.teardown(*arguments)
    assert run >= 5
