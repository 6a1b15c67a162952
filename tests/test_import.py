import importlib.metadata
import inspect
import os
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import pytest

import recokit
from recokit import kernels


def run(*options_and_code):
    *options, code = options_and_code
    process = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_importing_everything_compiles_nothing():
    code = """
        import importlib, pkgutil, recokit
        from numba.core.dispatcher import Dispatcher
        found = 0
        for module in pkgutil.walk_packages(recokit.__path__, "recokit."):
            try:
                here = vars(importlib.import_module(module.name)).values()
            except ModuleNotFoundError as error:
                assert not error.name.startswith("recokit")  # an optional extra
                continue
            for thing in here:
                if isinstance(thing, Dispatcher):
                    found += 1
                    assert not thing.signatures, thing
        print(found)
    """
    assert int(run(code)) >= 10


def test_hybrids_without_a_classifier_do_not_import_the_ensembles_of_scikit_learn():
    code = """
        import sys, recokit
        recokit.WeightedHybrid, recokit.CascadeHybrid
        print("sklearn.ensemble" in sys.modules)
    """
    assert run(code) == "False"


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_small_sets_of_sessions_need_no_kernel():
    code = """
        import numpy as np, recokit
        from recokit.kernels import sessions
        users, items = np.nonzero(np.random.default_rng(0).random((200, 100)) < 0.15)
        data = recokit.Interactions.from_arrays(users, items, timestamps=np.arange(len(users)))
        recokit.SessionKNN().fit(data).recommend(n=10)
        print(sessions.session_scores.signatures, sessions.related_items.signatures)
    """
    assert run(code) == "[] []"


def test_submodules_load_at_their_first_use():
    code = """
        import sys, recokit
        lazy = ("datasets", "experiments", "model_selection", "plotting", "testing")
        print([name for name in lazy if f"recokit.{name}" in sys.modules])
        print(recokit.datasets.__name__, recokit.model_selection.__name__, "plotting" in dir(recokit))
    """
    assert run(code) == "[]\nrecokit.datasets recokit.model_selection True"


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'recokit' has no attribute 'ItemKnn'"):
        recokit.ItemKnn  # noqa: B018 (the access is the test)


def test_importing_causes_no_warnings():
    run("-W", "error", "import recokit")


@pytest.mark.slow
def test_importing_takes_little_longer_than_importing_numba_and_scikit_learn():
    code = """
        import time
        import numba, sklearn
        start = time.process_time()  # independent of the load of the machine
        import recokit
        print(time.process_time() - start)
    """
    assert statistics.median(float(run(code)) for _ in range(5)) < 0.3


def test_importing_does_not_import_optional_libraries():
    code = """
        import sys, numba, sklearn.metrics
        before = set(sys.modules)
        import recokit
        print(*({"pandas", "polars", "pyarrow", "matplotlib", "pooch", "rjieba"} & (set(sys.modules) - before)))
    """
    assert run(code) == ""


def test_public_names_exist_and_are_documented():
    names = recokit.__all__
    assert len(set(names)) == len(names)
    for name in names:
        thing = getattr(recokit, name)
        assert thing.__doc__, name
        assert len(inspect.cleandoc(thing.__doc__).splitlines()[0]) < 120


@pytest.mark.parametrize("name", [name for name in recokit.__all__ if isinstance(getattr(recokit, name), type)])
def test_public_methods_are_documented(name):
    kind = getattr(recokit, name)
    for attribute, value in inspect.getmembers(kind):
        defined_here = any(attribute in vars(base) for base in kind.__mro__ if base.__module__.startswith("recokit"))
        if not attribute.startswith("_") and defined_here and callable(value):
            assert inspect.getdoc(value), f"{name}.{attribute}"


def test_a_star_import_imports_only_the_public_names():
    names = run("from recokit import *; print(*[name for name in dir() if name[0] != '_'])").split()
    assert sorted(names) == sorted(recokit.__all__)


def test_without_a_writable_cache_numba_uses_a_temporary_folder(monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)

    def refuse(**options):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(numba, "njit", refuse)
    kernels._ensure_cache_folder()
    folder = Path(numba.config.CACHE_DIR)
    assert folder.is_dir()
    assert folder.name.startswith("recokit-numba-")


def test_the_version_equals_the_version_of_the_distribution():
    assert recokit.__version__ == importlib.metadata.version("recokit")
