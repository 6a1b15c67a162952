"""Versions of the library, its dependencies and the machine, for reports of faults."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from re import match

__all__ = ["show_versions"]


def show_versions() -> None:
    """Print the versions of recokit and its dependencies, the platform, the processors and the BLAS libraries.

    Include the output in a report of a fault. It contains no names of users and no contents of data.

    See Also
    --------
    warm_up : Compile the kernels in advance.

    Examples
    --------
    >>> show_versions()  # doctest: +ELLIPSIS
    recokit ...
    <BLANKLINE>
    System
    python ...
    """
    print("\n".join(_lines()))


def _lines() -> list[str]:
    """Return the lines of the report."""
    required, optional = _dependencies()
    parts = {
        "System": _system(),
        "Dependencies": {name: _version(name) for name in required},
        "Optional dependencies": {name: _version(name) for name in optional},
        "Native libraries": _native_libraries(),
    }
    lines = [f"recokit {version('recokit')}"]
    for title, values in parts.items():
        lines += ["", title, *(f"{name:<20} {value}" for name, value in values.items())]
    return lines


def _system() -> dict[str, str]:
    import numba

    from recokit._runtime.memory import memory_limit
    from recokit._runtime.processors import available_processors

    chosen = ("NUMBA_", "OMP_NUM_", "OPENBLAS_NUM_", "MKL_NUM_")
    settings = {name: value for name, value in sorted(os.environ.items()) if name.startswith(chosen)}
    return {
        "python": sys.version.replace("\n", " "),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": f"{available_processors()} available of {os.cpu_count()}",
        "memory": f"{memory_limit() / 2**30:.1f} GiB",
        "threads": str(numba.get_num_threads()),
        **{name: value for name, value in settings.items() if not name.endswith("_DIR")},
    }


def _dependencies() -> tuple[list[str], list[str]]:
    """Return the names of the required dependencies and of those of the extras for users."""
    required, optional = [], []
    for requirement in requires("recokit") or []:
        found = match(r"[A-Za-z0-9_.-]+", requirement)
        if found is None or found.group() == "recokit":
            continue
        extra = match(r".*extra == ['\"]([a-z]+)['\"]", requirement)
        if extra is None:
            required.append(found.group())
        elif extra.group(1) not in ("test", "docs", "dev", "bench", "peers"):
            optional.append(found.group())
    return required, sorted(set(optional) - set(required))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _native_libraries() -> dict[str, str]:
    """Return the BLAS and OpenMP libraries of this process."""
    from threadpoolctl import threadpool_info

    found = {}
    for library in threadpool_info():
        name = f"{library['user_api']} {library['prefix']}"
        found[name] = f"{library.get('version') or 'unknown version'}, {library['num_threads']} threads"
    return found
