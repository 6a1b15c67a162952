"""Compare two sets of ids: common ids, and ids in two forms, such as 12 and "12.0"."""

import re
import unicodedata
from itertools import islice
from typing import Any

import numpy as np

from recokit.data.id_index import IdIndex
from recokit.exceptions import first_few

__all__ = ["describe_mismatch", "find_twins", "share_ids"]

_WHOLE_NUMBER = re.compile(r"([+-]?)0*(\d+?)(?:\.0*)?")
_MAX_COMPARED = 200_000  # ids whose forms are compared, to bound the cost


def describe_mismatch(first: IdIndex, second: IdIndex, names: tuple[str, str]) -> str | None:
    """Return how two sets of ids without a common id differ, for a warning; None if they have an id in common.

    Parameters
    ----------
    first, second : IdIndex
    names : (str, str)
        Names of the two sides in the plural, such as "the lists".

    Examples
    --------
    >>> describe_mismatch(
    ...     IdIndex(["11", "12"]), IdIndex(["13"]), ("the lists", "the test items")
    ... )
    "the lists contain '11', '12', and the test items '13'; check that both sides use the same ids"
    """
    if share_ids(first, second) or len(first) == 0 or len(second) == 0:
        return None
    types = tuple(type(next(iter(ids))).__name__ for ids in (first, second))
    pair = find_twins(first, second)
    if pair is not None:
        advice = f"{pair[0]!r} and {pair[1]!r} look like the same id in two forms, so convert both sides to one form"
    elif types[0] != types[1]:
        advice = f"the ids are of type {types[0]} and {types[1]}, so convert both sides to one type"
    else:
        advice = "check that both sides use the same ids"
    return f"{names[0]} contain {first_few(first)}, and {names[1]} {first_few(second)}; {advice}"


def share_ids(first: IdIndex, second: IdIndex) -> bool:
    """Return True if two sets of ids have an id in common."""
    return bool(np.any(first.codes(second) >= 0))


def find_twins(first: IdIndex, second: IdIndex) -> tuple[Any, Any] | None:
    """Return an id of each side that differ only in type, number format, leading zeros, spaces or case.

    Examples
    --------
    >>> (
    ...     find_twins(IdIndex(["tea", "A "]), IdIndex(["a"])),
    ...     find_twins(IdIndex([7]), IdIndex(["007"])),
    ... )
    (('A ', 'a'), (7, '007'))
    """
    known = {_bare(key): key for key in islice(first, _MAX_COMPARED)}
    return next(((known[_bare(key)], key) for key in islice(second, _MAX_COMPARED) if _bare(key) in known), None)


def _bare(key: Any) -> str:
    """Return an id as text without spaces around it, case, leading zeros and zero decimals."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    number = _WHOLE_NUMBER.fullmatch(text)
    return text if number is None else number[1] + number[2]
