import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import metrics
from recokit.exceptions import DataError
from tests.naive import metrics as naive

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

ITEMS = [*"abcdefgh"]
VALUES = st.sampled_from([0.5, 1.0, 2.0, 4.0])
# Sums of a dozen terms, in another order than in the reference.
CLOSE = {"rel": 1e-12, "abs": 1e-12}

LISTS = st.lists(st.sampled_from(ITEMS), max_size=6)
RELEVANT = st.dictionaries(st.sampled_from([*ITEMS, "unknown"]), VALUES, max_size=7)
USERS = st.lists(st.tuples(LISTS, RELEVANT), min_size=1, max_size=5).filter(lambda rows: any(row[1] for row in rows))
CUTS = st.none() | st.integers(1, 8)

CONVENTIONS = [
    *(("precision", {"denominator": by}) for by in ("k", "relevant", "min")),
    *(("recall", {"denominator": by}) for by in ("k", "relevant", "min")),
    *(("average_precision", {"denominator": by}) for by in ("k", "relevant", "min")),
    *(("ndcg", {"denominator": by, "gain": gain}) for by in ("relevant", "min") for gain in ("linear", "exponential")),
    *(("ndcg", {"denominator": by}) for by in ("k", "relevant", "min")),
    ("hit_rate", {}),
    ("reciprocal_rank", {}),
]
EVERY = [*CONVENTIONS, ("auc", {})]
IDS = [f"{name}({', '.join(options.values())})" for name, options in EVERY]


def measured(name, options, users, k=None):
    """Return a metric of (list, relevant items) of several users."""
    lists, relevant = zip(*users, strict=True)
    more = [[*ITEMS, "unknown"]] if name == "auc" else []
    return getattr(metrics, name)(lists, relevant, *more, k, **options)


@pytest.mark.parametrize(("name", "options"), CONVENTIONS)
@given(USERS, CUTS, st.sampled_from(["skip", "zero"]))
def test_the_mean_over_users_equals_the_naive_reference(name, options, users, k, missing):
    lists = {f"user {row}": listed for row, (listed, _) in enumerate(users)}
    test = {f"user {row}": relevant for row, (_, relevant) in enumerate(users)}
    test["without a list"] = {"a": 1.0}
    longest = max(1, *(len(listed) for listed in lists.values()))
    unlimited = longest if options.get("denominator") == "k" else 10**9
    cut = unlimited if k is None else k
    expected = naive.mean_over_users(getattr(naive, name), lists, test, cut, missing, **options)
    assert getattr(metrics, name)(lists, test, k, missing=missing, **options) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize(("name", "options"), EVERY, ids=IDS)
@given(USERS, CUTS)
def test_a_ranking_metric_is_between_0_and_1(name, options, users, k):
    assert 0 <= measured(name, options, users, k) <= 1


@pytest.mark.parametrize("options", [{}, {"gain": "linear"}, {"gain": "exponential"}])
@given(st.dictionaries(st.sampled_from(ITEMS), VALUES, min_size=1), CUTS)
def test_the_ideal_list_has_an_ndcg_of_1(options, relevant, k):
    best = sorted(relevant, key=relevant.get, reverse=True)
    assert metrics.ndcg([best], [relevant], k, **options) == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("precision", {"denominator": "min"}),
        ("recall", {"denominator": "min"}),
        ("average_precision", {"denominator": "min"}),
        ("ndcg", {"denominator": "min"}),
        ("hit_rate", {}),
        ("reciprocal_rank", {}),
    ],
)
@given(st.sets(st.sampled_from(ITEMS), min_size=1), st.integers(1, 9))
def test_a_perfect_list_scores_1(name, options, relevant, k):
    assert measured(name, options, [(sorted(relevant), dict.fromkeys(relevant, 1.0))], k) == 1


@given(st.sets(st.sampled_from(ITEMS), min_size=1))
def test_a_list_of_exactly_the_relevant_items_scores_1_in_every_convention(relevant):
    user = (sorted(relevant), dict.fromkeys(relevant, 2.0))
    for name, options in EVERY:
        assert measured(name, options, [user]) == pytest.approx(1, **CLOSE)


