"""A constant in the histories, whose weights are the intercepts of a linear item-item model."""

import numpy as np

from recokit._typing import BoolArray, FloatArray
from recokit.data.rows import Rows, bounds_from_lengths

__all__ = ["active_rows", "add_intercepts", "with_constant"]


def active_rows(rows: Rows) -> BoolArray:
    """Return the mask of the rows with a value above 0.

    Examples
    --------
    >>> active_rows(Rows.from_arrays([0, 2, 2, 3], [0, 1, 1], [1, 0, 0])).tolist()
    [True, False, False]
    """
    ends = bounds_from_lengths(rows.values > 0)[rows.indptr]
    active: BoolArray = ends[1:] > ends[:-1]
    return active


def with_constant(rows: Rows, code: int, value: float) -> tuple[Rows, BoolArray]:
    """Return the rows with a further cell at the end of each row with a value above 0, and the mask of these rows.

    Parameters
    ----------
    rows : Rows
    code : int
        Column of the further cells.
    value : float
        Their value.

    Examples
    --------
    >>> rows, _ = with_constant(Rows.from_arrays([0, 1, 1], [0], [3]), 5, 2.0)
    >>> rows.indptr.tolist(), rows.codes.tolist(), rows.values.tolist()
    ([0, 2, 2], [0, 5], [3.0, 2.0])
    """
    active = active_rows(rows)
    indptr = rows.indptr + bounds_from_lengths(active)
    codes = np.full(indptr[-1], code, dtype=np.int32)
    values = np.full(indptr[-1], value, dtype=np.float32)
    is_given = np.ones(indptr[-1], dtype=np.bool_)
    is_given[indptr[1:][active] - 1] = False
    codes[is_given], values[is_given] = rows.codes, rows.values
    return Rows.from_arrays(indptr, codes, values), active


def add_intercepts(scores: FloatArray, profiles: Rows, intercepts: FloatArray) -> None:
    """Add the intercepts of the items to the scores of users with a strength above 0, in place.

    Parameters
    ----------
    scores : (n_users, n_items) float32 array
        −∞ marks items without evidence, whose score becomes the intercept unless it is 0.
    profiles : Rows
        Histories of the users.
    intercepts : (n_items,) float32 array
    """
    active = active_rows(profiles)
    if not active.all():
        some = scores[active]
        _add(some, intercepts)
        scores[active] = some
    else:
        _add(scores, intercepts)


def _add(scores: FloatArray, intercepts: FloatArray) -> None:
    becomes_known = np.isneginf(scores) & (intercepts != 0)
    scores += intercepts
    np.copyto(scores, intercepts, where=becomes_known)
