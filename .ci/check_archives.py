"""Check the contents of the wheel and the source archive in a folder."""

import sys
import tarfile
import zipfile
from pathlib import Path

SUFFIXES = {".py", ".txt", ".gz"}


def is_shipped(path: Path) -> bool:
    """Return whether a file of the package belongs in the archives: modules and data, and no compiled files."""
    return path.is_file() and (path.suffix in SUFFIXES or path.name == "py.typed")


def main(folder: str) -> None:
    """Exit with status 1 and print the missing and the superfluous files, if there are any."""
    (wheel,) = Path(folder).glob("*.whl")
    (archive,) = Path(folder).glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        in_wheel = set(file.namelist())
    with tarfile.open(archive) as file:
        in_archive = {name.partition("/")[2] for name in file.getnames()}
    package = {path.relative_to("src").as_posix() for path in Path("src/recokit").rglob("*") if is_shipped(path)}
    problems = [f"{wheel.name} lacks {name}" for name in sorted(package) if name not in in_wheel]
    licences = ["LICENSE", *(path.as_posix() for path in sorted(Path("licenses").iterdir()))]
    problems += [
        f"{wheel.name} lacks {name}"
        for name in licences
        if not any(found.endswith(f".dist-info/licenses/{name}") for found in in_wheel)
    ]
    problems += [
        f"{wheel.name} contains {name}, which does not belong there"
        for name in sorted(in_wheel)
        if not name.startswith("recokit") or name.endswith((".nbi", ".nbc", ".pyc"))
    ]
    wanted = ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "tests/conftest.py"]
    wanted += [
        "benchmarks/compare.py",
        "examples/mcp_server.py",
        "docs/conf.py",
        *licences,
        *(f"src/{name}" for name in sorted(package)),
    ]
    problems += [f"{archive.name} lacks {name}" for name in wanted if name not in in_archive]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{wheel.name} and {archive.name} are complete")


if __name__ == "__main__":
    main(sys.argv[1])
