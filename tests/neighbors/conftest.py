import pytest

from recokit import ItemKNN, UserKNN


@pytest.fixture(autouse=True)
def _textbook_defaults(request, monkeypatch):
    """Test the formulas with the textbook's defaults; test_defaults.py tests the defaults for implicit feedback."""
    if request.module.__name__.rpartition(".")[2] != "test_defaults":
        for kind in (ItemKNN, UserKNN):
            monkeypatch.setattr(kind, "_implicit_defaults", lambda self, data: self._textbook_defaults)
