import subprocess
import sys
import warnings
from types import SimpleNamespace

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.backends.backend_agg import RendererAgg

from recokit import ItemKNN, evaluate, plotting
from recokit.plotting import _style

BASKETS = [("ann", "茶壶"), ("ann", "茶杯"), ("bob", "茶壶"), ("bob", "茶杯"), ("bob", "$5 – $6")]


def fonts(monkeypatch, *names):
    listed = [SimpleNamespace(name=name) for name in ("DejaVu Sans", *names)]
    monkeypatch.setattr(font_manager, "fontManager", SimpleNamespace(ttflist=listed))


def draw():
    return plotting.similarity_neighborhood(ItemKNN().fit(BASKETS), "茶壶")


def test_chinese_names_are_drawn_in_a_font_with_their_characters(monkeypatch):
    before = list(matplotlib.rcParams["font.family"])
    fonts(monkeypatch, "SimHei", "Noto Sans CJK SC")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        families = [text.get_fontfamily() for text in draw().texts]
    assert all(family == [*before, "Noto Sans CJK SC"] for family in families)
    assert list(matplotlib.rcParams["font.family"]) == before


def test_without_such_a_font_there_is_one_warning_and_the_plot_is_drawn(monkeypatch):
    fonts(monkeypatch)
    with pytest.warns(UserWarning, match="no installed font has Chinese") as caught:
        assert len(draw().texts) == 3
    assert len(caught) == 1


def test_latin_names_cause_no_search_for_a_font(monkeypatch):
    monkeypatch.setattr(_style, "_cjk_font", lambda: pytest.fail("searched"))
    assert _style.name_style(["thé – “№ 5” → £9 ☕"]) == {"parse_math": False}


def test_prices_are_not_parsed_as_formulas():
    ax = plotting.similarity_neighborhood(ItemKNN().fit([("ann", "$5 – $6"), ("ann", "tea")]), "$5 – $6")
    assert ax.texts[0].get_text() == "$5 – $6"
    assert not ax.texts[0].get_parse_math()


PRICED = "$5 – $6_a^b"
LISTS = {PRICED: ItemKNN().fit(BASKETS).recommend(n=1, exclude_seen=False)} | {
    "茶壶": ItemKNN().fit(BASKETS).recommend(n=1)
}
TRUTH = {"ann": ["茶壶", "$5 – $6"], "bob": ["茶杯"]}
RESULTS = {
    name: evaluate(lists, TRUTH, ["recall@1", "coverage@1"], catalogue=["茶壶", "茶杯", "$5 – $6"])
    for name, lists in LISTS.items()
}
NAMED = {
    "long_tail": lambda: plotting.long_tail(LISTS),
    "metric_by_k": lambda: plotting.metric_by_k(LISTS, TRUTH, "recall"),
    "comparison": lambda: plotting.comparison(RESULTS),
    "coverage_accuracy": lambda: plotting.coverage_accuracy(RESULTS, "recall@1", "coverage@1"),
    "segment_profiles": lambda: plotting.segment_profiles(RESULTS, {"ann": PRICED, "bob": "茶客"}),
    "learning_curve": lambda: plotting.learning_curve({name: {"training_loss": [3.0, 2.0]} for name in LISTS}),
    "rating_heatmap": lambda: plotting.rating_heatmap(ItemKNN().fit(BASKETS), labels={"茶杯": PRICED}),
    "similarity_neighborhood": lambda: plotting.similarity_neighborhood(
        ItemKNN().fit(BASKETS), "茶壶", labels={"茶杯": PRICED}
    ),
}


def shown(figure):
    """Return the texts of a figure that are not drawn as formulas; ticks with powers are formulas."""
    drawn = []

    class Recorder(RendererAgg):
        def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
            if not ismath:
                drawn.append(s)
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    figure.set_layout_engine("none")
    figure.draw(Recorder(800, 600, 100))
    return drawn


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("draw", NAMED.values(), ids=NAMED)
def test_names_with_dollar_signs_are_drawn_literally(draw):
    texts = shown(draw().figure)
    assert any(PRICED in text for text in texts)
    assert not any("\\" in text for text in texts)


@pytest.mark.skipif(_style._cjk_font() is None, reason="no font with Chinese characters is installed")
@pytest.mark.parametrize("draw", NAMED.values(), ids=NAMED)
def test_an_installed_font_draws_every_chinese_name(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts = shown(draw().figure)
    assert any("茶" in text for text in texts)


@pytest.mark.parametrize("name", ["茶", "ティー", "티", "ﾃｨ茶"])
def test_chinese_japanese_and_korean_are_recognized(monkeypatch, name):
    fonts(monkeypatch, "SimSun")
    assert _style.name_style(["tea", name])["fontfamily"][-1] == "SimSun"


@given(st.text(st.sampled_from("ab 茶é…\n")), st.integers(2, 12))
def test_a_shortened_name_fits_and_is_a_prefix_of_the_name(name, max_width):
    short = _style.shortened(name, max_width)
    assert sum(map(_style._width, short)) <= max_width
    whole = " ".join(name.split())
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


def test_recokit_works_without_matplotlib_and_plotting_names_the_extra_to_install():
    code = """
import sys
sys.modules["matplotlib"] = None
import recokit
try:
    import recokit.plotting
except ImportError as error:
    print(error)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert 'pip install "recokit[plot]"' in process.stdout


def test_importing_recokit_does_not_import_matplotlib():
    code = "import recokit, sys; print('matplotlib' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert process.stdout.strip() == "False"
