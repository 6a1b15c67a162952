"""The command ``benchmarks/text.py``, and the entities of published Chinese titles."""

import gzip

import pytest
import text as script
from _common.titles import LabelledTitle, read_taobao

from recokit.content import make_analyzer

LINES = [
    "华 B-HPPX",
    "为 I-HPPX",
    "手 B-HCCX",
    "机 I-HCCX",
    "壳 I-HCCX",
    "  O",
    "P B-XH",
    "3 I-XH",
    "0 I-XH",
    "",
    "茶 O",
]
PHONE = LabelledTitle("华为手机壳 P30", [("brand", "华为"), ("product", "手机壳"), ("model", "P30")])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "taobao-titles").mkdir()
    with gzip.open(tmp_path / "taobao-titles" / "test.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(LINES))
    return tmp_path


def test_tags_of_characters_become_entities(folder):
    assert read_taobao(folder, "test") == [PHONE, LabelledTitle("茶", [])]


def test_an_entity_is_found_if_all_of_its_terms_are_side_by_side():
    assert script.share_found([PHONE], make_analyzer()) == {"all": 1, "brand": 1, "model": 1, "product": 1}
    assert script.share_found([PHONE], list)["model"] == 1
    assert script.share_found([LabelledTitle("手 机", [("product", "手机")])], make_analyzer())["all"] == 0


def test_an_entity_is_bounded_if_words_spell_it():
    words = {"华为手机壳 P30": ["华", "为", "手机", "壳p30"]}
    shares = script.share_bounded([PHONE], words.__getitem__)
    assert shares == {"all": pytest.approx(1 / 3), "brand": 1, "model": 0, "product": 0}


def test_the_reciprocal_rank_is_the_mean_rank_of_equal_scores():
    titles = ["tea cup", "tea cup", "tea pot", "mug"]
    ranks = script.reciprocal_ranks(titles, [0, 2, 3], ["tea cup", "pot", "cup"], str.split)
    assert ranks.tolist() == [1 / 1.5, 1, 0]


@pytest.mark.data
def test_labelled_entities_stay_whole(data_dir):
    """Measured: 0.977 with bigrams, 0.917 and 0.919 with rjieba."""
    pytest.importorskip("rjieba")
    titles = read_taobao(data_dir, "test")
    found = script.share_found(titles, make_analyzer())
    assert found["all"] > 0.97
    assert found["brand"] > 0.985
    assert found["model"] > 0.97
    assert script.share_found(titles, make_analyzer("jieba"))["all"] > 0.91
    assert script.share_bounded(titles, make_analyzer("jieba"))["all"] > 0.91


@pytest.mark.data
@pytest.mark.parametrize("configuration", script.TRADITIONAL.values())
def test_titles_match_in_traditional_characters(data_dir, configuration):
    """Measured: 0.998 to 0.999."""
    pytest.importorskip("opencc")
    assert script.share_same_in_traditional(read_taobao(data_dir, "test"), configuration) > 0.995


@pytest.mark.data
def test_the_command_prints_a_table(data_dir, capsys, monkeypatch):
    monkeypatch.setenv("RECOKIT_DATA", str(data_dir))
    script.main(["traditional", "--part", "dev"])
    header, _, *rows = capsys.readouterr().out.splitlines()
    assert header == "| characters | same form |"
    assert [row.split(" | ")[0] for row in rows] == ["| China", "| Taiwan", "| Hong Kong"]
