"""Shared settings and fixtures."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline, because kernels compile during the first example; derandomized, so that runs are repeatable.
settings.register_profile(
    "recokit", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("recokit")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of the published data sets; skip the test if there is none."""
    beside_the_checkout = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RECOKIT_DATA", beside_the_checkout))
    if not folder.is_dir():
        pytest.skip("no published data sets: set RECOKIT_DATA to the folder that holds them")
    return folder
