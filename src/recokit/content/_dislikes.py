"""Dislikes: items that count against similar items in profiles of implicit feedback."""

import warnings
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.exceptions import DataError, first_few

__all__ = ["merged_dislikes", "remaining_dislikes", "with_dislikes"]


def merged_dislikes(known: Interactions | None, given: Any, data: Interactions) -> Interactions | None:
    """Return known and given dislikes over the users and items of a model; None if there are none.

    Raises
    ------
    DataError
        The model is fitted to ratings.

    Warns
    -----
    UserWarning
        Dislikes of unknown users, or of unknown items, are ignored.
    """
    parts = [] if known is None else [known]
    if given is not None:
        if data.feedback == "explicit":
            raise DataError(
                "dislikes: the model is fitted to ratings, which express dislikes; give low ratings instead"
            )
        parts.append(_of_known_ids(as_interactions(given, None, "implicit"), data))
    if not parts:
        return None
    merged = parts[0] if len(parts) == 1 else parts[0].merge(parts[1], duplicates="max")
    return merged.reindex(data.users, data.items)


def _of_known_ids(dislikes: Interactions, data: Interactions) -> Interactions:
    """Return the dislikes of users and items of the model, over the users and items of the model."""
    users = data.users.codes(dislikes.users)[dislikes.user_codes]
    items = data.items.codes(dislikes.items)[dislikes.item_codes]
    for kind, index, codes, found in (
        ("users", dislikes.users, dislikes.user_codes, users),
        ("items", dislikes.items, dislikes.item_codes, items),
    ):
        unknown = np.unique(codes[found < 0])
        if len(unknown):
            warnings.warn(
                f"dislikes: {len(unknown)} {kind} are not in the data and are ignored: "
                f"{first_few(index.take(unknown))}",
                stacklevel=levels_inside(),
            )
    return dislikes.select((users >= 0) & (items >= 0)).reindex(data.users, data.items)


def remaining_dislikes(dislikes: Interactions | None, data: Interactions) -> Interactions | None:
    """Return the dislikes of the users and items that are left; None if there are none."""
    if dislikes is None:
        return None
    users = data.users.codes(dislikes.users)[dislikes.user_codes]
    items = data.items.codes(dislikes.items)[dislikes.item_codes]
    left = dislikes.select((users >= 0) & (items >= 0))
    return left.reindex(data.users, data.items) if left.n_interactions else None


def with_dislikes(profiles: Rows, dislikes: Rows, weight: float) -> Rows:
    """Return weighted items with further items, each with minus ``weight`` times the mean weight of its row.

    Examples
    --------
    >>> likes = Rows.from_arrays([0, 2], [4, 7], [1.0, 3.0])
    >>> both = with_dislikes(likes, Rows.from_arrays([0, 1], [5], [1.0]), 0.5)
    >>> both.codes.tolist(), both.values.tolist()
    ([4, 7, 5], [1.0, 3.0, -1.0])
    """
    strengths = -weight * profiles.means(0.0)[dislikes.row_codes]
    row_codes = np.concatenate([profiles.row_codes, dislikes.row_codes])
    order = np.argsort(row_codes, kind="stable")
    return Rows.from_arrays(
        bounds_from_lengths(profiles.lengths + dislikes.lengths),
        np.concatenate([profiles.codes, dislikes.codes])[order],
        np.concatenate([profiles.values, strengths])[order],
    )
