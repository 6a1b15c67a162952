"""Leave out the pages whose optional libraries are not installed, and run the others in folders of their own."""

import importlib.util
from pathlib import Path

import pytest

# A build of the documentation writes these folders.
collect_ignore = ["api/generated", "api/backreferences", "gallery", "_build"]
if not importlib.util.find_spec("wordllama"):
    collect_ignore.append("examples/embeddings.rst")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the files of an example into a temporary folder."""
    monkeypatch.chdir(tmp_path)
