import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.content import analyzer as module
from recokit.content.analyzer import analyze, make_analyzer
from tests.naive import tfidf as naive

MIXED = st.text(st.sampled_from("aB9٣é.ﬁ,-_ ' ß\u0301\u093f中文手机パｶー한글々〇𠀀ก"), max_size=12)

ASSIGNED = st.characters(exclude_categories=["Cs", "Cn", "Co"])


@given(MIXED | st.text(ASSIGNED, max_size=20))
def test_terms_equal_the_naive_reference(text):
    assert analyze(text) == naive.terms(text)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Green TEA, 500ml", ["green", "tea", "500ml"]),
        ("绿茶", ["绿茶"]),
        ("中文手机", ["中文", "文手", "手机"]),
        ("茶 壶", ["茶", "壶"]),
        ("小米14手机", ["小米", "14", "手机"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("カメラ", ["カメ", "メラ"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス"]),
        ("스마트폰", ["스마", "마트", "트폰"]),
        ("ΣΊΣΥΦΟΣ Straße", ["σίσυφοσ", "strasse"]),
        ("हिन्दी", ["हिन्दी"]),
        ("3.5mm 1.2.3. 7.", ["3.5mm", "1.2.3", "7"]),
        ("a_b-c/d", ["a", "b", "c", "d"]),
        ("", []),
        ("… !!", []),
    ],
)
def test_mixed_text_gives_words_and_bigrams(text, terms):
    assert analyze(text) == [unicodedata.normalize("NFKC", term) for term in terms]


def test_a_callable_tokenizer_gets_the_raw_text():
    assert make_analyzer(str.split)("Green TEA 中文手机") == ["Green", "TEA", "中文手机"]


def test_jieba_segments_only_chinese():
    pytest.importorskip("jieba")
    analyze_with_jieba = make_analyzer("jieba")
    assert analyze_with_jieba("中文手机 Case 14") == ["中文", "手机", "case", "14"]
    assert analyze_with_jieba("カメラ 스마트폰") == analyze("カメラ 스마트폰")


def test_without_jieba_the_error_names_the_extra(monkeypatch):
    module._jieba.cache_clear()
    monkeypatch.setitem(sys.modules, "jieba", None)  # None makes the import fail
    with pytest.raises(ImportError, match=r"recokit\[zh\]"):
        make_analyzer("jieba")
