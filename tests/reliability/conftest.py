"""Add the folder of the benchmark scripts to the import path, as running a script does."""

import sys

from tests.reliability.processes import ROOT

sys.path.append(str(ROOT / "benchmarks"))  # last: distributed.py has the name of a package
