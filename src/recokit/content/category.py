"""Category: the block of a column of categories, brands or other labels."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, BoolArray
from recokit.content._block import Block, Progress
from recokit.content._fitted_block import FittedBlock
from recokit.content._sparse_vectors import SparseVectors, unit_rows
from recokit.data._frames import is_missing
from recokit.exceptions import DataError, first_few

__all__ = ["Category"]

_STRINGS = np.dtypes.StringDType()
_BETWEEN = "\x1f"  # Unicode's unit separator, between the labels of one item


class Category(Block):
    r"""Labels such as categories, brands and colours: items with the same label match.

    A value is a label or a list of labels. With ``sep``, a label is a path, such as ``"Tea > Green"``, and counts at
    every level: as ``"Tea"`` and as ``"Tea > Green"``. The vector of an item has the same weight for each of its
    labels and levels. The cosine of two items with the sets A and B of labels and levels is

    .. math:: \frac{|A \cap B|}{\sqrt{|A|\,|B|}}

    so that two paths of length 3 that share two levels have the cosine 2/3. A missing value, an empty string or an
    empty list matches nothing. Labels match exactly, apart from spaces at both ends.

    Parameters
    ----------
    column : str
        Name of the catalogue column: text, numbers, or lists of these.
    sep : str, optional
        Separator of the levels of a path, such as ``" > "`` or ``"/"``; None if labels are not paths.
    weight : float
        Weight of the block.
    name : str, optional
        Name of the block; by default that of the column.

    See Also
    --------
    recokit.ContentRecommender :
        Recommend items similar to the items that a user liked, by several columns of a catalogue.
    recokit.content.Text : Texts such as titles and descriptions: weighted words, or vectors of an encoder.

    Examples
    --------
    >>> from recokit.content import Category, ContentRecommender
    >>> catalogue = {"item_id": [1, 2, 3], "path": ["Tea > Green", "Tea > Black", "Cups"]}
    >>> model = ContentRecommender([Category("path", sep=">")]).fit(
    ...     [("ann", 1)], catalogue=catalogue
    ... )
    >>> model.similar_items([1])[1]
    [(2, 0.5)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Block._parameter_constraints,
        "column": [str],
        "sep": [str, None],
    }

    def __init__(self, column: str, *, sep: str | None = None, weight: float = 1.0, name: str | None = None) -> None:
        self.column = column
        self.sep = sep
        self.weight = weight
        self.name = name

    def _read(self, values: Any) -> AnyArray:
        joined = [_BETWEEN.join(self._labels_of(value)) for value in values[:]]
        return np.array(joined, dtype=_STRINGS)

    def _labels_of(self, value: Any) -> list[str]:
        """Return the labels of a value, without spaces at the ends; none if it is missing."""
        if is_missing(value):
            return []
        if isinstance(value, dict | bytes):
            raise DataError(f"catalogue, {self.column}: expected labels or lists of labels, got {first_few([value])}")
        parts = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        stripped = (str(part).strip() for part in parts if not is_missing(part))
        return [label for label in stripped if label]

    def _is_missing(self, column: AnyArray) -> BoolArray:
        missing: BoolArray = column == ""
        return missing

    def _blank(self, n_rows: int, like: AnyArray) -> AnyArray:
        return np.full(n_rows, "", dtype=_STRINGS)

    def _fit(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        distinct, places = np.unique(column, return_inverse=True)
        features = [self._features(value) for value in distinct.tolist()]
        labels, codes = np.unique(
            np.array([label for some in features for label in some], dtype=_STRINGS), return_inverse=True
        )
        indptr = np.cumsum([0, *(len(some) for some in features)])
        matrix = sparse.csr_array((np.ones(len(codes)), codes, indptr), shape=(len(distinct), len(labels)))
        return FittedBlock(self._label, "category", column, SparseVectors(unit_rows(matrix)[places]), labels)

    def _features(self, value: str) -> list[str]:
        """Return the distinct labels and levels of a value."""
        found: dict[str, None] = {}
        between = "" if self.sep is None else f" {self.sep.strip()} "
        for label in value.split(_BETWEEN):
            levels = [label] if self.sep is None else [part.strip() for part in label.split(self.sep)]
            levels = [level for level in levels if level]
            for depth in range(len(levels)):
                found[between.join(levels[: depth + 1])] = None
        return list(found)
