from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.search._spelling import Speller
from tests.naive.search import edits

WORDS = st.text("abc", min_size=1, max_size=8)


def speller_of(terms, df):
    return Speller({term: code for code, term in enumerate(terms)}, df)


def bigrams(word):
    return set(pairwise(f"<{word}>"))


def words_of(speller, found, terms):
    return [terms[code] for code in np.asarray(found).tolist()]


@given(WORDS, st.lists(WORDS, min_size=1, max_size=6, unique=True))
def test_candidates_are_the_words_with_a_common_bigram_within_the_limit(word, terms):
    codes, distances, n_strange = speller_of(terms, np.ones(len(terms))).candidates(word)
    limit = 2 if len(word) >= 7 else 1
    near = {
        code: edits(word, term)
        for code, term in enumerate(terms)
        if 0 < edits(word, term) <= limit and bigrams(word) & bigrams(term)
    }
    assert dict(zip(codes.tolist(), distances.tolist(), strict=True)) == (near if len(word) > 1 else {})
    strange = [(Counter(word) - Counter(terms[code])).total() for code in codes.tolist()]
    assert n_strange.tolist() == strange


@pytest.mark.parametrize("typo", ["headphnes", "headhpones", "hedaphones", "heaphones", "headphonees", "xeadphones"])
def test_one_edit_is_undone(typo):
    terms = ["headphones", "microphones", "phone", "header"]
    found = speller_of(terms, np.ones(4)).candidates(typo)
    assert words_of(None, found.codes, terms)[int(np.argmax(found.odds()))] == "headphones"


def test_a_short_word_has_one_edit_and_a_long_one_two():
    terms = ["cups", "teapots"]
    speller = speller_of(terms, np.ones(2))
    assert words_of(speller, speller.candidates("cusp")[0], terms) == ["cups"]
    assert words_of(speller, speller.candidates("xups")[0], terms) == ["cups"]
    assert words_of(speller, speller.candidates("xxps")[0], terms) == []
    assert words_of(speller, speller.candidates("texpxts")[0], terms) == ["teapots"]


def test_digits_are_never_changed():
    terms = ["mk185", "mk186", "mx185"]
    assert words_of(None, speller_of(terms, np.ones(3)).candidates("mj185")[0], terms) == ["mk185", "mx185"]


def test_words_without_letters_and_chinese_words_have_no_candidates():
    speller = speller_of(["耳机", "185", "tea"], np.ones(3))
    for word in ("耳麦", "186", "", "x"):
        assert len(speller.candidates(word)[0]) == 0


def test_terms_without_items_are_no_candidates():
    assert len(speller_of(["green", "greek"], np.zeros(2)).candidates("greem")[0]) == 0


def test_the_nearest_terms_share_the_most_bigrams():
    terms = ["thermometer", "thermos", "tea"]
    found = speller_of(terms, np.ones(3)).nearest("thermometry")
    assert [terms[code] for code, _ in found] == ["thermometer", "thermos"]
    assert all(0 < weight <= 1 for _, weight in found)


def test_a_plural_is_corrected_to_its_term():
    speller = Speller({"battery": 0, "batteries": 0, "batter": 1}, np.ones(2))
    found = speller.candidates("batteriecs")
    assert found.codes.tolist() == [0]
    assert found.distances.tolist() == [1]


@pytest.mark.parametrize(("typo", "word"), [("xbx", "xbox"), ("xobx", "xbox"), ("shes", "shoes")])
def test_a_missing_or_exchanged_letter_is_likelier_than_a_strange_one(typo, word):
    terms = ["bx", "xxx", "xbox", "xobj", "shem", "she", "shoes"]
    found = speller_of(terms, np.ones(len(terms))).candidates(typo)
    assert terms[found.codes[np.argmax(found.odds())]] == word
