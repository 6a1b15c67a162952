"""Mixture: the cosine of several blocks, as the weighted sum of their cosines."""

import numpy as np
from scipy import sparse

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Top
from recokit.base._lists import ranges
from recokit.content._fitted_block import FittedBlock
from recokit.content._profiles import Profiles, profiles_from_strengths
from recokit.content._sparse_vectors import SparseVectors
from recokit.data.rows import Rows
from recokit.kernels.sparse_lists import sparse_top

__all__ = ["Mixture"]


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
        self._parts = [(block, float(weight)) for block, weight in zip(blocks, weights, strict=True) if weight > 0]
        totals = np.zeros(len(blocks[0].column))
        for block, weight in self._parts:
            totals += weight * block.has_vector
        self._item_scales = 1 / np.sqrt(np.where(totals > 0, totals, 1.0))  # 1 / √W of each item
        self._joint = self._joint_vectors()

    def _joint_vectors(self) -> SparseVectors | None:
        """Return the joint vectors of the items; None if a block is dense."""
        matrices = []
        for block, weight in self._parts:
            if not isinstance(block.vectors, SparseVectors):
                return None
            if len(self._parts) == 1:
                return block.vectors
            scales = np.sqrt(weight) * self._item_scales
            matrices.append(sparse.csr_array(sparse.diags_array(scales) @ block.vectors.matrix, dtype=np.float32))
        return SparseVectors(sparse.csr_array(sparse.hstack(matrices, format="csr")))

    def scores(self, profiles: Profiles, runner: Runner) -> FloatArray:
        """Return the scores of all items for profiles: (n_users, n_items) float32; −∞ without evidence."""
        (block, _), *others = self._parts
        if not others and isinstance(block.vectors, SparseVectors):
            return block.vectors.scores(profiles, runner)
        scores = self._cosines(profiles.items, runner)
        _, offsets, gains, losses = profiles
        slopes = np.where(scores > 0, gains[:, None].astype(np.float32), losses[:, None].astype(np.float32))
        np.multiply(scores, slopes, out=scores, where=np.isfinite(scores))
        scores += offsets[:, None].astype(np.float32)
        return scores

    def _cosines(self, items: Rows, runner: Runner) -> FloatArray:
        """Return the cosines of all items with weighted sums of items: (n_users, n_items) float32, −∞ without evidence."""
        sums: FloatArray = np.zeros((items.n_rows, len(self._item_scales)), dtype=np.float32)
        has_evidence, totals = np.zeros(sums.shape, dtype=np.bool_), np.zeros(items.n_rows)
        for block, weight in self._parts:
            cosines = block.vectors.cosines(items, runner)
            found = np.isfinite(cosines)
            totals += weight * np.any(found, axis=1)  # a profile has evidence for its own items, unless it vanishes
            has_evidence |= found
            cosines[~found] = 0.0
            cosines *= np.float32(weight)
            sums += cosines
        sums *= (1 / np.sqrt(np.where(totals > 0, totals, 1.0)))[:, None].astype(np.float32)
        sums *= self._item_scales.astype(np.float32)
        np.clip(sums, -1.0, 1.0, out=sums)
        sums[~has_evidence] = -np.inf
        return sums

    def parts(self, profile: tuple[AnyArray, AnyArray], item_code: int) -> list[tuple[FittedBlock, str, float]]:
        """Return the labelled parts of the cosine of a weighted sum of items, given as codes and weights, and an item."""
        found, total = [], 0.0
        alone = Rows.from_arrays([0, len(profile[0])], *profile)
        for block, weight in self._parts:
            total += weight * block.vectors.has_profile(alone)[0]
            found += [(block, label, weight * part) for label, part in block.parts(profile, item_code)]
        scale = self._item_scales[item_code] / np.sqrt(total or 1.0)
        return [(block, label, part * scale) for block, label, part in found]

    def similar_items(self, item_codes: CodeArray, n: int, runner: Runner, block_size: int) -> Top:
        """Return the n items with the highest cosine with each item."""
        if self._joint is not None:
            return self._similar_by_features(self._joint, item_codes, n, runner)
        top = Top.empty(len(item_codes), n)
        for start, stop in ranges(len(item_codes), block_size):
            alone = Rows.from_arrays(np.arange(stop - start + 1), item_codes[start:stop], np.ones(stop - start))
            cosines = self.scores(profiles_from_strengths(alone), runner)
            top.put(np.arange(start, stop), EligibleItems(None, alone).select(cosines, n, runner))
        return top

    def _similar_by_features(self, joint: SparseVectors, item_codes: CodeArray, n: int, runner: Runner) -> Top:
        """Return the most similar items without a matrix of all cosines."""
        queries, n_queries = joint.by_item.take(item_codes), len(item_codes)
        values = queries.values.astype(np.float64)
        norms = np.sqrt(queries.sums(values**2))
        values /= np.where(norms > 0, norms, 1.0)[queries.row_codes]
        top = Top.empty(n_queries, n)
        alone, none = Rows.from_arrays(np.arange(n_queries + 1), item_codes, ()), Rows.empty(n_queries)
        allowed, restricted = np.ones(joint.by_item.n_rows, np.bool_), np.zeros(n_queries, np.bool_)
        args = (queries.indptr, queries.codes, values, *joint.by_feature.arrays)
        rules = (allowed, *alone[:2], restricted, *none[:2])
        costs = queries.sums_of_lengths(joint.by_feature.lengths)
        runner.rows(sparse_top, n_queries, (*args, *rules, *top), costs=costs)
        np.minimum(top.scores, 1.0, out=top.scores)
        return top
