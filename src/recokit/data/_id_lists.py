"""Lists of ids that a caller gives, and their codes."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from recokit._typing import CodeArray
from recokit.data.id_index import IdIndex, plain_ids
from recokit.exceptions import DataError, UnknownIdError, first_few

__all__ = ["as_id_list", "known_codes"]


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
        raise UnknownIdError(kind, unknown, _other_form(index, unknown[0]))
    return codes


def _other_form(index: IdIndex, key: Any) -> str:
    """Return a hint at a known id that is the unknown key in another form, such as 7 for "007"; "" if there is none."""
    if isinstance(key, str):
        forms: list[Any] = [key.strip(), key.upper(), key.lower()]
        forms = [*forms, int(key)] if key.strip().isdecimal() and len(key) < 20 else forms
    else:
        forms = [str(key)] if isinstance(key, int | np.integer) else []
    found = next((form for form in forms if index.codes([form])[0] >= 0), None)
    return "" if found is None else f"; {found!r} is known, so pass the ids in the form of the training data"
