"""Convert accepted inputs to `Sequences`."""

import warnings
from typing import Any, Literal

from scipy import sparse

from recokit._runtime.warnings import levels_inside
from recokit.data._columns import check_lengths, check_values, to_values, warn_of_unused
from recokit.data._frames import column_names, columns, is_frame, is_table
from recokit.data._inputs import as_interactions, pair_ids
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError

__all__ = ["as_sequences", "read_sequences"]

_REMEDY = (
    "give timestamps (timestamp= of Interactions.from_frame), Sequences, a frame with the columns user_id, item_id and "
    "timestamp, or pairs in time order"
)


def read_sequences(
    X: Any, y: Any, feedback: Literal["auto", "explicit", "implicit"], name: str
) -> tuple[Sequences, Interactions]:
    """Return the data passed to ``fit`` as sequences, and as interactions over the same users and items.

    Parameters
    ----------
    X : Sequences, Interactions with timestamps, event log, frame, or (user, item) pairs
        See `as_sequences`.
    y : (n_pairs,) array-like, optional
        Strengths of the pairs; 1 each by default. Repeated pairs are added up in the interactions.
    feedback : {"auto", "explicit", "implicit"}
        Kind of the values; "auto" infers it from the data.
    name : str
        Name of the model, for error messages.

    Raises
    ------
    DataError
        The data cannot be used.
    ValueError
        ``y`` is given with data that are not pairs.
    """
    if hasattr(X, "to_interactions") and not isinstance(X, Sequences):  # made by `as_pairs` for scikit-learn
        X, y = X.to_interactions(y), None
    if isinstance(X, Interactions):
        given = as_interactions(X, y, feedback)
        return as_sequences(given, name), given
    if y is None:
        made = as_sequences(X, name)
        return made, made._pairs()
    if isinstance(X, Sequences) or callable(getattr(X, "sequences", None)) or sparse.issparse(X):
        raise ValueError("y is allowed only with (user, item) pairs; sequences hold events without values")
    users, items = pair_ids(X)
    made = Sequences.from_arrays(users, items)
    values = to_values(y, "y")
    check_lengths({"X": made.rows.codes, "y": values})
    kind = "explicit" if feedback == "auto" else feedback
    check_values(values, kind, "y")
    codes = made.users.codes(users), made.items.codes(items)
    return made, Interactions._from_codes(made.users, made.items, *codes, values, None, kind, "sum")


def as_sequences(given: Any, name: str) -> Sequences:
    """Return data of any form with an order as sequences.

    Parameters
    ----------
    given : Sequences, Interactions with timestamps, event log, frame, or (user, item) pairs
        An event log is an object with a method ``sequences``. A frame, or a mapping of columns, has the columns
        user_id, item_id and timestamp, and may repeat pairs. Pairs, an array, frame or list of two columns, are in time
        order. Events of a user at equal times keep the order of the rows; those of Interactions are in order of item.
    name : str
        Name of the model or argument, for error messages.

    Raises
    ------
    DataError
        The data have no order or cannot be used; the message names the remedy.

    Warns
    -----
    UserWarning
        Repeated events were merged into the Interactions.
    """
    if isinstance(given, Sequences):
        if given.n_events == 0:
            raise DataError(f"{name}: the sequences have no events")
        return given
    if isinstance(given, Interactions):
        if given.timestamps is None:
            raise DataError(f"{name} needs the order of the events, and the Interactions have no timestamps; {_REMEDY}")
        if given.n_merged:
            warnings.warn(
                f"{name} reads the order of repeated events, and {given.n_merged:,} of them were merged into these "
                "interactions, which keep the latest time of each pair; give the events themselves: log.sequences() "
                "of an EventLog, or a frame with the columns user_id, item_id and timestamp",
                stacklevel=levels_inside(),
            )
        return Sequences.from_interactions(given)
    if sparse.issparse(given):
        raise DataError(f"{name} needs the order of the events, which a sparse matrix does not hold; {_REMEDY}")
    if callable(getattr(given, "sequences", None)):
        return as_sequences(given.sequences(), name)
    if is_frame(given) or is_table(given):
        return _from_table(given, name)
    return Sequences.from_arrays(*pair_ids(given))


def _from_table(frame: Any, name: str) -> Sequences:
    names = column_names(frame)
    if len(names) == 2:
        return Sequences.from_arrays(*pair_ids(frame))
    lacking = [wanted for wanted in ("user_id", "item_id", "timestamp") if wanted not in names]
    if lacking:
        raise DataError(
            f"{name}: expected a frame with the columns user_id, item_id and timestamp, or with two columns in time "
            f"order, got no {', '.join(lacking)}; rename the columns, or use Sequences.from_frame"
        )
    warn_of_unused(names, {"user_id", "item_id", "timestamp"})
    given = columns(frame)
    return Sequences.from_arrays(given["user_id"], given["item_id"], given["timestamp"])
