"""Checks of names that callers choose."""

from collections.abc import Iterable

__all__ = ["chosen"]


def chosen(parameter: str, value: object, valid: Iterable[str]) -> str:
    """Return the valid name that equals a value, apart from case, spaces, hyphens and underscores.

    Raises
    ------
    ValueError
        There is none; the message lists the valid names.

    Examples
    --------
    >>> chosen("category", "all beauty", ["All_Beauty", "Books"])
    'All_Beauty'
    """
    names = list(valid)
    by_key = {_key(name): name for name in names}
    found = by_key.get(_key(str(value)))
    if found is None:
        raise ValueError(f"{parameter}={value!r}: expected one of {', '.join(map(repr, names))}")
    return found


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
