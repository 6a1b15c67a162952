"""Measure the structure of recokit's source: sizes, imports, wording, repeated code.

Run ``python tools/measure_structure.py`` in a checkout. ``--json FILE`` stores the measures; ``--before FILE`` prints a
table of stored and current measures. Nothing is imported from recokit: the source is only parsed.
"""

import argparse
import ast
import io
import json
import math
import re
import statistics
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from pathlib import Path
from typing import Any

PACKAGE = "recokit"
MIN_REPEATED_LINES = 6

Edge = tuple[str, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef

WORD = re.compile(r"[A-Za-z]{2,}")
NOUN_CLAUSE = re.compile(
    r"\b(what|whom|whoever|whatever|who|somebody|nobody|those\s+(?:that|who|whose|of))\b", re.IGNORECASE
)
# The indented content of these directives is code, a formula or a list of names.
CODE_DIRECTIVE = re.compile(
    r"\.\. (code|code-block|sourcecode|math|literalinclude|doctest|testcode|testoutput|plot|toctree|"
    r"autosummary|auto\w+|currentmodule|module|highlight|raw|parsed-literal)::"
)


# Modules


@dataclass(frozen=True)
class Module:
    """The source of one module."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.text)

    @property
    def n_lines(self) -> int:
        """Number of lines, including blank ones."""
        return len(self.text.splitlines())

    @property
    def package(self) -> str:
        """Package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def is_public(self) -> bool:
        """Whether no component of the path starts with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))


Modules = Mapping[str, Module]


def read_modules(folder: Path) -> dict[str, Module]:
    """Read all modules of the package in a folder, by dotted name."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules[name] = Module(name, path.read_text("utf-8"), is_package)
    return modules


def node_of(name: str) -> str:
    """Return the top-level module or sub-package that a module belongs to: ``recokit.a.b`` → ``recokit.a``."""
    return ".".join(name.split(".")[:2])


def top_level(modules: Modules) -> list[str]:
    """Return the top-level modules and sub-packages, without the root package itself."""
    return sorted({node_of(name) for name in modules if "." in name})


def packages(modules: Modules) -> dict[str, list[str]]:
    """Return the names of the modules that lie directly in each package below the root, ``__init__`` included."""
    groups = defaultdict(list)
    for one in modules.values():
        if "." in one.package:
            groups[one.package].append(one.name)
    return dict(sorted(groups.items()))


# Functions


def functions(one: Module) -> Iterator[tuple[str, Function]]:
    """Yield the qualified name and the definition of each function, nested ones included."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}.{child.name}"
                if isinstance(child, Function):
                    yield name, child
                yield from visit(child, name)
            else:
                yield from visit(child, prefix)

    return visit(one.tree, one.name)


def docstring_node(node: ast.AST) -> ast.Expr | None:
    """Return the statement that is the docstring of a module, class or function."""
    body = getattr(node, "body", None)
    if not isinstance(node, ast.Module | ast.ClassDef | Function) or not body:
        return None
    first = body[0]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return first if is_text else None


def body_lines(function: Function) -> int:
    """Return the number of lines of a function's body without the docstring."""
    docstring = docstring_node(function)
    start = function.body[0].lineno if docstring is None else (docstring.end_lineno or docstring.lineno) + 1
    return max(0, (function.end_lineno or start) - start + 1)


def body_sizes(modules: Modules) -> dict[str, int]:
    """Return the body lines of each function by qualified name and line."""
    return {
        f"{name} (line {function.lineno})": body_lines(function)
        for one in modules.values()
        for name, function in functions(one)
    }


def parameters(function: Function) -> list[str]:
    """Return the names of a function's parameters, without ``*args`` and ``**kwargs``."""
    arguments = function.args
    return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


# Names: where they are exported and where they are defined


def bindings(one: Module) -> dict[str, tuple[str, str]]:
    """Return the (module, name) that each ``from … import …`` at module level binds."""
    bound: dict[str, tuple[str, str]] = {}
    for statement in one.tree.body:
        if isinstance(statement, ast.ImportFrom):
            source = absolute(one, statement)
            bound |= {alias.asname or alias.name: (source, alias.name) for alias in statement.names}
    return bound


def absolute(one: Module, statement: ast.ImportFrom) -> str:
    """Return the absolute name of the module in a ``from … import …``."""
    if not statement.level:
        return statement.module or ""
    parts = one.package.split(".")
    return ".".join([*parts[: len(parts) - statement.level + 1], *filter(None, [statement.module])])


def exports(one: Module) -> list[str]:
    """Return the names in ``__all__``, or an empty list if there is none."""
    names: list[str] = []
    for statement in one.tree.body:
        if isinstance(statement, ast.Assign):
            targets: Sequence[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            targets = [statement.target]
        else:
            continue
        if statement.value is not None and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in targets
        ):
            names.extend(ast.literal_eval(statement.value))
    return names


def origin(modules: Modules, name: str, attribute: str) -> tuple[str, str]:
    """Return the (module, name) that defines an attribute of a module, followed through re-exports."""
    visited = set()
    while name in modules and (name, attribute) not in visited:
        visited.add((name, attribute))
        source = bindings(modules[name]).get(attribute)
        if source is None:
            break
        name, attribute = source
    return name, attribute


def exporters(modules: Modules) -> dict[tuple[str, str], list[str]]:
    """Return the public modules that export each object in their ``__all__``, by where the object is defined."""
    found = defaultdict(list)
    for one in modules.values():
        if one.is_public:
            for name in exports(one):
                found[origin(modules, one.name, name)].append(one.name)
    return dict(found)


def ambiguous_exports(modules: Modules) -> dict[str, list[str]]:
    """Return the objects that two public modules export, unless one module is a package that contains the other."""
    found = {}
    for (source, name), public in exporters(modules).items():
        clashes = {
            place
            for pair in combinations(public, 2)
            if not any(other.startswith(f"{package}.") for package, other in (pair, pair[::-1]))
            for place in pair
        }
        if clashes:
            found[f"{source}.{name}"] = sorted(clashes)
    return dict(sorted(found.items()))


def public_objects(modules: Modules) -> set[tuple[str, str]]:
    """Return the (module, name) of all exported objects, and of the base classes of exported classes."""
    found: set[tuple[str, str]] = set()
    waiting = list(exporters(modules))
    while waiting:
        source, name = waiting.pop()
        if (source, name) in found or source not in modules:
            continue
        found.add((source, name))
        for statement in modules[source].tree.body:
            if isinstance(statement, ast.ClassDef) and statement.name == name:
                bases = (base.value if isinstance(base, ast.Subscript) else base for base in statement.bases)
                waiting += [origin(modules, source, base.id) for base in bases if isinstance(base, ast.Name)]
    return found


def functions_with(parameter: str, modules: Modules) -> tuple[list[str], list[str]]:
    """Return the functions that have a parameter: those of the public API, then internal ones.

    The public API is the exported functions, and ``__init__`` and the public methods of exported classes and of their
    bases.
    """
    exported = public_objects(modules)
    public: list[str] = []
    internal: list[str] = []
    for one in modules.values():
        for name, function in functions(one):
            if parameter in parameters(function):
                owner, *methods = name.removeprefix(f"{one.name}.").split(".")
                is_public = all(part == "__init__" or not part.startswith("_") for part in methods)
                (public if (one.name, owner) in exported and is_public else internal).append(name)
    return public, internal


# Imports


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def imported(one: Module, modules: Modules) -> tuple[set[str], set[str]]:
    """Return the modules of the package that a module imports: when it is imported, and only inside functions.

    Imports under ``if TYPE_CHECKING:`` do not count.
    """
    at_import: set[str] = set()
    deferred: set[str] = set()

    def visit(node: ast.AST, found: set[str]) -> None:
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            children: Iterable[ast.AST] = node.orelse
        else:
            children = ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(one, node)
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                found.add(submodule if submodule in modules else source)
        elif isinstance(node, Function):
            found = deferred
        for child in children:
            visit(child, found)

    visit(one.tree, at_import)
    at_import &= modules.keys()
    return at_import, (deferred & modules.keys()) - at_import


def import_graph(modules: Modules) -> tuple[set[Edge], set[Edge]]:
    """Return the imports between top-level modules and sub-packages: at module level, and only inside functions.

    The root package only re-exports. An import of the root package counts as an import of all that it imports.
    """
    root = next(iter(modules)).split(".")[0]
    faces = {node_of(name) for name in imported(modules[root], modules)[0]} - {root} if root in modules else set()
    at_import: set[Edge] = set()
    deferred: set[Edge] = set()
    for one in modules.values():
        node = node_of(one.name)
        if node == root:
            continue
        for edges, names in zip((at_import, deferred), imported(one, modules), strict=True):
            targets = {node_of(name) for name in names}
            targets = targets - {root} | faces if root in targets else targets
            edges.update((node, target) for target in targets if target != node)
    return at_import, deferred - at_import


def components(nodes: Iterable[str], edges: Collection[Edge]) -> list[set[str]]:
    """Return the strongly connected components of a graph: groups whose members all reach each other."""
    reached = {node: _reachable(node, edges) for node in nodes}
    found: list[set[str]] = []
    for node in sorted(reached):
        if not any(node in group for group in found):
            found.append({node} | {other for other in reached[node] if node in reached.get(other, ())})
    return found


def _reachable(start: str, edges: Collection[Edge]) -> set[str]:
    targets = defaultdict(set)
    for source, target in edges:
        targets[source].add(target)
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = targets[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def cycles(edges: Collection[Edge]) -> list[list[str]]:
    """Return the groups of nodes that import each other in a circle."""
    return [sorted(group) for group in components(set(chain.from_iterable(edges)), edges) if len(group) > 1]


def n_levels(nodes: Collection[str], edges: Collection[Edge]) -> int:
    """Return the length of the longest chain of imports, where each cycle counts as one node."""
    group_of = {node: index for index, group in enumerate(components(nodes, edges)) for node in group}
    targets = defaultdict(set)
    for source, target in edges:
        if group_of[source] != group_of[target]:
            targets[group_of[source]].add(group_of[target])
    depths: dict[int, int] = {}

    def depth(group: int) -> int:
        if group not in depths:
            depths[group] = 1 + max(map(depth, targets[group]), default=0)
        return depths[group]

    return max(map(depth, group_of.values()), default=0)


# The layers contract of import-linter


@dataclass(frozen=True)
class Layer:
    """One layer of the contract."""

    names: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    may_import_each_other: bool = False


def parse_layer(entry: str, prefix: str = "") -> Layer:
    """Parse an entry such as ``"a"``, ``"(a)"``, ``"a | (b)"`` or ``"a : b"``; names in brackets may be absent."""
    names = {prefix + part.strip("() "): part.strip().startswith("(") for part in re.split(r"[|:]", entry)}
    return Layer(tuple(names), frozenset(name for name, optional in names.items() if optional), ":" in entry)


def read_layers(text: str, package: str = PACKAGE) -> list[Layer]:
    """Return the layers of the first contract in the text of a ``pyproject.toml`` that orders a package's modules."""
    contracts = tomllib.loads(text).get("tool", {}).get("importlinter", {}).get("contracts", [])
    for contract in contracts:
        if contract["type"] == "layers" and contract.get("containers", [package]) == [package]:
            prefix = f"{package}." if "containers" in contract else ""
            return [parse_layer(entry, prefix) for entry in contract["layers"]]
    return []


def upward_imports(edges: Iterable[Edge], layers: Sequence[Layer]) -> list[Edge]:
    """Return the imports of a higher layer, or of an independent module of the same layer."""
    height = {name: -index for index, layer in enumerate(layers) for name in layer.names}
    free = {name for layer in layers if layer.may_import_each_other for name in layer.names}
    return sorted(
        (source, target)
        for source, target in edges
        if source in height
        and target in height
        and (height[target] > height[source] or (height[target] == height[source] and target not in free))
    )


def unlisted(modules: Modules, layers: Sequence[Layer]) -> list[str]:
    """Return the top-level modules and sub-packages that no layer names."""
    listed = set(chain.from_iterable(layer.names for layer in layers))
    return [node for node in top_level(modules) if node not in listed]


def missing(modules: Modules, layers: Sequence[Layer]) -> list[str]:
    """Return the names in the layers that are not optional and do not exist."""
    return [name for layer in layers for name in layer.names if name not in modules and name not in layer.optional]


# Wording


def prose(text: str) -> str:
    """Return a text with blank lines in place of code: doctests, literal blocks, fenced blocks and code directives.

    The other lines keep their numbers.
    """
    lines = []
    block: int | None = None  # indentation of the line that opened a code block
    in_fence = in_doctest = False
    for line in text.splitlines():
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        is_fence = words.startswith("```")
        in_fence ^= is_fence
        in_doctest = words.startswith(">>>") or (in_doctest and bool(words))
        if block is not None and words and indent <= block:
            block = None
        is_code = is_fence or in_fence or in_doctest or block is not None
        is_directive = CODE_DIRECTIVE.match(words) is not None
        if not is_code and (is_directive or (words.endswith("::") and not words.startswith(".."))):
            block = indent
        lines.append("" if is_code or is_directive else line)
    return "\n".join(lines)


@dataclass(frozen=True)
class Wording:
    """Number of words of a text, and the places of its noun clauses."""

    n_words: int = 0
    clauses: tuple[str, ...] = ()

    def __add__(self, other: "Wording") -> "Wording":
        return Wording(self.n_words + other.n_words, self.clauses + other.clauses)

    @property
    def rate(self) -> float:
        """Noun clauses per 1,000 words."""
        return 1000 * len(self.clauses) / self.n_words if self.n_words else 0.0


def wording(text: str, place: str = "", first_line: int = 1) -> Wording:
    """Count the words and find the noun clauses in the prose of a text."""
    words = prose(text)
    clauses = (
        f"{place}:{first_line + words.count(chr(10), 0, match.start())}: {' '.join(match[0].split())}"
        for match in NOUN_CLAUSE.finditer(words)
    )
    return Wording(len(WORD.findall(words)), tuple(clauses))


def docstring_wording(one: Module) -> Wording:
    """Return the wording of all docstrings of a module, those of private functions included."""
    total = Wording()
    for node in ast.walk(one.tree):
        docstring = docstring_node(node)
        if docstring is not None:
            total += wording(ast.literal_eval(docstring.value), one.name, docstring.lineno)
    return total


def wording_by_package(modules: Modules) -> dict[str, Wording]:
    """Return the wording of the docstrings of each top-level sub-package, and of all top-level modules together."""
    root_modules = {node for node in top_level(modules) if not modules[node].is_package}
    total: defaultdict[str, Wording] = defaultdict(Wording)
    for one in modules.values():
        node = node_of(one.name)
        total[one.name.split(".")[0] if node in root_modules else node] += docstring_wording(one)
    return dict(sorted(total.items()))


def docs_wording(root: Path) -> Wording:
    """Return the wording of ``README.md`` and the pages under ``docs``, without templates and generated pages."""
    pages = [
        path
        for path in sorted((root / "docs").rglob("*.rst"))
        if not any(part.startswith("_") or part == "generated" for part in path.relative_to(root).parts)
    ]
    return sum((file_wording(path, root) for path in [root / "README.md", *pages]), Wording())


def file_wording(path: Path, root: Path) -> Wording:
    """Return the wording of a text file; a file that does not exist has no words."""
    return wording(path.read_text("utf-8"), path.relative_to(root).as_posix()) if path.exists() else Wording()


# Repeated code


def code_lines(one: Module) -> list[tuple[int, str]]:
    """Return the number and the tokens of each line of code.

    Comments, docstrings, imports, ``__all__`` and lines of punctuation only are left out.
    """
    skipped: set[int] = set()
    for node in ast.walk(one.tree):
        is_all = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        block = node if is_all or isinstance(node, ast.Import | ast.ImportFrom) else docstring_node(node)
        if isinstance(block, ast.stmt):
            skipped.update(range(block.lineno, (block.end_lineno or block.lineno) + 1))
    lines: defaultdict[int, list[str]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(one.text).readline):
        if token.type != tokenize.COMMENT and token.string.strip() and token.start[0] not in skipped:
            lines[token.start[0]].append(token.string)
    texts = ((number, " ".join(tokens)) for number, tokens in lines.items())
    return [(number, text) for number, text in texts if re.search(r"\w", text)]


def repeated_runs(modules: Modules, min_lines: int = MIN_REPEATED_LINES) -> list[tuple[int, list[str]]]:
    """Return the longest runs of lines that occur in several places.

    Each run is given by its number of lines and the ``module:line`` of each place.
    """
    lines = {name: code_lines(one) for name, one in modules.items()}
    places = defaultdict(list)
    for name, numbered in lines.items():
        texts = [text for _, text in numbered]
        for start in range(len(texts) - min_lines + 1):
            places[tuple(texts[start : start + min_lines])].append((name, start))

    def text_at(name: str, position: int) -> str | None:
        return lines[name][position][1] if 0 <= position < len(lines[name]) else None

    runs: defaultdict[tuple[str, ...], set[tuple[str, int]]] = defaultdict(set)
    for (first, i), (second, j) in chain.from_iterable(combinations(found, 2) for found in places.values()):
        limit = j - i if first == second else math.inf  # a run does not overlap its copy
        before = text_at(first, i - 1)
        if limit < min_lines or (before is not None and before == text_at(second, j - 1)):
            continue
        length = min_lines
        while length < limit and (text := text_at(first, i + length)) and text == text_at(second, j + length):
            length += 1
        key = tuple(text for _, text in lines[first][i : i + length])
        runs[key] |= {(first, lines[first][i][0]), (second, lines[second][j][0])}
    found = [(len(key), [f"{name}:{line}" for name, line in sorted(spots)]) for key, spots in runs.items()]
    return sorted(found, key=lambda run: (-run[0], run[1]))


# The report


def spread(sizes: Collection[int]) -> dict[str, float]:
    """Return the number of values, their median, their 90th percentile (nearest rank) and their maximum."""
    ordered = sorted(sizes)
    return {
        "number": len(ordered),
        "median": statistics.median(ordered),
        "p90": ordered[math.ceil(0.9 * len(ordered)) - 1],
        "max": ordered[-1],
    }


def measure(root: Path) -> dict[str, Any]:
    """Return all measures of a checkout, ready for JSON."""
    modules = read_modules(root / "src" / PACKAGE)
    sizes = {one.name: one.n_lines for one in modules.values()}
    bodies = body_sizes(modules)
    public, internal = functions_with("n_threads", modules)
    runs = repeated_runs(modules)
    return {
        "module lines": {**spread(sizes.values()), "largest": max(sizes, key=sizes.__getitem__)},
        "function body lines": {**spread(bodies.values()), "largest": max(bodies, key=bodies.__getitem__)},
        "files per package": {name: len(files) for name, files in packages(modules).items()},
        "imports": measure_imports(modules, root / "pyproject.toml"),
        "noun clauses per 1,000 words": measure_wording(modules, root),
        "functions with n_threads": {
            "all": len(public) + len(internal),
            "public": len(public),
            "internal": len(internal),
            "public names": public,
        },
        "objects exported twice": {
            "number": len(ambiguous_exports(modules)),
            "list": [f"{name}: {', '.join(places)}" for name, places in ambiguous_exports(modules).items()],
        },
        "repeated runs of code": {
            "number": len(runs),
            "lines": sum(length for length, _ in runs),
            "list": [f"{length} lines: {', '.join(places)}" for length, places in runs],
        },
    }


def measure_imports(modules: Modules, pyproject: Path) -> dict[str, Any]:
    """Return the measures of the graph of imports between top-level modules and sub-packages."""
    at_import, deferred = import_graph(modules)
    layers = read_layers(pyproject.read_text("utf-8")) if pyproject.exists() else []
    every = at_import | deferred
    lists = {
        "cycles": [", ".join(group) for group in cycles(at_import)],
        "cycles with deferred edges": [", ".join(group) for group in cycles(every)],
        "upward edges": [f"{source} → {target}" for source, target in upward_imports(every, layers)],
        "not in the layers": unlisted(modules, layers),
    }
    return {
        "nodes": len(top_level(modules)),
        "edges": len(at_import),
        "deferred edges": len(deferred),
        "levels": n_levels(top_level(modules), at_import),
        **{name: len(found) for name, found in lists.items()},
        **{f"list of {name}": found for name, found in lists.items()},
        "list of deferred edges": [f"{source} → {target}" for source, target in sorted(deferred)],
    }


def measure_wording(modules: Modules, root: Path) -> dict[str, float]:
    """Return the rates of noun clauses in docstrings, overall and by package, and in the documentation."""
    by_package = wording_by_package(modules)
    parts = {
        "docstrings": sum(by_package.values(), Wording()),
        "docs and README": docs_wording(root),
        "CONTRIBUTING": file_wording(root / "CONTRIBUTING.md", root),
        "CHANGELOG": file_wording(root / "CHANGELOG.md", root),
        **{f"docstrings of {name}": found for name, found in by_package.items()},
    }
    return {name: round(found.rate, 2) for name, found in parts.items()}


def table(measures: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> str:
    """Return the numbers as aligned rows of text, with those measured before in a column of their own."""
    rows: list[tuple[str, ...]] = [("", "before", "now") if before else ("", "now")]
    for title in {**(before or {}), **measures}:
        now, past = measures.get(title, {}), (before or {}).get(title, {})
        rows.append((title, *[""] * (len(rows[0]) - 1)))
        for name in {**past, **now}:
            cells = [_cell(values.get(name)) for values in ([past, now] if before else [now])]
            if any(cells):
                rows.append((f"  {name}", *cells))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    )


def _cell(value: object) -> str:
    if isinstance(value, list) or value is None:
        return ""
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def listings(measures: Mapping[str, Any]) -> str:
    """Return the lists among the measures, one entry a line."""
    blocks = [
        "\n  ".join([f"{title}, {name}:", *values])
        for title, group in measures.items()
        for name, values in group.items()
        if isinstance(values, list) and values
    ]
    return "\n\n".join(blocks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure the structure of recokit's source.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1], help="folder of the checkout")
    parser.add_argument("--json", type=Path, metavar="FILE", help="store the measures in this file")
    parser.add_argument("--before", type=Path, metavar="FILE", help="compare with the measures in this file")
    options = parser.parse_args(arguments)
    if not (options.root / "src" / PACKAGE).is_dir():
        parser.error(f"no folder src/{PACKAGE} in {options.root}; give the folder of a checkout with --root")
    measures = measure(options.root)
    before = json.loads(options.before.read_text("utf-8")) if options.before else None
    if options.json:
        options.json.write_text(json.dumps(measures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(table(measures, before), listings(measures), sep="\n\n")


if __name__ == "__main__":
    main()
