"""Run Python code in a process of its own, with a time limit."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def joined(*codes):
    """Return pieces of code, each without its indentation."""
    return "\n".join(textwrap.dedent(code) for code in codes)


def run(code, *args, timeout=120, check=True, **environment):
    """Return the finished process of one or several pieces of code; by default check that it succeeded."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.run(
        [sys.executable, "-c", joined(*([code] if isinstance(code, str) else code)), *map(str, args)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert not check or process.returncode == 0, process.stderr[-3000:]
    return process
