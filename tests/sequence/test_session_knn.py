import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit import Interactions
from recokit.data import Sequences
from recokit.exceptions import DataError, UnknownIdError
from recokit.sequence import SessionKNN
from tests.naive import sessions as naive

SESSIONS = [["tea", "cup", "pot"], ["tea", "cup"], ["mug", "pot"], ["tea", "mug", "tea"]]

sessions_of_items = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=7), min_size=1, max_size=8)
parameters = st.fixed_dictionaries(
    {
        "n_neighbors": st.sampled_from([1, 2, 100]),
        "n_recent": st.sampled_from([1, 3, 100]),
        "max_history": st.sampled_from([1, 3, 20]),
        "decay": st.sampled_from([0.4, 1.0]),
        "gap_decay": st.sampled_from([0.0, 0.6, 1.0]),
        "backward": st.sampled_from([0.0, 0.5, 1.0]),
        "repeat": st.sampled_from([0.0, 1.0]),
        "alignment": st.sampled_from(["all", "last"]),
        "history_weight": st.sampled_from([0.0, 0.1]),
        "expansion": st.sampled_from([0.0, 0.5]),
        "idf_exponent": st.sampled_from([0.0, 0.75]),
        "length_exponent": st.sampled_from([0.0, 0.5]),
        "similarity_exponent": st.sampled_from([1.0, 2.0]),
        "recency": st.sampled_from([0.0, 1.0]),
    }
)


def scores_of(model, session):
    lists = model.recommend_for([session], n=100, exclude_seen=False)
    return dict(lists[0])


def defaults(**changed):
    chosen = SessionKNN().get_params()
    return {name: chosen[name] for name in chosen if name not in ("feedback", "n_threads", "verbose")} | changed


@settings(deadline=None, max_examples=150)
@given(sessions_of_items, st.lists(st.integers(0, 6), min_size=1, max_size=6), parameters)
def test_scores_equal_those_of_the_naive_reference(sessions, current, chosen):
    known = {item for session in sessions for item in session}
    current = [item for item in current if item in known]
    model = SessionKNN(**chosen).fit(Sequences.from_lists(sessions))
    expected = naive.session_scores(sessions[::-1], current, **chosen)
    found = scores_of(model, current)
    if current:
        assert found == pytest.approx(expected, rel=1e-5)
    else:
        assert found == {}


def test_a_training_session_is_not_its_own_neighbour():
    model = SessionKNN().fit(Sequences.from_lists(SESSIONS))
    lists = model.recommend([0], n=10, exclude_seen=False)
    expected = naive.session_scores(SESSIONS[::-1], SESSIONS[0], own=3, **defaults())
    assert dict(lists[0]) == pytest.approx(expected, rel=1e-5)


def test_times_determine_which_sessions_are_the_most_recent():
    times = {"a": [30, 31], "b": [10, 20], "c": [40, 50]}
    lists = {"a": ["tea", "cup"], "b": ["tea", "pot"], "c": ["tea", "mug"]}
    model = SessionKNN(n_recent=1, expansion=0.0).fit(Sequences.from_lists(lists, times=times))
    assert set(scores_of(model, ["tea"])) == {"tea", "mug"}


def test_without_times_the_last_session_is_the_most_recent():
    model = SessionKNN(n_recent=1, expansion=0.0).fit(Sequences.from_lists([["tea", "cup"], ["tea", "mug"]]))
    assert set(scores_of(model, ["tea"])) == {"tea", "mug"}


def test_the_order_of_the_clicks_matters():
    sessions = Sequences.from_lists([["tea", "cup", "pot"], ["pot", "jug", "tea"]] * 3)
    model = SessionKNN().fit(sessions)
    assert scores_of(model, ["tea", "pot"]) != scores_of(model, ["pot", "tea"])


def test_infrequent_items_are_reached_through_the_best_items():
    sessions = Sequences.from_lists([["tea", "cup"], ["cup", "pot"]])
    assert "pot" not in scores_of(SessionKNN(expansion=0.0).fit(sessions), ["tea"])
    assert scores_of(SessionKNN(expansion=0.5).fit(sessions), ["tea"])["pot"] > 0


