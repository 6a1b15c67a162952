from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import ItemKNN, Popularity, Recommendations, compare, evaluate
from recokit.data import Sequences
from recokit.exceptions import DataError, UnknownIdError
from recokit.model_selection import evaluate_positions, every_position, position_evaluation
from tests.naive.sequences import next_item_metrics, positions

ITEMS = list("abcdef")
SESSIONS = st.dictionaries(st.integers(0, 9), st.lists(st.sampled_from(ITEMS), max_size=6), min_size=1).filter(
    lambda lists: any(len(items) > 1 for items in lists.values())
)
METRICS = ["hit_rate@3", "reciprocal_rank@3", "ndcg@3"]
TRAIN = Sequences.from_lists([["a", "b", "c"], ["b", "c", "a", "b"], ["c", "d"], ["d", "e", "e"], ["a", "f"]])


class LastFirst:
    """Recommend the items of the history from the last to the first: the model sees order and repeats."""

    def recommend_for(self, histories, n, *, exclude_seen, on_unknown):
        rows = [list(dict.fromkeys(reversed(items)))[:n] for _, items in histories]
        padded = [row + [None] * (n - len(row)) for row in rows]
        return Recommendations(histories.users.ids, padded, counts=[len(row) for row in rows])


@given(SESSIONS)
def test_the_metrics_are_those_of_the_list_at_each_position(lists):
    result = evaluate_positions(LastFirst(), Sequences.from_lists(lists), METRICS)
    expected = {
        position: next_item_metrics(list(dict.fromkeys(reversed(prefix))), target, 3)
        for position, (prefix, target) in positions(lists).items()
    }
    for place, metric in enumerate(METRICS):
        values = dict(zip(result.users, result.per_user[metric].tolist(), strict=True))
        assert values == pytest.approx({position: row[place] for position, row in expected.items()})
    assert [result[metric] for metric in METRICS] == pytest.approx(np.mean(list(expected.values()), axis=0).tolist())


def test_small_batches_give_the_same_evaluation(monkeypatch):
    model, metrics = ItemKNN().fit(TRAIN), [*METRICS, "hit_rate@3(part=repeat)"]
    expected = evaluate_positions(model, TRAIN, metrics)
    for size in (1, 2, 5):
        monkeypatch.setattr(position_evaluation, "_BATCH_EVENTS", size)
        result = evaluate_positions(model, TRAIN, metrics)
        assert result.users.tolist() == expected.users.tolist()
        assert result.means == expected.means


def test_lists_come_from_the_prefixes():
    model = ItemKNN().fit(TRAIN)
    histories, targets = every_position(TRAIN)
    lists = model.recommend_for(histories, 3, exclude_seen=True)
    assert evaluate_positions(model, TRAIN, METRICS, exclude_seen=True).means == evaluate(lists, targets, METRICS).means


@pytest.mark.filterwarnings("ignore:none of the 1 test items is in a list")
def test_items_of_the_session_stay_eligible_by_default():
    train, test = Sequences.from_lists([["a", "a"], ["a", "b"]]), Sequences.from_lists([["a", "a"]])
    model = Popularity().fit(train)
    assert evaluate_positions(model, test, "hit_rate@1")["hit_rate@1"] == 1
    assert evaluate_positions(model, test, "hit_rate@1", exclude_seen=True)["hit_rate@1"] == 0


def test_an_unknown_next_item_is_a_miss_and_an_unknown_item_of_the_history_is_ignored():
    model = ItemKNN().fit(TRAIN)
    test = Sequences.from_lists([["a", "new", "b"]])
    result = evaluate_positions(model, test, "hit_rate@6", exclude_seen=True)
    assert dict(zip(result.users, result.per_user["hit_rate@6"], strict=True)) == {(0, 0): 0.0, (0, 1): 1.0}
    with pytest.raises(UnknownIdError, match="'new'"):
        evaluate_positions(model, test, "hit_rate@6", on_unknown="raise")


def test_a_history_of_unknown_items_has_an_empty_list_that_scores_0():
    model = ItemKNN().fit(TRAIN)
    test = Sequences.from_lists([["new", "a"]])
    assert evaluate_positions(model, test, "hit_rate@6")["hit_rate@6"] == 0
    assert evaluate_positions(model, test, "hit_rate@6", on_unknown="popular")["hit_rate@6"] == 1


def test_sessions_of_one_event_have_no_position():
    result = evaluate_positions(LastFirst(), Sequences.from_lists([["a"], [], ["a", "a"]]), "hit_rate@1")
    assert result.users.tolist() == [(2, 0)]
    with pytest.raises(DataError, match="no session has two events"):
        evaluate_positions(LastFirst(), Sequences.from_lists([["a"], []]), "hit_rate@1")