SWAPPED = [case for case in EVERY if case[0] not in ("precision", "recall", "hit_rate")]


@pytest.mark.parametrize(("name", "options"), SWAPPED, ids=[str(case) for case in SWAPPED])
@given(st.permutations(ITEMS), st.dictionaries(st.sampled_from(ITEMS), VALUES, min_size=1), CUTS, st.integers(1, 7))
def test_swapping_a_better_item_upward_never_lowers_a_metric(name, options, listed, relevant, k, place):
    above, below = listed[place - 1], listed[place]
    moved = [*listed[: place - 1], below, above, *listed[place + 1 :]]
    before, after = (measured(name, options, [(each, relevant)], k) for each in (listed, moved))
    graded = options.get("gain", "binary") != "binary"
    worth = [relevant.get(item, 0.0) if graded else float(item in relevant) for item in (above, below)]
    if worth[1] > worth[0]:
        assert after >= before - 1e-12 * graded  # graded gains are added in another order
        if k is None and name != "reciprocal_rank":
            assert after > before


GROWING = [
    ("recall", {}),
    ("precision", {"denominator": "relevant"}),
    ("hit_rate", {}),
    ("average_precision", {}),
    ("reciprocal_rank", {}),
    *(("ndcg", {"denominator": "relevant", "gain": gain}) for gain in ("binary", "linear", "exponential")),
]


@pytest.mark.parametrize(("name", "options"), GROWING, ids=[str(case) for case in GROWING])
@given(USERS, st.integers(1, 8))
def test_a_higher_cut_off_never_lowers_these_metrics(name, options, users, k):
    # Each value is a growing sum divided by a number that does not depend on k, so rounding cannot lower it.
    assert measured(name, options, users, k + 1) >= measured(name, options, users, k)


@pytest.mark.parametrize(("name", "options"), EVERY, ids=IDS)
@given(st.data(), USERS)
def test_the_order_of_the_users_does_not_matter(name, options, data, users):
    shuffled = data.draw(st.permutations(users))
    assert measured(name, options, shuffled, 3) == pytest.approx(measured(name, options, users, 3), **CLOSE)


@pytest.mark.parametrize(("name", "options"), EVERY, ids=IDS)
@given(USERS, USERS)
def test_the_metric_of_two_groups_is_their_weighted_mean(name, options, first, second):
    sizes = [sum(bool(relevant) for _, relevant in rows) for rows in (first, second)]
    expected = np.average([measured(name, options, rows, 3) for rows in (first, second)], weights=sizes)
    assert measured(name, options, first + second, 3) == pytest.approx(expected, **CLOSE)


def test_a_worked_example_is_reproduced():
    """Ranks 1, 3 and 6 hit; one of the four relevant items is not listed."""
    lists, test = [[*"axbyzc"]], [[*"abcd"]]
    assert metrics.precision(lists, test, 5) == 2 / 5
    assert metrics.recall(lists, test, 5) == 2 / 4
    assert metrics.hit_rate(lists, test, 1) == 1
    assert metrics.reciprocal_rank([[*"xya"]], test) == 1 / 3
    assert metrics.average_precision(lists, test) == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 4)
    assert metrics.average_precision(lists, test, 3) == pytest.approx((1 / 1 + 2 / 3) / 4)
    assert metrics.average_precision(lists, test, 3, denominator="min") == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert metrics.average_precision(lists, test, 5, denominator="k") == pytest.approx((1 / 1 + 2 / 3) / 5)
    reached = 1 + 1 / math.log2(4) + 1 / math.log2(7)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert metrics.ndcg(lists, test) == pytest.approx(reached / ideal)


def test_a_published_example_with_graded_gains_is_reproduced():
    """The gains 3, 2, 3, 0, 1, 2 of six documents, two further ones of 3 and 2 not listed (Wikipedia's DCG)."""
    lists = [[1, 2, 3, 4, 5, 6]]
    test = [{1: 3, 2: 2, 3: 3, 5: 1, 6: 2, 7: 3, 8: 2}]
    assert metrics.ndcg(lists, test, 6, gain="linear") == pytest.approx(0.785, abs=5e-4)


