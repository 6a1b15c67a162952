"""Cells of sparse and dense matrices of users × items."""

import numbers
from decimal import Decimal
from typing import Any

import numpy as np
from scipy import sparse

from recokit._storage.sparse_rows import check_sparse
from recokit._typing import AnyArray
from recokit.data._frames import is_frame, is_pandas
from recokit.exceptions import DataError

__all__ = ["dense_cells", "stored_cells"]

_MAX_CODES = 2**31 - 1
_ID_COLUMNS = ("user_id", "userid", "user", "customer_id", "customerid", "customer")


def stored_cells(X: Any) -> sparse.csr_array:
    """Return the stored cells of a scipy sparse matrix, sorted and with repeated cells summed.

    Raises
    ------
    DataError
        It is not a sparse matrix of users × items, its indices are out of range, which scipy does not check, or it has
        too many rows or columns for codes.
    """
    if not sparse.issparse(X):
        raise DataError(f"expected a scipy sparse matrix, got {type(X).__name__}; for a dense one use from_dense")
    if X.ndim != 2:
        raise DataError(f"expected a matrix of users × items, got shape {X.shape}")
    if max(X.shape) > _MAX_CODES:
        raise DataError(
            f"a matrix of shape {X.shape} has more than {_MAX_CODES:,} rows or columns; use Interactions.from_arrays "
            "with the ids of the cells, which takes no memory for empty rows and columns"
        )
    try:
        if hasattr(X, "check_format"):
            X.check_format(full_check=True)
        if X.format in ("csr", "csc"):
            check_sparse(X)
        elif X.format == "coo" and X.nnz:
            _check_coordinates(X)
    except ValueError as error:
        raise DataError(f"the sparse matrix of shape {X.shape} is inconsistent: {error}") from None
    # Repeated cells are added in the type of the matrix, and 2^24 + 1 is 2^24 in float32.
    is_wide = X.dtype.kind not in "iubf" or (X.dtype.kind == "f" and getattr(X, "has_canonical_format", False))
    rows = sparse.csr_array(X if is_wide else X.astype(np.float64), copy=True)
    if X.format == "bsr":
        rows.eliminate_zeros()  # this format stores zeros to fill its blocks
    rows.sum_duplicates()
    return rows


def dense_cells(R: Any, missing: Any) -> tuple[sparse.coo_array, Any, Any]:
    """Return the cells of a dense matrix that are not missing, and the labels of its rows and columns, if any.

    Parameters
    ----------
    R : (n_users, n_items) array-like, or pandas frame
        Masked cells are missing.
    missing : float
        Value of missing cells.

    Raises
    ------
    DataError
        It is not a matrix of real numbers, or has NaN that do not mark missing cells.
    """
    if sparse.issparse(R):
        raise DataError("expected a dense matrix, got a scipy sparse matrix; use from_matrix")
    given, row_labels, column_labels = _with_labels(R)
    if given.ndim != 2:
        raise DataError(f"expected a matrix of users × items, got shape {given.shape}")
    if isinstance(missing, str | bool | np.bool_) or not isinstance(missing, numbers.Real | Decimal):
        raise ValueError(f"missing={missing!r}: expected the number that marks missing ratings, such as 0 or np.nan")
    if given.dtype.kind == "f":
        missing = float(given.dtype.type(missing))  # in the precision of the matrix
    dense = np.ma.getdata(given).astype(np.float64)
    dense[np.ma.getmaskarray(given)] = missing
    if np.any(np.isnan(dense)) and not np.isnan(missing):
        holes = np.argwhere(np.isnan(dense))
        raise DataError(
            f"{len(holes)} NaN value(s), the first in row {holes[0, 0]}, column {holes[0, 1]}; "
            "if they mark missing ratings, pass missing=np.nan"
        )
    rows, columns = np.nonzero(~np.isnan(dense) if np.isnan(missing) else dense != missing)
    cells = sparse.coo_array((dense[rows, columns], (rows, columns)), shape=dense.shape)
    return cells, row_labels, column_labels


def _check_coordinates(X: Any) -> None:
    for indices, length in zip(X.coords, X.shape, strict=True):
        if indices.min() < 0 or indices.max() >= length:
            raise ValueError(f"indices must be at least 0 and less than {length}")


def _refuse_id_columns(frame: Any) -> None:
    """Refuse a pandas frame whose user ids are a column, as after ``pivot(…).reset_index()``."""
    names = [name for name in frame.columns if isinstance(name, str) and name.lower() in _ID_COLUMNS]
    if names and type(frame.index).__name__ == "RangeIndex":
        raise DataError(
            f"the column {names[0]!r} of the frame would be read as ratings of an item; make it the index, such as "
            f"with frame.set_index({names[0]!r})"
        )


def _with_labels(data: Any) -> tuple[AnyArray, Any, Any]:
    """Return a dense matrix, and the labels of its rows and columns if it is a pandas frame.

    Raises
    ------
    DataError
        The frame has no row labels, or the data are not a matrix of real numbers.
    """
    rows = columns = None
    if is_pandas(data) and hasattr(data, "columns"):
        rows, columns = data.index, data.columns
        _refuse_id_columns(data)
        try:
            data = data.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"expected a frame of numbers ({error}); make the column of user ids the index, such as with "
                f"frame.set_index({columns[0]!r})"
            ) from None
    elif is_frame(data):
        raise DataError(
            f"a {type(data).__module__.partition('.')[0]} frame has no row labels; pass its numbers as an array, with "
            "users= and items=, such as Interactions.from_dense(frame.drop('user').to_numpy(), users=frame['user'], "
            "items=frame.columns[1:])"
        )
    try:
        values = data if isinstance(data, np.ma.MaskedArray) else np.asarray(data)
    except ValueError:
        raise DataError("expected a matrix of users × items, got rows of different lengths") from None
    if values.dtype.kind not in "biuf":
        raise DataError(f"expected a matrix of real numbers, got {type(data).__name__} of {values.dtype}")
    return values, rows, columns
