"""The forms of input that every estimator takes, brought to one."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recokit._frames import columns, is_frame, plain
from recokit._id_index import IdIndex
from recokit._typing import CodeArray
from recokit.exceptions import DataError, UnknownIdError
from recokit.interactions import Interactions

__all__ = ["as_id_list", "as_interactions", "known_codes", "pair_ids"]


def as_interactions(X: Any, y: Any, feedback: Literal["auto", "explicit", "implicit"]) -> Interactions:
    """Return what ``fit`` was given as `Interactions`.

    Parameters
    ----------
    X : Interactions, scipy sparse matrix of users × items, or (user, item) pairs
        Pairs are an array, frame or list of two columns.
    y : (n_pairs,) array-like, optional
        Ratings or strengths of the pairs.
    feedback : {"auto", "explicit", "implicit"}
        What the values are; "auto" leaves it to the data.

    Raises
    ------
    DataError
        The data cannot be used.
    ValueError
        ``y`` is given with data that hold the values already.
    """
    asked = None if feedback == "auto" else feedback
    if isinstance(X, Interactions) or sparse.issparse(X):
        if y is not None:
            raise ValueError("y goes with (user, item) pairs; Interactions and matrices hold the values themselves")
        interactions = X if isinstance(X, Interactions) else Interactions.from_matrix(X, feedback=asked)
        return interactions if asked is None else interactions.with_feedback(asked)
    users, items = pair_ids(X)
    return Interactions.from_arrays(users, items, y, feedback=asked)


def pair_ids(X: Any) -> tuple[Any, Any]:
    """Return the user ids and the item ids of pairs.

    Parameters
    ----------
    X : Interactions, array or frame of two columns, or sequence of pairs

    Raises
    ------
    DataError
        The data do not have two columns.
    """
    if isinstance(X, Interactions):
        return X.users.take(X.user_codes), X.items.take(X.item_codes)
    if sparse.issparse(X):
        raise DataError("expected (user, item) pairs, got a sparse matrix")
    if is_frame(X):
        both = columns(X)
        if len(both) != 2:
            raise _not_pairs(f"a frame of {len(both)} columns")
        return both[0], both[1]
    if not hasattr(X, "__array__"):
        pairs = [tuple(pair) for pair in X] if isinstance(X, Iterable) else []
        if any(len(pair) != 2 for pair in pairs) or not isinstance(X, Iterable):
            raise _not_pairs(f"{type(X).__name__}")
        return [user for user, _ in pairs], [item for _, item in pairs]
    array = np.asarray(X)
    if array.ndim != 2 or array.shape[1] != 2:
        raise _not_pairs(f"an array of shape {array.shape}")
    return array[:, 0], array[:, 1]


def _not_pairs(given: str) -> DataError:
    return DataError(
        "expected Interactions, a scipy sparse matrix of users × items, or (user, item) pairs in two columns, "
        f"got {given}; for a dense matrix of ratings use Interactions.from_dense"
    )


def as_id_list(ids: Any) -> Any:
    """Return ids as a sequence; a single string or number is one id."""
    if isinstance(ids, str | bytes | int | np.integer):
        return [ids]
    return list(ids) if isinstance(ids, IdIndex) else plain(ids, "ids")


def known_codes(index: IdIndex, ids: Any, kind: str) -> CodeArray:
    """Return the codes of ids that must be known.

    Raises
    ------
    UnknownIdError
        Some are not, and are listed.
    """
    codes = index.codes(ids)
    if np.any(codes < 0):
        raise UnknownIdError(kind, [key for key, code in zip(ids, codes, strict=True) if code < 0])
    return codes
