"""Plants bugs in the metrics and their kernels, one at a time, and tells which of them no test notices.

mutmut plants them, in a copy of the checkout in which kernels are plain Python, as it passes decorated functions over;
`_mutants` tries them. Needs mutmut (pip install mutmut) beside what the tests need.

    python benchmarks/mutation.py FOLDER                                # all of them: 4,500, an hour and more
    python benchmarks/mutation.py FOLDER recokit.kernels                # those whose names begin so
    python benchmarks/mutation.py FOLDER recokit.metrics --sample 300   # some of these

The folder is made, or gone on with: mutants that were tried are not tried again.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ["ranking", "resampling"]
TESTS = ["tests/metrics", *(f"tests/kernels/test_{name}.py" for name in KERNELS)]
PROPERTY_EXAMPLES = 20  # of each property: fewer than the tests' own, so fewer bugs are noticed
LONG = "both_tests_agree or no_more_often_than_alpha or as_often_as_they_say or depend_on_threads or covers_the_truth"
DEPTH = "warnings_point"  # mutmut adds to the depth of calls
ARGUMENTS = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not data", "-k", f"not ({LONG} or {DEPTH})"]
CONFIG = f"""
[tool.mutmut]
source_paths = ["src"]
only_mutate = {["src/recokit/metrics/*", *(f"src/recokit/kernels/{name}.py" for name in KERNELS)]}
also_copy = ["tests", "pyproject.toml"]
pytest_add_cli_args = {ARGUMENTS}
pytest_add_cli_args_test_selection = {TESTS}
"""


def make_copy(folder: Path) -> None:
    """Copy what is mutated and tested, as plain Python."""
    folder.mkdir(parents=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb[ci]"))
    shutil.copy(ROOT / "README.md", folder)
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + CONFIG)
    for name in KERNELS:
        _rewrite(folder / "src/recokit/kernels" / f"{name}.py", r"^@njit\(.*\)\n", "")
    conftest = folder / "tests/conftest.py"  # examples that fail are not made smaller: that they fail says it all
    _rewrite(conftest, r"import HealthCheck,", "import HealthCheck, Phase,")
    _rewrite(
        conftest, r"max_examples=\d+", f"max_examples={PROPERTY_EXAMPLES}, phases=[Phase.explicit, Phase.generate]"
    )


def _rewrite(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(), flags=re.MULTILINE)
    if not count:
        raise ValueError(f"{file}: {pattern!r} is not there")
    file.write_text(text)


def plant(folder: Path, environment: dict[str, str]) -> None:
    """Let mutmut make the mutants, and learn which tests reach which function; it tries one of them."""
    first = f"recokit.kernels.{KERNELS[-1]}.x_mean_rows__mutmut_1"
    subprocess.run([sys.executable, "-m", "mutmut", "run", first], cwd=folder, env=environment, check=True)


def mutants_of(folder: Path) -> list[str]:
    """Return the names of all mutants."""
    files = sorted((folder / "mutants/src").rglob("*.meta"))
    return [name for file in files for name in json.loads(file.read_text())["exit_code_by_key"]]


def tried(folder: Path) -> dict[str, str]:
    """Return what became of the mutants that were tried."""
    results = folder / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {row["name"]: row["outcome"] for row in rows}


def attempt(folder: Path, names: list[str], n_processes: int, environment: dict[str, str]) -> None:
    """Try mutants."""
    (folder / "names.json").write_text(json.dumps(names))
    environment = environment | {
        "PYTHONPATH": f"{folder / 'mutants/src'}{os.pathsep}{ROOT / 'benchmarks'}",
        "MUTANTS": str(folder / "names.json"),
        "MUTANTS_RESULTS": str(folder / "results.jsonl"),
        "MUTANTS_PROCESSES": str(n_processes),
    }
    command = [sys.executable, "-m", "pytest", "-p", "_mutants", *ARGUMENTS, *TESTS]
    subprocess.run(command, cwd=folder / "mutants", env=environment, check=True)


def show(folder: Path, names: list[str], environment: dict[str, str]) -> None:
    """Print the counts, and what the tests did not notice."""
    outcomes = {name: outcome for name, outcome in tried(folder).items() if name in set(names)}
    print(dict(Counter(outcomes.values())), f"of {len(names)}")
    for name, outcome in outcomes.items():
        if outcome in ("survived", "no tests"):
            print(f"\n{name}: {outcome}", flush=True)
            subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=folder, env=environment, check=True)


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to work")
    parser.add_argument("names", nargs="*", help="what names of mutants begin with; all by default")
    parser.add_argument("--sample", type=int, help="how many of these to try at most; all by default")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    folder = args.folder.resolve()
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": ""}
    if not folder.exists():
        make_copy(folder)
    if not (folder / "mutants/mutmut-stats.json").exists():
        plant(folder, environment)
    names = [name for name in mutants_of(folder) if name.startswith(tuple(args.names) or "")]
    random.Random(0).shuffle(names)
    known = tried(folder)
    attempt(folder, [name for name in names[: args.sample] if name not in known], args.processes, environment)
    show(folder, names, environment)


if __name__ == "__main__":
    main()
