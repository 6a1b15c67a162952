"""Scores of the parts of a hybrid for users with held-out items."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import Recommender
from recokit.base._lists import ranges
from recokit.data.rows import Rows
from recokit.hybrid._base import PartProfile, aligned_scores
from recokit.hybrid._hold_out import HeldOut
from recokit.hybrid._learning import Validation
from recokit.hybrid._normalization import BLOCK_CELLS, normalized, top_unseen

__all__ = ["CANDIDATES", "Scale", "validation_of"]

CANDIDATES = 100


class Scale(NamedTuple):
    """How scores are normalised; see `normalized`."""

    kind: str
    depth: int
    rrf_k: float


def validation_of(
    parts: dict[str, Recommender], held_out: HeldOut, scale: Scale, runner: Runner, *, excludes_seen: bool
) -> Validation:
    """Return the normalised scores of the first 100 items of each part, for the users with held-out items.

    Parameters
    ----------
    parts : dict of Recommender
        Fitted to the data without the held-out events. Further items of a catalogue
        cannot be held out and are left out.
    held_out : HeldOut
    scale : Scale
    runner : Runner
    excludes_seen : bool
        The items of the history are no candidates.
    """
    data, users = held_out.given.interactions, held_out.users
    blocks = []
    for start, stop in ranges(len(users), max(1, BLOCK_CELLS // data.n_items)):
        codes = users[start:stop]
        seen = data.rows.take(codes) if excludes_seen else Rows.empty(len(codes))
        values, chosen = [], np.zeros((len(codes), data.n_items), dtype=np.bool_)
        for part in parts.values():
            scores = scores_over(part, data.users.take(codes), held_out)
            lists = top_unseen(scores.copy(), seen, min(CANDIDATES, data.n_items), runner)
            rows, ranks = np.nonzero(lists.codes >= 0)
            chosen[rows, lists.codes[rows, ranks]] = True
            values.append(normalized(scores, seen, scale.kind, scale.depth, runner, rrf_k=scale.rrf_k))
        relevant = np.zeros(chosen.shape, dtype=np.bool_)
        truth = held_out.truth.take(codes)
        relevant[truth.row_codes, truth.codes] = True
        blocks.append(_cells(values, chosen, relevant))
    return Validation(*_joined(blocks), held_out.truth.take(users).lengths)


def scores_over(part: Recommender, users: object, held_out: HeldOut) -> FloatArray:
    """Return the scores of a part over the items of the data: (n_users, n_items) float32, a new array."""
    data, mine = held_out.given.interactions, part.interactions_
    codes = mine.users.codes(users)  # type: ignore[arg-type]
    known = None if np.all(codes >= 0) else np.flatnonzero(codes >= 0)
    profile = PartProfile(part._user_profiles(codes if known is None else codes[known]), known)
    if mine.items == data.items:
        return aligned_scores(part, None, profile, len(codes), data.n_items)
    to_part = mine.items.codes(data.items)
    n_all = mine.n_items + 1  # the last column has no evidence; items unknown to the part (−1) read it
    to_wide: CodeArray = np.arange(mine.n_items, dtype=np.int32)
    return np.ascontiguousarray(aligned_scores(part, to_wide, profile, len(codes), n_all)[:, to_part])


def _cells(values: list[FloatArray], chosen: BoolArray, relevant: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Return the chosen cells of each row, padded to the same number."""
    rows, columns = np.nonzero(chosen)
    counts = chosen.sum(axis=1)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = len(chosen), max(1, int(counts.max(initial=0)))
    found = np.full((len(values), *shape), -np.inf, dtype=np.float32)
    for part, scores in enumerate(values):
        found[part, rows, places] = scores[rows, columns]
    hits: BoolArray = np.zeros(shape, dtype=np.bool_)
    hits[rows, places] = relevant[rows, columns]
    return found, hits


def _joined(blocks: list[tuple[FloatArray, BoolArray]]) -> tuple[FloatArray, BoolArray]:
    """Return the blocks one below the other, padded to the same width."""
    width = max(hits.shape[1] for _, hits in blocks)
    values = [np.pad(v, ((0, 0), (0, 0), (0, width - v.shape[2])), constant_values=-np.inf) for v, _ in blocks]
    return np.concatenate(values, axis=1), np.concatenate(
        [np.pad(hits, ((0, 0), (0, width - hits.shape[1]))) for _, hits in blocks]
    )
