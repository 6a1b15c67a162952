"""Warnings that point to the user's code."""

import sys

__all__ = ["levels_inside"]


def levels_inside() -> int:
    """Return the number of recokit's frames between the caller and the user's code, as a ``stacklevel``."""
    frame, levels = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("recokit."):
        frame, levels = frame.f_back, levels + 1
    return levels
