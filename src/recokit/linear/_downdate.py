"""Removal of a few users from the inverse of a regularized Gram matrix."""

import numpy as np

from recokit._runtime.blas import single_threaded_blas
from recokit._typing import AnyArray, FloatArray
from recokit.data.rows import Rows

__all__ = ["downdated_inverse"]

_MAX_RANK_SHARE = 4  # an update of a rank above n / 4 takes about as long as a new inverse
_LEAST_CURVATURE = 1e-2  # below it, the update loses more than two digits


def downdated_inverse(inverse: FloatArray, removed: Rows, weights: FloatArray, added: float) -> FloatArray | None:
    r"""Return the inverse after the removal of some rows of X, by the Woodbury identity.

    With :math:`P = A^{-1}` and :math:`D = V V^\top` the part of the removed rows in A, the new inverse is
    :math:`P + P V (I - V^\top P V)^{-1} V^\top P`. One thread computes it, so that it does not depend on the threads.

    Parameters
    ----------
    inverse : (n, n) float64 array
        P. It is overwritten.
    removed : Rows
        The removed rows of X.
    weights : (n_removed,) float64 array
        Their weights.
    added : float
        Multiple of the diagonal of the Gram matrix that A includes in addition to it.

    Returns
    -------
    (n, n) float64 array or None
        None if a new inverse is as fast, or more precise.
    """
    columns, places = np.unique(removed.codes, return_inverse=True)
    n_removed = removed.n_rows
    if min(len(columns), n_removed if added == 0 else len(columns)) > len(inverse) // _MAX_RANK_SHARE:
        return None
    rows = np.zeros((n_removed, len(columns)))
    rows[removed.row_codes, places] = removed.values.astype(np.float64)
    rows *= np.sqrt(weights)[:, None]
    with single_threaded_blas():
        factor = rows.T if added == 0 and n_removed <= len(columns) else _factor(rows, added)
        return _woodbury(inverse, columns, factor)


def _factor(rows: FloatArray, added: float) -> FloatArray:
    """Return V with V Vᵀ = D on the columns that the removed rows have."""
    change = rows.T @ rows
    diagonal = np.einsum("ii->i", change)
    diagonal *= 1.0 + added
    values, vectors = np.linalg.eigh(change)
    kept = values > 1e-12 * max(float(values[-1]), 1e-300)
    factor: FloatArray = vectors[:, kept] * np.sqrt(values[kept])
    return factor


def _woodbury(inverse: FloatArray, columns: AnyArray, factor: FloatArray) -> FloatArray | None:
    product = inverse[:, columns] @ factor
    curvature = np.eye(factor.shape[1]) - factor.T @ product[columns]
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    if values[0] < _LEAST_CURVATURE:
        return None
    product = product @ (vectors / np.sqrt(values))
    inverse += product @ product.T
    return inverse
