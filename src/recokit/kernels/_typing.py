"""Array types for kernel signatures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnyArray", "BoolArray", "CodeArray", "FloatArray", "IntArray"]

AnyArray = NDArray[Any]
BoolArray = NDArray[np.bool_]
CodeArray = NDArray[np.int32]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.floating[Any]]
