"""The recipes of the documentation stay short and are all listed. Their code runs with the doctests of the docs."""

import doctest
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "recipes"
PAGES = sorted(path.stem for path in FOLDER.glob("*.rst") if path.stem != "index")
MAX_LINES, MAX_COLUMNS = 15, 88


def code_lines(text):
    """Return the lines of code of a page, without their results."""
    examples = doctest.DocTestParser().get_examples(text)
    return [line for example in examples for line in example.source.splitlines()]


def read(page):
    return (FOLDER / f"{page}.rst").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_recipe_takes_at_most_fifteen_lines(page):
    lines = code_lines(read(page))
    assert 0 < len(lines) <= MAX_LINES
    assert max(len(line) for line in lines) <= MAX_COLUMNS - len(">>> ")


@pytest.mark.parametrize("page", PAGES)
def test_a_recipe_shows_a_result_of_generated_data(page):
    examples = doctest.DocTestParser().get_examples(read(page))
    assert any(example.want for example in examples)
    assert "make_shop(" in read(page)
    assert not any(example.options for example in examples), "a recipe has no skipped or loosened lines"


def test_every_recipe_is_listed_in_the_table_and_in_the_contents():
    index = read("index")
    table, contents = index.split(".. toctree::")
    for page in PAGES:
        assert f":doc:`{page}`" in table
        assert f"   {page}\n" in contents


def test_long_recipes_are_noticed():
    page = "Title\n=====\n\n" + ">>> x = [\n...     1,\n... ]\n" * 6
    assert len(code_lines(page)) == 18
