"""Readers in many threads beside updates: every answer is that of the model before or after an update."""

import json

import pytest

from tests.reliability.processes import run


@pytest.mark.slow
def test_sixteen_readers_beside_updates_get_the_answers_of_a_whole_model():
    code = "from tests.reliability.read_beside_updates import main; main(0.3)"
    assert json.loads(run(code, timeout=900).stdout)["answers"] > 2_000
