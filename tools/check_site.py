"""Check a built site: it reads offline, its links and formulas work, and its search finds the usual words.

    python tools/check_site.py docs/_build/html                       # with Chromium if there is one
    python tools/check_site.py docs/_build/html --browser required    # fail without Chromium
    python tools/check_site.py docs/_build/html --browser off         # read the files only

The files are always read: addresses of other machines in scripts, styles and pictures, links to files that do not
exist, and words that the index of the search lacks. Chromium opens every page at 400 pixels, listings of source code
excepted, and reports requests to other machines, errors of scripts, formulas that stay LaTeX, and pages that are wider
than the window.
"""

import argparse
import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
# Words that users search for; each has a page.
WORDS = (
    "cold start",
    "hyperparameter",
    "cross-validation",
    "A/B test",
    "serving",
    "deploy",
    "GPU",
    "embedding",
    "re-rank",
    "association rules",
    "next basket",
    "session",
    "implicit feedback",
    "Surprise",
    "implicit",
    "LightFM",
    "LensKit",
    "RecTools",
    "冷启动",
    "推荐",
)
# Words whose pages are not written yet: reported without failing. Remove a word as soon as a page has it.
WAITING: frozenset[str] = frozenset()
_LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("link", "href")}


class _References(HTMLParser):
    """Addresses that a page loads or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        is_hint = tag == "link" and not {"stylesheet", "preload", "icon"} & set((found.get("rel") or "").split())
        for name, value in attrs:
            if value and (tag, name) in _LOADED and not is_hint:
                self.loaded.append(value)
            elif value and tag == "a" and name == "href":
                self.linked.append(value)


def html_pages(site: Path) -> list[str]:
    """Return the pages of a site, without those of translations in subfolders and without embedded documents."""
    names = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name for name in names if not name.startswith(("_static/", "_downloads/", "zh_CN/")))


def file_problems(site: Path) -> list[str]:
    """Return the addresses of other machines that pages load, and the links to files that do not exist."""
    problems = []
    for name in html_pages(site):
        references = _References()
        references.feed((site / name).read_text("utf-8"))
        for address in references.loaded + references.linked:
            parts = urlsplit(address)
            if parts.netloc or parts.scheme:
                if address in references.loaded and parts.scheme != "data":
                    problems.append(f"{name}: loads {address}")
            elif parts.path and not ((site / name).parent / unquote(parts.path)).exists():
                problems.append(f"{name}: {address} does not exist")
    for path in site.rglob("*.css"):
        for address in re.findall(r"(?:url\(|@import\s+)['\"]?(https?://[^'\")]+)", path.read_text("utf-8")):
            problems.append(f"{path.relative_to(site).as_posix()}: loads {address}")
    return problems


def index_of(site: Path) -> dict[str, dict[str, object]]:
    """Return the index of the search."""
    text = (site / "searchindex.js").read_text("utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def documents_with(query: str, index: dict[str, dict[str, object]]) -> set[int]:
    """Return the documents with all words of a query in the index, as the script of the search finds them."""
    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    from search_words import split_words
    from snowballstemmer import stemmer

    common: set[int] | None = None
    for word in split_words(query):
        term = stemmer("english").stemWord(word.lower())
        if len(term) == 1 and term.isascii():
            continue
        hits: set[int] = set()
        for terms in (index["terms"], index["titleterms"]):
            found = terms.get(term, [])
            hits |= set(found if isinstance(found, list) else [found])  # type: ignore[arg-type]
        common = hits if common is None else common & hits
    return common or set()


def word_problems(site: Path) -> list[str]:
    """Return the words without a page."""
    index = index_of(site)
    return [f"search: no page for {word!r}" for word in WORDS if not documents_with(word, index)]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def handle(self) -> None:
        """Answer, unless the browser has already left the page."""
        with contextlib.suppress(ConnectionError):
            super().handle()


def serve(site: Path) -> tuple[http.server.ThreadingHTTPServer, str]:
    """Start a server of the site on this machine, and return it with its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


def chromium() -> str | None:
    """Return the path of Chromium, an empty string for that of playwright, or None if a part is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        return "" if Path(playwright.chromium.executable_path).exists() else None


def browser_problems(site: Path, executable: str, names: list[str] | None = None) -> list[str]:
    """Open every page in Chromium, search for every word, and return the problems."""
    from playwright.sync_api import sync_playwright

    server, home = serve(site)
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable or None, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 400, "height": 900})
        page = context.new_page()
        seen: list[str] = []  # problems of the page that is open
        context.route(lambda url: not url.startswith((home, "data:", "blob:")), lambda route: route.abort())
        page.on("request", lambda request: seen.extend(_outside(request.url, home)))
        page.on(
            "response", lambda answer: seen.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
        )
        page.on("pageerror", lambda error: seen.append(f"error of a script: {error}"))
        page.on("console", lambda line: seen.append(f"console: {line.text}") if line.type == "error" else None)
        opened = [name for name in html_pages(site) if not name.startswith("_modules/")]
        for name in names if names is not None else opened:
            seen.clear()
            page.goto(f"{home}/{quote(name)}", wait_until="load")
            page.wait_for_load_state("networkidle")  # scripts send requests after the page has loaded
            shown = _seen_on(page)
            problems += [f"{name}: {problem}" for problem in [*dict.fromkeys(seen), *shown]]
        for word in WORDS if (site / "search.html").exists() and names is None else ():
            page.goto(f"{home}/search.html?q={quote(word)}", wait_until="load")
            try:
                page.wait_for_selector("#search-results li", timeout=10_000, state="attached")
            except Exception:  # a time-out of playwright
                problems.append(f"search: no page for {word!r} in the browser")
        browser.close()
    server.shutdown()
    return problems


def _outside(url: str, home: str) -> list[str]:
    return [] if url.startswith((home, "data:", "blob:")) else [f"request to {url}"]


def _seen_on(page: object) -> Iterator[str]:
    """Return the problems that are visible on an open page."""
    if page.query_selector(".math") and not page.evaluate(  # type: ignore[attr-defined]
        "() => MathJax.startup.promise.then(() => "
        "[...document.querySelectorAll('.math')].every(e => e.querySelector('mjx-container svg')))"
    ):
        yield "a formula is shown as LaTeX"
    width = page.evaluate("document.documentElement.scrollWidth")  # type: ignore[attr-defined]
    if width > 401:
        yield f"{width} pixels wide in a window of 400"


def main() -> None:
    """Run the checks and exit with status 1 if there are problems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, help="folder with index.html")
    parser.add_argument("--browser", choices=["auto", "required", "off"], default="auto")
    arguments = parser.parse_args()
    problems = file_problems(arguments.site) + word_problems(arguments.site)
    executable = None if arguments.browser == "off" else chromium()
    if executable is not None:
        problems += browser_problems(arguments.site, executable)
    elif arguments.browser == "required":
        problems.append("Chromium or playwright is not installed")
    else:
        print("no browser: only the files were read" + os.linesep, end="")
    waiting = [problem for problem in problems if any(repr(word) in problem for word in WAITING)]
    for problem in problems:
        print(f"{problem} (not required yet)" if problem in waiting else problem)
    print(f"{len(html_pages(arguments.site))} pages, {len(problems) - len(waiting)} problems")
    sys.exit(len(problems) > len(waiting))


if __name__ == "__main__":
    main()
