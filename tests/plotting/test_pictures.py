import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredText
from matplotlib.text import Text

from recokit import (
    EASE,
    BiasBaseline,
    DataError,
    Interactions,
    ItemKNN,
    NotFittedError,
    Popularity,
    Recommendations,
    SGDMatrixFactorization,
    TransitionKNN,
    UnknownIdError,
    compare,
    evaluate,
    plotting,
)
from recokit.datasets import example_interactions, make_shop
from recokit.experiments import uplift
from recokit.metrics import Evaluation
from recokit.metrics._resampling import Clusters
from recokit.preprocessing import EventLog, UserSegments, user_features

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit", strings=True)
TEST = {user: [100 + 2 * (user % 5), 104, 110] for user in IMPLICIT.users}
METRICS = ["ndcg@10", "recall@10", "coverage@10"]

SEGMENTS = UserSegments(3).fit(user_features(EventLog.from_frame(make_shop(200, 60, 8_000).events)))

TRANSITIONS = TransitionKNN().fit(EventLog.from_frame(make_shop(50, 30, 1_000).events).sequences())


def lists_of(model, n=10):
    return model.fit(IMPLICIT).recommend(n=n, exclude_seen=False)


LISTS = {"popular": lists_of(Popularity()), "items": lists_of(ItemKNN(3)), "linear": lists_of(EASE())}
RESULTS = {name: evaluate(lists, TEST, METRICS, catalogue=IMPLICIT) for name, lists in LISTS.items()}


def render(ax):
    """Draw the figure without output; return the texts of the axes."""
    ax.figure.draw_without_rendering()
    return [text.get_text() for text in ax.texts]


def note_of(ax):
    (written,) = (artist for artist in ax.artists if isinstance(artist, AnchoredText))
    return written.txt.get_text()


def fresh():
    return Figure(layout="constrained").subplots()


DRAWN = {
    "long_tail": lambda ax: plotting.long_tail(IMPLICIT, ax=ax),
    "metric_by_k": lambda ax: plotting.metric_by_k(LISTS, TEST, ax=ax),
    "comparison": lambda ax: plotting.comparison(RESULTS, ax=ax),
    "coverage_accuracy": lambda ax: plotting.coverage_accuracy(RESULTS, ax=ax),
    "segment_profiles": lambda ax: plotting.segment_profiles(RESULTS, IMPLICIT, ax=ax),
    "learning_curve": lambda ax: plotting.learning_curve({"training_rmse": [1.0, 0.5]}, ax=ax),
    "rating_heatmap": lambda ax: plotting.rating_heatmap(Popularity().fit(IMPLICIT), ax=ax),
    "metric_bars": lambda ax: plotting.metric_bars(RESULTS, ax=ax),
    "privacy_curve": lambda ax: plotting.privacy_curve({1: [0.1, 0.2], 4: 0.3}, 0.4, ax=ax),
    "transition_graph": lambda ax: plotting.transition_graph(TRANSITIONS, ax=ax),
    "uplift_intervals": lambda ax: plotting.uplift_intervals(uplift((200, 4000), (204, 4000)), ax=ax),
    "segment_heatmap": lambda ax: plotting.segment_heatmap(SEGMENTS, ax=ax),
    "similarity_neighborhood": lambda ax: plotting.similarity_neighborhood(ItemKNN().fit(IMPLICIT), 100, ax=ax),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_plots_are_drawn_on_the_given_axes_or_on_new_ones(draw):
    ax = fresh()
    assert draw(ax) is ax
    render(ax)
    new = draw(None)
    assert new.figure is not ax.figure
    render(new)


@pytest.mark.parametrize("loc", ["left", "center", "right"])
@pytest.mark.parametrize("on_new_axes", [False, True])
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_title_is_drawn_above_the_note_and_the_legend(draw, on_new_axes, loc):
    ax = draw(None if on_new_axes else Figure().subplots())
    title = ax.set_title("Shop", loc=loc)
    render(ax)
    others = [artist.get_window_extent() for artist in ax.artists if isinstance(artist, AnchoredText)]
    others += [ax.get_legend().get_window_extent()] if ax.get_legend() else []
    others += [text.get_window_extent() for text in ax.texts]
    assert title.get_window_extent().count_overlaps(others) == 0
    assert all(title.get_window_extent().y0 >= box.y1 for box in others[:1])


def test_a_title_moves_down_when_the_legend_moves_into_the_axes():
    ax = plotting.metric_by_k(LISTS, TEST, ax=Figure().subplots())
    title = ax.set_title("Shop")
    render(ax)
    above = title.get_window_extent().y0
    ax.legend(loc="lower right")
    render(ax)
    assert title.get_window_extent().y0 < above - 10


def test_figures_can_be_pickled():
    for draw in DRAWN.values():
        render(pickle.loads(pickle.dumps(draw(fresh()).figure)).axes[0])


def test_the_long_tail_shows_sorted_counts_and_the_smallest_head_with_the_share():
    ax = plotting.long_tail(IMPLICIT, share=0.5)
    counts = np.sort(np.bincount(IMPLICIT.item_codes))[::-1]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), counts)
    head = int(note_of(ax).split(" of ")[0])
    assert counts[:head].sum() >= 0.5 * counts.sum() > counts[: head - 1].sum()
    render(ax)


