"""The steps of CONTRIBUTING.md, followed literally on a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("src", "tests", "benchmarks", "docs", "tools", "pyproject.toml", "README.md", "CHANGELOG.md")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "_build", "generated")
STEP = re.compile(r"^\d+\. (?P<text>.*?)(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^ {3}```(?P<kind>\w+)\n(?P<body>.*?)^ {3}```$", re.MULTILINE | re.DOTALL)

# The largest number of files that must change, and the tests that then run.
SECTIONS = {
    "Add an algorithm": (8, ["tests/baselines/test_reach.py", "tests/test_contract.py", "-k", "reach or Reach"]),
    "Add a metric": (5, ["tests/metrics/test_double_hit.py", "tests/metrics/test_metric.py"]),
    "Add a similarity": (
        5,
        ["tests/neighbors", "-k", "overlap"],
    ),
    "Add a data set": (5, ["tests/datasets/test_corner_shop.py"]),
    "Add a cleaning rule": (
        6,
        ["tests/preprocessing/cleaning", "-k", "DropKinds or drop_kinds"],
    ),
    "Add a splitter": (4, ["tests/model_selection/test_splitters.py", "-k", "EveryNth or every or splitters"]),
}


def section(title):
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def steps(title):
    """Yield (path, kind of block, block) for each step; a step without a block only names its file."""
    for match in STEP.finditer(section(title)):
        text = match.group("text")
        path = re.search(r"`([\w./-]+/[\w.-]+|CHANGELOG\.md)`", text).group(1)
        blocks = list(BLOCK.finditer(text))
        assert len(blocks) <= 1, text
        yield (path, blocks[0].group("kind"), dedented(blocks[0].group("body"))) if blocks else (path, "", "")


def dedented(block):
    return "".join(line[3:] if line.startswith("   ") else line for line in block.splitlines(keepends=True))


def apply_diff(text, diff):
    """Apply a diff block, whose context and removed lines must occur in the file in this order."""
    lines, position, leading = text.splitlines(), None, []
    for line in diff.splitlines():
        mark, body = line[:1] or " ", line[1:]
        if mark == "+" and position is None:
            leading.append(body)
            continue
        if mark == "+":
            lines.insert(position, body)
            position += 1
            continue
        where = next((k for k in range(position or 0, len(lines)) if lines[k] == body), None)
        assert where is not None, f"no line {body!r} from line {position or 0} on"
        lines[where:where] = leading
        position = where + len(leading)
        leading = []
        if mark == "-":
            del lines[position]
        else:
            position += 1
    return "\n".join(lines) + "\n"


def follow(title, folder):
    """Apply the steps of a section to a copy of the repository, and return the changed files."""
    changed = []
    for path, kind, block in steps(title):
        file = folder / path
        if kind == "python":
            assert not file.exists(), f"{path} exists already"
            file.write_text(block, encoding="utf-8")
        elif kind == "diff":
            file.write_text(apply_diff(file.read_text(encoding="utf-8"), block), encoding="utf-8")
        changed.append(path)
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("title", SECTIONS)
def test_the_steps_of_a_section_add_what_they_promise(title, tmp_path):
    most_files, tests = SECTIONS[title]
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=LEFT_OUT)
        else:
            shutil.copy(source, tmp_path / name)
    changed = follow(title, tmp_path)
    assert len(set(changed)) <= most_files
    doctests = [path for path in changed if path.startswith("src/") and (ROOT / path).exists() is False]
    for arguments in (tests, ["--doctest-modules", *doctests] if doctests else None):
        if arguments is None:
            continue
        process = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-1000:]
        assert " passed" in process.stdout or "+SKIP" in process.stdout


def test_a_diff_adds_and_removes_lines_next_to_their_context():
    text = "a\nb\nc\nd\n"
    assert apply_diff(text, " b\n+x\n-c\n+y\n") == "a\nb\nx\ny\nd\n"
    assert apply_diff(text, "+x\n c\n d\n+z\n") == "a\nb\nx\nc\nd\nz\n"


def test_a_diff_without_its_context_is_refused():
    with pytest.raises(AssertionError, match="no line 'e'"):
        apply_diff("a\nb\n", " e\n+x\n")
    with pytest.raises(AssertionError, match="no line 'a'"):
        apply_diff("a\nb\n", " b\n a\n+x\n")  # in another order
