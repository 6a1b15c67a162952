"""Lists of ids that a caller gives, and their codes."""

import re
import warnings
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import CodeArray
from recokit.data.id_index import IdIndex, plain_ids
from recokit.exceptions import DataError, UnknownIdError, first_few

__all__ = ["as_id_list", "codes_if_known", "known_codes", "other_form", "warn_of_other_form"]

_MAX_COMPARED = 20  # unknown ids that are looked up in other forms, to bound the cost
_WHOLE_NUMBER = re.compile(r"(-?\d{1,18})(?:\.0+)?", re.ASCII)


def as_id_list(ids: Any) -> Any:
    """Return ids as a sequence; a single string, number or other value that is not iterable is one id."""
    if isinstance(ids, float | np.floating) and float(ids).is_integer() and abs(float(ids)) <= 2**53:
        return [int(ids)]
    if isinstance(ids, bool | np.bool_):
        raise DataError(f"expected ids, got the boolean {ids!r}")
    _refuse_containers(ids)
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable) or isinstance(ids, np.generic):
        return [ids]
    if isinstance(ids, np.ndarray) and ids.ndim == 0:
        return as_id_list(ids.item())
    if _is_mask(ids):
        raise DataError(
            f"expected ids, got a boolean mask of shape {np.asarray(ids).shape}; select ids with it, such as "
            "model.interactions_.items.ids[mask]"
        )
    return list(ids) if isinstance(ids, IdIndex) else plain_ids(ids, "ids", missing_allowed=True)


def _is_mask(ids: Any) -> bool:
    if isinstance(ids, list | tuple):
        return len(ids) > 0 and all(isinstance(key, bool | np.bool_) for key in ids)
    return isinstance(ids, np.ndarray) and ids.dtype == np.bool_


def _refuse_containers(ids: Any) -> None:
    """Refuse data that hold ids of users and of items, and mappings, whose values would be ignored."""
    if isinstance(ids, Mapping):
        raise DataError(
            f"expected ids, got a mapping of {len(ids)} keys, whose values would be ignored; pass list(mapping) for "
            "its keys, or histories to recommend_for"
        )
    if hasattr(ids, "users") and hasattr(ids, "items"):  # such as Interactions, Recommendations and EventLog
        raise DataError(
            f"expected ids, got {type(ids).__name__}, which has users and items; pass the ids of one of them, such as "
            "data.items.ids, or a mapping of user ids to item ids where it is accepted"
        )
    if hasattr(ids, "columns") and not isinstance(ids, np.ndarray):
        raise DataError(
            f"expected ids, got a frame with the columns {first_few(ids.columns)}; pass one of them, such as "
            f"frame[{next(iter(ids.columns), 'user_id')!r}]"
        )
    if hasattr(ids, "tocsr"):
        raise DataError(f"expected ids, got a sparse matrix of shape {ids.shape}; pass a list of ids")


def known_codes(index: IdIndex, ids: Any, kind: str) -> CodeArray:
    """Return the codes of ids that must all be known.

    Raises
    ------
    UnknownIdError
        An id is unknown; the attribute ``ids`` lists all unknown ids.
    """
    codes = index.codes(ids)
    if np.any(codes < 0):
        unknown = [key for key, code in zip(ids, codes, strict=True) if code < 0]
        raise UnknownIdError(kind, unknown, other_form(index, unknown[0]))
    return codes


def codes_if_known(index: IdIndex, ids: Any, kind: str) -> CodeArray:
    """Return the codes of ids, −1 for unknown ids.

    Warns
    -----
    UserWarning
        No id is known, and one is known in another form.
    """
    codes = index.codes(ids)
    warn_of_other_form(index, ids, codes, kind)
    return codes


def warn_of_other_form(index: IdIndex, ids: Any, codes: CodeArray, kind: str) -> bool:
    """Warn if none of the ids is known, and one of the first ones is known in another form, such as 7 for "007"."""
    if len(codes) == 0 or np.any(codes >= 0):
        return False
    for key in islice(iter(ids), _MAX_COMPARED):
        hint = other_form(index, key)
        if hint:
            warnings.warn(
                f"none of the {len(codes):,} {kind} id(s) is known, such as {first_few([key])}{hint}",
                stacklevel=levels_inside(),
            )
            return True
    return False


def other_form(index: IdIndex, key: Any) -> str:
    """Return a hint at a known id that is the unknown key in another form, such as 7 for "007"; "" if there is none."""
    forms: list[Any] = []
    if isinstance(key, bytes):
        key = key.decode(errors="replace")
        forms = [key]
    if isinstance(key, str):
        text, number = key.strip(), _WHOLE_NUMBER.fullmatch(key.strip())
        forms += [text, key.upper(), key.lower()]
        forms += [int(number[1]), str(int(number[1]))] if number is not None else []
    elif isinstance(key, int | np.integer) and not isinstance(key, bool):
        forms = [str(key), f"{key}.0"]
    found = next((form for form in forms if index.codes([form])[0] >= 0), None)
    return "" if found is None else f"; {found!r} is known, so pass the ids in the form of the training data"
