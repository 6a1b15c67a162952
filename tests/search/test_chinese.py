import gzip
import random

import numpy as np
import pytest

from recokit import ItemSearch
from recokit.datasets import make_shop

TITLES = {
    1: "无线蓝牙耳机 主动降噪 超长待机",
    2: "有线耳机 入耳式 带麦克风",
    3: "蓝牙音箱 便携式 户外",
    4: "降噪耳塞 睡眠用",
    5: "Apple iPhone15 手机壳 透明",
    6: "华为手机壳 磨砂",
    7: "无线蓝牙鼠标 静音",
}


@pytest.fixture(scope="module", params=[None, "jieba"], ids=["bigrams", "words"])
def model(request):
    return ItemSearch(tokenizer=request.param, n_threads=1).fit(TITLES)


def items(model, query, n=10):
    return [item for item, _ in model.search(query, n)[query]]


@pytest.mark.parametrize(
    "query",
    [
        "无线蓝牙耳机 降噪",
        "無線藍牙耳機 降噪",
        "降噪 蓝牙 耳机",
        "無線 蓝牙 耳機",
        "无线蓝牙耳机降噪款",
        "无线藍牙耳机，降噪！",
    ],
)
def test_headphones_are_found_in_both_scripts_and_any_order(model, query):
    assert items(model, query)[0] == 1


@pytest.mark.parametrize("query", ["无线蓝牙耳鸡 降噪", "无线兰牙耳机 降噪", "无线蓝牙耳机 降澡", "无蓝牙耳机 降噪"])
def test_a_wrong_or_missing_character_does_not_hide_the_product(query):
    model = ItemSearch(n_threads=1).fit(TITLES)
    assert items(model, query)[0] == 1


@pytest.mark.parametrize("query", ["iPhone15手机壳", "iphone 15 手機殼", "ＩＰＨＯＮＥ１５ 手机壳", "iphnoe15 手机壳"])
def test_mixed_scripts_and_model_numbers_match(model, query):
    assert items(model, query)[0] == 5


def test_suggestions_complete_chinese_prefixes(model):
    assert "无线蓝牙" in [text for text, _ in model.suggest("无线")]
    assert model.suggest("無線") == model.suggest("无线")


def test_explanations_are_in_chinese(model):
    assert str(model.explain("手机壳", 6, language="zh")).startswith("商品 6 对用户 手机壳 的得分为")


def test_generated_products_are_found_by_their_noun_and_brand():
    shop = make_shop(n_users=50, n_items=400, n_events=500, language="zh")
    columns = {name: shop.catalogue[name] for name in ("item_id", "title", "brand", "category")}
    model = ItemSearch(n_threads=1).fit(columns)
    for place in range(0, 400, 7):
        title = str(columns["title"][place])
        found = model.search([title], n=20)
        titles = dict(zip(columns["item_id"], columns["title"], strict=True))
        assert titles[found.items[0, 0]] == title


def read_titles(folder, name):
    """Return the titles of a file, each with its spans of products and brands."""
    titles, characters, tags = [], [], []
    with gzip.open(folder / "taobao-titles" / f"{name}.txt.gz", "rt", encoding="utf-8") as file:
        for line in [*file, "\n"]:
            if line.strip():
                character, _, tag = line.rstrip("\n").partition(" ")
                characters.append(character)
                tags.append(tag)
            elif characters:
                titles.append(("".join(characters), spans(characters, tags)))
                characters, tags = [], []
    return titles


def spans(characters, tags):
    found = []
    for character, tag in zip(characters, tags, strict=True):
        if tag.startswith("B"):
            found.append(character)
        elif tag.startswith("I") and found:
            found[-1] += character
    return found


@pytest.fixture(scope="module")
def taobao(data_dir):
    if not (data_dir / "taobao-titles").is_dir():
        pytest.skip("no folder taobao-titles")
    titles = read_titles(data_dir, "dev")
    model = ItemSearch(n_threads=1).fit({place: title for place, (title, _) in enumerate(titles)})
    queries = {place: " ".join(labels[:3]) for place, (_, labels) in enumerate(titles) if len(labels) >= 2}
    return model, dict(list(queries.items())[:300])


def share_found(model, queries):
    """Return the share of queries with their title among the first ten."""
    found = model.search(list(queries.values()))
    return np.mean([place in line for place, line in zip(queries, found.items.tolist(), strict=True)])


@pytest.mark.data
def test_taobao_titles_are_found_by_their_labels(taobao):
    model, queries = taobao
    assert share_found(model, queries) > 0.9


@pytest.mark.data
def test_traditional_queries_find_the_same_taobao_titles(taobao):
    opencc = pytest.importorskip("opencc")
    model, queries = taobao
    convert = opencc.OpenCC("s2t").convert
    changed = {place: convert(query) for place, query in queries.items()}
    assert sum(changed[place] != query for place, query in queries.items()) > 100
    before, after = (model.search(list(one.values())).items for one in (queries, changed))
    assert np.mean(np.all(before == after, axis=1)) > 0.97


@pytest.mark.data
def test_a_wrong_character_loses_few_taobao_titles(taobao):
    model, queries = taobao
    rng = random.Random(0)
    characters = sorted({character for query in queries.values() for character in query if character > "一"})

    def wrong(query):
        place = rng.randrange(len(query))
        return query[:place] + rng.choice(characters) + query[place + 1 :]

    changed = {place: wrong(query) for place, query in queries.items()}
    assert share_found(model, changed) > 0.9 * share_found(model, queries)
