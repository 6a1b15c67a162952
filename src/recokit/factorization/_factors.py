"""What a factor model is learned from and what is learned."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.rows import row_starts
from recokit.kernels.sgd_predict import score_pairs

__all__ = ["Factors", "Ratings", "inverse", "penalty_scale", "penalty_weights"]


class Ratings(NamedTuple):
    """Ratings compressed by user.

    Attributes
    ----------
    indptr : (n_users + 1,) int64 array
    item_codes : (n_ratings,) int32 array
    values : (n_ratings,) float32 array
    n_items : int
    """

    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    n_items: int

    @property
    def user_codes(self) -> CodeArray:
        """User of each rating: (n_ratings,) int32."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), np.diff(self.indptr))

    @property
    def counts(self) -> tuple[IntArray, IntArray]:
        """Ratings of each user and of each item."""
        return np.diff(self.indptr), np.diff(row_starts(read_only(self.item_codes), self.n_items))

    def select(self, mask: Any) -> "Ratings":
        """Return the ratings that a mask keeps."""
        kept = np.concatenate([[0], np.cumsum(mask)])
        return Ratings(kept[self.indptr], self.item_codes[mask], self.values[mask], self.n_items)

    def reordered(self, user_order: CodeArray, item_order: CodeArray) -> "Ratings":
        """Return the ratings with the users and items in another order."""
        starts, lengths = self.indptr[user_order], np.diff(self.indptr)[user_order]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.arange(len(self.values)) + np.repeat(starts - indptr[:-1], lengths)
        item_codes = inverse(item_order)[self.item_codes[positions]]
        return Ratings(indptr, item_codes, self.values[positions], self.n_items)


def inverse(order: CodeArray) -> CodeArray:
    """Return the place of each code in an order."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order), dtype=order.dtype)
    return places


@dataclass
class Factors:
    """What is learned: biases b, factors p and q, and the implicit factors y where there are any.

    Attributes
    ----------
    user_bias, item_bias : (n_users,), (n_items,) float32 arrays
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
    implicit_factors : (n_items, n_factors) or (0, n_factors) float32 array
    """

    user_bias: FloatArray
    item_bias: FloatArray
    user_factors: FloatArray
    item_factors: FloatArray
    implicit_factors: FloatArray

    @classmethod
    def random(
        cls, n_users: int, n_items: int, n_factors: int, scale: float, *, implicit: bool, rng: np.random.Generator
    ) -> Self:
        """Return biases of 0 and factors from a normal distribution of standard deviation scale / √n_factors."""

        def draw(n_rows: int) -> FloatArray:
            factors: FloatArray = rng.standard_normal((n_rows, n_factors), dtype=np.float32)
            return factors * np.float32(scale / np.sqrt(n_factors))

        users, items = draw(n_users), draw(n_items)
        bias = np.zeros(n_users, np.float32), np.zeros(n_items, np.float32)
        return cls(*bias, users, items, np.zeros((n_items if implicit else 0, n_factors), np.float32))

    def copy(self) -> "Factors":
        """Return an independent copy."""
        return Factors(**{name: array.copy() for name, array in vars(self).items()})

    def take_over(self, old: "Factors", users: CodeArray, items: CodeArray) -> tuple[BoolArray, BoolArray]:
        """Take the rows of others, whose codes here are given, −1 for those not here; tell which rows these are.

        Rows of factors that are 0 are left alone, since nothing can start from them.
        """
        here, there = users >= 0, items >= 0
        self.user_bias[users[here]], self.item_bias[items[there]] = old.user_bias[here], old.item_bias[there]
        known = np.zeros(len(self.user_factors), dtype=np.bool_), np.zeros(len(self.item_factors), dtype=np.bool_)
        for mine, theirs, codes, taken in (
            (self.user_factors, old.user_factors, users, known[0]),
            (self.item_factors, old.item_factors, items, known[1]),
        ):
            learned = np.any(theirs, axis=1) & (codes >= 0)
            mine[codes[learned]] = theirs[learned]
            taken[codes[learned]] = True
        if len(old.implicit_factors):
            self.implicit_factors[items[there]] = old.implicit_factors[there]
        return known

    def reordered(self, user_order: CodeArray, item_order: CodeArray) -> "Factors":
        """Return a copy with the rows in another order."""
        implicit = self.implicit_factors[item_order] if len(self.implicit_factors) else self.implicit_factors
        biases = self.user_bias[user_order], self.item_bias[item_order]
        return Factors(*biases, self.user_factors[user_order], self.item_factors[item_order], implicit)

    def scaled(self, scale: float) -> "Factors":
        """Return the same for ratings ``scale`` times as large."""
        root = np.float32(np.sqrt(scale))
        biases = self.user_bias * np.float32(scale), self.item_bias * np.float32(scale)
        return Factors(*biases, self.user_factors * root, self.item_factors * root, self.implicit_factors * root)

    def scores(self, user_codes: CodeArray, item_codes: CodeArray, runner: Runner) -> FloatArray:
        """Return b_u + b_i + p_u·q_i of pairs: (n_pairs,) float64."""
        scores = np.empty(len(user_codes))
        arrays = (self.user_bias, self.item_bias, self.user_factors, self.item_factors, scores)
        runner.rows(score_pairs, len(scores), (user_codes, item_codes, *arrays))
        return scores


def penalty_scale(counts: IntArray, exponent: float) -> float:
    """Return Σ nᵉ / Σ n over the rows with ratings: with it, the mean weight of a rating's penalty is 1."""
    rated = counts[counts > 0].astype(np.float64)
    return float(np.sum(rated**exponent) / np.sum(rated))


def penalty_weights(counts: IntArray, exponent: float, scale: float) -> FloatArray:
    """Return the weight of the penalty in the step of one rating, nᵉ⁻¹ / scale: (n_rows,) float32."""
    weights: FloatArray = np.maximum(counts, 1.0) ** (exponent - 1.0) / scale
    return weights.astype(np.float32)
