"""Kernels as plain Python, for kernels with much code that small work runs only once or twice.

The bits are those of the compiled kernel, if the kernel takes logarithms and powers of floats from `math`: those of
NumPy are other functions.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["interpreted"]


def interpreted(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel as a plain Python function, which calls other kernels as plain Python functions too."""
    scopes: dict[int, dict[str, Any]] = {}

    def plain(value: Any) -> Any:
        function = getattr(value, "py_func", None)
        if not isinstance(function, FunctionType):
            return value
        found: Any = FunctionType(function.__code__, scope_of(function), function.__name__, function.__defaults__)
        return found

    def scope_of(function: FunctionType) -> dict[str, Any]:
        given = function.__globals__
        if id(given) not in scopes:
            scopes[id(given)] = scope = dict(given)
            scope.update({name: plain(value) for name, value in given.items()})
        return scopes[id(given)]

    found: Callable[..., Any] = plain(kernel)
    return found
