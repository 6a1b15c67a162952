"""Popularity within categories of items, weighted by the categories of each user."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.data._frames import column, is_frame, is_missing
from recokit.data._id_forms import describe_mismatch
from recokit.data._keyed import by_label
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows
from recokit.exceptions import DataError

__all__ = ["CategoryShares", "ItemCategories"]


class ItemCategories(NamedTuple):
    """The category of each item.

    Attributes
    ----------
    items : IdIndex
    labels : IdIndex
        Sorted labels of the categories.
    codes : (n_items,) int32 array
        Category of each item, −1 for none.
    """

    items: IdIndex
    labels: IdIndex
    codes: CodeArray

    @classmethod
    def from_catalogue(cls, catalogue: Any, item: str, category: str) -> "ItemCategories":
        """Return the categories in a catalogue.

        Parameters
        ----------
        catalogue : frame, mapping of columns, pandas Series, or mapping of item ids to categories
        item, category : str
            Names of the columns with ids and categories.

        Raises
        ------
        DataError
            The catalogue has another form, lacks a column, lists an item twice, or has no categories.
        """
        given = by_label(catalogue, "catalogue", "item")
        if is_frame(given) or (isinstance(given, Mapping) and item in given):
            ids, labels = column(given, item), list(column(given, category)[:])
        elif isinstance(given, Mapping):
            ids, labels = list(given), list(given.values())
        else:
            raise DataError(
                f"catalogue: expected a frame with the columns {item} and {category}, or a mapping of items to "
                f"categories, got {type(catalogue).__name__}"
            )
        items = IdIndex(ids, name=f"catalogue, {item}")
        if len(ids) != len(labels):
            raise DataError(f"catalogue: {len(ids)} values of {item!r} and {len(labels)} of {category!r}")
        has_label = np.array([not is_missing(label) for label in labels], dtype=np.bool_)
        if not np.any(has_label):
            raise DataError(f"catalogue, {category}: no item has a category")
        index, label_codes = IdIndex.factorize(
            [label for label, has in zip(labels, has_label, strict=True) if has], f"catalogue, {category}"
        )
        codes = np.full(len(items), -1, dtype=np.int32)
        codes[items.codes(ids)[has_label]] = label_codes
        return cls(items, index, codes)

    def updated(self, newer: "ItemCategories") -> "ItemCategories":
        """Return the categories with those of ``newer`` added, or in place of those of the same items."""
        items, labels = self.items.union(newer.items), self.labels.union(newer.labels)
        codes = np.full(len(items), -1, dtype=np.int32)
        for one in (self, newer):
            has = one.codes >= 0
            codes[items.codes(one.items)[has]] = labels.codes(one.labels)[one.codes[has]]
        return ItemCategories(items, labels, codes)

    def check_overlap(self, items: IdIndex) -> None:
        """Raise a DataError if no item of the interactions is in the catalogue."""
        reason = describe_mismatch(self.items, items, ("the catalogue", "the interactions"))
        if reason is not None:
            raise DataError(f"catalogue: it contains none of the {len(items)} items of the interactions: {reason}")

    def codes_of(self, items: IdIndex) -> CodeArray:
        """Return the category of each item of an index, −1 for none."""
        codes: CodeArray = np.append(self.codes, np.int32(-1))[self.items.codes(items)]
        return codes


class CategoryShares(NamedTuple):
    """Popularity of the items, and the share of each category in it.

    Attributes
    ----------
    item_scores : (n_items,) float64 array
        s_i.
    item_categories : (n_items,) int32 array
        Category c of each item; the last one holds the items without a category.
    shares : (n_categories,) float64 array
        Share of each category in the sum of s.
    shrinkage : float
        μ.
    """

    item_scores: FloatArray
    item_categories: CodeArray
    shares: FloatArray
    shrinkage: float

    @classmethod
    def from_scores(cls, scores: FloatArray, codes: CodeArray, n_labels: int, shrinkage: float) -> "CategoryShares":
        """Return the shares of ``n_labels`` categories, where the code −1 marks items without one."""
        own = np.where(codes < 0, n_labels, codes).astype(np.int32)
        totals = np.bincount(own, scores, minlength=n_labels + 1)
        return cls(scores, own, totals / max(float(totals.sum()), np.finfo(np.float64).tiny), shrinkage)

    def counts(self, histories: Rows, weights: FloatArray) -> FloatArray:
        """Return the weights of each history by category: (n_histories, n_categories) float64."""
        n = len(self.shares)
        cells = histories.row_codes * n + self.item_categories[histories.codes]
        sums: FloatArray = np.bincount(cells, weights, minlength=histories.n_rows * n).astype(np.float64)
        return sums.reshape(histories.n_rows, n)

    def weight_of_all(self, totals: FloatArray) -> FloatArray:
        """Return λ = μ / (n + μ) for users with a total weight of n."""
        if not np.isfinite(self.shrinkage):
            return np.ones_like(totals)
        weights: FloatArray = np.where(totals > 0, self.shrinkage / np.maximum(totals + self.shrinkage, 1e-300), 1.0)
        return weights

    def lifts(self, counts: FloatArray, given: CodeArray) -> FloatArray:
        """Return the factor by which the popularity of each category is multiplied for each user.

        Parameters
        ----------
        counts : (n_users, n_categories) float64 array
            Weights of the history by category.
        given : (n_users,) int32 array
            The category that is known of a user in place of the shares of all users, −1 for none.
        """
        totals = counts.sum(axis=1)
        weight = self.weight_of_all(totals)[:, None]
        is_given = (given[:, None] == np.arange(len(self.shares))).astype(np.float64)
        prior = np.where(given[:, None] < 0, self.shares, is_given)
        own = counts / np.maximum(totals, np.finfo(np.float64).tiny)[:, None]
        mixed = (1 - weight) * own + weight * prior
        lifts: FloatArray = np.divide(mixed, self.shares, out=np.zeros_like(mixed), where=self.shares > 0)
        return lifts

    def scores(self, lifts: FloatArray) -> FloatArray:
        """Return the score of each item: (n_users, n_items) float32; −∞ in categories that a user has nothing of."""
        of_items = lifts[:, self.item_categories]
        scores: FloatArray = np.where(of_items > 0, of_items * self.item_scores, -np.inf).astype(np.float32)
        empty = self.shares[self.item_categories] == 0  # items of categories without interactions come last
        scores[:, empty] = 0
        return scores
