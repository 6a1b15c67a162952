"""Searches in Chinese: traditional characters, mistakes, mixed script, units and single characters."""

import opencc
import pytest

from recokit import ItemSearch
from recokit.datasets import make_shop
from recokit.search._characters import TermsByCharacter

TITLES = {
    "headphones": "无线蓝牙耳机 降噪 头戴式",
    "earphones": "有线耳机 入耳式",
    "sony": "Sony WH-1000XM4 降噪耳机",
    "speaker": "蓝牙音箱 便携",
    "plugs": "降噪耳塞 睡眠",
    "green": "绿茶 龙井 250克",
    "black": "红茶 滇红 500g",
    "pot": "茶壶 紫砂",
    "case15": "手机壳 iPhone15",
    "case14": "手机壳 iPhone 14",
    "cable": "苹果手机充电线 Type-C",
    "cup": "保温杯 500ml 不锈钢",
    "dress": "连衣裙 女 夏季",
}


def fit(tokenizer=None, titles=TITLES, **options):
    catalogue = {"item_id": list(titles), "title": list(titles.values())}
    return ItemSearch(tokenizer=tokenizer, n_threads=1, **options).fit(catalogue)


@pytest.fixture(scope="module", params=[None, "jieba"])
def model(request):
    if request.param == "jieba":
        pytest.importorskip("rjieba")
    return fit(request.param)


def found(model, query, n=10):
    return [item for item, _ in model.search(query, n=n)[query]]


@pytest.mark.parametrize("characters", ["s2t", "s2tw", "s2hk"])
@pytest.mark.parametrize("query", ["无线蓝牙耳机 降噪", "绿茶 250克", "手机壳 iPhone15", "茶"])
def test_traditional_characters_give_the_same_list(model, query, characters):
    traditional = opencc.OpenCC(characters).convert(query)
    assert model.search(traditional)[traditional] == model.search(query)[query] != []


@pytest.mark.parametrize(
    "query",
    [
        "无线蓝牙耳机 降噪",
        "無線藍牙耳機 降噪",
        "无线蓝牙耳机降噪",
        "降噪 无线蓝牙耳机",
        "无线 蓝牙 耳机",
        "无线蓝芽耳机 降噪",
        "无线蓝牙耳 降噪",
        "无线牙蓝耳机 降噪",
        "【无线蓝牙耳机】降噪！🔥",
        "无线蓝牙耳机&nbsp;降噪",
        "头戴式蓝牙耳机",
    ],
)
def test_spellings_and_mistakes_find_the_right_item_first(model, query):
    assert found(model, query)[0] == "headphones"


@pytest.mark.parametrize(
    "query", ["sony耳机", "索尼 wh1000xm4", "ＷＨ－１０００ＸＭ４", "SONY 降噪耳機", "wh 1000 xm4"]
)
def test_mixed_scripts_and_model_numbers_find_the_right_item_first(model, query):
    assert found(model, query)[0] == "sony"


@pytest.mark.parametrize(
    ("query", "item"),
    [
        ("绿茶250g", "green"),
        ("綠茶 250 克", "green"),
        ("红茶 500 克", "black"),
        ("iphone 15 手机壳", "case15"),
        ("手機殼 iPhone-14", "case14"),
        ("typec 充电线", "cable"),
        ("保溫杯 500毫升", "cup"),
    ],
)
def test_units_and_versions_tell_items_apart(model, query, item):
    assert found(model, query)[0] == item


def test_different_products_of_a_kind_are_not_confused(model):
    assert found(model, "绿茶") == ["green"]
    assert found(model, "紅茶") == ["black"]


def test_a_single_character_finds_the_terms_that_contain_it(model):
    assert set(found(model, "茶")) == {"green", "black", "pot"}
    assert found(model, "裙") == ["dress"]
    result = model.search("茶")
    assert result.corrections == ({},)
    assert result.fallbacks.tolist() == [None]


def test_a_single_character_needs_no_correction_of_words():
    assert set(found(fit(typos=False), "茶")) == {"green", "black", "pot"}


def test_an_unknown_word_falls_back_to_its_last_character(model):
    result = model.search("水杯")
    assert [item for item, _ in result["水杯"]] == ["cup"]
    assert result.fallbacks.tolist() == ["nearest"]


def test_an_explanation_names_the_term_behind_a_single_character(model):
    assert "title: 绿茶" in str(model.explain("茶", "green"))


def test_a_frequent_term_of_a_character_has_the_greatest_weight():
    model = fit(titles={1: "绿茶", 2: "绿茶", 3: "茶壶", 4: "茶"})
    learned = model._learned
    by_character = TermsByCharacter(learned.vocabulary.terms)
    terms = by_character.terms("茶", learned.postings.df, learned.postings.idf)
    assert [learned.vocabulary.terms[code] for code, _ in terms] == ["绿茶", "茶壶"]
    assert terms[0][1] == 1
    assert 0 < terms[1][1] < 1
    assert by_character.terms("杯", learned.postings.df, learned.postings.idf) == []


def test_generated_titles_are_found_in_traditional_characters():
    shop = make_shop(n_users=20, n_items=150, n_events=300, random_state=3)
    titles = dict(zip(list(shop.catalogue["item_id"]), list(shop.catalogue["title"]), strict=True))
    chinese = {item: title for item, title in titles.items() if any("\u4e00" <= one <= "\u9fff" for one in title)}
    assert len(chinese) > 20
    model, convert = fit(titles=titles), opencc.OpenCC("s2tw").convert
    lists, traditional = (model.search([spell(title) for title in chinese.values()], n=3) for spell in (str, convert))
    for title in chinese.values():
        assert traditional[convert(title)] == lists[title]
        assert titles[lists[title][0][0]] == title