@pytest.mark.parametrize("alignment", ["all", "last"])
def test_explanations_add_up_to_the_scores(alignment):
    model = SessionKNN(alignment=alignment).fit(Sequences.from_lists(SESSIONS))
    for item, score in scores_of(model, ["mug", "tea", "cup"]).items():
        explanation = model.explain_for(["mug", "tea", "cup"], item)
        assert explanation.score == pytest.approx(score, rel=1e-5)
        assert sum(term.contribution for term in explanation.terms) == pytest.approx(score, rel=1e-5)
    assert {term.subject for term in explanation.terms if term.kind == "past_item"} <= {"mug", "tea", "cup"}


def test_similar_users_are_the_most_similar_sessions():
    model = SessionKNN().fit(Sequences.from_lists(SESSIONS))
    found = model.similar_users([1], n=10)
    weights = naive.step_weights(SESSIONS[1], 20, 0.4)
    expected, _ = naive.similarities(SESSIONS[::-1], weights, 2, 1000, 0.75, 0.5, 1.0, 1.0)
    expected = {3 - rank: similarity for rank, similarity in expected.items()}
    assert dict(found[1]) == pytest.approx(expected, rel=1e-5)


def test_similar_items_occur_near_each_other():
    model = SessionKNN(expansion=0.0).fit(Sequences.from_lists(SESSIONS))
    assert {item for item, _ in model.similar_items(["cup"], n=5)["cup"]} == {"tea", "pot"}


def test_the_result_does_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    sessions = Sequences.from_lists([rng.integers(0, 50, rng.integers(1, 30)).tolist() for _ in range(300)])
    lists = [SessionKNN(n_threads=n).fit(sessions).recommend(exclude_seen=False) for n in (1, 2, 5)]
    for other in lists[1:]:
        np.testing.assert_array_equal(lists[0].items, other.items)
        np.testing.assert_array_equal(lists[0].scores, other.scores)


def test_an_update_equals_a_refit():
    def log(*rows):
        users, items, times = zip(*rows, strict=True)
        return Sequences.from_arrays(users, items, times)

    first = [("a", "tea", 1), ("a", "cup", 2), ("b", "tea", 3), ("b", "pot", 4)]
    second = [("a", "mug", 5), ("c", "cup", 6), ("c", "pot", 7)]
    updated = SessionKNN().fit(log(*first)).partial_fit(log(*second))
    refitted = SessionKNN().fit(log(*first, *second))
    for session in (["tea"], ["cup", "tea"], ["mug"]):
        assert scores_of(updated, session) == scores_of(refitted, session)


def test_a_loaded_model_gives_the_same_scores(tmp_path):
    import recokit

    model = SessionKNN().fit(Sequences.from_lists(SESSIONS))
    model.save(tmp_path / "model")
    assert scores_of(recokit.load(tmp_path / "model"), ["mug", "tea"]) == scores_of(model, ["mug", "tea"])


def test_long_sessions_with_repeated_clicks_are_scored():
    long = (["tea", "cup"] * 5_000)[:10_000]
    model = SessionKNN(gap_decay=1.0).fit(Sequences.from_lists([long, ["tea", "pot"]]))
    assert set(scores_of(model, long)) == {"tea", "cup", "pot"}


def test_sessions_with_one_event_give_no_neighbouring_items():
    model = SessionKNN().fit(Sequences.from_lists([["tea"], ["cup"]]))
    assert set(scores_of(model, ["tea"])) == {"tea"}
    assert model.recommend_for([["tea"]], exclude_seen=True).counts.tolist() == [0]


def test_unknown_items_of_a_session_are_refused_or_ignored():
    model = SessionKNN().fit(Sequences.from_lists(SESSIONS))
    with pytest.raises(UnknownIdError, match="kettle"):
        model.recommend_for([["tea", "kettle"]])
    ignored = model.recommend_for([["tea", "kettle"], ["kettle"]], on_unknown="empty")
    assert ignored.counts[0] > 0
    assert ignored.counts[1] == 0


def test_data_without_an_order_are_refused():
    with pytest.raises(DataError, match="timestamps"):
        SessionKNN().fit(Interactions.from_arrays(["a", "a"], ["tea", "cup"]))


@pytest.mark.parametrize(
    "wrong", [{"n_neighbors": 0}, {"decay": 0.0}, {"gap_decay": 1.5}, {"alignment": "first"}, {"recency": -1.0}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SessionKNN(**wrong).fit(Sequences.from_lists(SESSIONS))
