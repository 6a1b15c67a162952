"""The choice between a kernel and its equivalent in NumPy, which needs no compilation.

Compiling a kernel takes a second or more, and loading it from the cache a tenth of a second. Work that NumPy does in
less time is done by NumPy, with the same bits, until the kernel is in memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recokit.kernels.small.registry import SMALL_KERNELS

__all__ = ["chosen", "is_small", "preferring_kernels", "preferring_numpy"]

# Elementary steps of a kernel that NumPy does in place of compiling it: about 0.2 seconds in a process.
_MAX_STEPS = 1_000_000.0
_max_steps = _MAX_STEPS
_ignores_memory = False  # use NumPy even where the kernel is in memory

_steps: dict[Callable[..., Any], float] = {}


def chosen(kernel: Callable[..., Any], steps: float) -> Callable[..., Any]:
    """Return the function to call for some work: the kernel, or its equivalent in NumPy.

    Parameters
    ----------
    kernel : compiled function
    steps : float
        Elementary steps of the work.
    """
    return SMALL_KERNELS[kernel] if kernel in SMALL_KERNELS and is_small(kernel, steps) else kernel


def is_small(kernel: Callable[..., Any], steps: float) -> bool:
    """Return whether work should not wait for the compilation of a kernel.

    It should not if the kernel is not in memory, and this and the earlier small work of the process are less than the
    compilation.
    """
    if not hasattr(kernel, "overloads"):  # compilation is disabled
        return _ignores_memory
    if kernel.overloads and not _ignores_memory:
        return False
    total = _steps.get(kernel, 0.0) + steps
    if total > _max_steps or _max_steps == 0:
        return False
    _steps[kernel] = total
    return True


@contextmanager
def preferring_kernels() -> Iterator[None]:
    """Compile kernels even for little work: for warm-up, and to test them."""
    with _set(0.0, False):
        yield


@contextmanager
def preferring_numpy() -> Iterator[None]:
    """Use NumPy for all work that it can do, to test it."""
    with _set(float("inf"), True):
        yield


@contextmanager
def _set(max_steps: float, ignores_memory: bool) -> Iterator[None]:
    global _max_steps, _ignores_memory
    before = _max_steps, _ignores_memory
    _max_steps, _ignores_memory = max_steps, ignores_memory
    try:
        yield
    finally:
        _max_steps, _ignores_memory = before
