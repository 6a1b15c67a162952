"""Shared by several readers of text files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from recokit._typing import AnyArray, IntArray

__all__ = ["read_sequences", "to_objects"]


def read_sequences(path: Path) -> tuple[IntArray, IntArray, IntArray]:
    """Read a file with one line per user: the user id, then the ids of the user's items.

    Returns
    -------
    users, items : (n,) int64 arrays
        One element for each item in a line.
    positions : (n,) int64 array
        Position of the item in its line, from 0.
    """
    rows = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    rows = [row for row in rows if row]
    lengths = np.array([len(row) - 1 for row in rows], dtype=np.int64)
    users = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), lengths)
    items = np.array([item for row in rows for item in row[1:]], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    return users, items, np.arange(len(items)) - np.repeat(starts, lengths)


def to_objects(values: Iterable[Any]) -> AnyArray:
    """Return Python objects, such as strings, as a one-dimensional object array."""
    values = list(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
