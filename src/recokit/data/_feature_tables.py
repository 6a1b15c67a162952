"""FeatureTable: numeric features of users or items, read from any accepted form."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray
from recokit.data._frames import columns, is_frame, is_missing, is_pandas
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few

__all__ = ["FeatureTable"]

Kind = Literal["user", "item"]


class FeatureTable(NamedTuple):
    """Numbers that describe each user or item.

    Attributes
    ----------
    ids : IdIndex
    names : tuple of str
    matrix : (n_ids, n_features) csr_array, float32
        In the order of the ids; finite.
    """

    ids: IdIndex
    names: tuple[str, ...]
    matrix: sparse.csr_array

    @classmethod
    def from_input(cls, given: Any, kind: Kind) -> "FeatureTable":
        """Return features of users or items.

        Parameters
        ----------
        given : frame, mapping of columns, `recokit.preprocessing.Features`, (ids, matrix), or matrix
            A frame or mapping has the column user_id or item_id, and numbers in all other columns; the ids of a pandas
            frame may be its index. A dense or sparse matrix without ids has the rows of the ids 0 … m − 1.
        kind : {"user", "item"}

        Raises
        ------
        DataError
            The input has another form or no columns, a number of rows differs from the number of ids, an id is
            duplicated, or a value is text, NaN or infinite.

        Examples
        --------
        >>> table = FeatureTable.from_input(
        ...     {"item_id": ["tea", "cup"], "price": [3, 8], "new": [True, False]}, "item"
        ... )
        >>> list(table.ids), table.names, table.matrix.toarray().tolist()
        (['cup', 'tea'], ('price', 'new'), [[8.0, 0.0], [3.0, 1.0]])
        """
        name = f"{kind}_features"
        ids, names, values = _parts_of(given, kind, name)
        matrix = values if sparse.issparse(values) else _dense(values, name)
        if matrix.ndim != 2 or matrix.shape[1] == 0 or matrix.shape[0] == 0:
            raise DataError(f"{name}: expected at least one row and one column, got the shape {matrix.shape}")
        matrix = _finite(sparse.csr_array(matrix), names, name)
        rows = list(range(matrix.shape[0])) if ids is None else ids
        index, codes = IdIndex.factorize(rows, f"{kind} ids of {name}")
        if len(codes) != matrix.shape[0]:
            raise DataError(f"{name}: {len(codes)} ids and {matrix.shape[0]} rows; give one row for each id")
        if len(index) < len(codes):
            repeated = index.take(np.flatnonzero(np.bincount(codes) > 1))
            raise DataError(f"{name}: {len(repeated)} {kind}(s) have more than one row: {first_few(repeated)}")
        return cls(index, names or tuple(f"x{place}" for place in range(matrix.shape[1])), matrix[np.argsort(codes)])

    def aligned(self, index: IdIndex) -> sparse.csr_array:
        """Return the rows of the ids of an index; rows without entries for unknown ids."""
        codes = self.ids.codes(index)
        known = np.flatnonzero(codes >= 0)
        places = sparse.csr_array(
            (np.ones(len(known), dtype=np.float32), (known, codes[known])), shape=(len(index), len(self.ids))
        )
        return sparse.csr_array(places @ self.matrix)

    def updated(self, newer: "FeatureTable", name: str) -> "FeatureTable":
        """Return the table with the rows of ``newer`` added, or in place of the rows of the same ids.

        Raises
        ------
        DataError
            The columns differ.
        """
        if newer.names != self.names:
            raise DataError(
                f"{name}: the model was fitted with the {len(self.names)} columns {first_few(self.names)}, got the "
                f"{len(newer.names)} columns {first_few(newer.names)}; give the same columns in the same order"
            )
        ids = self.ids.union(newer.ids)
        keeps = (newer.ids.codes(self.ids) < 0).astype(np.float32)
        kept = FeatureTable(self.ids, self.names, sparse.csr_array(sparse.diags_array(keeps) @ self.matrix))
        return FeatureTable(ids, self.names, sparse.csr_array(kept.aligned(ids) + newer.aligned(ids)))


def _parts_of(given: Any, kind: Kind, name: str) -> tuple[Any, tuple[str, ...], Any]:
    """Return ids (None for 0 … m − 1), names (empty if there are none) and values."""
    if isinstance(given, FeatureTable):
        return given.ids.ids, given.names, given.matrix
    if hasattr(given, "get_feature_names_out") and hasattr(given, "kind"):  # recokit.preprocessing.Features
        if given.kind != kind:
            raise DataError(f"{name}: expected features of {kind}s, got {given!r}")
        return given.ids.ids, given.names, given.values
    if isinstance(given, tuple) and len(given) == 2:
        return given[0], (), given[1]
    if isinstance(given, Mapping) or is_frame(given):
        return _from_columns(given, kind, name)
    if sparse.issparse(given) or getattr(given, "ndim", None) == 2:
        return None, (), given
    raise DataError(
        f"{name}: expected a frame with the column {kind}_id and columns of numbers, (ids, matrix), or a matrix, got "
        f"{type(given).__name__}"
    )


def _from_columns(frame: Any, kind: Kind, name: str) -> tuple[Any, tuple[str, ...], Any]:
    by_name, key = columns(frame), f"{kind}_id"
    if key in by_name:
        ids = by_name.pop(key)
    elif is_pandas(frame) and (frame.index.name == key or frame.index.dtype == object):
        ids = frame.index.to_numpy()
    else:
        raise DataError(f"{name}: no column {key!r}; the columns are {first_few(by_name)}")
    for label, values in by_name.items():
        example = next((one for one in _first(values) if isinstance(one, str | bytes)), None)
        if example is not None:
            raise DataError(
                f"{name}: the column {label!r} holds text, such as {example!r}; features are numbers. Make one column "
                "of 0 and 1 for each value, such as with pandas.get_dummies or scikit-learn's OneHotEncoder"
            )
        if len(values) != len(ids):
            raise DataError(f"{name}: {len(ids)} values of {key!r}, and {len(values)} of {label!r}")
    if not by_name:
        return ids, (), np.empty((len(ids), 0))
    numbers = [[np.nan if is_missing(one) else one for one in values] for values in by_name.values()]
    return ids, tuple(map(str, by_name)), _dense(numbers, name).T


def _first(values: Any) -> Any:
    """Return the values of a column of objects; none for a column of numbers."""
    return () if np.dtype(getattr(values, "dtype", object)).kind in "biuf" else values


def _dense(values: Any, name: str) -> AnyArray:
    array = np.asarray(values)
    if array.dtype.kind in "UST":
        raise DataError(
            f"{name}: expected numbers, got text, such as {str(array.flat[0])!r}; make one column of 0 and 1 for each "
            "value, such as with scikit-learn's OneHotEncoder"
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected numbers ({error})") from None


def _finite(matrix: sparse.csr_array, names: tuple[str, ...], name: str) -> sparse.csr_array:
    """Return the matrix as float32 without stored zeros; refuse values that are not finite."""
    if matrix.dtype.kind not in "biuf":
        raise DataError(f"{name}: expected numbers, got {matrix.dtype}")
    with np.errstate(over="ignore"):
        matrix = matrix.astype(np.float32)
    bad = np.unique(matrix.indices[~np.isfinite(matrix.data)])
    if len(bad):
        n_bad = np.count_nonzero(~np.isfinite(matrix.data))
        labels = [names[place] if names else int(place) for place in bad]
        raise DataError(
            f"{name}: {n_bad} value(s) are missing, NaN or infinite in float32, in the column(s) {first_few(labels)}; "
            "fill them, or leave out the rows"
        )
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix
