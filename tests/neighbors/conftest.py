import pytest

from recokit import ItemKNN


@pytest.fixture(autouse=True)
def _textbook_defaults(request, monkeypatch):
    """Test the formulas with the textbook's defaults; test_defaults.py tests the defaults for implicit feedback."""
    if request.module.__name__.rpartition(".")[2] != "test_defaults":
        monkeypatch.setattr(ItemKNN, "_implicit_defaults", ItemKNN._textbook_defaults)
