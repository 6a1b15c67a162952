"""Numba kernels: arrays in, arrays out.

A kernel that works on rows takes ``start`` and ``stop`` first, reads what it likes and writes only to the rows it was
given. It is compiled without the GIL, so that `recokit._runtime.threads.Runner` can run it on disjoint ranges of rows
from several threads, with the same result for any number of them.
"""

import atexit
import shutil
import tempfile

import numba


def _probe() -> None:
    """Stand for the kernels when Numba is asked whether it can cache them."""


def _ensure_cache_folder() -> None:
    """Let Numba cache in a folder of this process where it finds none that it may write to.

    Otherwise it would refuse every kernel, and with it the import of recokit: in a container with a read-only package
    and no home, say. The folder is this process's own and goes with it, so kernels are compiled anew each time; a
    ``NUMBA_CACHE_DIR`` that can be written to is the better way.
    """
    try:
        numba.njit(cache=True)(_probe)
    except RuntimeError:
        folder = tempfile.mkdtemp(prefix="recokit-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]


_ensure_cache_folder()
