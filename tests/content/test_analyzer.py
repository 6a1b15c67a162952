import pickle
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.content import analyzer as module
from recokit.content.analyzer import analyze, make_analyzer
from tests.naive import tfidf as naive

WORDS = st.text(st.sampled_from("BdfκДक\u093fกب"), min_size=1, max_size=4)
NUMBERS = st.sampled_from(["9", "35", "3.5", "1.2.3", "٣"])
RUNS = st.text(st.sampled_from("中文手机パー한글々〇𠀀"), min_size=1, max_size=5)
SEPARATORS = st.text(st.sampled_from(" _!?/;。-\n"), min_size=1, max_size=3)
PLAIN = st.lists(
    st.one_of(WORDS, NUMBERS, RUNS).flatmap(lambda part: SEPARATORS.map(lambda sep: part + sep)), max_size=6
)


@given(PLAIN.map("".join))
def test_terms_of_texts_that_need_no_normalization_equal_the_naive_reference(text):
    assert analyze(text) == naive.terms(text)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Green TEA, 500ml", ["green", "tea", "500ml"]),
        ("绿茶", ["绿茶"]),
        ("中文手机", ["中文", "文手", "手机"]),
        ("茶 壶", ["茶", "壶"]),
        ("小米14手机", ["小米", "14", "手机"]),
        ("ＡＢＣ１２", ["abc", "12"]),
        ("カメラ", ["カメ", "メラ"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス"]),
        ("스마트폰", ["스마", "마트", "트폰"]),
        ("ΣΊΣΥΦΟΣ Straße", ["σισυφοσ", "strasse"]),
        ("हिन्दी", ["हिन्दी"]),
        ("3.5mm 1.2.3. 7.", ["3.5mm", "1.2.3", "7"]),
        ("a_b-c/d", ["a", "b", "c", "d"]),
        ("無線耳機 5 斤裝 iPhone15", ["无线", "线耳", "耳机", "5斤", "装", "iphone", "15"]),
        ("", []),
        ("… !!", []),
    ],
)
def test_mixed_text_gives_words_and_bigrams(text, terms):
    assert analyze(text) == [unicodedata.normalize("NFKC", term) for term in terms]


def test_a_callable_tokenizer_gets_the_raw_text():
    assert make_analyzer(str.split)("Green TEA 中文手机") == ["Green", "TEA", "中文手机"]


def test_jieba_segments_only_chinese():
    pytest.importorskip("rjieba")
    analyze_with_jieba = make_analyzer("jieba")
    assert analyze_with_jieba("中文手机 Case 14") == ["中文", "手机", "case", "14"]
    assert analyze_with_jieba("中文手機") == ["中文", "手机"]
    assert analyze_with_jieba("カメラ 스마트폰") == analyze("カメラ 스마트폰")


def test_without_rjieba_the_error_names_the_extra(monkeypatch):
    module._rjieba.cache_clear()
    monkeypatch.setitem(sys.modules, "rjieba", None)  # None makes the import fail
    with pytest.raises(ImportError, match=r"recokit\[zh\]"):
        make_analyzer("jieba")


def test_stop_words_of_both_languages_are_left_out():
    text = "The case for 我 的 iPhone"
    assert make_analyzer(stop_words="english")(text) == ["case", "我", "的", "iphone"]
    assert make_analyzer(stop_words="chinese")(text) == ["the", "case", "for", "iphone"]
    assert make_analyzer(stop_words="auto")(text) == ["case", "iphone"]
    assert make_analyzer(stop_words=["CASE", "The"])(text) == ["for", "我", "的", "iphone"]


def test_with_jieba_function_words_inside_a_run_are_left_out():
    pytest.importorskip("rjieba")
    assert make_analyzer("jieba", stop_words="chinese")("苹果的手机") == ["苹果", "手机"]


def test_words_that_distinguish_products_are_no_stop_words():
    terms = ["no", "not", "without", "off", "over", "无", "不", "大", "小", "男", "女"]
    assert make_analyzer(stop_words="auto")(" ".join(terms)) == terms


def test_stop_words_and_stemming_apply_to_the_terms_of_a_function():
    analyzer = make_analyzer(str.split, stop_words=["sale"], stemming="english")
    assert analyzer("sale cups Cups") == ["cup", "Cup"]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("cases", "case"),
        ("dresses", "dress"),
        ("watches", "watch"),
        ("boxes", "box"),
        ("batteries", "battery"),
        ("shoes", "shoe"),
        ("knives", "knife"),
        ("lenses", "lens"),
        ("headphones", "headphone"),
        ("glass", "glass"),
        ("bonus", "bonus"),
        ("gas", "gas"),
        ("series", "series"),
        ("cookies", "cookie"),
        ("500ml", "500ml"),
        ("cafés", "cafe"),
        ("中文", "中文"),
    ],
)
def test_stemming_removes_only_plural_endings(plural, singular):
    analyzer = make_analyzer(stemming="english")
    assert analyzer(plural) == analyzer(singular) == [singular]


def test_stemming_keeps_words_of_different_meaning_apart():
    analyzer = make_analyzer(stemming="english")
    terms = ["printer", "printing", "print", "printed", "charge", "charger", "tea", "team"]
    assert analyzer(" ".join(terms)) == terms


def test_an_analyzer_can_be_pickled():
    analyzer = make_analyzer(stop_words="auto", stemming="english")
    assert pickle.loads(pickle.dumps(analyzer))("the 绿茶 cups") == ["绿茶", "cup"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokenizer": "thulac"}, "tokenizer: expected None, \"jieba\" or a function, got 'thulac'"),
        ({"stop_words": "german"}, "stop_words: expected \"english\".*got 'german'"),
        ({"stemming": "porter"}, "stemming: expected \"english\" or None, got 'porter'"),
    ],
)
def test_unknown_options_raise(options, message):
    with pytest.raises(ValueError, match=message):
        make_analyzer(**options)


@pytest.mark.parametrize("stop_words", [7, ["the", 5]])
def test_stop_words_that_are_no_words_raise(stop_words):
    with pytest.raises(TypeError, match="stop_words"):
        make_analyzer(stop_words=stop_words)
