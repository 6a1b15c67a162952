"""Keys of dictionaries that are chosen to collide."""

from collections.abc import Iterable
from typing import Any

__all__ = ["check_spread"]

_FEW = 1_000
_MAX_REPEATS = 10


def check_spread(keys: Iterable[Any]) -> None:
    """Raise ValueError if the hashes of many keys are equal: a dictionary of such keys would take hours.

    Python's hashes of text are random, but hashes of numbers can be prepared.

    Examples
    --------
    >>> check_spread(range(5_000))
    >>> check_spread(k * (2**61 - 1) for k in range(5_000))
    Traceback (most recent call last):
        ...
    ValueError: 5000 keys have only 1 different hashes
    """
    hashes = list(map(hash, keys))
    different = len(set(hashes))
    if len(hashes) > _FEW and different * _MAX_REPEATS < len(hashes):
        raise ValueError(f"{len(hashes)} keys have only {different} different hashes")
