"""Training data of factor models on a cluster: only users and items with interactions, and the sums over all blocks."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.base import Recommender
from recokit.base._learner import as_item_counts
from recokit.dask._base import Fitted
from recokit.dask._blocks import Block, Blocks
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.dask._draft import Draft
from recokit.dask._sums import (
    Stretches,
    buffered_stretches,
    pairwise_stretches,
    sum_of_buffered,
    sum_of_pairwise,
)
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.factorization._factors import random_vectors

__all__ = ["FactorData", "draw_vectors", "rows_of", "same"]


@dataclass(frozen=True)
class FactorData:
    """The data of a fit of factors.

    Attributes
    ----------
    given : Blocks
        Over all users and items.
    data : Blocks
        Over the users and items with interactions.
    lengths : (n_users,) int64 array
        Number of interactions of each user of ``data``.
    item_lengths : (n_items,) int64 array
        Number of interactions of each item of ``data``.
    items : (n_items,) int64 array
        Code of each item of ``data`` in ``given``.
    item_sums : future of array
        Sum of the values of each item of ``data``.
    """

    given: Blocks
    data: Blocks
    lengths: IntArray
    item_lengths: IntArray
    items: IntArray
    item_sums: AnyFuture

    @classmethod
    def from_blocks(cls, given: Blocks) -> "FactorData":
        """Return the data without the users and items that have no interactions."""
        tasks = given.tasks
        by_block: list[IntArray] = tasks.gather([tasks.submit("lengths", lengths_of, each) for each in given.blocks])
        counts = tasks.merge(
            "item-lengths",
            add_up,
            [tasks.submit("item-lengths", item_lengths_of, block, given.n_items) for block in given.blocks],
        ).result()
        items, data = np.flatnonzero(counts), given
        if len(items) < given.n_items or any(np.any(each == 0) for each in by_block):
            codes = np.full(given.n_items, -1, dtype=np.int32)
            codes[items] = np.arange(len(items), dtype=np.int32)
            new_codes = tasks.submit("item-codes", same, codes)
            blocks = tuple(tasks.submit("drop-empty", without_empty, block, new_codes) for block in given.blocks)
            starts = bounds_from_lengths(np.array([np.count_nonzero(each) for each in by_block]))
            data = replace(given, blocks=blocks, starts=starts, n_items=len(items))
        lengths = np.concatenate(by_block)
        sums = tasks.submit("item-sums", np.zeros, len(items))
        for block in data.blocks:  # one after the other: sums depend on the order of their terms
            sums = tasks.submit("item-sums", add_item_sums, sums, block)
        return cls(given, data, lengths[lengths > 0], counts[items], items, sums)

    @property
    def tasks(self) -> Tasks:
        """Submits the tasks of the fit."""
        return self.data.tasks

    # ------------------------------------------------------------------ sums

    def mean(self) -> float:
        """Return the mean of the values, as ``values.mean(dtype=np.float64)`` does."""
        return sum_of_buffered(self._stretches("mean", buffered_part)) / self.data.n_interactions

    def deviation(self, mean: float) -> float:
        """Return the standard deviation of the values, as ``values.std(dtype=np.float64)`` does."""
        n = self.data.n_interactions
        return float(np.sqrt(sum_of_pairwise(self._stretches("deviation", squares_part, mean), n) / n))

    def _stretches(self, stage: str, function: Any, *args: Any) -> list[Stretches]:
        data, n = self.data, self.data.n_interactions
        firsts = bounds_from_lengths(data.lengths).tolist()
        parts = zip(data.blocks, firsts[:-1], strict=True)
        found: list[Stretches] = self.tasks.gather(
            [self.tasks.submit(stage, function, block, first, n, *args) for block, first in parts]
        )
        return found

    def range(self) -> tuple[float, float, float]:
        """Return the lowest value, the highest, and the lowest above 0."""
        found = np.array(self.tasks.gather([self.tasks.submit("range", value_range, b) for b in self.data.blocks]))
        return float(found[:, 0].min()), float(found[:, 1].max()), float(found[:, 2].min())

    def item_counts(self) -> FloatArray:
        """Return ``item_counts_`` of all items: sums of strengths, or numbers of ratings."""
        counts = np.zeros(self.given.n_items)
        if self.data.feedback == "explicit":
            counts[self.items] = self.item_lengths
            return as_item_counts(counts)
        counts[self.items] = self.item_sums.result()
        return as_item_counts(counts)

    # ------------------------------------------------------------------ result

    def fitted(
        self,
        template: Recommender,
        attributes: Mapping[str, Any],
        item_attributes: Mapping[str, AnyFuture],
        user_attributes: Mapping[str, Sequence[AnyFuture]],
    ) -> Fitted:
        """Return the fitted model.

        Parameters
        ----------
        template : Recommender
            The unfitted local estimator.
        attributes : mapping
            Fitted attributes but those with one row for each item or user.
        item_attributes : mapping to futures
            Arrays with one row for each item of ``data``.
        user_attributes : mapping to sequences of futures
            Arrays with one row for each user of each block of ``data``.
        """
        submit, given = self.tasks.submit, self.given
        common = {"n_features_in_": 2, "item_counts_": self.item_counts(), **attributes}
        model = submit("finish", draft_of, template, common, dict(item_attributes), self.items, given.n_items)
        names = list(user_attributes)
        parts = tuple(
            submit("users", user_part, block, names, *arrays)
            for block, *arrays in zip(given.blocks, *user_attributes.values(), strict=True)
        )
        return Fitted(model, parts)


def draw_vectors(
    tasks: Tasks, sizes: Sequence[int], n_factors: int, scale: float, rng: Any
) -> tuple[list[AnyFuture], Any]:
    """Draw vectors for consecutive blocks of rows; return a future for each block, and one of the generator.

    The blocks are drawn one after the other from one stream of random numbers, as a single array would be.
    """
    vectors = []
    for n_rows in sizes:
        block, rng = tasks.split("draw", drawn, 2, rng, n_rows, n_factors, scale)
        vectors.append(block)
    return vectors, rng


# ---------------------------------------------------------------------- tasks


def same(value: Any) -> Any:
    """Return the argument."""
    return value


def rows_of(block: Block | Rows) -> Rows:
    """Return the interactions of a block by row, read-only as kernels take them."""
    return Rows.from_arrays(block.indptr, block[2] if isinstance(block, Block) else block.codes, block.values)


def lengths_of(block: Block) -> IntArray:
    """Return the number of interactions of each user."""
    return np.diff(block.indptr)


def item_lengths_of(block: Block, n_items: int) -> IntArray:
    """Return the number of interactions of each item within a block."""
    return np.bincount(block.item_codes, minlength=n_items)


def add_up(arrays: Sequence[AnyArray]) -> AnyArray:
    """Return the sum of arrays of integers."""
    total: AnyArray = np.sum(arrays, axis=0)
    return total


def add_item_sums(sums: FloatArray, block: Block) -> FloatArray:
    """Return the sums after a block: the values are added one by one in order, as `numpy.bincount` adds all of them."""
    codes = np.concatenate([np.arange(len(sums)), block.item_codes])
    weights: FloatArray = np.concatenate([sums, block.values])
    return np.asarray(np.bincount(codes, weights, minlength=len(sums)), dtype=np.float64)


def without_empty(block: Block, new_codes: CodeArray) -> Block:
    """Return a block over its users with interactions, and with other item codes; users have the ids 0 … n − 1."""
    lengths = lengths_of(block)
    kept = lengths[lengths > 0]
    users = IdIndex.from_range(len(kept))
    return Block(users, bounds_from_lengths(kept), new_codes[block.item_codes], block.values, None)


def buffered_part(block: Block, first: int, n: int) -> Stretches:
    """Return the stretches of the sum of the values."""
    return buffered_stretches(block.values, first, n)


def squares_part(block: Block, first: int, n: int, mean: float) -> Stretches:
    """Return the stretches of the sum of the squared deviations."""
    deviations = block.values - np.array([mean])
    deviations *= deviations
    return pairwise_stretches(deviations, first, n)


def value_range(block: Block) -> tuple[float, float, float]:
    """Return the lowest and the highest value, and the lowest above 0."""
    values = block.values
    positive = values[values > 0].min(initial=np.inf)
    return float(values.min(initial=np.inf)), float(values.max(initial=-np.inf)), float(positive)


def drawn(rng: np.random.Generator, n_rows: int, n_factors: int, scale: float) -> list[Any]:
    """Return vectors, and the generator after they were drawn."""
    rng = copy.deepcopy(rng)
    return [random_vectors(n_rows, n_factors, scale, rng), rng]


def draft_of(
    template: Recommender, attributes: Mapping[str, Any], by_item: Mapping[str, AnyArray], items: IntArray, n_items: int
) -> Draft:
    """Return a draft with all fitted attributes except per user; items without interactions have rows of 0."""
    whole = {name: expanded(array, items, n_items) for name, array in by_item.items()}
    return Draft(template._with_attributes({**vars(template), **attributes, **whole}))


def expanded(array: AnyArray, codes: AnyArray, n_rows: int) -> AnyArray:
    """Return an array with rows of 0 for the codes that it lacks."""
    if len(array) == n_rows:
        return array
    whole = np.zeros((n_rows, *array.shape[1:]), dtype=array.dtype)
    whole[codes] = array
    return whole


def user_part(block: Block, names: Sequence[str], *arrays: AnyArray) -> dict[str, AnyArray]:
    """Return the attributes of all users of a block; users without interactions have rows of 0."""
    known: BoolArray = lengths_of(block) > 0
    return {name: expanded(array, known, len(known)) for name, array in zip(names, arrays, strict=True)}
