"""Files of this and earlier versions load, and give the answers that were stored with them."""

import json
from pathlib import Path

import numpy as np
import pytest

import recokit
from recokit.base import Recommender
from recokit.testing import all_recommenders
from tests.reliability.models import answers

FILES = Path(__file__).parent / "files"
VERSIONS = sorted(folder.name for folder in FILES.iterdir() if folder.is_dir())
STORED = [(version, path.stem) for version in VERSIONS for path in sorted((FILES / version).glob("*.model"))]


def assert_equal(actual, expected):
    """Compare nested lists; numbers may differ in the last bits between processors and versions of BLAS."""
    if isinstance(expected, list):
        assert len(actual) == len(expected)
        for mine, theirs in zip(actual, expected, strict=True):
            assert_equal(mine, theirs)
    elif isinstance(expected, float):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    else:
        assert actual == expected


@pytest.mark.parametrize(("version", "name"), STORED)
def test_a_stored_file_loads_and_gives_its_answers(version, name):
    expected = json.loads((FILES / version / "answers.json").read_text())[name]
    loaded = recokit.load(FILES / version / f"{name}.model")
    assert_equal(answers(loaded) if isinstance(loaded, Recommender) else repr(loaded), expected)


def test_there_is_a_file_of_every_recommender():
    stored = {type(recokit.load(FILES / version / f"{name}.model")) for version, name in STORED}
    missing = set(all_recommenders()) - stored
    assert not missing, f"run tools/stored_models.py for {missing}"
