"""Gram: the weighted products of the columns of a matrix of users × items."""

from typing import Any

import numpy as np

from recokit._typing import FloatArray
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.persistence import storable

__all__ = ["Gram"]


@storable("recokit.Gram")
class Gram:
    r"""The matrix :math:`X^\top W X` of items × items, which models of items can be fitted to without user data.

    It is computed elsewhere, such as by a database, or released with noise by `recokit.privacy.private_gram`.

    Parameters
    ----------
    items : array-like of shape (n_items,), or IdIndex
        Distinct ids.
    matrix : (n_items, n_items) array-like
        Symmetric, with a diagonal of at least 0.
    popularity : (n_items,) array-like, optional
        Popularity of each item, at least 0; the diagonal by default.

    Attributes
    ----------
    items : IdIndex
    matrix : (n_items, n_items) float64 array
    popularity : (n_items,) float64 array

    Raises
    ------
    DataError
        The shapes differ, or the matrix is not symmetric or not finite.

    See Also
    --------
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.
    recokit.SLIM : Predict each item from a few other items by an elastic net.
    recokit.privacy.private_gram :
        Return the Gram matrix of the most popular items with (ε, δ)-differential privacy for users.

    Examples
    --------
    >>> from recokit import EASE
    >>> from recokit.data import Gram
    >>> gram = Gram(["cup", "pot", "tea"], [[3, 0, 2], [0, 2, 1], [2, 1, 4]])
    >>> model = EASE(l2=1.0).fit_gram(gram)
    >>> [item for item, _ in model.recommend_for({"visitor": ["tea"]}, n=1)["visitor"]]
    ['cup']
    """

    def __init__(self, items: Any, matrix: Any, popularity: Any = None) -> None:
        self.items = items if isinstance(items, IdIndex) else IdIndex(items, name="items")
        self.matrix: FloatArray = np.array(matrix, dtype=np.float64)
        diagonal = np.diag(self.matrix) if self.matrix.ndim == 2 else self.matrix
        self.popularity: FloatArray = np.array(diagonal if popularity is None else popularity, dtype=np.float64)
        self._check()
        for array in (self.matrix, self.popularity):
            array.flags.writeable = False

    def _check(self) -> None:
        n = len(self.items)
        if self.matrix.shape != (n, n) or self.popularity.shape != (n,):
            raise DataError(
                f"Gram: expected a matrix of {n} × {n} items and {n} popularities, got shapes {self.matrix.shape} and "
                f"{self.popularity.shape}"
            )
        if n == 0:
            raise DataError("Gram: no items")
        if not (np.all(np.isfinite(self.matrix)) and np.all(np.isfinite(self.popularity))):
            raise DataError("Gram: a value is not finite")
        if not np.allclose(self.matrix, self.matrix.T, rtol=1e-6, atol=1e-9 * float(np.abs(self.matrix).max())):
            raise DataError("Gram: the matrix is not symmetric")
        if np.any(np.diag(self.matrix) < 0) or np.any(self.popularity < 0):
            raise DataError("Gram: the diagonal or the popularity has a value below 0")

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.items)

    def __repr__(self) -> str:
        return f"Gram({self.n_items:,} items)"

    def _to_state(self) -> dict[str, Any]:
        return {"items": self.items, "matrix": self.matrix, "popularity": self.popularity}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "Gram":
        return cls(**state)
