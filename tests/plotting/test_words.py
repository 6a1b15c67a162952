import inspect
import re

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from recokit import Popularity, TransitionKNN, UnknownIdError, evaluate, plotting
from recokit.datasets import example_interactions
from recokit.experiments import uplift
from recokit.plotting import _style
from recokit.plotting._words import _CHINESE, Words
from tests.plotting.test_pictures import DRAWN, IMPLICIT, LISTS, RESULTS, TEST, render

CHINESE = {
    "long_tail": lambda: plotting.long_tail(IMPLICIT, language="zh"),
    "coverage_accuracy": lambda: plotting.coverage_accuracy(RESULTS, language="zh"),
    "metric_by_k": lambda: plotting.metric_by_k(LISTS, TEST, language="zh"),
    "comparison": lambda: plotting.comparison(RESULTS, language="zh"),
    "segment_profiles": lambda: plotting.segment_profiles(RESULTS, IMPLICIT, language="zh"),
    "learning_curve": lambda: plotting.learning_curve({"training_rmse": [1.0, 0.5]}, language="zh"),
    "rating_heatmap": lambda: plotting.rating_heatmap(Popularity().fit(IMPLICIT), language="zh"),
    "metric_bars": lambda: plotting.metric_bars(RESULTS, language="zh"),
    "privacy_curve": lambda: plotting.privacy_curve({1: 0.1, 2: 0.2}, 0.3, language="zh"),
    "uplift_intervals": lambda: plotting.uplift_intervals(uplift((200, 4000), (260, 4000)), language="zh"),
}
WITHOUT_TEXTS = {"segment_heatmap", "similarity_neighborhood", "transition_graph"}


@pytest.fixture
def a_chinese_font(monkeypatch):
    """Pretend that an installed font has Chinese characters, so that no warning is raised without one."""
    monkeypatch.setattr(_style, "_cjk_font", lambda: font_manager.FontProperties().get_name())


def test_every_plot_with_texts_on_its_axes_has_a_language():
    assert CHINESE.keys() | WITHOUT_TEXTS == set(plotting.__all__) == DRAWN.keys()
    for name in CHINESE:
        assert "language" in inspect.signature(getattr(plotting, name)).parameters


@pytest.mark.parametrize("draw", CHINESE.values(), ids=CHINESE)
@pytest.mark.usefixtures("a_chinese_font")
def test_the_axes_have_chinese_texts(draw):
    ax = draw()
    notes = [artist.txt.get_text() for artist in ax.artists if hasattr(artist, "txt")]
    labels = "".join([ax.get_xlabel(), ax.get_ylabel(), *notes])
    assert re.search("[一-鿿]", labels)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language='fr': expected 'en' or 'zh'"):
        plotting.long_tail(IMPLICIT, language="fr")


def test_translations_have_the_fields_of_the_english_text():
    fields = {text: re.findall(r"{\w+[^}]*}", text) for text in _CHINESE}
    assert all(sorted(found) == sorted(re.findall(r"{\w+[^}]*}", _CHINESE[text])) for text, found in fields.items())
    assert Words("zh").if_known("rmse") == "rmse"


def test_metric_bars_show_each_value_with_its_interval():
    ax = plotting.metric_bars(RESULTS, ["ndcg@10", "coverage@10"])
    heights = np.array([[bar.get_height() for bar in bars] for bars in ax.containers if hasattr(bars, "patches")])
    expected = [[one["ndcg@10"], one["coverage@10"]] for one in RESULTS.values()]
    np.testing.assert_allclose(heights, expected)
    segments = [bars.lines[2][0].get_segments()[0][:, 1] for bars in ax.containers if not hasattr(bars, "patches")]
    assert len(segments) == len(RESULTS)  # coverage has no interval
    np.testing.assert_allclose(segments[0], RESULTS["popular"].intervals["ndcg@10"])
    with pytest.raises(KeyError, match="recall@5"):
        plotting.metric_bars(RESULTS, ["recall@5"])
    with pytest.raises(ValueError, match="at least one metric"):
        plotting.metric_bars(RESULTS, [])


def test_bars_and_curves_differ_without_colours():
    bars = [bars for bars in plotting.metric_bars(RESULTS).containers if hasattr(bars, "patches")]
    assert len({each.patches[0].get_hatch() for each in bars}) == len(RESULTS)
    assert len({line.get_marker() for line in plotting.metric_by_k(LISTS, TEST).lines}) == len(LISTS)


