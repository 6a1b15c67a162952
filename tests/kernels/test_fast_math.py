"""Kernels that may reorder sums have the same bits in every process.

LLVM may round differently where it inlines a function and where it does not. Which copy of a function that is not
inlined runs depends on the kernels that the process has compiled or loaded before. So such functions are always
inlined, and are not cached by themselves.
"""

import ast
from pathlib import Path

import pytest

import recokit.kernels

KERNELS = Path(recokit.kernels.__file__).parent
FLAGS = {"nsz", "arcp", "contract", "afn", "reassoc"}  # no flag that lets NaN and infinity be ignored


def options_of(function):
    """Return the options of the njit decorator of a function, None without one."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "njit":
            return {option.arg: ast.literal_eval(option.value) for option in decorator.keywords}
    return None


def read_kernels(sources):
    """Return the options of each kernel, and the kernels that it calls, by (module, name)."""
    options, calls = {}, {}
    for module, source in sources.items():
        tree = ast.parse(source)
        origins = {
            alias.asname or alias.name: (node.module.rpartition(".")[2], alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("recokit.kernels.")
            for alias in node.names
        }
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and (found := options_of(function)) is not None:
                options[module, function.name] = found
                names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} - {function.name}
                calls[module, function.name] = {origins.get(name, (module, name)) for name in names}
    return options, {kernel: called & set(options) for kernel, called in calls.items()}


def offenders(sources):
    """Return a line for each function that is called, but not inlined, beside or with fast mathematics."""
    options, calls = read_kernels(sources)

    def is_fast(kernel):
        return "fastmath" in options[kernel] or any(is_fast(called) for called in calls[kernel])

    def is_inlined(kernel):
        return options[kernel].get("forceinline") or options[kernel].get("inline") == "always"

    found = []
    for kernel, all_called in calls.items():
        for called in sorted(all_called):
            if is_inlined(called) or not (is_fast(called) or "fastmath" in options[kernel]):
                continue
            found.append(f"{'.'.join(kernel)} calls {'.'.join(called)}, which is not inlined")
    return found


@pytest.fixture(scope="module")
def sources():
    return {path.stem: path.read_text("utf-8") for path in KERNELS.glob("*.py")}


def test_functions_with_reordered_sums_are_inlined_into_their_callers(sources):
    assert offenders(sources) == []


def test_inlined_functions_are_not_cached_by_themselves(sources):
    options, calls = read_kernels(sources)
    called = set().union(*calls.values())
    cached = {kernel for kernel in called if options[kernel].get("forceinline") and options[kernel].get("cache")}
    assert cached <= {("sgd_fold_in", "ridge")}  # called from Python too


def test_no_kernel_ignores_nan_and_infinity(sources):
    options, _ = read_kernels(sources)
    flags = [found["fastmath"] for found in options.values() if "fastmath" in found]
    assert len(flags) > 10
    assert all(each == FLAGS for each in flags)


FAST = '@njit(fastmath={"contract"})\ndef fast(x): ...\n'
INLINED = '@njit(forceinline=True, fastmath={"contract"})\ndef fast(x): ...\n'


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({"a": FAST + "@njit()\ndef use(x): fast(x)\n"}, ["a.use calls a.fast, which is not inlined"]),
        ({"a": INLINED + "@njit()\ndef use(x): fast(x)\n"}, []),
        (
            {"a": INLINED + "@njit()\ndef use(x): fast(x)\n@njit()\ndef outer(x): use(x)\n"},
            ["a.outer calls a.use, which is not inlined"],
        ),
        (
            {"a": INLINED, "b": "from recokit.kernels.a import fast\n@njit(fastmath={'nsz'})\ndef use(x): fast(x)\n"},
            [],
        ),
        (
            {"a": FAST, "b": "from recokit.kernels.a import fast as f\n@njit(cache=True)\ndef use(x): f(x)\n"},
            ["b.use calls a.fast, which is not inlined"],
        ),
        (
            {"a": "@njit()\ndef plain(x): ...\n@njit(fastmath={'nsz'})\ndef use(x): plain(x)\n"},
            ["a.use calls a.plain, which is not inlined"],
        ),
    ],
)
def test_made_up_kernels_that_break_the_rule_are_found(sources, found):
    assert offenders(sources) == found
