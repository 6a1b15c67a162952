"""Ages of events in half-lives."""

import numpy as np

from recokit._typing import FloatArray
from recokit.data.rows import Rows, read_only
from recokit.exceptions import DataError

__all__ = ["ages_in_half_lives"]


def ages_in_half_lives(rows: Rows, half_life: float, name: str) -> FloatArray:
    """Return the time from each event to the last event of its row: (n_events,) read-only float64.

    Parameters
    ----------
    rows : Rows
        Events with times, in time order.
    half_life : float
        Unit of the result; in days if the times are datetime64, otherwise in their own unit.
    name : str
        Name of the parameter, for error messages.

    Raises
    ------
    DataError
        The events have no times.

    Examples
    --------
    >>> rows = Rows.from_arrays([0, 2], [4, 7], (), np.array([10, 30]))
    >>> ages_in_half_lives(rows, 10.0, "half_life").tolist()
    [2.0, 0.0]
    """
    if rows.times is None and len(rows.codes):
        raise DataError(
            f"{name}={half_life} needs the times of the events; give Sequences, Interactions or a frame with "
            f"timestamps, or {name}=None"
        )
    if rows.times is None or len(rows.codes) == 0:
        return np.empty(0)
    spans = rows.times[np.repeat(rows.indptr[1:], rows.lengths) - 1] - rows.times
    ages = spans / np.timedelta64(1, "D") if spans.dtype.kind == "m" else spans.astype(np.float64)
    return read_only(ages / half_life)
