import importlib.metadata
import subprocess
import sys

import numpy as np

import recokit
from recokit._runtime import versions


def report(capsys):
    recokit.show_versions()
    return capsys.readouterr().out


def value(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return line.removeprefix(name).strip()


def test_the_report_names_the_library_and_the_interpreter(capsys):
    text = report(capsys)
    assert value(text, "recokit") == importlib.metadata.version("recokit")
    assert value(text, "python").startswith(".".join(map(str, sys.version_info[:3])))
    assert value(text, "numpy") == np.__version__


def test_every_required_dependency_is_listed_with_its_version(capsys):
    text = report(capsys)
    for name in ("numpy", "scipy", "numba", "scikit-learn", "narwhals", "safetensors", "threadpoolctl", "tqdm"):
        assert value(text, name) == importlib.metadata.version(name)


def test_tools_of_developers_are_not_listed(capsys):
    names = {line.split()[0] for line in report(capsys).splitlines() if line}
    assert "matplotlib" in names
    assert not {"pytest", "ruff", "mypy", "sphinx"} & names


def test_a_missing_optional_dependency_is_marked(monkeypatch, capsys):
    monkeypatch.setattr(versions, "requires", lambda name: ["numpy>=2", "absent-library>=1; extra == 'data'"])
    assert value(report(capsys), "absent-library") == "not installed"


def test_settings_of_threads_are_shown_and_folders_are_not(monkeypatch, capsys):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/home/ann/cache")
    text = report(capsys)
    assert value(text, "OMP_NUM_THREADS") == "1"
    assert "/home/ann" not in text


def test_importing_recokit_does_not_load_the_report():
    code = "import sys, recokit; print('recokit._runtime.versions' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
