"""Numba kernels: arrays in, arrays out.

A kernel over rows takes ``start`` and ``stop`` as its first arguments. It may read any row and writes only to the rows
in that range. It releases the GIL, so `recokit._runtime.threads.Runner` can run it on disjoint ranges in several
threads. The result does not depend on the number of threads.
"""

import atexit
import os
import shutil
import tempfile

import numba


def _probe() -> None:
    """Do nothing; compiled to test whether Numba can cache kernels."""


def _ensure_cache_folder() -> None:
    """Point Numba to a temporary cache folder if it finds no writable one.

    Without a writable folder, Numba rejects every cached kernel and recokit cannot be imported, for example in a
    container with a read-only package and no home. The temporary folder is deleted when the process ends, so every
    process compiles the kernels again. Setting ``NUMBA_CACHE_DIR`` to a writable folder avoids that.
    """
    try:
        numba.njit(cache=True)(_probe)
    except RuntimeError:
        folder = tempfile.mkdtemp(prefix="recokit-numba-")
        atexit.register(_remove, folder, os.getpid())
        numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]


def _remove(folder: str, owner: int) -> None:
    """Remove the temporary folder, unless this process is a forked child of its owner."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


_ensure_cache_folder()
