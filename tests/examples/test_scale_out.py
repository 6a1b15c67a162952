"""The example of a fit on a cluster in ``examples/scale_out.py``."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed")

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "scale_out.py"


def test_the_example_fits_on_a_cluster_and_writes_the_lists_of_all_users(tmp_path):
    command = [sys.executable, str(SCRIPT), "--users", "120", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1,190 recommendations for 119 users",
        "the model is equal to a local fit",
    ]
    assert sorted(path.name for path in (tmp_path / "log").iterdir())[0] == "events-0.parquet"
    assert len(list((tmp_path / "lists").glob("*.parquet"))) > 1