def test_uplifts_are_grey_if_their_interval_contains_0():
    tests = {"conversion": uplift((200, 4000), (260, 4000)), "returns": uplift((200, 4000), (203, 4000))}
    ax = plotting.uplift_intervals(tests)
    dots = [bars.lines[0] for bars in ax.containers]
    assert [dot.get_xdata()[0] for dot in dots] == [one.relative for one in tests.values()]
    assert [dot.get_color() == _style.GREY for dot in dots] == [False, True]
    (segments,) = ax.containers[0].lines[2]
    np.testing.assert_allclose(segments.get_segments()[0][:, 0], tests["conversion"].relative_interval)
    with pytest.raises(ValueError, match="the relative uplift of 'none' is not defined"):
        plotting.uplift_intervals({"none": uplift((0, 4000), (20, 4000))})
    with pytest.raises(TypeError, match="expected an Uplift"):
        plotting.uplift_intervals({"conversion": 0.3})


def test_a_privacy_curve_shows_mean_and_range_in_order_of_epsilon():
    ax = plotting.privacy_curve({"EASE": {4: [0.2, 0.4], 1: 0.1}}, {"EASE": 0.5})
    curve, level = ax.lines
    np.testing.assert_allclose(np.column_stack(curve.get_data()), [[1, 0.1], [4, 0.3]])
    assert level.get_ydata() == [0.5, 0.5]
    band = ax.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose([band[:, 1].min(), band[:, 1].max()], [0.1, 0.4])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["EASE", "EASE: without privacy"]


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "nothing to draw"),
        ({"a": {}}, "nothing to draw"),
        ({-1: 0.2}, "ε = -1: expected a positive number"),
        ({1: [0.2, np.nan]}, "the value at ε = 1 is not finite"),
        ({"a": {1: 0.1}, "b": 0.2}, r"curves\['b'\]: expected a mapping of ε to values, got float"),
    ],
)
def test_a_privacy_curve_without_numbers_is_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        plotting.privacy_curve(curves)


VISITS = {
    "user_id": [1, 1, 1, 2, 2, 2],
    "item_id": ["cup", "tea", "pot", "cup", "tea", "cup"],
    "timestamp": [1, 2, 3, 1, 2, 3],
}


def test_a_transition_graph_has_an_arrow_to_each_of_the_strongest_next_items():
    model = TransitionKNN(window=1, backward=0).fit(VISITS)
    ax = plotting.transition_graph(model, ["cup", "tea", "pot"], n_next=1, labels=str.upper)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["CUP", "TEA", "POT"]
    arrows = [text for text in ax.texts if not text.get_text()]
    weights = model.item_weights_.toarray()
    np.fill_diagonal(weights, 0)
    assert len(arrows) == np.count_nonzero(weights.max(axis=1))
    widths = {round(arrow.arrow_patch.get_linewidth(), 6) for arrow in arrows}
    assert max(widths) == pytest.approx(3.2)  # the largest weight
    render(ax)


def test_a_transition_graph_refuses_other_models_unknown_items_and_too_many():
    model = TransitionKNN().fit(VISITS)
    with pytest.raises(UnknownIdError):
        plotting.transition_graph(model, ["cup", "spoon"])
    with pytest.raises(ValueError, match="expected 1 to 30 ids, got 0"):
        plotting.transition_graph(model, [])
    with pytest.raises(TypeError, match="Popularity has no sparse item_weights_"):
        plotting.transition_graph(Popularity().fit(example_interactions("implicit")))
    with pytest.raises(TypeError, match="expected a fitted Recommender, got int"):
        plotting.transition_graph(3)


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_pictures_of_400_pixels_keep_their_labels_inside(draw):
    figure = Figure(figsize=(4, 3), dpi=100, layout="constrained")
    ax = draw(figure.subplots())
    render(ax)
    box = figure.bbox.padded(1)
    for label in (ax.xaxis.label, ax.yaxis.label):
        if label.get_text() and label.get_visible():
            extent = label.get_window_extent()
            assert box.x0 <= extent.x0
            assert extent.y1 <= box.y1 + 1


def test_evaluations_of_dark_figures_have_light_notes():
    from matplotlib import pyplot

    with pyplot.style.context("dark_background"):
        ax = plotting.comparison({name: evaluate(lists, TEST, ["ndcg@10"]) for name, lists in LISTS.items()})
        (written,) = (artist for artist in ax.artists if hasattr(artist, "txt"))
        assert written.txt._text.get_color() == "white"
