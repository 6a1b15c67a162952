"""Features of candidates, for the classifier of a cascade."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.base import Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.hybrid._normalization import normalized, ranks_of, top_unseen

__all__ = ["Block", "ItemFacts", "candidate_features", "feature_names", "first_stage", "without_part"]

_HALF_LIVES = (1 / 64, 1 / 16, 1 / 4)  # shares of the time span of the data
_RANK_OFFSET = 10.0  # as k of reciprocal rank fusion, smaller since the first ranks matter most
_FEATURES_OF_PART = 2
_TIMED = ("item_recent_64", "item_recent_16", "item_recent_4", "item_age", "item_idle")
_UNTIMED = ("parts", "reciprocal_ranks", "item_popularity", "user_items", "user_popularity", "popularity_difference")


class ItemFacts(NamedTuple):
    """Facts about items and times of training data.

    Attributes
    ----------
    popularity : (n_items,) float64 array
        log(1 + number of users) minus its mean.
    timed : (n_items, 5) or (n_items, 0) float64 array
        With times: log of the decayed number of users for three half-lives, relative to its mean, and the shares of the
        time span since the first and since the last interaction.
    """

    popularity: FloatArray
    timed: FloatArray

    @classmethod
    def of(cls, data: Interactions) -> "ItemFacts":
        """Return the facts about the items of interactions."""
        counts = np.bincount(data.item_codes, minlength=data.n_items).astype(np.float64)
        popularity = np.log1p(counts)
        times = data.timestamps
        if times is None:
            return cls(popularity - popularity.mean(), np.empty((data.n_items, 0)))
        ages = _shares(times)
        columns = []
        for half_life in _HALF_LIVES:
            decayed = np.bincount(data.item_codes, 0.5 ** (ages / half_life), minlength=data.n_items)
            columns.append(np.log((decayed + 1e-3) / (decayed.mean() + 1e-3)))
        first, last = np.zeros(data.n_items), np.ones(data.n_items)
        np.maximum.at(first, data.item_codes, ages)
        np.minimum.at(last, data.item_codes, ages)
        return cls(popularity - popularity.mean(), np.column_stack([*columns, first, last]))


def _shares(times: AnyArray) -> FloatArray:
    """Return the time from each event to the latest one, as a share of the time span; 0 for equal times."""
    numbers = (times.astype(np.int64) if times.dtype.kind == "M" else times).astype(np.float64)
    span = numbers.max() - numbers.min()
    shares: FloatArray = (numbers.max() - numbers) / (span if span > 0 else 1.0)
    return shares


class Block(NamedTuple):
    """First-stage results of some users.

    Attributes
    ----------
    rows, columns : (n_cells,) int64 arrays
        User and item code of each candidate, by user and code.
    ranks : (n_parts, n_cells) int64 array
        Rank in each part, at most one more than the number of candidates of a part.
    values : (n_parts, n_cells) float32 array
        Score of each part, as deviation from the mean in standard deviations.
    """

    rows: IntArray
    columns: IntArray
    ranks: IntArray
    values: FloatArray


def first_stage(
    scores: list[FloatArray], seen: Rows, histories: Rows | None, n_candidates: int, runner: Runner
) -> Block:
    """Return the candidates of the parts: the items among the first ``n_candidates`` of at least one part.

    Parameters
    ----------
    scores : list of (n_users, n_items) float32 arrays
        Scores of each part, −∞ without evidence. Overwritten.
    seen : Rows
        Items that do not count for ranks, means and deviations.
    histories : Rows, optional
        Items of ``seen`` that are candidates if their scores are high enough; None for none of them.
    n_candidates : int
    runner : Runner
    """
    chosen: BoolArray = np.zeros(scores[0].shape, dtype=np.bool_)
    n_listed, lists = min(n_candidates, chosen.shape[1]), []
    for one in scores:
        top = top_unseen(one.copy(), seen, n_listed, runner)
        places = np.nonzero(top.codes >= 0)
        chosen[places[0], top.codes[places]] = True
        if histories is not None:
            cells = histories.row_codes, histories.codes
            near = ranks_of(top, cells[0], one[cells]) <= n_listed
            chosen[cells[0][near], cells[1][near]] = True
        lists.append(top)
    rows, columns = np.nonzero(chosen)
    ranks = np.stack(
        [_capped_ranks(top, rows, one[rows, columns], n_listed) for top, one in zip(lists, scores, strict=True)]
    )
    values = np.stack([normalized(one, seen, "zscore", 1, runner)[rows, columns] for one in scores])
    return Block(rows, columns, ranks, values)


def _capped_ranks(top: Top, rows: IntArray, scores: FloatArray, n_listed: int) -> IntArray:
    return np.minimum(ranks_of(top, rows, scores), n_listed + 1)


def feature_names(parts: list[str], *, timed: bool) -> list[str]:
    """Return the names of the features.

    Examples
    --------
    >>> feature_names(["itemknn"], timed=False)[:3]
    ['itemknn_value', 'itemknn_rank', 'parts']
    """
    of_parts = [f"{name}_{kind}" for name in parts for kind in ("value", "rank")]
    return [*of_parts, *_UNTIMED, *(_TIMED if timed else ())]


def candidate_features(block: Block, histories: Rows, facts: ItemFacts, n_candidates: int) -> FloatArray:
    """Return the features of each candidate: (n_cells, n_features) float64, without NaN.

    Parameters
    ----------
    block : Block
    histories : Rows
        Distinct items of each user.
    facts : ItemFacts
    n_candidates : int
        Number of candidates of each part.
    """
    n_items = len(facts.popularity)
    listed = block.ranks <= min(n_candidates, n_items)
    reciprocal = np.where(listed, 1.0 / (_RANK_OFFSET + block.ranks), 0.0)
    of_parts = np.stack([block.values.astype(np.float64), _RANK_OFFSET * reciprocal], axis=1)
    popularity = facts.popularity[block.columns]
    lengths = histories.lengths
    means = histories.sums(facts.popularity[histories.codes]) / np.maximum(lengths, 1)
    untimed = [
        listed.sum(axis=0),
        _RANK_OFFSET * reciprocal.mean(axis=0),
        popularity,
        np.log1p(lengths)[block.rows],
        means[block.rows],
        popularity - means[block.rows],
    ]
    columns = (
        of_parts.reshape(_FEATURES_OF_PART * len(block.ranks), len(block.rows)),
        np.stack(untimed),
        facts.timed[block.columns].T,
    )
    features: FloatArray = np.ascontiguousarray(np.concatenate(columns).T)
    return features


def without_part(block: Block, place: int, n_candidates: int) -> Block:
    """Return the block as if one part listed none of the candidates."""
    ranks, values = block.ranks.copy(), block.values.copy()
    ranks[place], values[place] = n_candidates + 1, 0.0
    return block._replace(ranks=ranks, values=values)