def test_long_tails_of_several_lists_share_the_axes():
    ax = plotting.long_tail(LISTS)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [label.partition(":")[0] for label in labels] == list(LISTS)
    assert ax.get_ylabel() == "occurrences in lists"
    curves = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert [line.get_ydata().sum() for line in curves] == [lists.counts.sum() for lists in LISTS.values()]


def test_padding_of_lists_is_not_counted():
    lists = Recommendations(users=[1, 2], items=[["tea", "cup"], ["tea", ""]], counts=[2, 1])
    np.testing.assert_array_equal(plotting.long_tail(lists).lines[0].get_ydata(), [2, 1])


def test_metric_by_k_equals_evaluate_at_each_k():
    ax = plotting.metric_by_k(LISTS, TEST, "recall", ks=[5, 1, 10])
    for line, lists in zip(ax.lines, LISTS.values(), strict=True):
        expected = evaluate(lists, TEST, ["recall@1", "recall@5", "recall@10"])
        assert line.get_xdata().tolist() == [1, 5, 10]
        assert line.get_ydata().tolist() == list(expected.means.values())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(LISTS)


def test_metric_by_k_keeps_the_conventions_of_the_metric():
    truth = Interactions.from_arrays([1, 1], [7, 8], [5, 1])
    lists = {"a": Recommendations(users=[1], items=[[8, 7, 9]])}
    ax = plotting.metric_by_k(lists, truth, "ndcg(gain=linear)")
    names = [f"ndcg@{k}(gain=linear)" for k in (1, 2, 3)]
    assert ax.lines[0].get_ydata().tolist() == list(evaluate(lists["a"], truth, names).means.values())
    assert ax.get_ylabel() == "ndcg@k(gain=linear)"


def test_long_lists_have_at_most_twenty_cut_offs():
    wide = Recommendations(users=[1], items=[range(100)])
    cuts = plotting.metric_by_k(wide, {1: [3]}).lines[0].get_xdata()
    assert (cuts[0], cuts[-1], len(cuts)) == (1, 100, 20)


def test_a_comparison_is_sorted_has_intervals_and_greys_significantly_worse_models():
    users = range(40)
    truth = {user: [user] for user in users}
    right = {user: [user, -1] for user in users}
    results = {
        "late": evaluate({user: [-1, user] for user in users}, truth, ["mrr@10"]),
        "good": evaluate(right, truth, ["mrr@10"]),
        "as good": evaluate({**right, 0: [-1, 0]}, truth, ["mrr@10"]),
    }
    assert {(one.first, one.second) for one in compare(results).significant} == {("late", "good"), ("late", "as good")}
    ax = plotting.comparison(results)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["good", "as good", "late"]
    dots = [bars.lines[0] for bars in ax.containers]
    assert [dot.get_xdata()[0] for dot in dots] == [results[name]["mrr@10"] for name in ("good", "as good", "late")]
    colors = [dot.get_color() for dot in dots]
    assert colors[0] == colors[1] != colors[2]
    (segments,) = ax.containers[1].lines[2]
    low, high = results["as good"].intervals["mrr@10"]
    np.testing.assert_allclose(segments.get_segments()[0][:, 0], [low, high])
    render(ax)


