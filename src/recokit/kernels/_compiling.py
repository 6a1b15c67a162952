"""njit for kernels, with a cache that survives changed sources, damaged files and full disks.

Numba keys the cache of a function by the time and size of its own file. It therefore runs old machine code after a
change of a helper in another file, raises at every start if a file of the cache is damaged, and fails where it cannot
write. Here a kernel is keyed by the contents of its file and of all kernel files that it imports, a file that cannot be
read counts as missing, and a file that cannot be written is left out.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.core.registry import CPUDispatcher

__all__ = ["njit"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ROOT = Path(__file__).parent
_IMPORT = re.compile(r"^from recokit\.kernels(\.[\w.]+) import", re.MULTILINE)


def njit(*, cache: bool = False, **options: Any) -> Callable[[_Function], _Function]:
    """Compile a function at its first call, as `numba.njit` does.

    A function whose name starts with an underscore is a helper: only other kernels can call it. A function that may
    reorder sums (``fastmath``), or that calls such a function, takes ``forceinline=True`` and no cache if kernels call
    it. Otherwise its bits would depend on the copy that a process has loaded first, and on the kernels in the cache.

    Parameters
    ----------
    cache : bool
        Keep the machine code on disk, for later processes.
    **options
        Options of `numba.njit`.
    """

    def decorate(function: _Function) -> _Function:
        is_helper = function.__name__.startswith("_")
        wrappers = {"no_cfunc_wrapper": True, "no_cpython_wrapper": is_helper}
        compiled: Any = numba.njit(**wrappers, **options)(function)  # type: ignore[call-overload]
        if is_helper and isinstance(compiled, CPUDispatcher):
            compiled.__class__ = _Helper
        if cache and hasattr(compiled, "_cache"):  # not where compilation is disabled
            compiled._cache = KernelCache(function)
        return compiled

    return decorate


_Dispatcher: Any = CPUDispatcher
_NumbaCache: Any = FunctionCache


class _Helper(_Dispatcher):
    """A function that is compiled without the code that converts Python objects, a third of its compilation."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise an error: there is no code for a call from Python."""
        raise TypeError(f"{self.__name__} is a helper: only kernels can call it; use {self.__name__}.py_func")


class KernelCache(_NumbaCache):
    """The cache of one kernel."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        path = Path(function.__code__.co_filename)
        if path.is_relative_to(_ROOT):
            self._cache_file._source_stamp = source_stamp(path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the machine code for a signature, or None if it is not in the cache or cannot be read."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # a damaged pickle can raise anything
            with suppress(OSError):
                self.flush()
            return None
        # Of two processes that compile at once, one may overwrite the code that the index of the other one names.
        same = found is None or tuple(found.signature.args) == tuple(sig)
        return found if same else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write the machine code for a signature, if the disk allows."""
        with suppress(Exception):
            super().save_overload(sig, data)


@cache
def source_stamp(path: Path) -> str:
    """Return a hash of a kernel file and of the kernel files that it imports."""
    digest = blake2b(digest_size=16)
    for source in sorted(_with_imports(path)):
        digest.update(source.relative_to(_ROOT).as_posix().encode())
        digest.update(_text(source).encode())
    return digest.hexdigest()


def _with_imports(path: Path) -> set[Path]:
    """Return a kernel file and the kernel files that it imports, directly or not."""
    found, pending = set[Path](), [path]
    while pending:
        source = pending.pop()
        if source in found:
            continue
        found.add(source)
        modules = (_ROOT.joinpath(*name.strip(".").split(".")) for name in _IMPORT.findall(_text(source)))
        files = (module.with_suffix(".py") for module in modules)
        pending.extend(file for file in files if file.is_file())
    return found


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