def test_without_a_cut_off_the_ideal_list_contains_all_relevant_items():
    assert metrics.ndcg([["a"]], [["a", "b"]]) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert metrics.ndcg([["a"]], [["a", "b"]], 1) == 1
    assert metrics.average_precision([["a"]], [["a", "b"]], denominator="min") == 1 / 2


def test_without_a_cut_off_precision_divides_by_the_longest_list():
    assert metrics.precision([["a", "b"], ["a"]], [["a", "b"], ["a"]]) == (1 + 1 / 2) / 2


def test_an_item_listed_twice_is_one_hit():
    assert metrics.precision([["a", "a", "b"]], [["a"]], 3) == 1 / 3
    assert metrics.ndcg([["a", "a"]], [["a", "b"]], 2) < 1


def test_empty_places_of_short_lists_are_misses():
    assert metrics.precision([["a"]], [["a", "b"]], 4) == 1 / 4


def test_users_without_relevant_items_are_skipped_or_score_0():
    lists, test = [["a"], ["a"], ["a"]], [["a"], [], ["b"]]
    assert metrics.recall(lists, test) == 1 / 2
    assert metrics.recall(lists, test, missing="zero") == 1 / 3


def test_a_user_with_test_items_but_without_a_list_scores_0():
    assert metrics.recall({"ann": ["a"]}, {"ann": ["a"], "bob": ["a"]}) == 1 / 2


def test_items_below_the_threshold_are_not_relevant():
    lists, test = [["a", "b"]], [{"a": 3.0, "b": 4.0, "c": 5.0}]
    assert metrics.recall(lists, test) == 2 / 3
    assert metrics.recall(lists, test, threshold=4) == 1 / 2


def test_a_user_with_all_items_below_the_threshold_has_no_relevant_items():
    assert metrics.recall([["a"], ["a"]], [{"a": 5}, {"a": 1}], threshold=3) == 1


def test_a_user_with_only_gains_of_0_scores_0():
    assert metrics.ndcg([["a"]], [{"a": 0.0}], gain="linear") == 0


@pytest.mark.parametrize("missing", ["skip", "zero"])
def test_a_test_set_without_relevant_items_is_refused(missing):
    for lists, test in [([["a"]], [[]]), ({"ann": ["a"]}, {}), ({}, {}), ([["a"]], [{"a": -1.0}])]:
        with pytest.raises(DataError, match="no user to evaluate: no user has relevant items in the test set"):
            metrics.recall(lists, test, threshold=0, missing=missing)


@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_negative_gains_are_refused(gain):
    lists, test = [["a"]], [{"a": -1.0, "b": 2.0}]
    with pytest.raises(DataError, match="1 negative value"):
        metrics.ndcg(lists, test, gain=gain)
    assert 0 < metrics.ndcg(lists, test) < 1
    assert metrics.ndcg(lists, test, gain=gain, threshold=0) == 0


def test_exponential_gains_that_overflow_are_refused():
    lists, test = [["a", "b"]], [{"a": 3.0, "b": 2000.0}]
    with pytest.raises(DataError, match=r"gain='exponential' of the largest value, 2\*\*2000 .* at most 1000"):
        metrics.ndcg(lists, test, gain="exponential")
    assert 0 < metrics.ndcg(lists, test, gain="linear") < metrics.ndcg(lists, test) == 1


def test_the_highest_allowed_exponential_gains_are_finite():
    lists, test = [[*range(1, 50), 0]], [dict.fromkeys(range(50), 1000.0)]
    assert metrics.ndcg(lists, test, gain="exponential") == pytest.approx(1, **CLOSE)


def test_an_unknown_value_of_missing_is_refused():
    with pytest.raises(ValueError, match="missing='drop'"):
        metrics.recall([["a"]], [["a"]], missing="drop")
