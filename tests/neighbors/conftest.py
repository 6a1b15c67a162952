import pytest

from recokit import ItemKNN
from recokit._runtime.small_work import preferring_kernels


@pytest.fixture(autouse=True)
def _textbook_defaults(request, monkeypatch):
    """Test the formulas with the textbook's defaults; test_defaults.py tests the defaults for implicit feedback."""
    if request.module.__name__.rpartition(".")[2] != "test_defaults":
        monkeypatch.setattr(ItemKNN, "_implicit_defaults", ItemKNN._textbook_defaults)


@pytest.fixture(autouse=True, scope="package")
def _kernels():
    """Test the kernels on small data too; test_invariance.py compares the results with those by NumPy."""
    with preferring_kernels():
        yield
