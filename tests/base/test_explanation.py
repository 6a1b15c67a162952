import dataclasses

import pytest

from recokit import Explanation
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
