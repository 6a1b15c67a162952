import sys
import time

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.content import TfidfRecommender, make_analyzer, normalize
from recokit.content._simplified import SIMPLIFIED

ANY = st.text(st.characters(), max_size=40)  # all code points, lone surrogates too
TRICKY = st.text(
    st.sampled_from(
        [*"aAlLmMgGxXsStTéß0159.,-'\"`*×½²™ªº<>&;# \t\u0301\u093f\u200d\ufe0f\u20e3\ud800男斤毫升克米綠裡カ가😀"]
    ),
    max_size=14,
)
WORDS = "500 1.5 ml ML g inch in fl oz t shirt type c wi fi men's mens iphone 15 x B - . ,"
WORDS += " 毫升 升级 克 綠茶 &amp; <b> \" ' M.2 ™"
PIECES = st.lists(st.sampled_from([" ", *WORDS.split()]), max_size=10).map("".join)
REPEATED = (
    "5 |<a |<script>|<!--|\"a|1,111|&amp|a'|x |5 fl |1.1|-|a\u0301\u0327|\u0301\u0327|😀|½|綠|5毫|</script |\ud800"
)

SAME = [
    ("500 ml", "500ml"),
    ("500ML", "500 mL"),
    ("500-ml", "500毫升"),
    ("５００ｍｌ", "500 milliliters"),
    ("250克", "250 g"),
    ("2公斤", "2kg"),
    ("2千克", "2 KG"),
    ("5 斤", "5斤"),
    ("1.5升", "1.5 L"),
    ("20厘米", "20 cm"),
    ("20平方米", "20 m²"),
    ("5000毫安", "5000mAh"),
    ("16 fl. oz.", "16 fl oz"),
    ("128GB", "128 gb"),
    ("12,000 mAh", "12000mAh"),
    ('15.6" laptop', "15.6 inch laptop"),
    ("15.6” laptop", "15.6-inch laptop"),
    ("15.6'' laptop", "15.6in laptop"),
    ("55寸电视", "55英寸電視"),
    ("24x36in", "24 x 36 inches"),
    ("10cm*20cm", "10 cm × 20 cm"),
    ("6x500ml", "6 x 500 ml"),
    ("1½ cups", "1.5 cups"),
    ("½ cup", "0.5 cup"),
    ("iPhone15", "iphone 15"),
    ("iPhone-15", "IPHONE 15"),
    ("iPhone15Pro", "iPhone 15 Pro"),
    ("WH-1000XM4", "wh1000xm4"),
    ("小米14手机", "小米 14 手机"),
    ("B-12", "B12"),
    ("2 pcs", "2pcs"),
    ("6-pack", "6 pack"),
    ("GTX 1080Ti", "gtx1080 ti"),
    ("SHM-7110", "shm 7110"),
    ("餅乾", "饼干"),
    ("M.2 SSD", "m2 ssd"),
    ("men's shoes", "mens shoes"),
    ("men's shoes", "men shoes"),
    ("women’s", "womens"),
    ("L'Oréal", "LOREAL"),
    ("Café crème", "cafe creme"),
    ("Cafe\u0301", "Café"),
    ("smørrebrød", "smorrebrod"),
    ("Straße", "STRASSE"),
    ("T-Shirt", "tshirt"),
    ("t shirts", "T-shirts"),
    ("Wi-Fi", "wifi"),
    ("Type-C", "typec"),
    ("long-sleeve", "long sleeve"),
    ("Nike™ Air®", "Nike Air"),
    ("R&amp;D", "R&D"),
    ("caf&eacute;", "café"),
    ("Tea &amp;amp; Cup", "tea & cup"),
    ("<b>Green</b> tea<br/>", "green tea"),
    ("&lt;p&gt;Tea&lt;/p&gt;", "tea"),
    ("<style>p {color: red}</style>tea<!-- 5 -->", "tea"),
    ("🔥Hot🔥 sale 👩‍👩‍👧", "hot sale"),
    ("tea\u200bpot", "teapot"),
    ("ＡＰＰＬＥ", "apple"),
    ("無線藍牙耳機 降噪", "无线蓝牙耳机 降噪"),
    ("裏面條後麵", "里面条后面"),
    ("綫 線", "线 线"),
]
DIFFERENT = [
    ("iphone 15", "iphone 14"),
    ("iPhone15", "iphone 150"),
    ("500ml", "500g"),
    ("500 ml", "500 l"),
    ("1.5l", "15l"),
    ("3.5mm", "35mm"),
    ("1kg", "1000g"),
    ("5斤", "5公斤"),
    ("红茶", "绿茶"),
    ("紅茶", "綠茶"),
    ("2024升级", "2024升"),
    ("5克拉", "5克"),
    ("2 in 1", '2"'),
    ("S24", "S23"),
    ("B12", "B6"),
    ("men", "women"),
    ("10²", "102"),
    ("Nike™", "niketm"),
    ("ガ", "カ"),
    ("й", "и"),
    ("1,5", "15"),
    ("snk805,807", "snk805807"),
    ("100-880-817,100-880-818", "100-880-817100-880-818"),
    ("哪吒", "哪咤"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_the_same_thing_have_one_form(one, other):
    assert normalize(one) == normalize(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_things_have_different_forms_and_terms(one, other):
    assert normalize(one) != normalize(other)
    first, second = (set(make_analyzer()(text)) for text in (one, other))
    assert first - second or second - first


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Men's T-Shirt, 2 pcs ✨", "men tshirt 2pcs"),
        ('24"x36" print', "24in x 36in print"),
        ('"iPhone 15" case', "iphone 15 case"),
        ("2019升级款 5克拉 20米线", "2019 升级款 5 克拉 20m 线"),
        ("840G3 5s 2nd 4K", "840 g3 5s 2nd 4k"),
        ("FX698AA 什么 哪吒", "fx 698aa 什么 哪吒"),
        ("2 in 1, USB 3.0", "2 in 1 usb 3.0"),
        ("云南白药10ml10支", "云南白药 10ml 10 支"),
        ("1.2.3. 7.", "1.2.3 7"),
        ("हिन्दी 9٣", "हिन्दी 9٣"),
        ("x < 3 > y & z", "x 3 y z"),
        ("😀🔥", ""),
        ("", ""),
        ("\ud800\x00\u0301", ""),
    ],
)
def test_forms_are_words_separated_by_single_spaces(text, form):
    assert normalize(text) == form


@given(ANY | TRICKY | PIECES)
def test_the_form_of_a_form_is_itself(text):
    form = normalize(text)
    assert normalize(form) == form
    assert form == " ".join(form.split())


@given(ANY | TRICKY | PIECES)
def test_analyzers_give_the_same_terms_for_a_text_and_its_form(text):
    analyze = make_analyzer(stop_words="auto", stemming="english")
    assert analyze(text) == analyze(normalize(text))


def test_every_character_has_a_stable_form():
    for start in range(0, sys.maxunicode + 1, 64):
        characters = [chr(code) for code in range(start, min(start + 64, sys.maxunicode + 1))]
        for text in (" ".join(characters), "".join(characters)):
            form = normalize(text)
            assert normalize(form) == form


@pytest.mark.parametrize("piece", REPEATED.split("|"))
def test_the_time_is_linear_in_the_length(piece):
    normalize(piece * 10)  # compiles the patterns
    start = time.process_time()
    normalize(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 10  # quadratic time would take minutes


def test_each_traditional_character_has_the_counterpart_of_opencc():
    converters = [opencc.OpenCC(name).convert for name in ("t2s", "tw2s", "hk2s")]
    assert len(SIMPLIFIED) > 2_500
    differ = {
        character
        for character, counterpart in SIMPLIFIED.items()
        if counterpart not in {convert(convert(character)) for convert in converters}
    }
    assert differ == {"鍊", "揹", "暱"}  # OpenCC converts them as parts of words
    assert not set(SIMPLIFIED) & set(SIMPLIFIED.values())


@pytest.mark.parametrize(
    "words", ["项链 拉链 炼油", "家具 道具", "背包", "昵称", "什么 怎么", "饼干 干净 树干", "面条 面膜"]
)
@pytest.mark.parametrize("characters", ["s2t", "s2tw", "s2hk"])
def test_common_words_with_ambiguous_characters_match(words, characters):
    assert normalize(opencc.OpenCC(characters).convert(words)) == words


@pytest.mark.parametrize("value", [None, 5, b"tea", float("nan")])
def test_a_value_that_is_no_text_is_refused(value):
    with pytest.raises(TypeError, match=r"expected a text, got .*; replace missing texts"):
        normalize(value)


def test_items_with_other_spellings_of_the_same_words_are_recommended():
    titles = {
        1: "Men's iPhone15 case",
        2: "IPHONE-15 cover",
        3: "無線耳機",
        4: "无线耳机",
        5: "Mug 500 ml",
        6: "Glass, 500毫升",
    }
    model = TfidfRecommender().fit([("ann", 1), ("bob", 3), ("cy", 5)], catalogue=titles)
    found = model.recommend(["ann", "bob", "cy"], n=6)
    assert [[item for item, _ in found[user]] for user in ("ann", "bob", "cy")] == [[2], [4], [6]]
