"""Similarities between items, read from any accepted form."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data._columns import to_numbers
from recokit.data._frames import column, column_names, is_frame, is_pandas
from recokit.data._id_forms import describe_mismatch
from recokit.data.id_index import IdIndex
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, first_few

__all__ = ["ItemSimilarities"]

_COLUMNS = ("item_id", "similar_item_id", "score")


class ItemSimilarities(NamedTuple):
    """The similar items of each item.

    Attributes
    ----------
    items : IdIndex
    matrix : (n_items, n_items) csr_array, float32
        Row i holds the similarities of the items similar to item i; positive, without the item itself.
    """

    items: IdIndex
    matrix: sparse.csr_array

    @classmethod
    def from_input(cls, given: Any) -> "ItemSimilarities":
        """Return the similarities of items.

        Parameters
        ----------
        given : Recommendations, frame, mapping of columns, (ids, matrix), or ItemSimilarities
            The result of ``similar_items``; a frame with the columns item_id, similar_item_id and score; or ids and a
            square sparse or dense matrix.

        Raises
        ------
        DataError
            The input has another form, the matrix is not square or differs in size from the ids, an id or a pair is
            duplicated, or a similarity is negative, NaN or infinite.

        Examples
        --------
        >>> similar = ItemSimilarities.from_input((["tea", "cup"], [[1.0, 0.5], [0.5, 1.0]]))
        >>> list(similar.items), similar.matrix.toarray().tolist()
        (['cup', 'tea'], [[0.0, 0.5], [0.5, 0.0]])
        """
        if isinstance(given, ItemSimilarities):
            return given
        if isinstance(given, Recommendations):
            shown = np.arange(given.items.shape[1]) < given.counts[:, None]
            rows = np.repeat(np.arange(len(given.users)), given.counts)
            found = _from_pairs(given.users[rows], given.items[shown], given.scores[shown])
            items = found.items.union(IdIndex(given.users))  # items without similar ones too
            return cls(items, found.aligned(items))
        if (isinstance(given, Mapping) or is_frame(given)) and set(_COLUMNS) & set(column_names(given)):
            return _from_pairs(*(column(given, name) for name in _COLUMNS))
        if isinstance(given, tuple) and len(given) == 2:
            return _from_matrix(*given)
        is_frame_of_matrix = is_pandas(given) and hasattr(given, "columns") and len(given) == len(given.columns)
        hint = "; for a matrix with labels, pass (frame.index, frame.to_numpy())" if is_frame_of_matrix else ""
        raise DataError(
            "item_similarity: expected the result of similar_items, a fitted model that has similar_items, a frame "
            f"with the columns {', '.join(_COLUMNS)}, or (ids, matrix), got {type(given).__name__}{hint}"
        )

    def aligned(self, index: IdIndex) -> sparse.csr_array:
        """Return the matrix over the items of an index, which holds all of these items."""
        codes = index.codes(self.items)
        cells = self.matrix.tocoo()
        shape = (len(index), len(index))
        return sparse.csr_array((cells.data, (codes[cells.row], codes[cells.col])), shape=shape)

    def check_overlap(self, items: IdIndex) -> None:
        """Raise a DataError if no item of the interactions is among the items."""
        reason = describe_mismatch(self.items, items, ("item_similarity", "the items of the interactions"))
        if reason is not None:
            raise DataError(
                f"item_similarity: it contains none of the {len(items)} items of the interactions: {reason}"
            )


def _from_pairs(first: Any, second: Any, scores: Any) -> ItemSimilarities:
    if not len(first) == len(second) == len(scores):
        raise DataError(
            f"item_similarity: columns differ in length: {len(first)} of {_COLUMNS[0]!r}, {len(second)} of "
            f"{_COLUMNS[1]!r}, {len(scores)} of {_COLUMNS[2]!r}"
        )
    if len(first) == 0:
        raise DataError("item_similarity: expected at least one pair of items, got none")
    left, left_codes = IdIndex.factorize(first, "item_similarity, item_id")
    right, right_codes = IdIndex.factorize(second, "item_similarity, similar_item_id")
    items = left.union(right)
    rows, columns = items.codes(left)[left_codes], items.codes(right)[right_codes]
    keys = rows.astype(np.int64) * len(items) + columns
    distinct, counts = np.unique(keys, return_counts=True)
    if len(distinct) < len(keys):
        repeated = [tuple(items.take(np.array(divmod(int(key), len(items)))).tolist()) for key in distinct[counts > 1]]
        raise DataError(f"item_similarity: {len(repeated)} pair(s) are duplicated: {first_few(repeated)}")
    return ItemSimilarities(items, _positive(rows, columns, to_numbers(scores, "item_similarity"), items))


def _from_matrix(ids: Any, matrix: Any) -> ItemSimilarities:
    items, codes = IdIndex.factorize(ids, "item_similarity")
    try:
        cells = sparse.coo_array(matrix)
    except (TypeError, ValueError) as error:
        raise DataError(f"item_similarity: expected a matrix ({error})") from None
    if cells.shape != (len(codes), len(codes)):
        raise DataError(
            f"item_similarity: expected a square matrix for {len(codes)} ids, got the shape {tuple(cells.shape)}"
        )
    if len(items) < len(codes):
        repeated = items.take(np.flatnonzero(np.bincount(codes) > 1))
        raise DataError(f"item_similarity: {len(repeated)} id(s) are duplicated: {first_few(repeated)}")
    values = to_numbers(np.asarray(cells.data), "item_similarity")
    return ItemSimilarities(items, _positive(codes[cells.row], codes[cells.col], values, items))


def _positive(rows: CodeArray, columns: AnyArray, values: FloatArray, items: IdIndex) -> sparse.csr_array:
    """Return the similarities above 0 of different items; refuse negative ones."""
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise DataError(
            f"item_similarity: {len(negative)} similarities are negative: {first_few(values[negative])}; set them to 0"
        )
    used = (values > 0) & (rows != columns)
    cells = (values[used].astype(np.float32), (rows[used], columns[used]))
    return sparse.csr_array(cells, shape=(len(items), len(items)))
