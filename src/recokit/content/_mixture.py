"""Mixture: the cosine of several blocks, as the weighted sum of their cosines."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.content._dense_vectors import DenseVectors
from recokit.content._fitted_block import FittedBlock
from recokit.content._profiles import Profiles
from recokit.content._sparse_vectors import SparseVectors
from recokit.data.rows import Rows

__all__ = ["Mixture"]


class _Part(NamedTuple):
    """A block and its weight."""

    block: FittedBlock
    weight: float


class Mixture:
    """Items and users as unit vectors that join the vectors of several blocks.

    The part of a block in the vector of an item is its unit vector times the square root of its share. The shares of
    missing blocks go to the other blocks of the item, in proportion: if W is the sum of the weights of its blocks, the
    share of a block is its weight divided by W. Users are treated alike, with a unit vector for each block.

    Parameters
    ----------
    blocks : list of FittedBlock
    weights : (n_blocks,) float64 array
        Not negative, with the sum 1. Blocks of weight 0 are ignored.
    """

    def __init__(self, blocks: list[FittedBlock], weights: FloatArray) -> None:
        self._parts = [_Part(block, float(w)) for block, w in zip(blocks, weights, strict=True) if w > 0]
        totals = np.zeros(len(blocks[0].column))
        for block, weight in self._parts:
            totals += weight * block.has_vector
        self._item_scales = _inverse_roots(totals)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self._item_scales)

    @property
    def is_sparse(self) -> bool:
        """Whether all blocks are sparse."""
        return all(isinstance(part.block.vectors, SparseVectors) for part in self._parts)

    def sparse_vectors(self) -> SparseVectors | None:
        """Return the joined sparse parts of the vectors of the items; None if all blocks are dense."""
        vectors = [(part.block.vectors, self._scales_of(part)) for part in self._parts]
        found = [(one, scales) for one, scales in vectors if isinstance(one, SparseVectors)]
        return SparseVectors.joined(found) if found else None

    def dense_vectors(self) -> FloatArray | None:
        """Return the joined dense parts of the vectors of the items: (n_items, n_dims); None if all are sparse."""
        vectors = [(part.block.vectors, self._scales_of(part)) for part in self._parts]
        found = [(one.matrix * scales[:, None]) for one, scales in vectors if isinstance(one, DenseVectors)]
        return np.concatenate(found, axis=1, dtype=np.float32) if found else None

    def _scales_of(self, part: _Part) -> FloatArray:
        scales: FloatArray = np.sqrt(part.weight) * self._item_scales
        return scales

    def scores(self, profiles: Profiles, runner: Runner) -> FloatArray:
        """Return the scores of all items for profiles: (n_users, n_items) float32; −∞ without evidence."""
        (block, _), *others = self._parts
        if not others and isinstance(block.vectors, SparseVectors):
            return block.vectors.scores(profiles, runner)
        scores = self.cosines(profiles.items, runner)
        offsets, gains, losses = (values[:, None].astype(np.float32) for values in profiles[1:])
        np.multiply(scores, np.where(scores > 0, gains, losses), out=scores, where=np.isfinite(scores))
        scores += offsets
        return scores

    def cosines(self, items: Rows, runner: Runner) -> FloatArray:
        """Return the cosines of all items with weighted sums of items: (n_users, n_items); −∞ without evidence."""
        sums: FloatArray = np.zeros((items.n_rows, self.n_items), dtype=np.float32)
        has_evidence, totals = np.zeros(sums.shape, dtype=np.bool_), np.zeros(items.n_rows)
        for block, weight in self._parts:
            cosines = block.vectors.cosines(items, runner)
            found = np.isfinite(cosines)
            totals += weight * np.any(found, axis=1)  # a profile has evidence for its own items, unless it vanishes
            has_evidence |= found
            cosines[~found] = 0.0
            cosines *= np.float32(weight)
            sums += cosines
        sums *= _inverse_roots(totals)[:, None].astype(np.float32)
        sums *= self._item_scales.astype(np.float32)
        np.clip(sums, -1.0, 1.0, out=sums)
        sums[~has_evidence] = -np.inf
        return sums

    def pair_cosines(self, items: Rows, rows: AnyArray, item_codes: CodeArray) -> FloatArray:
        """Return the cosines of pairs of a row of ``items`` and an item: (n_pairs,) float64, 0 without evidence."""
        sums = np.zeros(len(rows))
        for block, weight in self._parts:
            sums += weight * block.vectors.pair_cosines(items, rows, item_codes)
        cosines: FloatArray = sums * _inverse_roots(self._profile_totals(items))[rows] * self._item_scales[item_codes]
        return cosines

    def parts(self, profile: tuple[AnyArray, AnyArray], item_code: int) -> list[tuple[FittedBlock, str, float]]:
        """Return the labelled parts of the cosine of an item and a weighted sum of items, as codes and weights."""
        alone = Rows.from_arrays([0, len(profile[0])], *profile)
        scale = self._item_scales[item_code] * _inverse_roots(self._profile_totals(alone))[0]
        return [
            (block, label, weight * scale * part)
            for block, weight in self._parts
            for label, part in block.parts(profile, item_code)
        ]

    def _profile_totals(self, items: Rows) -> FloatArray:
        """Return the sum of the weights of the blocks in which each weighted sum of items has a direction."""
        totals = np.zeros(items.n_rows)
        for block, weight in self._parts:
            totals += weight * block.vectors.has_profile(items)
        return totals


def _inverse_roots(totals: FloatArray) -> FloatArray:
    """Return 1 / √x, and 1 for x = 0."""
    roots: FloatArray = 1 / np.sqrt(np.where(totals > 0, totals, 1.0))
    return roots
