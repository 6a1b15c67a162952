"""Embedding: the block of vectors that were computed elsewhere, such as those of images."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN
from recokit.content._block import Block, Progress
from recokit.content._dense_vectors import unit_vectors
from recokit.content._fitted_block import FittedBlock
from recokit.data._frames import is_missing, labelled_mapping
from recokit.exceptions import DataError, first_few

__all__ = ["Embedding"]


class Embedding(Block):
    """Vectors of items that were computed elsewhere, such as embeddings of images, sounds or texts.

    The vectors are scaled to norm 1. A missing vector (None, NaN in all places) or a vector of zeros matches nothing.

    Parameters
    ----------
    column : str, mapping, or (n, d) array
        Name of a catalogue column, whose values are lists or arrays of the same length; in a mapping of columns it may
        be an (n, d) array. Or a mapping of item ids to vectors. Or an array of vectors, with ``ids``.
    ids : (n,) array-like of item ids, optional
        The items of the rows of an array; only if ``column`` is an array.
    center : bool
        Subtract the mean of all vectors, and scale the vectors to norm 1 again. Vectors of neural networks often share
        a direction, so that all cosines are high; without it they differ more.
    weight : float
        Weight of the block.
    name : str, optional
        Name of the block; by default that of the column, or ``"embedding"``.

    See Also
    --------
    recokit.ContentRecommender :
        Recommend items similar to the items that a user liked, by several columns of a catalogue.
    recokit.content.Text : Texts such as titles and descriptions: weighted words, or vectors of an encoder.

    Examples
    --------
    >>> from recokit.content import ContentRecommender, Embedding
    >>> images = {"red cup": [1.0, 0.1], "red pot": [0.9, 0.2], "blue cup": [0.0, 1.0]}
    >>> model = ContentRecommender([Embedding(images)]).fit([("ann", "red cup")])
    >>> model.similar_items(["red cup"])["red cup"]
    [('red pot', 0.992...), ('blue cup', 0.099...)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Block._parameter_constraints,
        "column": "no_validation",
        "ids": "no_validation",
        "center": BOOLEAN,
    }

    def __init__(
        self, column: Any, *, ids: Any = None, center: bool = False, weight: float = 1.0, name: str | None = None
    ) -> None:
        self.column = column
        self.ids = ids
        self.center = center
        self.weight = weight
        self.name = name

    @property
    def _label(self) -> str:
        return self.name or (self.column if isinstance(self.column, str) else "embedding")

    def _own_vectors(self) -> tuple[Any, Any] | None:
        """Return the ids and vectors that the block itself holds; None if they come from the catalogue."""
        if isinstance(self.column, str):
            return None
        given = labelled_mapping(self.column)
        if isinstance(given, Mapping):
            return list(given), list(given.values())
        if self.ids is None:
            raise ValueError(f"{self._label}: an array of vectors needs ids=, the items of its rows")
        if len(self.ids) != len(given):
            raise DataError(f"{self._label}: {len(given)} vectors, but {len(self.ids)} ids; expected one id for each")
        return self.ids, given

    def _read(self, values: Any) -> AnyArray:
        """Return the unit vectors of a column; rows of zeros are missing."""
        given = values[:]
        if not isinstance(given, np.ndarray) or given.dtype == object:
            given = self._stacked(list(given))
        if given.ndim != 2 or given.shape[1] == 0 or given.dtype.kind not in "iufb":
            raise DataError(
                f"{self._label}: expected one vector of numbers for each item, got shape {given.shape} of {given.dtype}"
            )
        missing = np.all(np.isnan(given), axis=1)
        wrong = np.flatnonzero(~np.all(np.isfinite(given), axis=1) & ~missing)
        if len(wrong):
            raise DataError(
                f"{self._label}: {len(wrong)} vector(s) have NaN or infinite numbers, in the rows "
                f"{first_few(wrong.tolist())}; correct them, or give None for a missing vector"
            )
        return unit_vectors(given)

    def _stacked(self, vectors: list[Any]) -> FloatArray:
        """Return lists, arrays and missing values as one array, with NaN for missing vectors."""
        found = [row for row, vector in enumerate(vectors) if not is_missing(vector)]
        if not found:
            raise DataError(f"{self._label}: all {len(vectors)} vectors are missing")
        try:
            arrays = [np.asarray(vectors[row], dtype=np.float64) for row in found]
        except (TypeError, ValueError) as error:
            raise DataError(f"{self._label}: a vector does not hold numbers ({error})") from None
        shapes = sorted({array.shape for array in arrays})
        if len(shapes) > 1 or len(shapes[0]) != 1:
            raise DataError(
                f"{self._label}: expected vectors of one length, got the shapes {first_few(shapes)}; flatten or pad "
                "them, or compute them with one model"
            )
        stacked = np.full((len(vectors), shapes[0][0]), np.nan)
        stacked[found] = arrays
        return stacked

    def _is_missing(self, column: AnyArray) -> BoolArray:
        missing: BoolArray = ~np.any(column != 0, axis=1)
        return missing

    def _blank(self, n_rows: int, like: AnyArray) -> AnyArray:
        return np.zeros((n_rows, like.shape[1]), dtype=np.float32)

    def _plan_memory(self, plan: MemoryPlan, column: AnyArray) -> None:
        plan.work("vectors in float64", 3.0 * column.nbytes if self.center else 0.0)
        plan.keep("vectors", float(column.nbytes) if self.center else 0.0)

    def _fit(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        if np.all(self._is_missing(column)):
            raise DataError(f"{self._label}: all {len(column)} vectors are missing or zero")
        return FittedBlock.from_units(self._label, "embedding", column, column, center=self.center)