def test_a_comparison_on_a_custom_metric_to_minimise_has_the_lowest_value_first():
    def n_missed(lists, truth):
        return [len(truth[user].keys() - set(items)) for user, items in lists.items()]

    n_missed.lower_is_better = True
    truth = {user: [user] for user in range(20)}
    good, bad = ({user: [item(user)] for user in truth} for item in (lambda user: user, lambda user: -1))
    results = {"bad": evaluate(bad, truth, n_missed), "good": evaluate(good, truth, n_missed)}
    labels = plotting.comparison(results, "n_missed").get_yticklabels()
    assert [label.get_text() for label in labels] == ["good", "bad"]
    ax = plotting.coverage_accuracy(results, "n_missed", "n_missed")
    np.testing.assert_array_equal(np.column_stack(ax.lines[0].get_data()), [[0.0, 0.0]])


def test_coverage_accuracy_shows_a_named_dot_for_each_model_and_joins_the_pareto_front():
    ax = plotting.coverage_accuracy(RESULTS)
    expected = [[one["coverage@10"], one["ndcg@10"]] for one in RESULTS.values()]
    np.testing.assert_allclose(ax.collections[0].get_offsets(), expected)
    assert render(ax) == list(RESULTS)
    front = np.column_stack(ax.lines[0].get_data())
    assert all(not np.any(np.all(np.array(expected) > point, axis=1)) for point in front)


def test_the_pareto_front_has_low_values_of_metrics_to_minimize():
    values = {"a": (0.3, 0.9), "b": (0.2, 0.2), "c": (0.1, 0.5)}
    evaluations = {
        name: Evaluation(
            {"ndcg@5": accuracy, "gini@5": gini}, np.arange(1), {}, 0, 0, lower_is_better=frozenset({"gini@5"})
        )
        for name, (accuracy, gini) in values.items()
    }
    ax = plotting.coverage_accuracy(evaluations, "ndcg@5", "gini@5")
    np.testing.assert_array_equal(np.column_stack(ax.lines[0].get_data()), [[0.2, 0.2], [0.9, 0.3]])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8))
def test_names_beside_points_do_not_overlap_and_stay_inside_the_axes(places):
    evaluations = {
        f"a model, number {number}": Evaluation({"ndcg@10": y / 3, "coverage@10": x / 30}, np.arange(1), {}, 0, 0)
        for number, (x, y) in enumerate(places)
        if number == places.index((x, y))
    }
    ax = plotting.coverage_accuracy(evaluations, ax=fresh())
    render(ax)
    boxes = [text.get_window_extent() for text in ax.texts]
    for number, box in enumerate(boxes):
        assert box.count_overlaps(boxes[:number] + boxes[number + 1 :]) == 0
        assert ax.bbox.x0 <= box.x0 < box.x1 <= ax.bbox.x1
        for x, y in ax.transData.transform(ax.collections[0].get_offsets()):
            assert not box.contains(x, y)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 13, 30])
@pytest.mark.parametrize("name", ["a long name of item", "一个很长的商品名称"])
@pytest.mark.filterwarnings("ignore:no installed font", "ignore:Glyph")
def test_names_of_similar_items_do_not_overlap_and_stay_inside_the_axes(n, name):
    pairs = [(u, i) for u in range(40) for i in range(40) if (u * i) % 7 < 3]
    model = ItemKNN().fit(pairs)
    ax = plotting.similarity_neighborhood(model, 0, n, labels=lambda item: f"{name} {item} with more words at the end")
    render(ax)
    center, *boxes = (Text.get_window_extent(text) for text in ax.texts)  # without the lines to the points
    assert len(boxes) == n
    for number, box in enumerate(boxes):
        assert box.count_overlaps([center, *boxes[:number], *boxes[number + 1 :]]) == 0
        assert ax.bbox.x0 <= box.x0 < box.x1 <= ax.bbox.x1
        assert ax.bbox.y0 <= box.y0 < box.y1 <= ax.bbox.y1
    points = ax.transData.transform([text.xy for text in ax.texts[1:]])
    assert not any(box.contains(x, y) for box in boxes for x, y in points)
    assert ax.get_aspect() == 1.0  # otherwise the distance would depend on the direction


