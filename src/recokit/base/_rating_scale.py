"""The range of ratings, which predictions are clipped to."""

import numpy as np

from recokit._typing import FloatArray
from recokit.exceptions import DataError

__all__ = ["rating_range"]


def rating_range(values: FloatArray, scale: tuple[float, float] | None) -> tuple[float, float]:
    """Return the scale, by default the lowest and the highest of the ratings.

    Raises
    ------
    DataError
        A rating is outside the scale.

    Examples
    --------
    >>> ratings = np.array([2, 4])
    >>> rating_range(ratings, None), rating_range(ratings, (1, 5))
    ((2.0, 4.0), (1.0, 5.0))
    """
    lowest, highest = float(values.min()), float(values.max())
    if scale is None:
        return lowest, highest
    low, high = float(np.float32(scale[0])), float(np.float32(scale[1]))  # ratings are stored in this precision
    if lowest < low or highest > high:
        raise DataError(
            f"rating_scale={tuple(scale)!r}: the ratings are from {lowest:g} to {highest:g}; expected a scale that "
            "holds them, or None for the range of the ratings"
        )
    return low, high
