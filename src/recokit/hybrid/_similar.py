"""Similar items and users of a hybrid: the lists of its parts, fused by reciprocal rank."""

from typing import Any

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Top
from recokit.base._lists import ranges
from recokit.data.rows import Rows

__all__ = ["fused_neighbors"]

_DEPTH, _K = 100, 60.0
_BLOCK_CELLS = 1 << 22


def fused_neighbors(
    parts: list[Recommender],
    weights: FloatArray,
    method: str,
    queries: CodeArray,
    n: int,
    codes: list[tuple[CodeArray | None, CodeArray | None]],
    n_all: int,
    runner: Runner,
) -> Top | None:
    """Return the n codes with the largest sums of weight / (60 + rank) over the parts; None if no part has lists.

    Parameters
    ----------
    parts : list of Recommender
    weights : (n_parts,) float array
        Parts with the weight 0 are left out.
    method : {"_similar_items", "_similar_users"}
    queries : (n_queries,) int32 array
        Codes of the hybrid.
    n : int
    codes : list of pairs
        For each part, the code in the part of each code of the hybrid, and the reverse; None where they are equal.
    n_all : int
        Number of items or users of the hybrid.
    runner : Runner
    """
    depth = max(n, _DEPTH)
    lists: list[tuple[float, Any]] = []
    for part, weight, (to_part, to_hybrid) in zip(parts, weights.tolist(), codes, strict=True):
        mine = queries if to_part is None else to_part[queries]
        known = np.flatnonzero(mine >= 0)
        size = len(part.interactions_.items if method == "_similar_items" else part.interactions_.users)
        try:
            top = getattr(part, method)(mine[known], min(depth, size))
        except NotImplementedError:
            continue
        if weight > 0:
            lists.append((weight, _cells(top, known, to_hybrid)))
    if not lists:
        return None
    fused = Top.empty(len(queries), n)
    for start, stop in ranges(len(queries), max(1, _BLOCK_CELLS // n_all)):
        scores = np.full((stop - start, n_all), -np.inf, dtype=np.float32)
        for weight, (rows, neighbors, ranks) in lists:
            here = (rows >= start) & (rows < stop)
            cells = rows[here] - start, neighbors[here]
            scores[cells] = np.maximum(scores[cells], 0) + np.float32(weight) / (_K + ranks[here].astype(np.float32))
        eligible = EligibleItems(None, Rows.empty(stop - start))
        fused.put(np.arange(start, stop), eligible.select(scores, n, runner))
    return fused


def _cells(top: Top, rows: Any, to_hybrid: CodeArray | None) -> tuple[Any, Any, Any]:
    """Return the row, code and rank of each cell of lists."""
    places, ranks = np.nonzero(np.arange(top.codes.shape[1]) < top.counts[:, None])
    codes = top.codes[places, ranks]
    return rows[places], codes if to_hybrid is None else to_hybrid[codes], 1 + ranks