def test_segments_by_activity_include_every_user_once_and_show_their_means():
    result = RESULTS["items"]
    ax = plotting.segment_profiles(result, IMPLICIT, "recall@10", n_segments=3)
    texts = [label.get_text() for label in ax.get_xticklabels()]
    sizes = [int(text.split("\n")[1].split()[0]) for text in texts]
    assert sum(sizes) == result.n_users
    means = ax.containers[0].lines[0].get_ydata()
    assert np.dot(means, sizes) / sum(sizes) == pytest.approx(result["recall@10"])
    ends = [text.split("\n")[0].split(" – ") for text in texts]
    flat = [int(end) for pair in ends for end in pair]
    assert flat == sorted(flat)


def test_segments_can_be_given_by_user():
    segments = {user: "new" if user < 40 else "loyal" for user in list(IMPLICIT.users)[:-1]}
    ax = plotting.segment_profiles(RESULTS, segments, "ndcg@10")
    counts = {name: list(segments.values()).count(name) for name in ("loyal", "new")}
    texts = [label.get_text() for label in ax.get_xticklabels()]
    assert texts == [f"{name}\n{count} users" for name, count in counts.items()]
    assert len(ax.containers) == len(RESULTS)


def test_segments_have_the_same_users_for_every_model():
    truth = {user: [user] for user in range(6)}
    good = evaluate({user: [user] for user in truth}, truth, ["recall@1"])
    order = [5, 3, 1, 0, 2, 4]
    fair = evaluate(
        {user: [user if user < 3 else -1] for user in order}, {user: [user] for user in order}, ["recall@1"]
    )
    ax = plotting.segment_profiles(
        {"good": good, "fair": fair}, {user: "late" if user >= 3 else "early" for user in truth}
    )
    assert [bars.lines[0].get_ydata().tolist() for bars in ax.containers] == [[1.0, 1.0], [1.0, 0.0]]
    others = evaluate({user: [user] for user in (0, 9)}, {user: [user] for user in (0, 9)}, ["recall@1"])
    with pytest.raises(DataError, match="good and others are evaluations of different users"):
        plotting.segment_profiles({"good": good, "others": others}, {0: "early"})


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.7])
def test_intervals_beside_the_mean_by_rounding_can_be_drawn(value):
    users = range(49)
    ax = plotting.segment_profiles(constant(value, users), dict.fromkeys(users, "all"))
    render(ax)
    render(plotting.comparison({"a": constant(value, users), "b": constant(value, users)}))


def constant(value, users):
    """Return an evaluation with the same value for all users."""
    values = {"recall@1": np.full(len(users), value)}
    return Evaluation({"recall@1": value}, np.array(users), values, n_without_test=0, n_without_list=0)


def test_users_without_items_in_a_part_do_not_hide_the_mean_of_their_segment():
    truth = {user: ["a"] for user in range(4)}
    train = {0: ["a"], 1: ["a"], 2: ["b"], 3: ["b"]}
    result = evaluate({0: ["a"], 1: ["x"], 2: ["x"]}, truth, "recall@1(part=repeat)", train=train)
    ax = plotting.segment_profiles(result, {0: "old", 1: "old", 2: "old", 3: "new"})
    assert ax.containers[0].lines[0].get_ydata().tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)
    render(ax)


def test_segments_of_positions_have_intervals_over_sessions():
    users, values = [(0, place) for place in range(50)] + [(1, 0)], np.append(np.ones(50), 0.0)
    ids = np.fromiter(users, dtype=object, count=len(users))
    result = Evaluation({"recall@1": 50 / 51}, ids, {"recall@1": values}, n_without_test=0, n_without_list=0)
    clusters = Clusters(np.append(np.zeros(50, np.int64), 1), "positions", "sessions")
    segments = dict.fromkeys(users, "all")
    lows = []
    for one in (result, replace(result, clusters=clusters)):
        ax = plotting.segment_profiles(one, segments)
        lows.append(ax.containers[0].lines[2][0].get_segments()[0][0][1])
    assert lows[0] > 0.9
    assert lows[1] == pytest.approx(0)


