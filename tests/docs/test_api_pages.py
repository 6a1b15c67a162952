"""Every public name is on the page of the API, with See Also and a running example."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import recokit
from tests.docs._tools import ROOT

# Public for authors of extensions, or a constant that the page describes in a sentence.
UNLISTED = {
    "recokit.datasets.PUBLISHED",
    "recokit.datasets.SOURCES",
    "recokit.exceptions.first_few",
    "recokit.persistence.save",
    "recokit.persistence.storable",
    "recokit.testing.CHECKS",
    "recokit.testing.INAPPLICABLE_SKLEARN_CHECKS",
}
FOREIGN = {"recokit.NotFittedError"}  # documented by scikit-learn
# Packages whose pages are not written yet.
WAITING: set[str] = set()
# Public methods without an example of their own or in the example of their class: at most this share.
MAX_METHODS_WITHOUT_EXAMPLE = 0.15
MAX_COLUMNS = 88  # the width of a page at 1280 pixels


def listed():
    """Return the names on the page of the API by their paths."""
    module, found = "recokit", {}
    for line in (ROOT / "docs" / "api.rst").read_text("utf-8").splitlines():
        if current := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = current.group(1)
        elif name := re.match(r"   ([A-Za-z_]\w*)$", line):
            found[f"{module}.{name.group(1)}"] = getattr(importlib.import_module(module), name.group(1))
    return found


LISTED = listed()
DOCUMENTED = sorted(set(LISTED) - FOREIGN)


def packages():
    """Return the public packages that can be imported here."""
    names = [name for _, name, _ in pkgutil.iter_modules(recokit.__path__) if not name.startswith("_")]
    found = [recokit]
    for name in sorted(set(names) - {"kernels"} - WAITING):
        try:
            found.append(importlib.import_module(f"recokit.{name}"))
        except ImportError as error:  # an optional library
            if (error.name or "").startswith("recokit."):
                raise
    return found


def own_documentation(thing):
    return inspect.cleandoc(thing.__doc__ or "")


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.__name__)
def test_every_public_name_is_on_the_page(package):
    on_page = set(map(id, LISTED.values()))
    missing = {
        f"{package.__name__}.{name}"
        for name in package.__all__
        if id(getattr(package, name)) not in on_page and not inspect.ismodule(getattr(package, name))
    }
    assert missing <= UNLISTED


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_public_name_refers_to_others_and_has_an_example(name):
    text = own_documentation(LISTED[name])
    assert re.search(r"^See Also\n-+\n\S", text, re.MULTILINE), "no section See Also"
    assert ">>> " in text, "no example"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_see_also_names_things_that_exist(name):
    sections = re.split(r"^See Also\n-+\n", own_documentation(LISTED[name]), flags=re.MULTILINE)
    section = re.split(r"^\w[\w ]*\n-{3,}\n", sections[1], flags=re.MULTILINE)[0]
    module = importlib.import_module(name.rpartition(".")[0])
    for entry in re.findall(r"^([\w.]+(?:, [\w.]+)*)(?: :|$)", section, re.MULTILINE):
        for other in entry.split(", "):
            assert resolved(other, module) is not None, other


def resolved(path, module):
    """Return the object of a dotted path, or of a name in a module or in recokit; None if there is none."""
    parts = path.split(".")
    for start in (module, recokit, *packages()):
        thing = start
        for part in parts[1:] if parts[0] == "recokit" else parts:
            thing = getattr(thing, part, None)
        if thing is not None:
            return thing
    for length in range(len(parts) - 1, 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part, None)
        return thing
    return None


def public_methods(kind):
    for name, value in vars(kind).items():
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


def test_methods_have_examples():
    methods, without = 0, []
    for path in DOCUMENTED:
        if not inspect.isclass(LISTED[path]):
            continue
        for name, function in public_methods(LISTED[path]):
            methods += 1
            shown = re.search(rf"\.{name}\(", own_documentation(LISTED[path]))
            if ">>> " not in own_documentation(function) and not shown:
                without.append(f"{path}.{name}")
    assert methods > 150
    assert len(without) <= MAX_METHODS_WITHOUT_EXAMPLE * methods, "\n".join(without)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_code_of_docstrings_fits_the_page(name):
    texts = [own_documentation(LISTED[name])]
    if inspect.isclass(LISTED[name]):
        texts += [own_documentation(function) for _, function in public_methods(LISTED[name])]
    wide = [line for text in texts for line in code_lines(text) if len(line) > MAX_COLUMNS]
    assert not wide


PAGES = [
    page
    for page in sorted((ROOT / "docs").rglob("*.rst"))
    if not {"generated", "backreferences", "gallery"} & set(page.parts)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_pages_fits_the_page(page):
    wide = [line for line in code_lines(page.read_text("utf-8")) if len(line) > MAX_COLUMNS]
    assert not wide


def code_lines(text):
    """Return the lines of code of a text, with their prompts."""
    examples = doctest.DocTestParser().get_examples(text)
    return [f">>> {line}" for example in examples for line in example.source.splitlines()]
