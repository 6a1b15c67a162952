"""The choice between a kernel and its equivalent in NumPy, which needs no compilation.

Compiling a kernel takes a second or more, and loading it from the cache a tenth of a second. Work that NumPy does in
less time is done by NumPy, with the same bits, until the kernel is in memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from recokit.kernels.small.registry import SMALL_KERNELS

__all__ = ["chosen", "is_small", "preferring_kernels", "preferring_numpy"]

# Elementary steps of a kernel that NumPy does in place of compiling it: about 0.2 seconds in a process.
_MAX_STEPS = 1_000_000.0
_steps: dict[Callable[..., Any], float] = {}  # done by NumPy so far


class _Preference(NamedTuple):
    """How to choose, apart from the amount of work; both are False except in `preferring_kernels` and its like."""

    kernels: bool = False
    numpy: bool = False


_preference = _Preference()


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
    """Return whether work is done sooner without a kernel.

    It is, if the kernel is not in memory, and this and the earlier small work of the process take less time than the
    compilation.
    """
    if _preference.numpy:
        return steps <= _MAX_STEPS
    is_compiled = getattr(kernel, "overloads", True)  # functions have no overloads where compilation is disabled
    total = _steps.get(kernel, 0.0) + steps
    if is_compiled or _preference.kernels or total > _MAX_STEPS:
        return False
    _steps[kernel] = total
    return True


@contextmanager
def preferring_kernels() -> Iterator[None]:
    """Use kernels even for little work: for warm-up, and to test them."""
    with _preferring(_Preference(kernels=True)):
        yield


@contextmanager
def preferring_numpy() -> Iterator[None]:
    """Use NumPy for little work even if the kernel is in memory, as a new process does: for warm-up and tests."""
    with _preferring(_Preference(numpy=True)):
        yield


@contextmanager
def _preferring(preference: _Preference) -> Iterator[None]:
    global _preference
    before, _preference = _preference, preference
    try:
        yield
    finally:
        _preference = before
