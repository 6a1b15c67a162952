"""Types that several modules share."""

from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["AnyArray", "BoolArray", "CodeArray", "FloatArray", "IntArray"]
