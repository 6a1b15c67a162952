"""Strings of pages without a translation are found."""

import pytest

pytest.importorskip("sphinx_intl", reason="the docs extra is not installed")

from tests.docs._tools import load

translations = load("tools/translations.py")

PAGE = "Title\n=====\n\nFirst sentence.\n\n>>> 1 + 1\n2\n\nSecond sentence with `ItemKNN` and :doc:`elsewhere`.\n"
CATALOGUE = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def folders(tmp_path):
    """Return a folder of pages and one of catalogues."""
    docs, locale = tmp_path / "docs", tmp_path / "docs" / "locale"
    docs.mkdir()
    (docs / "conf.py").write_text("")
    (docs / "page.rst").write_text(PAGE)
    return docs, locale


def translate(locale, **entries):
    path = locale / "zh_CN" / "LC_MESSAGES" / "page.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CATALOGUE + "\n".join(entries.values()), "utf-8")


TITLE = 'msgid "Title"\nmsgstr "标题"\n'
FIRST = 'msgid "First sentence."\nmsgstr "第一句。"\n'
SECOND = 'msgid "Second sentence with `ItemKNN` and :doc:`elsewhere`."\nmsgstr "第二句 `ItemKNN`，:doc:`elsewhere`。"\n'


def missing(folders):
    return translations.missing_by_page(["page"], *folders)


def test_without_a_catalogue_all_sentences_are_missing_and_code_is_not(folders):
    assert missing(folders) == {
        "page": ["Title", "First sentence.", "Second sentence with `ItemKNN` and :doc:`elsewhere`."]
    }


def test_a_complete_page_is_not_reported(folders):
    translate(folders[1], title=TITLE, first=FIRST, second=SECOND)
    assert missing(folders) == {}


def test_an_empty_and_a_fuzzy_translation_are_reported(folders):
    translate(folders[1], title="#, fuzzy\n" + TITLE, first='msgid "First sentence."\nmsgstr ""\n', second=SECOND)
    assert missing(folders) == {"page": ["Title", "First sentence."]}


def test_a_changed_sentence_is_reported(folders):
    translate(folders[1], title=TITLE, first=FIRST, second=SECOND)
    (folders[0] / "page.rst").write_text(PAGE.replace("First", "Other"))
    assert missing(folders) == {"page": ["Other sentence."]}


def test_an_update_keeps_translations_and_adds_new_sentences(folders):
    translate(folders[1], title=TITLE, first=FIRST)
    translations.update(["page"], *folders)
    assert missing(folders) == {"page": ["Second sentence with `ItemKNN` and :doc:`elsewhere`."]}
    text = (folders[1] / "zh_CN" / "LC_MESSAGES" / "page.po").read_text("utf-8")
    assert "第一句。" in text


def test_only_translated_pages_may_wait():
    assert set(translations.PAGES) >= translations.WAITING
    assert "quick_start" in translations.pages()
    assert "recipes/newsletter" in translations.pages()
