"""The decayed past and future of each event of sequences, as sparse rows."""

import numpy as np

from recokit._typing import IntArray
from recokit.data.rows import Rows, bounds_from_lengths

__all__ = ["future_rows", "past_rows"]


def past_rows(rows: Rows, window: int, decay: float) -> Rows:
    """Return a row for each event that another event follows: the event and those before it.

    Parameters
    ----------
    rows : Rows
        Sequences.
    window : int
        Largest number of cells of a row.
    decay : float
        Factor of the value of each step back from the event, whose own value is 1.

    Examples
    --------
    >>> past = past_rows(Rows.from_arrays([0, 3], [7, 5, 6], ()), 10, 0.5)
    >>> past.codes.tolist(), past.values.tolist()
    ([7, 5, 7], [1.0, 1.0, 0.5])
    """
    places, firsts, _ = _inner_events(rows)
    lengths = np.minimum(places - firsts + 1, window)
    return _spans(rows, places, lengths, -1, decay)


def future_rows(rows: Rows, window: int, decay: float) -> Rows:
    """Return a row for each event that another event follows: the events after it, as in `past_rows`.

    Examples
    --------
    >>> future = future_rows(Rows.from_arrays([0, 3], [7, 5, 6], ()), 10, 0.5)
    >>> future.codes.tolist(), future.values.tolist()
    ([5, 6, 6], [1.0, 0.5, 1.0])
    """
    places, _, lasts = _inner_events(rows)
    lengths = np.minimum(lasts - places, window)
    return _spans(rows, places + 1, lengths, 1, decay)


def _inner_events(rows: Rows) -> tuple[IntArray, IntArray, IntArray]:
    """Return the places of all events but the last of each sequence, and the first and last places of its sequence."""
    owners = rows.row_codes
    firsts, lasts = rows.indptr[:-1][owners], rows.indptr[1:][owners] - 1
    places = np.arange(len(owners))
    inner = places < lasts
    return places[inner], firsts[inner], lasts[inner]


def _spans(rows: Rows, starts: IntArray, lengths: IntArray, step: int, decay: float) -> Rows:
    """Return rows of the events from each start on, in the direction of the step."""
    indptr = bounds_from_lengths(lengths)
    steps = np.arange(indptr[-1]) - np.repeat(indptr[:-1], lengths)
    codes = rows.codes[np.repeat(starts, lengths) + step * steps]
    return Rows.from_arrays(indptr, codes, np.power(float(decay), steps))