def test_repeated_clicks_are_the_repeat_part():
    test = Sequences.from_lists([["a", "b", "a", "c"]])
    result = evaluate_positions(LastFirst(), test, ["hit_rate@2(part=repeat)", "hit_rate@2(part=explore)"])
    assert result.per_user["hit_rate@2(part=repeat)"].tolist() == pytest.approx([np.nan, 1.0, np.nan], nan_ok=True)
    assert result["hit_rate@2(part=explore)"] == 0


def test_lists_have_the_length_of_the_longest_cut_off():
    lengths = []

    class Spy(LastFirst):
        def recommend_for(self, histories, n, **options):
            lengths.append(n)
            return super().recommend_for(histories, n, **options)

    test = Sequences.from_lists([["a", "b"]])
    evaluate_positions(Spy(), test, ["hit_rate@3", "ndcg@7"])
    evaluate_positions(Spy(), test, ["hit_rate@3"], n=9)
    evaluate_positions(Spy(), test, ["hit_rate"])
    assert lengths == [7, 9, 100]


def test_baskets_and_models_without_recommend_for_are_refused():
    with pytest.raises(DataError, match="expected sequences without baskets"):
        evaluate_positions(LastFirst(), Sequences.from_baskets([[["a"], ["b"]]]))
    with pytest.raises(TypeError, match="expected a fitted recommender with recommend_for, got list"):
        evaluate_positions([], TRAIN)


def test_options_of_evaluate_are_passed_on():
    result = evaluate_positions(Popularity().fit(TRAIN), TRAIN, ["coverage@2"], catalogue=ITEMS, confidence=0.9)
    assert result["coverage@2"] == pytest.approx(2 / 6)
    assert result.confidence == 0.9


SEQUENCES = Sequences.from_lists([["a"] * 9, ["b", "c"], ["c"] * 5, ["d", "e", "f"], ["e", "a"], ["f"] * 4, ["a", "b"]])


def test_intervals_draw_whole_sessions():
    result = evaluate_positions(LastFirst(), SEQUENCES, ["hit_rate@1", "hit_rate@1(part=explore)"])
    values = result.per_user["hit_rate@1"]
    rng = np.random.default_rng(0)
    sessions = [session for session, _ in result.users]
    by_session = [values[[one == session for one in sessions]] for session in dict.fromkeys(sessions)]
    drawn = [[by_session[row] for row in rng.integers(len(by_session), size=len(by_session))] for _ in range(4000)]
    expected = np.quantile([np.concatenate(sample).mean() for sample in drawn], [0.025, 0.975])
    assert result.intervals["hit_rate@1"] == pytest.approx(tuple(expected), abs=0.04)
    assert "positions evaluated" in str(result)
    assert "bootstrap intervals over sessions" in str(result)


def test_intervals_of_sessions_are_wider_than_those_of_positions():
    result = evaluate_positions(LastFirst(), SEQUENCES, "hit_rate@1")
    alone = replace(result, clusters=None)
    low, high = result.intervals["hit_rate@1"]
    narrow_low, narrow_high = alone.intervals["hit_rate@1"]
    assert high - low > narrow_high - narrow_low


def test_a_session_of_many_equal_positions_is_no_evidence_for_a_difference():
    long = Sequences.from_lists([["a", "b"] * 100, ["c", "d"]])
    first = evaluate_positions(LastFirst(), long, "hit_rate@1")
    second = evaluate_positions(LastFirst(), long, "hit_rate@2")
    renamed = replace(
        second, means={"hit_rate@1": second["hit_rate@2"]}, per_user={"hit_rate@1": second.per_user["hit_rate@2"]}
    )
    (difference,) = compare({"first": renamed, "second": first}).differences
    assert difference.difference == pytest.approx(198 / 200)
    assert difference.p_value > 0.4
    (independent,) = compare({"first": replace(renamed, clusters=None), "second": first}).differences
    assert independent.p_value < 0.001
    (by_t,) = compare({"first": renamed, "second": first}, test="t").differences
    assert by_t.p_value > 0.4


def test_groups_of_positions_draw_whole_sessions_too():
    groups = {(session, place): "start" if place == 0 else "later" for session in range(7) for place in range(9)}
    result = evaluate_positions(LastFirst(), SEQUENCES, "hit_rate@1", groups=groups)
    assert result.groups["later"].clusters.clusters == "sessions"
    assert result.groups["later"].intervals
