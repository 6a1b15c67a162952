"""Segments of users outside the training data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit._typing import CodeArray
from recokit.data._frames import is_frame, is_pandas
from recokit.exceptions import DataError, first_few
from recokit.metrics._groups import UserGroups

__all__ = ["segment_codes"]


def segment_codes(segments: Any, users: Any, labels: list[Any]) -> CodeArray:
    """Return the segment of each user as a position in the labels, −1 for none: (n_users,) int32.

    Parameters
    ----------
    segments : mapping of users to labels, pandas Series, frame, or a label
        Segments by user in the forms of ``groups=`` of `recokit.evaluate`, or one segment for all users.
    users : sequence of ids
    labels : list
        Segments of the model.

    Raises
    ------
    DataError
        A segment is unknown, or none of the users has a segment.

    Examples
    --------
    >>> segment_codes({"ann": "home"}, ["ann", "bob"], ["home", "office"]).tolist()
    [0, -1]
    >>> segment_codes("office", ["ann", "bob"], ["home", "office"]).tolist()
    [1, 1]
    """
    codes = {label: code for code, label in enumerate(labels)}
    given = _labels_of(segments, users)
    unknown = [label for label in given if label is not None and label not in codes]
    if unknown:
        raise DataError(f"segments: unknown {first_few(unknown)}; the segments of the model are {first_few(labels)}")
    return np.array([-1 if label is None else codes[label] for label in given], dtype=np.int32)


def _labels_of(segments: Any, users: Any) -> list[Any]:
    """Return the label of each user, None for users without one."""
    ids = users.tolist() if isinstance(users, np.ndarray) else list(users)
    if not (isinstance(segments, Mapping) or is_frame(segments) or is_pandas(segments)):
        return [segments] * len(ids)
    groups = UserGroups.from_input(segments)
    codes, labels = groups.users.codes(ids), list(groups.groups)
    if len(ids) and np.all(codes < 0):
        raise DataError(
            f"segments: none of the users {first_few(ids)} has a segment; they are given for {first_few(groups.users)}"
        )
    return [None if code < 0 else labels[groups.codes[code]] for code in codes]
