"""Factors of users and items, with optional biases."""

from typing import NamedTuple, Self

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray

__all__ = ["Factorization", "Factors", "random_vectors"]


def random_vectors(n_rows: int, n_factors: int, scale: float, rng: np.random.Generator) -> FloatArray:
    """Return vectors from a normal distribution with standard deviation scale / √n_factors, drawn row by row."""
    vectors: FloatArray = rng.standard_normal((n_rows, n_factors), dtype=np.float32)
    return vectors * np.float32(scale / np.sqrt(n_factors))


class Factors(NamedTuple):
    """Factor vectors of users or items, and their biases.

    Attributes
    ----------
    vectors : (n_rows, n_factors) float32 array
    bias : (n_rows,) float32 array, optional
        None for models without this bias.
    """

    vectors: FloatArray
    bias: FloatArray | None = None

    @property
    def n_rows(self) -> int:
        """Number of users or items."""
        return len(self.vectors)

    @property
    def n_factors(self) -> int:
        """Length of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def has_vector(self) -> BoolArray:
        """Whether each vector differs from 0: (n_rows,) bool."""
        nonzero: BoolArray = np.any(self.vectors, axis=1)
        return nonzero

    def bias_or_zeros(self) -> FloatArray:
        """Return the biases; zeros for a model without them."""
        return np.zeros(self.n_rows, dtype=np.float32) if self.bias is None else self.bias

    def take(self, rows: AnyArray) -> "Factors":
        """Return a copy of some of the rows, in the order given."""
        return Factors(self.vectors[rows], None if self.bias is None else self.bias[rows])

    def put(self, rows: AnyArray, other: "Factors") -> None:
        """Overwrite the given rows by the rows of ``other``."""
        self.vectors[rows] = other.vectors
        if self.bias is not None and other.bias is not None:
            self.bias[rows] = other.bias

    def copy(self) -> "Factors":
        """Return an independent copy."""
        return Factors(self.vectors.copy(), None if self.bias is None else self.bias.copy())

    def scaled(self, scale: float) -> "Factors":
        """Return the factors for scores ``scale`` times as large."""
        bias = None if self.bias is None else self.bias * np.float32(scale)
        return Factors(self.vectors * np.float32(np.sqrt(scale)), bias)

    def overwrite(self, old: "Factors", codes: CodeArray) -> BoolArray:
        """Overwrite rows by the rows of earlier factors.

        A vector of 0 is not taken over, since descent cannot start from it; its bias is.

        Parameters
        ----------
        old : Factors
        codes : (n_old_rows,) int32 array
            The row that each old row overwrites; −1 for none.

        Returns
        -------
        (n_rows,) bool array
            Rows whose vector was overwritten.
        """
        overwritten = np.zeros(self.n_rows, dtype=np.bool_)
        present = codes >= 0
        if self.bias is not None and old.bias is not None:
            self.bias[codes[present]] = old.bias[present]
        learned = present & old.has_vector
        self.vectors[codes[learned]] = old.vectors[learned]
        overwritten[codes[learned]] = True
        return overwritten


class Factorization(NamedTuple):
    """The factors of all users and of all items, and the implicit factors of SVD++.

    Attributes
    ----------
    users, items : Factors
    implicit : (n_items, n_factors) or (0, n_factors) float32 array
        Implicit factors y of the items; no rows for models without them.
    """

    users: Factors
    items: Factors
    implicit: FloatArray

    @classmethod
    def from_sides(cls, users: Factors, items: Factors) -> Self:
        """Return a factorization without implicit factors."""
        return cls(users, items, np.empty((0, items.n_factors), dtype=np.float32))

    @classmethod
    def random(cls, n_users: int, n_items: int, n_factors: int, scale: float, rng: np.random.Generator) -> Self:
        """Return factors without biases from a normal distribution with standard deviation scale / √n_factors."""
        users = Factors(random_vectors(n_users, n_factors, scale, rng))
        return cls.from_sides(users, Factors(random_vectors(n_items, n_factors, scale, rng)))

    def with_zero_bias(self, *, users: bool = True, items: bool = True) -> Self:
        """Return the same vectors with biases of 0 for users, items or both."""
        by_user, by_item = (
            side._replace(bias=np.zeros(side.n_rows, dtype=np.float32)) if wanted else side
            for side, wanted in ((self.users, users), (self.items, items))
        )
        return self._replace(users=by_user, items=by_item)

    def with_zero_implicit(self) -> Self:
        """Return the same factors with implicit factors of 0."""
        return self._replace(implicit=np.zeros_like(self.items.vectors))

    @property
    def shape_parameters(self) -> dict[str, int | bool]:
        """Values of the estimator parameters that determine the shapes of the arrays."""
        return {"n_factors": self.items.n_factors, "implicit_feedback": len(self.implicit) > 0}

    def copy(self) -> Self:
        """Return an independent copy."""
        return type(self)(self.users.copy(), self.items.copy(), self.implicit.copy())

    def reordered(self, user_order: CodeArray, item_order: CodeArray) -> Self:
        """Return a copy with the users and the items in another order."""
        implicit = self.implicit[item_order] if len(self.implicit) else self.implicit
        return type(self)(self.users.take(user_order), self.items.take(item_order), implicit)

    def scaled(self, scale: float) -> Self:
        """Return the factors for ratings ``scale`` times as large."""
        return type(self)(
            self.users.scaled(scale), self.items.scaled(scale), self.implicit * np.float32(np.sqrt(scale))
        )

    def overwrite(
        self, old: "Factorization", user_codes: CodeArray, item_codes: CodeArray
    ) -> tuple[BoolArray, BoolArray]:
        """Overwrite rows by the rows of an earlier factorization; see `Factors.overwrite`.

        Returns
        -------
        users, items : (n_users,) and (n_items,) bool arrays
            Rows whose vectors were overwritten.
        """
        overwritten = self.users.overwrite(old.users, user_codes), self.items.overwrite(old.items, item_codes)
        if len(old.implicit):
            present = item_codes >= 0
            self.implicit[item_codes[present]] = old.implicit[present]
        return overwritten
