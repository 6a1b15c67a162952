"""Files about the project agree with the package."""

import re
import tomllib
from pathlib import Path

import pytest

import recokit

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(name):
    return (ROOT / name).read_text("utf-8")


def test_the_citation_names_the_version():
    assert re.search(r"^version: (.*)$", read("CITATION.cff"), re.MULTILINE).group(1) == recokit.__version__


def test_the_conda_recipe_has_the_version_and_the_dependencies_of_the_package():
    recipe = read("conda.recipe/meta.yaml")
    assert f'{{% set version = "{recokit.__version__}" %}}' in recipe
    run = recipe.partition("  run:\n")[2].partition("\ntest:")[0]
    listed = {line.strip().removeprefix("- ").replace(" ", "") for line in run.splitlines() if line.strip()}
    assert listed == {"python>={{python_min}}", *PROJECT["dependencies"]}


def test_the_project_has_addresses_of_source_documentation_and_issues():
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} <= set(PROJECT["urls"])
    assert all(address.startswith("https://") for address in PROJECT["urls"].values())


def test_every_supported_python_is_tested_on_three_systems():
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    workflow = read(".github/workflows/tests.yml")
    assert re.findall(r'"(3\.\d+)"', re.search(r"python: \[(.*)\]", workflow).group(1)) == supported
    assert re.search(r"os: \[ubuntu-latest, macos-latest, windows-latest\]", workflow)


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_workflows_and_templates_are_valid(path):
    yaml = pytest.importorskip("yaml")
    content = yaml.safe_load(path.read_text("utf-8"))
    if path.parent.name == "workflows":
        for job in content["jobs"].values():
            assert job["runs-on"]
            for step in job["steps"]:
                assert ("run" in step) != ("uses" in step), step
        assert content["permissions"] == {"contents": "read"}, "jobs ask for more where they need it"


def test_workflows_run_files_that_exist():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for name in re.findall(r"(?:python |run: )((?:tools|\.ci|benchmarks)/[\w/.]+)", path.read_text("utf-8")):
            assert (ROOT / name).exists(), f"{path.name}: {name}"
