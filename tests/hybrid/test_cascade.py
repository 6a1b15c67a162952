from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from recokit import (
    EASE,
    CascadeHybrid,
    DataError,
    Interactions,
    ItemKNN,
    Popularity,
    WeakModelWarning,
    load,
)
from recokit._runtime.threads import Runner
from recokit.datasets import example_interactions, make_shop
from recokit.hybrid import _classifier
from recokit.hybrid._features import ItemFacts
from recokit.testing import check_recommender
from tests.hybrid._parts import Fixed

DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()


def timed():
    events = make_shop(150, 60, 6000, random_state=0).events
    columns = [np.asarray(events[name]) for name in ("user_id", "item_id", "timestamp")]
    _, rows = np.unique(np.column_stack([columns[0].astype(str), columns[1].astype(str)]), axis=0, return_index=True)
    return Interactions.from_arrays(*(column[rows] for column in columns[:2]), timestamps=columns[2][rows])


def test_a_recommender_scores_the_candidates_of_the_parts():
    model = CascadeHybrid([ItemKNN()], EASE(l2=5.0), n_candidates=5).fit(DATA)
    near, scorer = ItemKNN().fit(DATA), EASE(l2=5.0).fit(DATA)
    for user, entries in model.recommend(n=10):
        candidates = [item for item, _ in near.recommend(user, n=5)[user]]
        expected = scorer.recommend(user, n=10, candidates=candidates)[user]
        assert [item for item, _ in entries] == [item for item, _ in expected]
        np.testing.assert_allclose([s for _, s in entries], [s for _, s in expected], rtol=1e-6)


def test_candidates_are_the_union_of_the_first_items_of_each_part():
    up = {item: float(k) for k, item in enumerate(ITEMS)}
    down = {item: -score for item, score in up.items()}
    model = CascadeHybrid([Fixed(up), Fixed(down)], Popularity(), n_candidates=2).fit(DATA)
    history = dict.fromkeys(ITEMS[:2], 1.0)
    listed = {item for item, _ in model.recommend_for([history])[0]}
    assert listed == {ITEMS[2], ITEMS[3], ITEMS[-1], ITEMS[-2]}
    with_seen = {item for item, _ in model.recommend_for([history], exclude_seen=False)[0]}
    assert with_seen == listed | set(ITEMS[:2])


@pytest.mark.parametrize("scorer", [None, LogisticRegression(), HistGradientBoostingClassifier(max_iter=10)])
def test_the_classifier_prefers_held_out_items(scorer, tmp_path):
    rng = np.random.default_rng(0)
    noise = dict(zip(ITEMS, rng.permutation(len(ITEMS)).astype(float).tolist(), strict=True))
    model = CascadeHybrid([("noise", Fixed(noise)), EASE(l2=5.0)], scorer, random_state=0).fit(DATA)
    assert model.n_examples_[1] > 0
    assert model.n_examples_[0] <= 10 * model.n_examples_[1]
    near = {user: {item for item, _ in entries} for user, entries in EASE(l2=5.0).fit(DATA).recommend(n=5)}
    agreement = [len(near[user] & {item for item, _ in entries}) for user, entries in model.recommend(n=5)]
    assert np.mean(agreement) > 3
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.recommend(n=5).scores, model.recommend(n=5).scores)
    assert repr(again.scorer) == repr(model.scorer)


def test_a_cascade_with_a_recommender_passes_the_contract():
    check_recommender(CascadeHybrid([ItemKNN(), Popularity()], EASE(feedback="implicit"), n_candidates=5))


def test_times_give_features_of_recent_popularity():
    data = timed()
    model = CascadeHybrid([Popularity(), ItemKNN()], random_state=0).fit(data)
    assert {"item_recent_64", "item_age", "itemknn_rank"} <= set(model.feature_names_)
    assert model.classifier_.n_features == len(model.feature_names_)
    facts = ItemFacts.of(data)
    assert np.all(np.isfinite(facts.timed))
    assert np.all(facts.timed[:, 3] >= facts.timed[:, 4])  # the first interaction is not after the last


