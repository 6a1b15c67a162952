"""Print the lower bounds of all dependencies in pyproject.toml as constraints of pip.

python tools/lowest_versions.py > constraints.txt
pip install --constraint constraints.txt ".[test]"
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def constraints(project: dict) -> list[str]:
    """Return ``name==version`` for each requirement ``name>=version``; raise if a requirement has no lower bound."""
    lowest: dict[str, str] = {}
    for requirement in [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]:
        name = re.match(r"[\w.-]+", requirement)[0]
        if name == project["name"]:
            continue
        bound = re.search(r">=\s*([\w.]+)", requirement)
        if bound is None:
            raise SystemExit(f"{requirement}: expected a lower bound such as {name}>=1.0")
        if lowest.setdefault(name, bound[1]) != bound[1]:
            raise SystemExit(f"{name}: two lower bounds, {lowest[name]} and {bound[1]}; write one")
    return [f"{name}=={version}" for name, version in sorted(lowest.items())]


if __name__ == "__main__":
    print("\n".join(constraints(tomllib.loads(PYPROJECT.read_text())["project"])))
