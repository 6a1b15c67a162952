import matplotlib
import pytest


@pytest.fixture(autouse=True)
def drawn_without_a_screen():
    """Draw into memory, and leave no figure behind."""
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")
    matplotlib.use(before)
