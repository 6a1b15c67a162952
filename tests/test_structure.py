"""The structure of the source: sizes, imports, names and wording stay within limits.

`tools/measure_structure.py` measures; this module sets the limits. Each check also runs on a small tree that breaks it.
"""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "tools" / "measure_structure.py"

MAX_CLAUSES = 2  # per 1,000 words
MAX_MODULE_LINES = 560
MAX_BODY_LINES = 60
MAX_KERNEL_BODY_LINES = 90
KERNELS = "recokit.kernels"
LONG_KERNELS: set[str] = set()  # kernel modules that may exceed MAX_MODULE_LINES


def load_script():
    """Import the script from its path: `tools` is not a package."""
    spec = importlib.util.spec_from_file_location("measure_structure", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


structure = load_script()


@pytest.fixture(scope="module")
def modules():
    """Return the modules of recokit."""
    return structure.read_modules(ROOT / "src" / "recokit")


@pytest.fixture(scope="module")
def layers():
    """Return the layers of the import contract."""
    return structure.read_layers((ROOT / "pyproject.toml").read_text("utf-8"))


def tree(sources):
    """Return made-up modules; a name that contains others is a package."""
    names = {"recokit", *sources}
    return {
        name: structure.Module(name, sources.get(name, ""), any(other.startswith(f"{name}.") for other in names))
        for name in sorted(names)
    }


# The checks: each returns the offenders.


def wordy(parts):
    return [
        f"{name}: {found.rate:.1f} per 1,000 words\n    " + "\n    ".join(found.clauses)
        for name, found in parts.items()
        if found.rate >= MAX_CLAUSES
    ]


def long_modules(modules):
    return [
        f"{one.name}: {one.n_lines} lines"
        for one in modules.values()
        if one.n_lines > MAX_MODULE_LINES and one.name not in LONG_KERNELS
    ]


def long_functions(modules):
    def limit(name):
        return MAX_KERNEL_BODY_LINES if name.startswith(f"{KERNELS}.") else MAX_BODY_LINES

    sizes = structure.body_sizes(modules)
    return [f"{name}: {size} lines, at most {limit(name)}" for name, size in sizes.items() if size > limit(name)]


def circles(modules):
    at_import, _ = structure.import_graph(modules)
    return [", ".join(group) for group in structure.cycles(at_import)]


def upward(modules, layers):
    at_import, deferred = structure.import_graph(modules)
    offenders = []
    for source, target in structure.upward_imports(at_import | deferred, layers):
        note = " (inside a function)" if (source, target) in deferred else ""
        offenders.append(f"{source} imports {target}{note}")
    return offenders


def exported_twice(modules):
    return [f"{name}: {', '.join(places)}" for name, places in structure.ambiguous_exports(modules).items()]


def assert_none(offenders, rule):
    if offenders:  # an assert statement would print the list a second time
        raise AssertionError("\n  ".join([rule, *offenders]))


# recokit


def test_docstrings_of_each_package_have_few_noun_clauses(modules):
    parts = structure.wording_by_package(modules)
    assert_none(
        wordy(parts), f"docstrings with {MAX_CLAUSES} or more noun clauses (what, who, those that) per 1,000 words:"
    )


def test_the_documentation_has_few_noun_clauses():
    parts = {"docs and README": structure.docs_wording(ROOT)}
    assert parts["docs and README"].n_words > 1_000
    assert_none(wordy(parts), f"{MAX_CLAUSES} or more noun clauses (what, who, those that) per 1,000 words:")


def test_packages_do_not_import_each_other_in_circles(modules):
    assert_none(circles(modules), "top-level modules that import each other in a circle:")


def test_imports_follow_the_layers(modules, layers):
    assert_none(upward(modules, layers), "imports against the layers in pyproject.toml:")


def test_the_layers_name_every_top_level_module(modules, layers):
    assert_none(structure.unlisted(modules, layers), "top-level modules that no layer in pyproject.toml names:")


def test_the_layers_name_only_existing_modules(modules, layers):
    assert_none(structure.missing(modules, layers), "names in the layers of pyproject.toml without a module:")


def test_no_module_is_too_long(modules):
    assert_none(long_modules(modules), f"modules over {MAX_MODULE_LINES} lines:")


def test_listed_long_kernels_are_kernels_and_long(modules):
    stale = [name for name in sorted(LONG_KERNELS) if name not in modules or modules[name].n_lines <= MAX_MODULE_LINES]
    assert_none(stale, "LONG_KERNELS lists modules that are missing or short:")
    assert all(name.startswith(f"{KERNELS}.") for name in LONG_KERNELS)


def test_no_function_is_too_long(modules):
    assert_none(long_functions(modules), "functions with too many lines, docstrings not counted:")


def test_every_public_name_has_one_public_path(modules):
    assert_none(
        exported_twice(modules), "objects in the __all__ of two public modules, none of which contains the other:"
    )


def test_the_script_reads_recokit_as_python_does(modules):
    import recokit

    assert structure.exports(modules["recokit"]) == recokit.__all__
    for name in recokit.__all__:
        source, attribute = structure.origin(modules, "recokit", name)
        assert getattr(recokit, name) is getattr(sys.modules[source], attribute), name


# Trees that break the checks


def test_noun_clauses_in_a_docstring_are_found():
    good = "Return the items of each user."
    bad = "Return what somebody gets.\n\n    Those who wait get more; those\n    of others do not."
    modules = tree({"recokit.a": "", "recokit.a.b": f'def f():\n    """{bad}"""', "recokit.c": f'"""{good}"""'})
    parts = structure.wording_by_package(modules)
    assert set(parts) == {"recokit", "recokit.a"}
    assert parts["recokit.a"].clauses == (
        "recokit.a.b:2: what",
        "recokit.a.b:2: somebody",
        "recokit.a.b:4: Those who",
        "recokit.a.b:4: those of",
    )
    (offender,) = wordy(parts)
    assert offender.startswith("recokit.a: 285.7 per 1,000 words")


def test_the_rate_of_noun_clauses_must_be_below_the_limit():
    words = " word" * (1_000 // MAX_CLAUSES - 1)
    assert wordy({"page": structure.wording("who" + words)})
    assert not wordy({"page": structure.wording("who" + words + " word")})


@pytest.mark.parametrize(
    "text",
    [
        ">>> print('who')\nwho\n",
        "Run::\n\n    who\n\n    who\n",
        ".. code-block:: python\n   :caption: who\n\n   who = 1\n",
        ".. math:: who\n   + who\n",
        "```python\nwho\n\nwho\n```\n",
    ],
)
def test_code_is_no_prose(text):
    assert structure.wording(text).clauses == ()
    after = structure.wording(f"{text}\nAnd who.", "page")
    assert after.clauses == (f"page:{len(text.splitlines()) + 2}: who",)


def test_the_content_of_a_note_is_prose():
    assert len(structure.wording(".. note::\n\n   This is for whom?").clauses) == 1


def test_pages_and_readme_are_read_without_templates(tmp_path):
    for name in ("README.md", "docs/index.rst", "docs/guide/data.rst", "docs/_templates/class.rst"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Here is what it does.\n")
    assert structure.docs_wording(tmp_path).clauses == (
        "README.md:1: what",
        "docs/guide/data.rst:1: what",
        "docs/index.rst:1: what",
    )


@pytest.mark.parametrize(
    "statement",
    ["import recokit.b", "from recokit import b", "from recokit.b import x", "from . import b", "from .b import x"],
)
def test_every_form_of_import_counts(statement):
    modules = tree({"recokit.a": statement, "recokit.b": "x = 1"})
    assert structure.import_graph(modules) == ({("recokit.a", "recokit.b")}, set())
    inside = tree({"recokit.a": f"def f():\n    {statement}", "recokit.b": "x = 1"})
    assert structure.import_graph(inside) == (set(), {("recokit.a", "recokit.b")})


def test_relative_imports_start_from_the_package():
    sources = {"recokit.a": "from . import c", "recokit.a.c": "from .. import b\nfrom ..d.e import x", "recokit.b": ""}
    edges, _ = structure.import_graph(tree({**sources, "recokit.d": "", "recokit.d.e": "x = 1"}))
    assert edges == {("recokit.a", "recokit.b"), ("recokit.a", "recokit.d")}


def test_imports_for_type_checking_do_not_count():
    text = "if TYPE_CHECKING:\n    import recokit.b\nelse:\n    import recokit.c"
    modules = tree({"recokit.a": text, "recokit.b": "", "recokit.c": ""})
    assert structure.import_graph(modules) == ({("recokit.a", "recokit.c")}, set())


def test_importing_the_root_imports_all_that_it_imports():
    modules = tree({"recokit": "from recokit.b import x", "recokit.a": "import recokit", "recokit.b": "x = 1"})
    assert structure.import_graph(modules) == ({("recokit.a", "recokit.b")}, set())
    circle = tree(
        {"recokit": "from recokit.a import x", "recokit.a": "from recokit.b import x", "recokit.b": "import recokit"}
    )
    assert circles(circle) == ["recokit.a, recokit.b"]


def test_a_circle_of_imports_is_found():
    sources = {"recokit.a": "", "recokit.a.x": "import recokit.b", "recokit.b": "import recokit.c"}
    assert circles(tree({**sources, "recokit.c": "import recokit.a", "recokit.d": "import recokit.a"})) == [
        "recokit.a, recokit.b, recokit.c"
    ]
    assert not circles(tree({**sources, "recokit.c": "def f():\n    import recokit.a"}))


def test_levels_are_the_longest_chain_with_a_circle_as_one_node():
    assert structure.n_levels("abcd", {("a", "b"), ("b", "c"), ("a", "c")}) == 3
    assert structure.n_levels("abcd", {("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}) == 3
    assert structure.n_levels("ab", set()) == 1


CONTRACT = """
[[tool.importlinter.contracts]]
type = "layers"
containers = ["recokit.a"]
layers = ["low", "high"]

[[tool.importlinter.contracts]]
type = "layers"
layers = ["recokit.top", "recokit.a | (recokit.b)", "recokit.c : recokit.d", "(recokit.absent)"]
"""


@pytest.mark.parametrize(
    ("source", "target", "offends"),
    [
        ("top", "c", False),
        ("c", "top", True),
        ("a", "b", True),
        ("c", "d", False),
        ("d", "a", True),
    ],
)
def test_an_import_against_the_layers_is_found(source, target, offends):
    modules = tree({f"recokit.{source}": f"import recokit.{target}", f"recokit.{target}": ""})
    expected = [f"recokit.{source} imports recokit.{target}"] if offends else []
    assert upward(modules, structure.read_layers(CONTRACT)) == expected


def test_an_import_against_the_layers_is_found_inside_a_function():
    modules = tree({"recokit.c": "def f():\n    from recokit.top import x", "recokit.top": "x = 1"})
    assert upward(modules, structure.read_layers(CONTRACT)) == ["recokit.c imports recokit.top (inside a function)"]


def test_names_in_a_container_are_relative():
    layers = structure.read_layers(
        '[[tool.importlinter.contracts]]\ntype="layers"\ncontainers=["recokit"]\nlayers=["a", "(b)"]'
    )
    assert [layer.names for layer in layers] == [("recokit.a",), ("recokit.b",)]
    assert structure.missing(tree({}), layers) == ["recokit.a"]


def test_modules_that_no_layer_names_and_names_without_a_module_are_found():
    modules = tree({f"recokit.{name}": "" for name in ("top", "a", "b", "c", "new", "_helpers")})
    layers = structure.read_layers(CONTRACT)
    assert structure.unlisted(modules, layers) == ["recokit._helpers", "recokit.new"]
    assert structure.missing(modules, layers) == ["recokit.d"]


def test_a_long_module_is_found():
    modules = tree({"recokit.a": "\n" * MAX_MODULE_LINES, "recokit.b": "\n" * (MAX_MODULE_LINES + 1)})
    assert long_modules(modules) == [f"recokit.b: {MAX_MODULE_LINES + 1} lines"]


@pytest.mark.parametrize(("package", "limit"), [("base", MAX_BODY_LINES), ("kernels", MAX_KERNEL_BODY_LINES)])
def test_a_long_function_is_found(package, limit):
    def source(n_lines):
        return (
            'class A:\n    def f(self):\n        """Text.\n\n        Text.\n        """\n' + "        x = 1\n" * n_lines
        )

    name = f"recokit.{package}.m"
    assert not long_functions(tree({f"recokit.{package}": "", name: source(limit)}))
    assert long_functions(tree({f"recokit.{package}": "", name: source(limit + 1)})) == [
        f"{name}.A.f (line 2): {limit + 1} lines, at most {limit}"
    ]


def test_body_lines_count_comments_but_no_docstring():
    text = (
        'def f(a,\n      b):\n    """Text."""\n    # reason\n\n    return [\n        a]\n\ndef g():\n    """Text."""\n'
    )
    sizes = structure.body_sizes(tree({"recokit.a": text}))
    assert sizes == {"recokit.a.f (line 1)": 4, "recokit.a.g (line 9)": 0}


EXPORT = 'from recokit.a._x import f\n__all__ = ["f"]'


def test_an_object_with_two_public_paths_is_found():
    sources = {"recokit.a": EXPORT, "recokit.a._x": '__all__ = ["f"]\ndef f(): ...', "recokit": EXPORT}
    assert not exported_twice(tree(sources))
    assert not exported_twice(tree({**sources, "recokit.a.y": EXPORT}))
    assert not exported_twice(tree({**sources, "recokit._b": EXPORT}))
    again = 'from recokit.a import f as g\n__all__ = ["g"]'
    assert exported_twice(tree({**sources, "recokit.b": again})) == ["recokit.a._x.f: recokit.a, recokit.b"]
    assert exported_twice(tree({**sources, "recokit.a.y": EXPORT, "recokit.a.z": EXPORT})) == [
        "recokit.a._x.f: recokit.a.y, recokit.a.z"
    ]


# The other measures


def test_functions_with_a_parameter_are_public_where_their_object_is_exported():
    text = """
from recokit.a import _base
from recokit.a._base import Base, helper
__all__ = ["Model", "compare"]
class Model(Base[int]):
    def __init__(self, *, n_threads=None): ...
    def _fit(self, n_threads): ...
def compare(n_threads=None):
    def inner(_): ...
def internal(n_threads): ...
"""
    base = "class Base:\n    def recommend(self, n_threads): ...\ndef helper(n_threads): ...\n"
    modules = tree({"recokit.a": "", "recokit.a.b": text, "recokit.a._base": base})
    public, internal = structure.functions_with("n_threads", modules)
    assert public == ["recokit.a._base.Base.recommend", "recokit.a.b.Model.__init__", "recokit.a.b.compare"]
    assert internal == ["recokit.a._base.helper", "recokit.a.b.Model._fit", "recokit.a.b.internal"]


def test_repeated_code_is_found_whatever_its_spacing_and_comments():
    lines = [f"x{i} = {i}" for i in range(8)]
    spaced = "\n\n".join(line.replace(" = ", "=") + "  # reason" for line in lines)
    modules = tree({"recokit.a": "\n".join(["y = 0", *lines]), "recokit.b": '"""Text."""\n' + spaced})
    assert structure.repeated_runs(modules) == [(8, ["recokit.a:2", "recokit.b:2"])]
    assert structure.repeated_runs(modules, min_lines=9) == []


def test_repeated_imports_and_short_runs_are_no_repeated_code():
    imports = "\n".join(f"import m{i}" for i in range(10)) + '\n__all__ = [\n"a",\n"b",\n"c",\n"d",\n"e",\n"f",\n]\n'
    five = "\n".join(f"x{i} = {i}" for i in range(5))
    assert structure.repeated_runs(tree({"recokit.a": imports + five, "recokit.b": imports + five})) == []


def test_a_run_repeated_in_one_module_does_not_overlap_itself():
    assert structure.repeated_runs(tree({"recokit.a": "x = 1\n" * 11})) == []
    assert structure.repeated_runs(tree({"recokit.a": "x = 1\n" * 12})) == [(6, ["recokit.a:1", "recokit.a:7"])]


def test_the_spread_of_sizes_has_the_nearest_rank():
    assert structure.spread(range(1, 11)) == {"number": 10, "median": 5.5, "p90": 9, "max": 10}


def test_files_are_counted_by_package():
    modules = tree({"recokit.a": "", "recokit.a.b": "", "recokit.a.c": "", "recokit.a.c.d": "", "recokit.e": ""})
    assert {name: len(files) for name, files in structure.packages(modules).items()} == {
        "recokit.a": 2,
        "recokit.a.c": 2,
    }


def test_the_script_stores_its_measures_and_compares_with_them(tmp_path, capsys):
    package = tmp_path / "src" / "recokit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Recommenders."""\n')
    (package / "a.py").write_text('"""What it does."""\n\n\ndef f(n_threads):\n    return n_threads\n')
    stored = tmp_path / "measures.json"
    structure.main(["--root", str(tmp_path), "--json", str(stored)])
    assert json.loads(stored.read_text("utf-8"))["functions with n_threads"]["all"] == 1
    (package / "b.py").write_text("from recokit.a import f\n")
    capsys.readouterr()
    structure.main(["--root", str(tmp_path), "--before", str(stored)])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["before", "now"] in rows
    assert ["nodes", "1", "2"] in rows
    assert ["edges", "0", "1"] in rows


def test_the_script_refuses_a_folder_without_the_package(tmp_path, capsys):
    with pytest.raises(SystemExit):
        structure.main(["--root", str(tmp_path)])
    assert "no folder src/recokit" in capsys.readouterr().err
