"""Add the folder of the benchmark scripts to the import path: tests and benchmarks share generated data."""

import sys
from pathlib import Path

sys.path.append(
    str(Path(__file__).resolve().parents[3] / "benchmarks")
)  # last: distributed.py has the name of a package
