"""The script ``benchmarks/first_use.py``, and a bound on the first use."""

import os
import sys

import pytest

from tests.benchmarks.conftest import BENCHMARKS

if str(BENCHMARKS) not in sys.path:
    sys.path.append(str(BENCHMARKS))

import first_use

import recokit
from recokit.testing import all_recommenders


def test_every_recommender_is_measured():
    assert set(first_use.MODELS) == {kind.__name__ for kind in all_recommenders()} | {"ItemSearch", "rerank"}


def test_every_name_is_a_model_of_the_package():
    assert all(hasattr(recokit, name) for name in set(first_use.MODELS) - {"rerank"})
    assert callable(recokit.reranking.rerank)


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing to compile")
@pytest.mark.parametrize(
    "name", ["SLIM", "ImplicitALS", "BPR", "SessionKNN", "rerank"]
)  # those with the most to compile
def test_the_first_use_of_a_model_takes_a_few_seconds_of_processor_time(name):
    cold, warm = first_use.cold_and_warm(name, "implicit", 100, 60)
    assert cold.processor < 12.0  # on a loaded machine; half of it on a free one
    assert warm.processor < cold.processor + 1.0