def test_users_of_equal_activity_are_one_segment():
    data = Interactions.from_arrays([1, 2, 3], ["a", "b", "c"])
    result = evaluate({1: ["a"], 2: ["a"], 3: ["a"]}, {1: ["a"], 2: ["a"], 3: ["b"]}, ["recall@1"])
    ax = plotting.segment_profiles(result, data)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1\n3 users"]


def test_a_learning_curve_shows_the_history_and_a_dot_at_the_best_epoch():
    options = {"early_stopping": True, "validation_fraction": 0.3, "random_state": 0, "learning_rate": 0.1}
    model = SGDMatrixFactorization(8, n_epochs=30, **options).fit(EXPLICIT)
    ax = plotting.learning_curve({"$8 model": model})
    training, validation, dot = ax.lines
    assert list(training.get_ydata()) == model.history_["training_rmse"]
    assert list(validation.get_ydata()) == model.history_["validation_rmse"]
    assert dot.get_xdata()[0] == model.best_epoch_
    assert dot.get_ydata()[0] == min(model.history_["validation_rmse"])
    assert ax.get_ylabel() == "rmse"
    render(ax)


def test_histories_of_several_models_differ_by_name_and_colour():
    histories = {"a": {"training_loss": [3.0, 2.0], "validation_loss": []}, "b": {"training_loss": [3.0, 1.0]}}
    ax = plotting.learning_curve(histories)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a, training", "b, training"]
    assert ax.lines[0].get_color() != ax.lines[1].get_color()


@pytest.mark.filterwarnings("ignore:no installed font", "ignore:Glyph")
def test_a_heat_map_shows_the_predictions_and_marks_the_training_pairs():
    model = SGDMatrixFactorization(4, n_epochs=3, random_state=0).fit(EXPLICIT)
    users, items = list(EXPLICIT.users)[:4], list(EXPLICIT.items)[:6]
    ax = plotting.rating_heatmap(model, users, items)
    expected = model.predict([(user, item) for user in users for item in items]).reshape(4, 6)
    np.testing.assert_allclose(ax.images[0].get_array(), expected)
    assert ax.images[0].get_clim() == model.rating_range_
    assert [float(text) for text in render(ax)] == pytest.approx(expected.ravel(), abs=0.051)
    seen = EXPLICIT.matrix[:4, :6].toarray() != 0
    assert len(ax.lines[0].get_xdata()) == seen.sum()
    assert [label.get_text() for label in ax.get_yticklabels()] == users


def test_a_rating_of_zero_is_marked_as_a_training_pair():
    data = Interactions.from_arrays([1, 1, 2], ["a", "b", "a"], [0.0, 1.0, 0.0])
    dots = plotting.rating_heatmap(BiasBaseline().fit(data), users=[2, 1], items=["b", "a"]).lines[0]
    rows, columns = np.round(dots.get_ydata()).astype(int), np.round(dots.get_xdata()).astype(int)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 1)]


KNOWN = Interactions.from_arrays([1, 1, 2, 2, 3], ["a", "b", "a", "c", "b"], [5, 2.5, 0, 3, 4])


def test_a_heat_map_of_interactions_shows_known_ratings_and_blank_cells():
    ax = plotting.rating_heatmap(KNOWN, users=[2, 1], items=["c", "a", "b"])
    (image,) = ax.images
    shown = np.ma.filled(image.get_array().astype(float), np.nan)
    np.testing.assert_array_equal(shown, [[3, 0, np.nan], [np.nan, 5, 2.5]])
    assert image.get_clim() == (0, 5)
    assert {(*text.get_position(), text.get_text()) for text in ax.texts} == {
        (0, 0, "3"), (1, 0, "0"), (1, 1, "5"), (2, 1, "2.5"),
    }  # fmt: skip
    assert not ax.lines
    (bar,) = (other for other in ax.figure.axes if other is not ax)
    assert bar.get_ylabel() == "rating"


def test_a_heat_map_of_strengths_can_be_drawn():
    ax = plotting.rating_heatmap(Interactions.from_arrays([1, 1, 2], ["a", "b", "a"]))
    assert render(ax) == ["1", "1", "1"]


