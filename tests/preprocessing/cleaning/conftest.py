"""Add the folder of the benchmark scripts to the import path: tests and benchmarks share generated data."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
