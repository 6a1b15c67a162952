"""FittedBlock: the vectors of the items by one block, the column they were made from, and their labels."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.content._dense_vectors import DenseVectors, unit_vectors
from recokit.content._sparse_vectors import SparseVectors
from recokit.content._stored import check_block
from recokit.persistence import storable

__all__ = ["FittedBlock", "Kind"]

Kind = Literal["text", "category", "number", "embedding"]
_NO_DEVIATION = 1e-6  # of a unit vector from the mean: smaller deviations are rounding errors
_NO_LABELS = np.empty(0, dtype=np.dtypes.StringDType())


@storable("recokit.FittedBlock")
@dataclass(frozen=True, eq=False)
class FittedBlock:
    """Unit vectors of all items by one block.

    Attributes
    ----------
    name : str
        Name of the block.
    kind : {"text", "category", "number", "embedding"}
    column : array with n_items rows
        The values of the catalogue, as the block reads them.
    vectors : SparseVectors or DenseVectors
    labels : (n_features,) array of str
        Words or categories; empty for numbers and embeddings.
    idf : (n_features,) float64 array
        Inverse document frequencies of words; empty for other kinds.
    sources : (n_items, n_dimensions) float32 array
        Unit vectors before the mean was subtracted; empty for sparse vectors.
    """

    name: str
    kind: Kind
    column: AnyArray
    vectors: SparseVectors | DenseVectors
    labels: AnyArray = field(default_factory=_NO_LABELS.copy)
    idf: FloatArray = field(default_factory=lambda: np.empty(0))
    sources: FloatArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))

    @classmethod
    def from_units(cls, name: str, kind: Kind, column: AnyArray, units: FloatArray, *, center: bool) -> "FittedBlock":
        """Return the block of dense unit vectors, minus their mean and scaled again if ``center`` is set."""
        matrix = units
        if center:
            found = np.any(units != 0, axis=1)
            deviations = units - units[found].mean(axis=0, dtype=np.float64)
            deviations[np.linalg.norm(deviations, axis=1) < _NO_DEVIATION] = 0.0
            matrix = unit_vectors(deviations * found[:, None])
        return cls(name, kind, column, DenseVectors(matrix), sources=units)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return int(self.vectors.matrix.shape[0])

    @property
    def has_vector(self) -> BoolArray:
        """Whether each item has a vector: (n_items,) bool."""
        return self.vectors.has_vector

    def parts(self, profile: tuple[AnyArray, AnyArray], item_code: int) -> list[tuple[str, float]]:
        """Return labelled parts that add up to the cosine of a profile and an item; none without evidence.

        Parameters
        ----------
        profile : (item_codes, weights)
        item_code : int
        """
        features, parts = self.vectors.parts(*profile, item_code)
        if len(self.labels):
            return list(zip(self.labels[features].tolist(), parts.tolist(), strict=True))
        label = f"{self.column[item_code]:.4g}" if self.kind == "number" else ""
        return [(label, float(parts.sum()))] if len(parts) else []

    def _to_state(self) -> dict[str, Any]:
        sources, matrix = self.sources, self.vectors.matrix
        return {
            "name": self.name,
            "kind": self.kind,
            "column": None if self.column is sources else self.column,  # equal arrays are written once
            "matrix": matrix,
            "labels": self.labels,
            "idf": self.idf,
            "sources": None if sources is matrix else sources,
        }

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "FittedBlock":
        check_block(state)
        matrix = state.pop("matrix")
        state["sources"] = matrix if state["sources"] is None else state["sources"]
        state["column"] = state["sources"] if state["column"] is None else state["column"]
        vectors = SparseVectors(matrix) if sparse.issparse(matrix) else DenseVectors(matrix)
        return cls(vectors=vectors, **state)
