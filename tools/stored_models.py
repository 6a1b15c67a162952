"""Write one small file per model and kind of feedback with the present version, for the tests of old files.

    python tools/stored_models.py tests/reliability/files

Run this for each version that changes what a model saves, under a new name; files of earlier versions are never written
again, since the tests show that they can still be read. Each file comes with the answers of its model.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recokit import persistence
from recokit.base import Recommender
from tests.reliability.models import answers, storable_objects


def main() -> None:
    """Write the files and the answers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default=version("recokit"), help="name of the version; by default the installed one")
    options = parser.parse_args()
    folder = options.folder / options.name
    folder.mkdir(parents=True)
    expected = {}
    for name, thing in storable_objects():
        persistence.save(thing, folder / f"{name}.model")
        expected[name] = answers(thing) if isinstance(thing, Recommender) else repr(thing)
    (folder / "answers.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
