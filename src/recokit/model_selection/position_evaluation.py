"""evaluate_positions: metrics of the next item at every position of a session."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from recokit._typing import IntArray
from recokit.base import Recommender
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.data.rows import bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.metrics import Evaluation, evaluate
from recokit.metrics._custom import label_metrics
from recokit.metrics._measure import longest_cut_off
from recokit.metrics._resampling import Clusters
from recokit.model_selection.sequence_splits import position_events, positions_at

__all__ = ["evaluate_positions"]

NEXT_ITEM_METRICS = ("hit_rate@20", "reciprocal_rank@20", "ndcg@20")
_BATCH_EVENTS = 1 << 19  # events of the histories that are made at a time
_WHOLE_LIST = 100


def evaluate_positions(
    model: Recommender,
    sessions: Sequences,
    metrics: Any = NEXT_ITEM_METRICS,
    *,
    n: int | None = None,
    exclude_seen: bool = False,
    on_unknown: Literal["empty", "popular", "raise"] = "empty",
    **options: Any,
) -> Evaluation:
    """Recommend at every position of each session, and compare the lists with the item that follows.

    Each prefix of a session is a history, and the next event is its only relevant item. For one relevant item at rank
    r, ``hit_rate@k`` (equal to recall) is 1 if r ≤ k, ``reciprocal_rank@k`` is 1 / r and ``ndcg@k`` is
    1 / log2(r + 1). They are 0 for an item outside the first k places, which includes items that the model does not
    know. The means are over positions, so long sessions count more than short ones. Positions of a session are not
    independent, so the intervals, and the tests of `recokit.compare`, draw whole sessions.

    Parameters
    ----------
    model : Recommender
        A fitted model with ``recommend_for``.
    sessions : Sequences
        Test sessions. Sessions of one event have no position.
    metrics : str, Metric or function, or iterable of these
        As in `recokit.evaluate`.
    n : int, optional
        Length of the lists; by default the longest cut-off of the metrics, or 100 if one needs whole lists.
    exclude_seen : bool
        Exclude the items of the session so far. By default they can be recommended again, as in the usual protocol.
    on_unknown : {"empty", "popular", "raise"}
        Treatment of items that the model does not know, as in `Recommender.recommend_for`.
    **options
        Further arguments of `recokit.evaluate`, such as ``catalogue``, ``confidence`` or ``random_state``.

    Returns
    -------
    Evaluation
        Its users are positions: tuples (session, position of the last known event from 0). For metrics with
        ``part=repeat`` or ``part=explore``, the history is the session so far.

    Raises
    ------
    DataError
        No session has two events, or the sessions are baskets.
    TypeError
        The model has no ``recommend_for``.

    See Also
    --------
    recokit.model_selection.every_position :
        Return each prefix of each session as a history, and the item that follows it as its target.
    recokit.model_selection.split_sessions :
        Split sessions at a moment: sessions that start before it are the training data, later ones the test
        data.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    References
    ----------
    M. Ludewig, D. Jannach (2018). Evaluation of session-based recommendation algorithms. UMUAI 28.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> train = Sequences.from_lists(
    ...     [["tea", "cup"], ["tea", "cup", "pot"], ["tea", "pot"]]
    ... )
    >>> test = Sequences.from_lists([["tea", "cup", "pot"], ["cup", "tea"], ["pot"]])
    >>> evaluate_positions(
    ...     ItemKNN().fit(train), test, ["hit_rate@1", "hit_rate@2"], exclude_seen=True
    ... )
    Evaluation(3 positions: hit_rate@1=1.0000, hit_rate@2=1.0000)
    """
    if not hasattr(model, "recommend_for"):
        raise TypeError(f"model: expected a fitted recommender with recommend_for, got {type(model).__name__}")
    length = n or longest_cut_off([metric.k for metric in label_metrics(metrics).values()]) or _WHOLE_LIST
    needs_histories = any(getattr(metric, "part", None) for metric in label_metrics(metrics).values())
    lists, targets, before = [], [], []
    for events in _batches(sessions, position_events(sessions)):
        histories, following = positions_at(sessions, events)
        lists.append(model.recommend_for(histories, length, exclude_seen=exclude_seen, on_unknown=on_unknown))
        targets.append(following)
        before += [histories.to_interactions()] if needs_histories else []
    if needs_histories:
        options = {"histories": _joined(before), **options}
    result = _by_session(evaluate(_joined_lists(lists), _joined(targets), metrics, **options))
    if result.groups is None:
        return result
    by_group = {group: _by_session(one) for group, one in result.groups.evaluations.items()}
    return replace(result, groups=replace(result.groups, evaluations=by_group))


def _by_session(result: Evaluation) -> Evaluation:
    """Return the evaluation with intervals that draw whole sessions."""
    codes = IdIndex.factorize([session for session, _ in result.users], "sessions")[1]
    return replace(result, clusters=Clusters(codes.astype(np.int64), "positions", "sessions"))


def _batches(sessions: Sequences, events: IntArray) -> Iterator[IntArray]:
    """Yield positions in batches of bounded total length of the histories."""
    rows = np.searchsorted(sessions.rows.indptr, events, side="right") - 1
    ends = np.cumsum(events - sessions.rows.indptr[rows] + 1)
    numbers = (ends - 1) // _BATCH_EVENTS
    yield from np.split(events, np.flatnonzero(np.diff(numbers)) + 1)


def _joined_lists(parts: list[Recommendations]) -> Recommendations:
    """Join lists of equal width."""
    if len(parts) == 1:
        return parts[0]
    users = np.concatenate([part.users for part in parts])
    items, scores, counts = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("items", "scores", "counts")
    )
    return Recommendations(users, items, scores, counts)


def _joined(parts: list[Interactions]) -> Interactions:
    """Join interactions of different users over the same items."""
    if len(parts) == 1:
        return parts[0]
    users = IdIndex(np.concatenate([part.users.ids for part in parts]), name="positions")
    lengths = np.concatenate([part.rows.lengths for part in parts])
    codes, values = (np.concatenate([getattr(part, name) for part in parts]) for name in ("item_codes", "values"))
    return Interactions(users, parts[0].items, bounds_from_lengths(lengths), codes, values, None, "implicit")
