"""Convert accepted inputs to `Interactions`, pairs and lists of ids."""

from collections.abc import Iterable, Mapping, Set
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recokit.data._frames import columns, is_frame, is_table
from recokit.data._id_lists import as_id_list, codes_if_known, known_codes, other_form, warn_of_other_form
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, first_few

__all__ = [
    "as_id_list",
    "as_interactions",
    "codes_if_known",
    "known_codes",
    "other_form",
    "pair_ids",
    "warn_of_other_form",
]


def as_interactions(X: Any, y: Any, feedback: Literal["auto", "explicit", "implicit"]) -> Interactions:
    """Return the data passed to ``fit`` as `Interactions`.

    Parameters
    ----------
    X : Interactions, Sequences, scipy sparse matrix of users × items, (user, item) pairs, or EventLog
        Pairs are an array, frame or list of two columns. Sequences give the number of events of each pair. An object
        with the method ``__recokit_interactions__``, such as an EventLog with one kind of event, is converted by it.
    y : (n_pairs,) array-like, optional
        Ratings or strengths of the pairs.
    feedback : {"auto", "explicit", "implicit"}
        Kind of the values; "auto" infers it from the data.

    Raises
    ------
    DataError
        The data cannot be used.
    ValueError
        ``y`` is given with Interactions or a sparse matrix, which hold their own values.
    """
    asked = None if feedback == "auto" else feedback
    if isinstance(X, Sequences):
        return _from_sequences(X, y, asked)
    if hasattr(X, "to_interactions"):  # pairs made by `as_pairs` for scikit-learn's tools
        X, y = X.to_interactions(y), None
    if hasattr(X, "__recokit_interactions__"):  # an EventLog, whose package this one cannot import
        if y is not None:
            raise ValueError("y is allowed only with (user, item) pairs; an EventLog holds its own values")
        X = X.__recokit_interactions__()
    if isinstance(X, Interactions) or sparse.issparse(X):
        if y is not None:
            raise ValueError(
                "y is allowed only with (user, item) pairs; Interactions and sparse matrices hold their own values"
            )
        interactions = X if isinstance(X, Interactions) else Interactions.from_matrix(X, feedback=asked)
        return interactions if asked is None else interactions.with_feedback(asked)
    users, items = pair_ids(X)
    if y is None and asked == "explicit":
        raise DataError("feedback='explicit' needs the ratings of the pairs as y")
    return Interactions.from_arrays(users, items, y, feedback=asked)


def _from_sequences(X: Sequences, y: Any, asked: Literal["explicit", "implicit"] | None) -> Interactions:
    if y is not None:
        raise ValueError("y is allowed only with (user, item) pairs; the strength of a pair is its number of events")
    if asked == "explicit":
        raise DataError("feedback='explicit' needs ratings, but Sequences hold events without ratings")
    return X._pairs()


def pair_ids(X: Any) -> tuple[Any, Any]:
    """Return the user ids and item ids of pairs.

    Parameters
    ----------
    X : Interactions, array or frame of two columns, sequence of pairs, or one pair as a tuple

    Raises
    ------
    DataError
        The data do not consist of two columns.
    """
    if isinstance(X, Interactions):
        return X.users.take(X.user_codes), X.items.take(X.item_codes)
    if sparse.issparse(X):
        raise DataError("expected (user, item) pairs, got a sparse matrix")
    if is_frame(X) or is_table(X):
        both = columns(X)
        if len(both) != 2:
            raise _not_pairs(f"a frame of {len(both)} columns")
        if set(both) == {"user_id", "item_id"}:  # by name, in any order
            return both["user_id"], both["item_id"]
        users, items = both.values()
        return users, items
    if isinstance(X, tuple) and len(X) == 2 and not any(_is_collection(key) for key in X):
        return [X[0]], [X[1]]
    if not hasattr(X, "__array__"):
        return _from_sequence(X)
    array = np.asarray(X)
    if isinstance(X, np.ma.MaskedArray) and np.any(np.ma.getmaskarray(X)):
        raise DataError(f"the pairs have {np.count_nonzero(np.ma.getmaskarray(X))} masked id(s); remove these rows")
    if array.dtype.kind == "c":
        raise DataError("Complex data not supported: ids are integers, strings or other hashable values")
    if array.ndim != 2 or array.shape[1] != 2:
        n_features = array.shape[1] if array.ndim == 2 else None
        raise _not_pairs(f"an array of shape {array.shape} (n_features={n_features})")
    return array[:, 0], array[:, 1]


def _is_collection(key: Any) -> bool:
    return isinstance(key, Iterable) and not isinstance(key, str | bytes)


def _from_sequence(X: Any) -> tuple[list[Any], list[Any]]:
    try:
        pairs = [(pair, *pair) for pair in X]
    except TypeError:  # X or one of its rows is not a sequence
        lists = ". For lists of items by user, use recokit.data.Sequences.from_lists" if isinstance(X, Mapping) else ""
        raise _not_pairs(f"{X!r:.80}", lists) from None
    for pair in [pair for pair, *_ in pairs if not isinstance(pair, tuple | list)]:
        if is_frame(pair):
            raise _not_pairs("a list of frames", ". Concatenate the frames first")
        if isinstance(pair, Mapping):
            raise _not_pairs(f"a list of records such as {pair!r:.80}", ". Make a frame of the records first")
    wrong = [pair for pair, *both in pairs if len(both) != 2 or isinstance(pair, str | bytes | Set)]
    if wrong:
        raise _not_pairs(f"{len(wrong)} row(s) such as {first_few(wrong)}")
    return [user for _, user, _ in pairs], [item for _, _, item in pairs]


def _not_pairs(given: str, remedy: str = "") -> DataError:
    return DataError(
        "expected Interactions, a scipy sparse matrix of users × items, or (user, item) pairs in two columns, "
        f"got {given}. Reshape your data, or use Interactions.from_frame for an event log and "
        f"Interactions.from_dense for a dense matrix of ratings{remedy}"
    )
