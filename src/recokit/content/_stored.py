"""Checks of stored blocks."""

from typing import Any

import numpy as np
from scipy import sparse

from recokit.data.attributes import Array, Attribute, Matrix, Storable, Text, check_attributes

__all__ = ["check_block"]

_SPARE_FEATURES = 4096  # more than the bins of numbers; the transposed matrix needs memory for each feature

_SPARSE: dict[str, Attribute] = {
    "name": Text(),
    "kind": Text(("text", "category", "number", "embedding")),
    "matrix": Matrix("n_items", "n_features"),
    "labels": Array("text", ("n_labels",)),
    "idf": Array("float64", ("n_weights",), at_least=0),
    "column": Storable(),
    "sources": Storable(),
}
_DENSE = _SPARSE | {"matrix": Array("float32", ("n_items", "n_features"))}


def check_block(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of a fitted block."""
    matrix = state.get("matrix")
    check_attributes(state, _SPARSE if sparse.issparse(matrix) else _DENSE, {}, "FittedBlock")
    for name in ("labels", "idf"):
        if len(state[name]) not in (0, matrix.shape[1]):  # type: ignore[union-attr]
            raise ValueError(f"FittedBlock.{name}: expected one for each feature, or none, got {len(state[name])}")
    if sparse.issparse(matrix) and len(state["labels"]) == 0 and matrix.shape[1] > matrix.nnz + _SPARE_FEATURES:  # type: ignore[union-attr]
        raise ValueError(f"FittedBlock.matrix: {matrix.shape[1]} features without labels for {matrix.nnz} values")  # type: ignore[union-attr]
    for name in ("column", "sources"):
        value = state[name]
        if value is None:  # written once, as the matrix or the sources
            continue
        if not isinstance(value, np.ndarray) or (len(value) not in (0, matrix.shape[0])):  # type: ignore[union-attr]
            raise ValueError(f"FittedBlock.{name}: expected an array with one row for each item")
