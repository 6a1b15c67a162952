"""The check of the built site finds what it looks for, in small sites that are wrong in one way each."""

import json
from importlib.util import find_spec

import pytest

from tests.docs._tools import load

check = load("tools/check_site.py")

HEAD = '<html><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body>'


def make(folder, body="", index=None, **pages):
    for name, text in {"index": body, **pages}.items():
        (folder / f"{name}.html").write_text(f"{HEAD}{text}</body></html>", "utf-8")
    if index is not None:
        (folder / "searchindex.js").write_text(f"Search.setIndex({json.dumps(index)})", "utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<script src="//cdn.example.org/a.js"></script>',
        '<img src="http://example.org/a.png">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
    ],
)
def test_a_page_that_loads_from_another_machine_is_found(tmp_path, body):
    (problem,) = check.file_problems(make(tmp_path, body))
    assert problem.startswith("index.html: loads ")
    assert "example.org" in problem


def test_a_style_that_loads_from_another_machine_is_found(tmp_path):
    (make(tmp_path) / "a.css").write_text("@font-face { src: url('https://fonts.example.org/a.woff2') }")
    assert check.file_problems(tmp_path) == ["a.css: loads https://fonts.example.org/a.woff2"]


def test_links_to_other_sites_and_to_existing_pages_are_fine(tmp_path):
    body = '<a href="https://example.org">x</a><a href="other.html#part">x</a><a href="#here">x</a>'
    assert check.file_problems(make(tmp_path, body, other="")) == []


def test_a_link_to_a_missing_page_is_found(tmp_path):
    assert check.file_problems(make(tmp_path, '<a href="gone.html#x">x</a>')) == [
        "index.html: gone.html#x does not exist"
    ]


@pytest.mark.skipif(find_spec("sphinx") is None, reason="the docs extra is not installed")
def test_all_words_of_a_query_must_be_on_one_page():
    index = {"terms": {"cold": [0, 1], "start": 1, "冷启": [2], "启动": [1, 2]}, "titleterms": {"start": [2]}}
    assert check.documents_with("cold start", index) == {1}
    assert check.documents_with("冷启动", index) == {2}
    assert check.documents_with("recommend", index) == set()


@pytest.mark.skipif(find_spec("sphinx") is None, reason="the docs extra is not installed")
def test_a_word_without_a_page_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "WORDS", ("GPU", "cold start"))
    site = make(tmp_path, index={"terms": {"cold": 0, "start": 0}, "titleterms": {}})
    assert check.word_problems(site) == ["search: no page for 'GPU'"]


def test_only_listed_words_may_wait():
    assert set(check.WORDS) >= check.WAITING


@pytest.fixture(scope="module")
def chromium():
    """Return the path of Chromium."""
    found = check.chromium()
    if found is None:
        pytest.skip("Chromium or playwright is not installed")
    return found


@pytest.mark.slow
def test_the_browser_finds_requests_errors_formulas_and_wide_pages(tmp_path, chromium):
    site = make(
        tmp_path,
        "<p>fine</p>",
        request='<script>fetch("https://example.org/data").catch(() => 0)</script>',
        error="<script>throw new Error('no such thing')</script>",
        missing='<img src="gone.png">',
        wide='<p style="width: 900px">x</p>',
        formula=r'<script>MathJax = {startup: {promise: Promise.resolve()}}</script><div class="math">\[x^2\]</div>',
    )
    problems = check.browser_problems(site, chromium, check.html_pages(site))
    pages = {problem.partition(":")[0] for problem in problems}
    assert pages == {f"{name}.html" for name in ("request", "error", "missing", "wide", "formula")}
    assert any("request to https://example.org/data" in problem for problem in problems)
    assert any("no such thing" in problem for problem in problems)
    assert any(problem.startswith("missing.html: 404 ") for problem in problems)
    assert "formula.html: a formula is shown as LaTeX" in problems
    assert any(problem.startswith("wide.html: ") and "pixels wide" in problem for problem in problems)


@pytest.mark.slow
def test_the_browser_cuts_a_query_into_the_words_of_the_index(tmp_path, chromium):
    words = load("docs/_ext/search_words.py")
    from playwright.sync_api import sync_playwright

    queries = [
        "cold start",
        "A/B test",
        "冷启动",
        "推荐",
        "推荐系统 recommender",
        "EASE的参数",
        "n_factors",
        "top-n",
        "",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium or None, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=words._SPLIT_QUERY)
        found = page.evaluate("queries => queries.map(splitQuery)", queries)
        browser.close()
    assert found == [words.split_words(query) for query in queries]
    assert found[2] == ["冷启", "启动"]
