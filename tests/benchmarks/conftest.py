"""Add the folder of the benchmark scripts to the import path, as running a script does."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))  # last: distributed.py has the name of a package