def test_a_heat_map_shows_known_and_predicted_ratings_side_by_side():
    model = BiasBaseline().fit(KNOWN)
    ax = plotting.rating_heatmap(model, users=[2, 1], items=["c", "a", "b"], view="both", labels={"a": "tea"})
    render(ax)
    known, predicted = ax.images
    expected = model.predict([(user, item) for user in (2, 1) for item in "cab"]).reshape(2, 3)
    np.testing.assert_allclose(predicted.get_array(), expected)
    assert known.get_array().count() == 4
    assert known.get_clim() == predicted.get_clim() == model.rating_range_
    assert known.get_extent()[:2] == [-0.5, 2.5]
    assert predicted.get_extent()[:2] == [3.5, 6.5]
    assert ax.get_xticks().tolist() == [0, 1, 2, 4, 5, 6]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["c", "tea", "b"] * 2
    halves = [artist for artist in ax.artists if isinstance(artist, AnchoredText)]
    assert [half.txt.get_text() for half in halves] == ["known", "predicted"]
    for half, image in zip(halves, ax.images, strict=True):
        left, right = ax.transData.transform([(x, 0) for x in image.get_extent()[:2]])[:, 0]
        box = half.get_window_extent()
        assert (box.x0 + box.x1) / 2 == pytest.approx((left + right) / 2, abs=1)


def test_known_strengths_and_predicted_scores_have_their_own_scales():
    model = Popularity().fit(IMPLICIT)
    known, predicted = plotting.rating_heatmap(model, view="both").images
    assert known.get_array().shape == (10, 10)
    assert known.get_clim() == (1, 1)
    assert predicted.get_clim() == (predicted.get_array().min(), predicted.get_array().max())


@pytest.mark.parametrize("cmap", ["Blues", "cividis", "Greys_r"])
def test_numbers_contrast_with_every_colour_map(cmap):
    ax = plotting.rating_heatmap(KNOWN, users=[1, 2], items=["a"], cmap=cmap)
    assert ax.images[0].get_cmap().name == cmap
    dark_is_high = cmap == "Blues"
    assert [text.get_color() for text in ax.texts] == (["white", "black"] if dark_is_high else ["black", "white"])


def test_a_heat_map_shows_the_most_active_users_and_items_by_default():
    ax = plotting.rating_heatmap(Popularity().fit(IMPLICIT))
    assert ax.images[0].get_array().shape == (15, 15)
    most = IMPLICIT.items.take([np.argmax(np.bincount(IMPLICIT.item_codes))])[0]
    assert ax.get_xticklabels()[0].get_text() == str(most)


def test_a_neighborhood_shows_the_most_similar_items_nearest_to_the_centre():
    model = ItemKNN().fit(IMPLICIT)
    ax = plotting.similarity_neighborhood(model, 100, 4, labels={100: "tea"})
    similar = model.similar_items([100], 4)[100]
    assert render(ax) == ["tea", *(f"{item}  {score:.2f}" for item, score in similar)]
    radii = [np.hypot(*text.xy) for text in ax.texts[1:]]
    assert radii == sorted(radii)
    assert radii[0] > 0


