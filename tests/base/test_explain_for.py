import numpy as np
import pandas as pd
import pytest

from recokit import EASE, BiasBaseline, DataError, ItemKNN, NotFittedError, Popularity, UnknownIdError
from recokit.base._hooks import _BLOCK_BYTES
from recokit.datasets import example_interactions
from recokit.testing import Subject, all_recommenders

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")


def fitted(kind, feedback):
    model = kind()
    data = Subject(model, example_interactions(feedback), None).data
    return model.fit(data, **model._example_side(data))


def history_of(data, row=3):
    cells = slice(*data.indptr[row : row + 2])
    items = data.items.take(data.item_codes[cells]).tolist()
    return dict(zip(items, data.values[cells].tolist(), strict=True))


CASES = [(kind, feedback) for kind in all_recommenders() for feedback in kind._supported_feedback]


@pytest.mark.parametrize(("kind", "feedback"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_terms_add_up_to_the_score_that_recommend_for_gives_and_are_changes_of_it(kind, feedback):
    model, data = fitted(kind, feedback), example_interactions(feedback)
    history = history_of(data)

    def score(items, item):
        entries = model.recommend_for([items], candidates=[item], exclude_seen=False)[0]
        return entries[0][1] if entries else None

    for item in data.items.ids[:6].tolist():
        why = model.explain_for(history, item)
        assert why.user is None
        assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, rel=1e-5, abs=1e-5)
        expected = score(history, item)
        if expected is not None:
            assert why.score == pytest.approx(expected, rel=1e-5, abs=1e-5)
        if kind._reads_order:  # leaving an item out moves the others in time
            continue
        parts = {term.subject: term.contribution for term in why.terms if term.kind == "past_item"}
        for left_out in list(history)[:2]:
            rest = score({one: value for one, value in history.items() if one != left_out}, item)
            if expected is not None and rest is not None:
                assert parts.get(left_out, 0.0) == pytest.approx(expected - rest, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("kind", [EASE, ItemKNN])
def test_for_sums_over_the_history_the_terms_are_those_of_explain(kind):
    model = kind().fit(IMPLICIT)
    user, item = IMPLICIT.users.ids[3], IMPLICIT.items.ids[0]
    why, expected = model.explain_for(history_of(IMPLICIT), item), model.explain(user, item)
    assert why.score == pytest.approx(expected.score, rel=1e-5)
    assert [term.subject for term in why.terms] == [term.subject for term in expected.terms]
    actual, wanted = ([term.contribution for term in one.terms] for one in (why, expected))
    np.testing.assert_allclose(actual, wanted, rtol=1e-3, atol=1e-6)


def test_a_score_that_does_not_depend_on_the_history_has_one_other_term():
    why = Popularity().fit(IMPLICIT).explain_for([100, 102], 104)
    assert [term.kind for term in why.terms] == ["other"]


def test_a_series_of_ratings_is_a_history():
    model, history = BiasBaseline().fit(EXPLICIT), history_of(EXPLICIT)
    assert model.explain_for(pd.Series(history), EXPLICIT.items.ids[0]) == model.explain_for(
        history, EXPLICIT.items.ids[0]
    )


def test_an_empty_history_can_be_explained():
    assert ItemKNN().fit(IMPLICIT).explain_for([], 104).terms == ()
    assert BiasBaseline().fit(EXPLICIT).explain_for({}, EXPLICIT.items.ids[0]).score > 0


def test_histories_are_scored_in_blocks(monkeypatch):
    model, history = ItemKNN().fit(IMPLICIT), history_of(IMPLICIT)
    expected = model.explain_for(history, 104)
    monkeypatch.setattr("recokit.base._hooks._BLOCK_BYTES", 4 * IMPLICIT.n_items * 2)
    assert 4 * IMPLICIT.n_items * 2 < _BLOCK_BYTES
    assert model.explain_for(history, 104) == expected


def test_titles_and_language_are_shown():
    model = ItemKNN(shrinkage=0, weighting=None, user_exponent=0)
    model.fit([("ann", "t1"), ("ann", "c2"), ("bob", "t1"), ("bob", "c2"), ("cy", "t1")])
    titles = {"t1": "tea", "c2": "cup"}
    assert str(model.explain_for(["t1"], "c2", labels=titles)) == (
        "cup scores 0.816 for this user because of their interest in tea (+0.816)."
    )
    why = model.explain_for(["t1"], "c2", labels=titles, language="zh")
    assert str(why) == "商品 cup 对该用户的得分为 0.816，原因：对商品 tea 的兴趣（+0.816）。"
    assert "商品 cup 对该用户的得分为 0.816" in why._repr_html_()
    assert "cup scores 0.816 for this user" in model.explain_for(["t1"], "c2", labels=titles)._repr_html_()


def test_a_model_can_define_its_own_terms():
    class Own(Popularity):
        def _explain_history(self, history, item_code):
            return self._past_item_terms(history.codes, np.ones(len(history.codes)))

    assert [term.contribution for term in Own().fit(IMPLICIT).explain_for([100, 102], 104).terms] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("history", "item", "error", "message"),
    [
        ([100], 1, UnknownIdError, "1 unknown item id"),
        ([1], 100, UnknownIdError, "1 unknown item id"),
        ([100, 100], 102, DataError, "an item occurs more than once"),
        ("100", 102, DataError, "history: expected a sequence of item ids, .* got '100'"),
        (100, 102, DataError, "history: expected a sequence of item ids, .* got 100"),
        (IMPLICIT, 102, DataError, r"history: expected a sequence of item ids, .* got Interactions\("),
        (pd.DataFrame({"item_id": [100]}), 102, DataError, "history: expected a sequence of item ids"),
    ],
)
def test_bad_histories_and_items_are_refused(history, item, error, message):
    with pytest.raises(error, match=message):
        ItemKNN().fit(IMPLICIT).explain_for(history, item)


def test_rating_models_need_ratings_and_every_model_a_fit():
    with pytest.raises(DataError, match="needs ratings"):
        BiasBaseline().fit(EXPLICIT).explain_for(list(history_of(EXPLICIT)), EXPLICIT.items.ids[0])
    with pytest.raises(NotFittedError):
        Popularity().explain_for([1], 1)
    with pytest.raises(ValueError, match="language='de'"):
        Popularity().fit(IMPLICIT).explain_for([100], 102, language="de")
