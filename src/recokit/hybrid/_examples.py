"""Examples for the classifier of a cascade: candidates of users with held-out items."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.base import Recommender
from recokit.base._lists import ranges
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.hybrid._features import Block, ItemFacts, candidate_features, feature_names, first_stage
from recokit.hybrid._hold_out import HeldOut
from recokit.hybrid._normalization import BLOCK_CELLS
from recokit.hybrid._validating import scores_over

__all__ = ["Examples", "examples_of"]


class Examples(NamedTuple):
    """Features and labels.

    Attributes
    ----------
    features : (n_examples, n_features) float64 array
    labels : (n_examples,) int64 array
        1 for held-out items.
    names : list of str
        Names of the features.
    """

    features: FloatArray
    labels: IntArray
    names: list[str]


def examples_of(
    parts: dict[str, Recommender],
    held_out: HeldOut,
    n_candidates: int,
    n_negatives: int,
    random_state: Any,
    runner: Runner,
    *,
    excludes_seen: bool,
) -> Examples:
    """Return the held-out candidates of each user, and a random sample of the others.

    Users without held-out candidates give no examples, since they say nothing about the order of a list.

    Parameters
    ----------
    parts : dict of Recommender
        Fitted to the data without the held-out events.
    held_out : HeldOut
    n_candidates : int
        Number of candidates of each part.
    n_negatives : int
        Maximum number of negative examples for each positive one of the same user.
    random_state : int, RandomState or None
    runner : Runner
    excludes_seen : bool
        The items of the history are no candidates.
    """
    data, users = held_out.given.interactions, held_out.users
    facts, random = ItemFacts.of(data), check_random_state(random_state)

    def of_users(start: int, stop: int) -> tuple[FloatArray, IntArray]:
        codes = users[start:stop]
        histories, truth = data.rows.take(codes), held_out.truth.take(codes)
        seen = histories if excludes_seen else Rows.empty(len(codes))
        scores = [scores_over(part, data.users.take(codes), held_out) for part in parts.values()]
        block = first_stage(scores, seen, None, n_candidates, runner)
        del scores
        hits: BoolArray = np.isin(_keys(block.rows, block.columns, data), _keys(truth.row_codes, truth.codes, data))
        sample = hits | _negatives(block.rows, hits, n_negatives, random.random_sample(len(hits)))
        chosen = Block(block.rows[sample], block.columns[sample], block.ranks[:, sample], block.values[:, sample])
        return candidate_features(chosen, histories, facts, n_candidates), hits[sample].astype(np.int64)

    blocks = [of_users(*block) for block in ranges(len(users), max(1, BLOCK_CELLS // data.n_items))]
    names = feature_names(list(parts), timed=facts.timed.shape[1] > 0)
    features, labels = zip(*blocks, strict=True)
    return Examples(np.concatenate(features), np.concatenate(labels), names)


def _keys(rows: IntArray, columns: AnyArray, data: Interactions) -> IntArray:
    """Return a number for each cell of a matrix of users and items."""
    keys: IntArray = rows * data.n_items + columns
    return keys


def _negatives(rows: IntArray, hits: BoolArray, n_negatives: int, numbers: AnyArray) -> BoolArray:
    """Return the negatives with the smallest random numbers, up to ``n_negatives`` for each hit of the same row.

    Examples
    --------
    >>> rows, hits = np.array([0, 0, 0, 1]), np.array([True, False, False, False])
    >>> _negatives(rows, hits, 1, np.array([0.1, 0.9, 0.2, 0.3])).tolist()
    [False, False, True, False]
    """
    wanted = n_negatives * np.bincount(rows, hits, minlength=rows.max(initial=0) + 1)
    places = np.flatnonzero(~hits)
    order = places[np.lexsort((numbers[places], rows[places]))]
    counts = np.bincount(rows[places], minlength=len(wanted))
    positions = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen: BoolArray = np.zeros(len(rows), dtype=np.bool_)
    chosen[order[positions < wanted[rows[order]]]] = True
    return chosen
