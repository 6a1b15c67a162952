"""The cache of compiled kernels: changed sources, damaged files, folders that cannot be written, two processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import recokit.kernels
from recokit.kernels import _compiling
from tests.reliability.processes import ROOT, joined, run

KERNELS = Path(recokit.kernels.__file__).parent
pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing to compile")

USE = """
    import numpy as np
    from recokit.kernels.rows import row_starts
    print(row_starts(np.array([0, 0, 2], dtype=np.int32), 3).tolist(), len(row_starts.stats.cache_hits))
"""
EXPECTED = "[0, 2, 2, 3]"


def test_every_kernel_is_compiled_with_the_cache_of_recokit():
    for path in KERNELS.rglob("*.py"):
        text = path.read_text()
        if path.name not in ("_compiling.py", "__init__.py"):
            assert "from numba import njit" not in text, path.name
            assert "numba.njit" not in text, path.name


def test_the_stamp_of_a_kernel_changes_with_every_file_that_it_imports(tmp_path, monkeypatch):
    copy = tmp_path / "kernels"
    shutil.copytree(KERNELS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(_compiling, "_ROOT", copy)

    def stamps():
        _compiling.source_stamp.cache_clear()
        _compiling._text.cache_clear()
        return {path.name: _compiling.source_stamp(path) for path in copy.glob("*.py")}

    before = stamps()
    os.utime(copy / "sorting.py", (0, 0))
    assert stamps() == before  # the time of a file says nothing
    (copy / "sorting.py").write_text((copy / "sorting.py").read_text() + "\n# changed\n")
    changed = {name for name, stamp in stamps().items() if stamp != before[name]}
    importers = {path.name for path in copy.glob("*.py") if "recokit.kernels.sorting" in path.read_text()}
    assert {"sorting.py"} | importers <= changed
    assert "bias.py" not in changed


def cache_files(folder, ending):
    return list(Path(folder).rglob(f"*{ending}"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04half", None])
def test_a_damaged_file_of_the_cache_is_replaced(tmp_path, ending, content):
    assert run(USE, NUMBA_CACHE_DIR=str(tmp_path)).stdout.split("]")[0] + "]" == EXPECTED
    for path in cache_files(tmp_path, ending):
        path.write_bytes(path.read_bytes()[:-20] if content is None else content)
    hits = [run(USE, NUMBA_CACHE_DIR=str(tmp_path)).stdout.split()[-1] for _ in range(2)]
    assert hits == ["0", "1"]


@pytest.mark.slow
def test_a_changed_helper_in_another_file_is_compiled_again(tmp_path):
    shutil.copytree(KERNELS.parent, tmp_path / "recokit", ignore=shutil.ignore_patterns("__pycache__"))
    kernels = tmp_path / "recokit" / "kernels"
    (kernels / "user_of_test.py").write_text(
        "from recokit.kernels.helper_of_test import helper\n" + _kernel("use", "return helper(x) * 10")
    )
    code = "from recokit.kernels.user_of_test import use; print(use(1))"
    results = []
    for body in ("return x + 1", "return x + 2", "return x + 1"):
        (kernels / "helper_of_test.py").write_text(_kernel("helper", body))
        results.append(_run_in(tmp_path, code))
    assert results == ["20", "30", "20"]


def _kernel(name, body):
    return (
        f"from recokit.kernels._compiling import njit\n\n\n@njit(nogil=True, cache=True)\ndef {name}(x):\n    {body}\n"
    )


def _run_in(folder, code):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_full_disk_only_costs_the_cache(tmp_path):
    code = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    """
    assert run(joined(code, USE), NUMBA_CACHE_DIR=str(tmp_path)).stdout.startswith(EXPECTED)
    assert cache_files(tmp_path, ".nbc") == []


@pytest.mark.slow
def test_two_processes_may_compile_at_once(tmp_path):
    code = joined(
        USE,
        """
        import recokit
        print(recokit.ItemKNN().fit([(u, i) for u in range(1, 60) for i in range(40) if (u * i + u) % 5 == 1])
              .recommend(n=2).items[:3].tolist())
        """,
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=300)[0].splitlines()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    again = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert {*outputs, again.stdout.splitlines()[1]} == {outputs[0]}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a path below /dev/null")
def test_a_package_that_cannot_be_written_works_without_a_home(tmp_path):
    shutil.copytree(KERNELS.parent, tmp_path / "recokit", ignore=shutil.ignore_patterns("__pycache__"))
    # A file in place of the folder, since root may write to read-only folders.
    (tmp_path / "recokit" / "kernels" / "__pycache__").touch()
    code = """
        import sys
        import recokit
        assert recokit.__file__.startswith(sys.argv[1])
        model = recokit.ItemKNN().fit([(u, i) for u in range(1, 60) for i in range(40) if (u * i + u) % 5 == 1])
        print(model.recommend(n=3).items.shape)
    """
    environment = {name: each for name, each in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(tmp_path), "HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"}
    command = [sys.executable, "-c", joined(code), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "3)" in done.stdout
    assert list(tmp_path.rglob("*.nbi")) == []


@pytest.mark.slow
def test_models_work_without_compilation():
    code = """
        import recokit
        from tests.reliability.models import answers, fitted
        for kind in (recokit.ItemKNN, recokit.ImplicitALS, recokit.SessionKNN):
            answers(fitted(kind, "implicit"))
        print("done")
    """
    assert run(code, NUMBA_DISABLE_JIT="1", timeout=300).stdout.strip() == "done"
