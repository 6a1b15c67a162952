import dataclasses
import pickle

import pandas as pd
import pytest

from recokit import Explanation, ItemKNN, UserKNN
from recokit.base.explanation import _TERMS, Term


@pytest.mark.parametrize("kind", sorted(_TERMS))
def test_every_kind_of_term_has_a_label_in_both_languages(kind):
    english, chinese = (Term(kind, "X9", 1.0).label(language) for language in ("en", "zh"))
    assert english.isascii() or "“" in english
    assert not chinese.isascii()
    assert ("X9" in english) == ("X9" in chinese)


def test_terms_beyond_the_first_four_are_summed():
    terms = tuple(Term("past_item", name, value) for name, value in zip("abcdef", [5, 4, 3, 2, 1, 0.5], strict=True))
    text = str(Explanation("ann", "z", 15.5, terms))
    assert text == (
        "z scores 15.5 for ann because of their interest in a (+5), their interest in b (+4), "
        "their interest in c (+3), their interest in d (+2), everything else (+1.5)."
    )
    assert str(Explanation("ann", "z", 15.5, terms, "zh")).endswith("对商品 d 的兴趣（+2）、其他因素（+1.5）。")


@pytest.mark.parametrize("place", [0, 2, 5])
def test_other_terms_are_summed_with_the_terms_beyond_the_first_four(place):
    terms = [Term("past_item", name, value) for name, value in zip("abcde", [5, 4, 3, 2, 1], strict=True)]
    terms.insert(place, Term("other", None, 0.5))
    text = str(Explanation("ann", "z", 15.5, tuple(terms)))
    assert text.endswith("their interest in d (+2), everything else (+1.5).")
    assert text.count("everything else") == 1


def test_other_terms_come_last():
    why = Explanation("ann", "z", 3.0, (Term("other", None, 2.0), Term("mean", None, 1.0)))
    assert str(why) == "z scores 3 for ann because of the overall mean (+1), everything else (+2)."
    assert str(dataclasses.replace(why, terms=why.terms[:1])) == "z scores 3 for ann because of everything else (+2)."


def test_a_score_without_terms_is_shown_as_without_evidence():
    assert str(Explanation(1, 2, 0.0, ())) == "2 scores 0 for 1: there is no evidence."
    assert str(Explanation(1, 2, 0.0, (), "zh")) == "商品 2 对用户 1 的得分为 0，没有可说明的依据。"


def test_negative_contributions_have_a_minus_sign():
    assert "(-0.25)" in str(Explanation(1, 2, -0.25, (Term("user", None, -0.25),)))


def test_an_explanation_cannot_be_changed():
    why = Explanation(1, 2, 0.0, ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        why.score = 1.0


TERMS = (Term("mean", None, 0.5), Term("past_item", 8, 0.25), Term("neighbor", 8, 0.125), Term("other", None, 0.1))
TITLES = {7: "teapot", 8: "green <tea>"}


def test_repr_shows_the_score_and_its_reasons():
    assert (
        repr(Explanation(1, 2, 0.5, TERMS[:1])) == "Explanation(2 scores 0.5 for 1 because of the overall mean (+0.5))"
    )
    assert repr(Explanation(1, 2, 0.0, (), "zh")) == "Explanation(商品 2 对用户 1 的得分为 0，没有可说明的依据)"


def test_titles_replace_the_ids_of_items_but_not_of_users():
    why = Explanation(8, 7, 0.975, TERMS, labels=TITLES)
    assert str(why) == (
        "teapot scores 0.975 for 8 because of the overall mean (+0.5), their interest in green <tea> (+0.25), "
        "the similar user 8 (+0.125), everything else (+0.1)."
    )
    assert str(dataclasses.replace(why, language="zh")).startswith("商品 teapot 对用户 8 的得分为 0.975，")


def test_titles_do_not_change_equality_and_hash():
    plain, titled = Explanation(8, 7, 0.5, TERMS), Explanation(8, 7, 0.5, TERMS, labels=TITLES)
    assert plain == titled
    assert hash(plain) == hash(titled)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_frame_has_one_row_per_term(backend):
    frame = Explanation(8, 7, 0.975, TERMS, labels=TITLES).to_frame(backend)
    columns = frame.to_pydict() if backend == "pyarrow" else {name: list(frame[name]) for name in frame.columns}
    assert columns["kind"] == ["mean", "past_item", "neighbor", "other"]
    assert columns["subject"][1:3] == ["green <tea>", "8"]
    assert pd.isna(columns["subject"][0])
    assert columns["label"][1] == "their interest in green <tea>"
    assert columns["contribution"] == [0.5, 0.25, 0.125, 0.1]
    assert Explanation(1, 2, 0.0, ()).to_frame(backend).shape[0] == 0


def test_a_notebook_shows_the_terms_in_the_language_of_the_explanation():
    html = Explanation(8, 7, 0.975, TERMS, labels=TITLES)._repr_html_()
    assert "teapot scores 0.975 for 8" in html
    assert "their interest in green &lt;tea&gt;</td>" in html
    assert "+0.25</td>" in html
    assert "<th>原因</th><th>贡献</th>" in Explanation(8, 7, 0.5, TERMS, "zh")._repr_html_()


def test_a_notebook_shows_at_most_ten_terms_and_the_sum_of_the_others():
    html = Explanation(1, 2, 12.0, tuple(Term("past_item", item, 1.0) for item in range(12)))._repr_html_()
    assert html.count("<tr>") == 1 + 10 + 1
    assert 'everything else</td><td style="text-align: left">+2</td>' in html


BOUGHT = [("ann", "t1"), ("ann", "c2"), ("bob", "t1"), ("bob", "p3"), ("bob", "c2")]


@pytest.mark.parametrize(
    "labels",
    [{"t1": "tea", "p3": "pot"}, pd.Series({"t1": "tea", "p3": "pot"}), lambda item: {"t1": "tea"}.get(item, item)],
)
def test_explain_takes_titles_in_every_form(labels):
    model = ItemKNN().fit(BOUGHT)
    why = model.explain("ann", "p3", labels=labels)
    assert why == model.explain("ann", "p3")
    assert "their interest in tea" in str(why)
    assert "their interest in c2" in str(why)
    assert str(pickle.loads(pickle.dumps(why))) == str(why)


def test_ids_of_similar_users_are_not_items():
    why = UserKNN().fit([("ann", "t1"), ("bob", "t1"), ("bob", "p3")]).explain("ann", "p3", labels={"bob": "wrong"})
    assert "the similar user bob" in str(why)


def test_titles_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="labels: expected a mapping of item ids to labels, or a function, got"):
        ItemKNN().fit(BOUGHT).explain("ann", "p3", labels=["tea"])
