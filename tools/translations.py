"""Catalogues of the Chinese pages: update them, and find strings without a translation.

    python tools/translations.py update     # write new and changed strings to docs/locale/zh_CN
    python tools/translations.py check      # exit with status 1 if a string of a translated page has no translation

The strings come from the pages themselves, read by Sphinx. A string that changed is marked as fuzzy by `update`, and
counts as not translated until someone removes the mark. Build the pages with
``sphinx-build -D language=zh_CN -b html docs docs/_build/html/zh_CN``.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LOCALE = DOCS / "locale"
LANGUAGE = "zh_CN"
# Pages that are translated completely; a page that does not exist is left out.
PAGES = ("quick_start", "choosing", "glossary", "faq", "recipes/*")
# Pages without translations so far: `check` lists them without failing. Remove a page as soon as it is translated.
WAITING: frozenset[str] = frozenset()


def pages(patterns: tuple[str, ...] | frozenset[str] = PAGES, docs: Path = DOCS) -> list[str]:
    """Return the names of the existing pages, such as "recipes/newsletter"."""
    found = {path for pattern in patterns for path in docs.glob(f"{pattern}.rst")}
    return sorted(path.relative_to(docs).with_suffix("").as_posix() for path in found)


def extract(folder: Path, names: list[str], docs: Path = DOCS) -> None:
    """Write a template catalogue of each page. Only these pages are read, and no code is run."""
    from sphinx.application import Sphinx

    settings = {
        "extensions": [],
        "include_patterns": [f"{name}.rst" for name in names],
        "root_doc": names[0],
        "default_role": "py:obj",
        "gettext_compact": False,
        "gettext_location": False,
        "gettext_uuid": False,
    }
    with tempfile.TemporaryDirectory() as cache, open(os.devnull, "w", encoding="utf-8") as nowhere:
        app = Sphinx(
            docs, None, folder, cache, "gettext", settings, status=nowhere, warning=nowhere
        )  # links lead to pages that are not read, so warnings mean nothing here
        app.build(force_all=True)


def read(path: Path) -> Catalog:
    """Return a catalogue, empty if there is no file."""
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def untranslated(template: Catalog, translated: Catalog) -> list[str]:
    """Return the strings of a template that have no translation, or a fuzzy one."""
    missing = []
    for message in template:
        if not message.id:
            continue
        found = translated.get(message.id)
        if found is None or not found.string or found.fuzzy:
            missing.append(str(message.id))
    return missing


def missing_by_page(names: list[str], docs: Path = DOCS, locale: Path = LOCALE) -> dict[str, list[str]]:
    """Return the strings without a translation of each page that has some."""
    with tempfile.TemporaryDirectory() as folder:
        extract(Path(folder), names, docs)
        found = {
            name: untranslated(
                read(Path(folder) / f"{name}.pot"), read(locale / LANGUAGE / "LC_MESSAGES" / f"{name}.po")
            )
            for name in names
        }
    return {name: missing for name, missing in found.items() if missing}


def update(names: list[str], docs: Path = DOCS, locale: Path = LOCALE) -> None:
    """Add new and changed strings of the pages to the catalogues."""
    from sphinx_intl.basic import update as merge

    with tempfile.TemporaryDirectory() as folder:
        extract(Path(folder), names, docs)
        merge(str(locale), folder, [LANGUAGE], line_width=120)


def check(names: list[str], waiting: list[str]) -> int:
    """Print the strings without a translation, and return the number of incomplete pages that do not wait."""
    missing = missing_by_page(names)
    failures = 0
    for name, strings in missing.items():
        if name in waiting:
            print(f"{name}: {len(strings)} strings to translate (not required yet)")
            continue
        failures += 1
        print(f"{name}: {len(strings)} strings without a translation")
        for text in strings[:10]:
            print(f"    {text[:110]}")
    print(f"{len(names) - len(missing)} of {len(names)} pages are complete")
    return failures


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["update", "check"])
    command = parser.parse_args().command
    if command == "update":
        update(pages())
    elif check(pages(), pages(WAITING)):
        sys.exit(1)


if __name__ == "__main__":
    main()
