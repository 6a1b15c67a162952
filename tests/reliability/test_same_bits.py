"""Factors have the same bits in a process that compiles kernels and in one that loads them from the cache."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fit_fast_models.py")


def fitted(cache, *args):
    """Return the hashes of models that a new process has fitted."""
    process = subprocess.run(
        [sys.executable, SCRIPT, *args],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout)


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing to compile")
def test_compiled_loaded_and_partly_loaded_kernels_give_the_same_bits(tmp_path):
    compiled = fitted(tmp_path / "all")
    assert len(compiled) > 20
    shutil.copytree(tmp_path / "all", tmp_path / "some")
    indices = sorted((tmp_path / "some").rglob("*.nbi"))
    for index in indices[::2]:
        index.unlink()  # Numba compiles this kernel again
    assert fitted(tmp_path / "all") == compiled
    assert fitted(tmp_path / "some", "reversed") == compiled
