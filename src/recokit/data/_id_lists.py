"""Lists of ids that a caller gives, and their codes."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recokit._typing import CodeArray
from recokit.data.id_index import IdIndex, plain_ids
from recokit.exceptions import DataError, UnknownIdError

__all__ = ["as_id_list", "known_codes"]


def as_id_list(ids: Any) -> Any:
    """Return ids as a sequence; a single string, number or other value that is not iterable is one id."""
    if isinstance(ids, float | np.floating) and float(ids).is_integer() and abs(float(ids)) <= 2**53:
        return [int(ids)]
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable) or isinstance(ids, np.generic):
        return [ids]
    if isinstance(ids, np.ndarray) and ids.dtype == np.bool_:
        raise DataError(
            f"expected ids, got a boolean mask of shape {ids.shape}; select ids with it, such as "
            "model.interactions_.items.ids[mask]"
        )
    return list(ids) if isinstance(ids, IdIndex) else plain_ids(ids, "ids", missing_allowed=True)


def known_codes(index: IdIndex, ids: Any, kind: str) -> CodeArray:
    """Return the codes of ids that must all be known.

    Raises
    ------
    UnknownIdError
        An id is unknown; the attribute ``ids`` lists all unknown ids.
    """
    codes = index.codes(ids)
    if np.any(codes < 0):
        raise UnknownIdError(kind, [key for key, code in zip(ids, codes, strict=True) if code < 0])
    return codes