def test_an_item_without_neighbours_is_drawn_alone():
    model = ItemKNN().fit([("ann", "tea"), ("bob", "cup")])
    assert render(plotting.similarity_neighborhood(model, "tea")) == ["tea"]


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plotting.long_tail(IMPLICIT, share=1), ValueError, "share=1"),
        (lambda: plotting.long_tail([1, 2]), TypeError, "Interactions or Recommendations.*list"),
        (lambda: plotting.long_tail({}), ValueError, "nothing to draw"),
        (lambda: plotting.long_tail(Recommendations([1], [[2]], counts=[0])), ValueError, "no items to count"),
        (lambda: plotting.metric_by_k(LISTS, TEST, "ndcg@5"), ValueError, "without a cut-off, such as 'ndcg'"),
        (lambda: plotting.metric_by_k(LISTS, TEST, ks=[0, 3]), ValueError, "from 1 to 10"),
        (lambda: plotting.metric_by_k(LISTS, TEST, ks=[11]), ValueError, "from 1 to 10"),
        (lambda: plotting.metric_by_k(LISTS, TEST, ks=[]), ValueError, "from 1 to 10"),
        (lambda: plotting.comparison({"a": RESULTS["items"]}), ValueError, "at least two evaluations, got 1"),
        (lambda: plotting.comparison(RESULTS, "mrr@3"), ValueError, "mrr@3"),
        (lambda: plotting.coverage_accuracy(RESULTS, "mrr@3"), KeyError, "mrr@3"),
        (lambda: plotting.segment_profiles(RESULTS, IMPLICIT, "mrr@3"), ValueError, "mrr@3"),
        (lambda: plotting.segment_profiles(RESULTS, IMPLICIT, n_segments=0), ValueError, "n_segments=0"),
        (lambda: plotting.segment_profiles(RESULTS, {"nemo": 1}), DataError, "none of the evaluated users"),
        (lambda: plotting.learning_curve(Popularity().fit(IMPLICIT)), TypeError, "Popularity has no history_"),
        (lambda: plotting.learning_curve(SGDMatrixFactorization()), TypeError, "not fitted"),
        (lambda: plotting.rating_heatmap(Popularity()), NotFittedError, "not fitted"),
        (lambda: plotting.rating_heatmap([[1, 2]]), TypeError, "a fitted Recommender or Interactions, got list"),
        (lambda: plotting.rating_heatmap(EXPLICIT, view="both"), ValueError, "view='both' needs predictions"),
        (lambda: plotting.rating_heatmap(EXPLICIT, view="all"), ValueError, "'predicted', 'known' or 'both'"),
        (lambda: plotting.rating_heatmap(Popularity().fit(IMPLICIT), users=["eve"]), UnknownIdError, "eve"),
        (
            lambda: plotting.rating_heatmap(Popularity().fit(IMPLICIT), users=[]),
            ValueError,
            "users: .* got 0",
        ),
        (
            lambda: plotting.rating_heatmap(Popularity().fit(IMPLICIT), items=[100] * 101),
            ValueError,
            "items: .* got 101",
        ),
        (lambda: plotting.similarity_neighborhood(ItemKNN().fit(IMPLICIT), 1), UnknownIdError, "1"),
        (lambda: plotting.similarity_neighborhood(ItemKNN().fit(IMPLICIT), 100, 31), ValueError, "n=31"),
    ],
)
def test_bad_input_is_refused(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


def test_the_segment_heatmap_shows_the_largest_differences_and_their_numbers():
    ax = plotting.segment_heatmap(SEGMENTS, n_features=4)
    profiles = SEGMENTS.profiles_
    shown = [text.get_text() for text in ax.get_xticklabels()]
    largest = np.abs(profiles.differences).max(axis=0)
    names = np.array([column.name for column in profiles.columns])
    assert set(shown) == set(names[np.argsort(-largest)[:4]])
    places = [names.tolist().index(name) for name in shown]
    numbers = np.array([float(text) for text in render(ax)]).reshape(3, 4)
    np.testing.assert_allclose(numbers, profiles.differences[:, places], atol=0.051)
    assert [text.get_text().partition("\n")[2] for text in ax.get_yticklabels()] == [
        f"{share:.0%} of users" for share in profiles.share
    ]


@pytest.mark.filterwarnings("ignore:no installed font", "ignore:Glyph")
def test_the_segment_heatmap_draws_given_features_in_chinese():
    ax = plotting.segment_heatmap(SEGMENTS.profiles_.translated("zh"), ["frequency", "recency"])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["frequency", "recency"]
    assert all("占用户" in text.get_text() for text in ax.get_yticklabels())
    assert ax.figure.axes[1].get_ylabel() == "与全体用户的差异"


def test_the_segment_heatmap_refuses_bad_input():
    with pytest.raises(TypeError, match="expected fitted UserSegments or SegmentProfiles, got dict"):
        plotting.segment_heatmap({})
    with pytest.raises(NotFittedError):
        plotting.segment_heatmap(UserSegments())
    with pytest.raises(ValueError, match="no feature 'x'; the features are "):
        plotting.segment_heatmap(SEGMENTS, ["x"])
    with pytest.raises(ValueError, match="n_features=0: expected an integer of at least 1"):
        plotting.segment_heatmap(SEGMENTS, n_features=0)
