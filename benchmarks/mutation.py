"""Plant bugs in the metrics and their kernels, one at a time, and list the bugs that no test detects.

mutmut plants the bugs in a copy of the checkout. Kernels are plain Python there, because mutmut skips decorated
functions. The pytest plug-in `_common.mutants` runs the mutants. Requires mutmut (pip install mutmut) and the ``test``
extra.

    python benchmarks/mutation.py FOLDER                                # all 4,500 mutants: more than an hour
    python benchmarks/mutation.py FOLDER recokit.kernels                # mutants with this prefix
    python benchmarks/mutation.py FOLDER recokit.metrics --sample 300   # a sample of them

The folder is created if missing. A repeated run continues the earlier one and skips finished mutants.
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
PROPERTY_EXAMPLES = 20  # fewer than in the tests, for speed; fewer bugs are detected
LONG = "both_tests_agree or no_more_often_than_alpha or as_often_as_they_say or depend_on_threads or covers_the_truth"
DEPTH = "warnings_point"  # mutmut changes the depth of calls
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
    """Copy the sources and the tests, with kernels as plain Python."""
    folder.mkdir(parents=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb[ci]"))
    shutil.copy(ROOT / "README.md", folder)
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + CONFIG)
    for name in KERNELS:
        _rewrite(folder / "src/recokit/kernels" / f"{name}.py", r"^@njit\(.*\)\n", "")
    conftest = folder / "tests/conftest.py"  # failing examples need no shrinking
    _rewrite(conftest, r"import HealthCheck,", "import HealthCheck, Phase,")
    _rewrite(
        conftest, r"max_examples=\d+", f"max_examples={PROPERTY_EXAMPLES}, phases=[Phase.explicit, Phase.generate]"
    )


def _rewrite(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(), flags=re.MULTILINE)
    if not count:
        raise ValueError(f"{file}: expected a match of {pattern!r}, found none; update benchmarks/mutation.py")
    file.write_text(text)


def plant(folder: Path, environment: dict[str, str]) -> None:
    """Let mutmut create the mutants and record the tests that reach each function; it runs one mutant."""
    mutant = f"recokit.kernels.{KERNELS[-1]}.x_mean_rows__mutmut_1"
    subprocess.run([sys.executable, "-m", "mutmut", "run", mutant], cwd=folder, env=environment, check=True)


def list_mutants(folder: Path) -> list[str]:
    """Return the names of all mutants."""
    files = sorted((folder / "mutants/src").rglob("*.meta"))
    return [name for file in files for name in json.loads(file.read_text())["exit_code_by_key"]]


def read_outcomes(folder: Path) -> dict[str, str]:
    """Return the outcomes of the finished mutants by name."""
    results = folder / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {row["name"]: row["outcome"] for row in rows}


def run_mutants(folder: Path, names: list[str], n_processes: int, environment: dict[str, str]) -> None:
    """Run the named mutants in parallel processes."""
    (folder / "names.json").write_text(json.dumps(names))
    environment = environment | {
        "PYTHONPATH": f"{folder / 'mutants/src'}{os.pathsep}{ROOT / 'benchmarks'}",
        "MUTANTS": str(folder / "names.json"),
        "MUTANTS_RESULTS": str(folder / "results.jsonl"),
        "MUTANTS_PROCESSES": str(n_processes),
    }
    command = [sys.executable, "-m", "pytest", "-p", "_common.mutants", *ARGUMENTS, *TESTS]
    subprocess.run(command, cwd=folder / "mutants", env=environment, check=True)


def show(folder: Path, names: list[str], environment: dict[str, str]) -> None:
    """Print the number of mutants by outcome, and the undetected mutants."""
    outcomes = {name: outcome for name, outcome in read_outcomes(folder).items() if name in set(names)}
    print(dict(Counter(outcomes.values())), f"of {len(names)}")
    for name, outcome in outcomes.items():
        if outcome in ("survived", "no tests"):
            print(f"\n{name}: {outcome}", flush=True)
            subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=folder, env=environment, check=True)


def main() -> None:
    """Plant the bugs, run the mutants and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="working folder")
    parser.add_argument("names", nargs="*", help="prefixes of mutant names; default: all")
    parser.add_argument("--sample", type=int, help="largest number of mutants; default: all")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    folder = args.folder.resolve()
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": ""}
    if not folder.exists():
        make_copy(folder)
    if not (folder / "mutants/mutmut-stats.json").exists():
        plant(folder, environment)
    names = [name for name in list_mutants(folder) if name.startswith(tuple(args.names) or "")]
    random.Random(0).shuffle(names)
    finished = read_outcomes(folder)
    run_mutants(folder, [name for name in names[: args.sample] if name not in finished], args.processes, environment)
    show(folder, names, environment)


if __name__ == "__main__":
    main()