def test_any_classifier_with_probabilities_works_but_only_known_ones_can_be_saved(tmp_path):
    model = CascadeHybrid([ItemKNN(), Popularity()], RandomForestClassifier(20, random_state=0), random_state=0).fit(
        DATA
    )
    assert model.recommend(n=3).counts.min() == 3
    with pytest.raises(TypeError, match=r"RandomForestClassifier cannot be saved.*HistGradientBoostingClassifier"):
        model.save(tmp_path / "model")


@pytest.mark.parametrize(
    ("scorer", "message"),
    [(LinearSVC(), "no predict_proba"), ("popular", "classifier"), (LogisticRegression, "create it first")],
)
def test_a_scorer_without_probabilities_is_refused(scorer, message):
    with pytest.raises(TypeError, match=message):
        CascadeHybrid([ItemKNN()], scorer).fit(DATA)


def test_without_held_out_items_the_default_warns_and_a_given_classifier_is_refused():
    one_each = Interactions.from_arrays([1, 2, 3], ["a", "b", "a"])
    with pytest.warns(WeakModelWarning, match="reciprocal rank"):
        model = CascadeHybrid([Popularity()]).fit(one_each)
    assert [item for item, _ in model.recommend(2)[2]] == ["a"]
    with pytest.raises(DataError, match="two or more items"):
        CascadeHybrid([Popularity()], LogisticRegression()).fit(one_each)


def test_the_terms_are_the_changes_of_the_score_by_each_part():
    model = CascadeHybrid([ItemKNN(), EASE(l2=5.0)], random_state=0).fit(DATA)
    user, entries = next(iter(model.recommend(n=3)))
    why = model.explain(user, entries[0][0])
    assert why.score == pytest.approx(entries[0][1], rel=1e-5)
    assert {term.subject for term in why.terms if term.kind == "part"} <= {"itemknn", "ease"}


def test_trees_as_arrays_have_the_probabilities_of_scikit_learn():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(500, 4))
    labels = (inputs[:, 0] + inputs[:, 1] * inputs[:, 2] > 0).astype(np.int64)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(inputs, labels)
    trees = _classifier.BoostedTrees.from_classifier(model)
    expected = model.predict_proba(inputs)[:, 1]
    np.testing.assert_allclose(trees.probabilities(inputs, Runner()), expected, rtol=1e-12)


def test_a_file_with_trees_that_never_end_is_refused():
    trees = _classifier.fitted(
        HistGradientBoostingClassifier(max_iter=2), np.arange(99.0)[:, None], np.arange(99) % 2, 0
    )
    state = dict(trees._to_state())
    state["children"] = np.zeros_like(state["children"])
    with pytest.raises(ValueError, match="inconsistent"):
        _classifier.BoostedTrees._from_state(state)


def test_files_of_classifiers_without_times_are_read_although_the_data_have_times(tmp_path, monkeypatch):
    data = timed()
    data = replace(data, timestamps=np.zeros(data.n_interactions, dtype=np.int64))
    with monkeypatch.context() as older:  # versions before 0.2 used no times if all were equal
        older.setattr(ItemFacts, "of", lambda data, of=ItemFacts.of: of(replace(data, timestamps=None)))
        model = CascadeHybrid([ItemKNN()], random_state=0, n_threads=1).fit(data)
        lists = model.recommend(n=5)
        model.save(tmp_path / "old.reco")
    read = load(tmp_path / "old.reco")
    assert "item_age" not in read.feature_names_
    now = read.recommend(n=5)
    assert now.items.tolist() == lists.items.tolist()
    assert np.array_equal(now.scores, lists.scores, equal_nan=True)
    new = Interactions.from_arrays([data.users.ids[0]], ["new"], timestamps=[9])
    assert read.partial_fit(new).recommend(n=5).counts.min() == 5
