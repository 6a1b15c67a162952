"""Examples of the gallery follow one pattern. The build of the documentation runs them."""

import ast
import re

import pytest

from tests.docs._tools import ROOT

FOLDER = ROOT / "examples" / "gallery"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("plot_*.py"))
MAX_COLUMNS, MAX_LINES = 88, 160


def read(name):
    return (FOLDER / f"{name}.py").read_text("utf-8")


def test_every_script_of_the_folder_is_an_example():
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_a_title_an_introduction_and_sections(name):
    title, line, *introduction = ast.get_docstring(ast.parse(read(name))).splitlines()
    assert re.fullmatch("=+", line)
    assert len(line) == len(title)
    assert len(" ".join(introduction).split()) >= 20
    assert len(re.findall(r"^# -{3,}$", read(name), flags=re.MULTILINE)) >= 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_the_page(name):
    lines = read(name).splitlines()
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= MAX_COLUMNS


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_draws_a_picture(name):
    imported = {
        alias.name
        for node in ast.walk(ast.parse(read(name)))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {"pyplot", "plotting"} & imported


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_needs_no_published_data(name):
    code = ast.unparse(ast.parse(read(name)))  # without comments
    calls = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not [call for call in calls if call.startswith("fetch_")]
    assert not [call for call in calls if call.startswith("load_") and call != "load_catalogue"]


TOPICS = (
    "shop_zh",
    "ratings",
    "sessions",
    "baskets",
    "search",
    "cold_start",
    "business_rules",
    "segments",
    "privacy",
    "experiments",
    "dask",
    "language_model",
    "images",
    "missing_ratings",
    "serving",
)


def test_the_gallery_covers_its_topics():
    assert not {f"plot_{topic}" for topic in TOPICS} - set(EXAMPLES)
