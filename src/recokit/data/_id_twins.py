"""Ids that occur in two forms: a warning about 12 and "12", or "A" and "A "; an error about True and 1."""

import numbers
import unicodedata
import warnings
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit.exceptions import DataError, first_few

__all__ = ["refuse_booleans", "warn_of_twins"]


def refuse_booleans(values: Iterable[Any], name: str) -> None:
    """Refuse booleans beside numbers: True equals 1 in Python, so both would be one id.

    Parameters
    ----------
    values : iterable
        Ids of all rows, since a dictionary keeps only one of True and 1.
    name : str
        Name of the ids in the message.

    Raises
    ------
    DataError
        There are booleans and numbers.
    """
    flags, number = [], None
    for row, value in enumerate(values):
        if isinstance(value, bool | np.bool_):
            flags.append((row, value))
        elif isinstance(value, numbers.Number | Decimal):
            number = value if number is None else number
    if flags and number is not None:
        raise DataError(
            f"{name}: expected values of one type, got {len(flags)} boolean(s) beside numbers, such as {flags[0][1]!r} "
            f"and {number!r}, at rows {first_few([row for row, _ in flags])}; True would be the same as 1, so convert "
            "the column to integers or text first"
        )


def warn_of_twins(keys: list[Any], name: str) -> None:
    """Warn about distinct ids that look like the same id in two forms.

    Parameters
    ----------
    keys : list
        Distinct ids of any type.
    name : str
        Name of the ids in the warning.
    """
    texts = {key for key in keys if isinstance(key, str)}
    if not texts:
        return
    if len(texts) < len(keys):
        _warn_of_types(keys, texts, name)
    _warn_of_spellings(texts, name)


def _warn_of_types(keys: list[Any], texts: set[str], name: str) -> None:
    """Warn about ids that occur both as text and as a number, bytes or a UUID."""
    twins = [(key, form) for key in keys if not isinstance(key, str) for form in _as_text(key) if form in texts]
    if twins:
        key, form = twins[0]
        is_number = isinstance(key, numbers.Number | Decimal)
        kind = "a number" if is_number else "bytes" if isinstance(key, bytes) else f"a {type(key).__name__}"
        warnings.warn(
            f"{name}: {len(twins)} id(s) occur both as {kind} and as text, such as {key!r} and "
            f"{form!r}, and count as different ids; convert the column to one type first",
            stacklevel=levels_inside(),
        )


def _as_text(key: Any) -> tuple[str, ...]:
    """Return the forms that text of this id can have; ids of most types have none."""
    if isinstance(key, numbers.Integral):
        return str(key), f"{key}.0"
    if isinstance(key, bytes):
        return (key.decode(errors="replace"),)
    return (str(key),) if isinstance(key, float | Decimal | UUID) else ()


def _warn_of_spellings(texts: set[str], name: str) -> None:
    """Warn about texts that differ only in surrounding spaces or in the normal form of Unicode."""
    odd = {text for text in texts if text != text.strip()}
    for text in texts:
        if not text.isascii() and not unicodedata.is_normalized("NFC", text):
            odd.add(text)
    twins = sorted((_plain(text), text) for text in odd)
    known = texts - odd
    pairs = [(plain, text) for plain, text in twins if plain in known]
    pairs += [(before[1], text) for before, (plain, text) in pairwise(twins) if before[0] == plain]
    if pairs:
        one, other = pairs[0]
        warnings.warn(
            f"{name}: {len(pairs)} id(s) differ from others only in surrounding spaces or in the Unicode form of a "
            f"letter, such as {one!a} and {other!a}, and count as different ids; strip the text, and normalize it with "
            "unicodedata.normalize('NFC', text)",
            stacklevel=levels_inside(),
        )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
