"""Splits of sequences: the last item, the last basket, sessions by time, and every position of a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._typing import AnyArray, BoolArray, IntArray
from recokit.data._moments import nearest_cut, to_moment
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError
from recokit.model_selection._splitter import check_test_size, check_whole

__all__ = ["SequenceSplit", "every_position", "leave_last_basket", "leave_last_out", "split_sessions"]


@dataclass(frozen=True, eq=False, repr=False)
class SequenceSplit:
    """Training sequences, and histories with the items that follow them.

    ``train, histories, targets = split`` unpacks it. A model that is fitted to ``train`` recommends for ``histories``,
    and `recokit.evaluate` compares the lists with ``targets``.

    Attributes
    ----------
    train : Sequences
        All users: the sequences without the held-out events, and the whole sequences of users that are not tested.
    histories : Sequences
        The training sequences of the tested users.
    targets : Interactions
        The held-out items of the tested users. Timestamps are times or, in sequences without times, positions.
    n_untested : int
        Number of users that are not tested, because their sequences are too short.

    See Also
    --------
    recokit.model_selection.leave_last_out : Hold out the last item of each user.
    recokit.model_selection.leave_last_basket : Hold out the last basket of each user.

    Examples
    --------
    >>> from recokit.data import Sequences
    >>> train, histories, targets = leave_last_out(
    ...     Sequences.from_lists([["tea", "cup", "tea"], ["pot"]])
    ... )
    >>> dict(train), dict(histories)
    ({0: ['tea', 'cup'], 1: ['pot']}, {0: ['tea', 'cup']})
    >>> targets.to_pairs()[0].tolist()
    [[0, 'tea']]
    """

    train: Sequences
    histories: Sequences
    targets: Interactions
    n_untested: int = 0

    def __iter__(self) -> Iterator[Any]:
        return iter((self.train, self.histories, self.targets))

    def __repr__(self) -> str:
        return (
            f"SequenceSplit({self.train.n_events:,} training events, {self.histories.n_users:,} tested users with "
            f"{self.targets.n_interactions:,} targets; {self.n_untested:,} users not tested)"
        )

    def _repr_html_(self) -> str:
        rows = [
            ["training", f"{self.train.n_users:,}", f"{self.train.n_events:,} events"],
            ["histories", f"{self.histories.n_users:,}", f"{self.histories.n_events:,} events"],
            ["targets", f"{self.targets.n_users:,}", f"{self.targets.n_interactions:,} items"],
        ]
        return html_table("split of sequences", ["part", "users", ""], rows, f"{self.n_untested:,} users not tested")


def leave_last_out(sequences: Sequences, *, min_history: int = 1) -> SequenceSplit:
    """Hold out the last item of each user.

    Applied to the ``train`` of its own result, it holds out the second-last item of each user, for validation.

    Parameters
    ----------
    sequences : Sequences
        Without baskets.
    min_history : int
        Minimum number of events before the held-out one. Users with fewer events are not tested; all their events are
        in the training data.

    Returns
    -------
    SequenceSplit

    Raises
    ------
    DataError
        No user has enough events, or the sequences have baskets.

    See Also
    --------
    recokit.model_selection.leave_last_basket : Hold out the last basket of each user.
    recokit.model_selection.split_sessions :
        Split sessions at a moment: sessions that start before it are the training data, later ones the test
        data.
    recokit.model_selection.SequenceSplit : Training sequences, and histories with the items that follow them.

    Examples
    --------
    >>> sequences = Sequences.from_lists({"ann": ["tea", "cup", "pot"], "bob": ["tea"]})
    >>> split = leave_last_out(sequences)
    >>> split
    SequenceSplit(3 training events, 1 tested users with 1 targets; 1 users not tested)
    >>> validation = leave_last_out(split.train)
    >>> (
    ...     dict(validation.histories),
    ...     validation.targets.items.take(validation.targets.item_codes).tolist(),
    ... )
    ({'ann': ['tea']}, ['cup'])
    """
    least = check_whole("min_history", min_history, 1)
    _refuse_baskets(sequences, "leave_last_out", "leave_last_basket holds out whole baskets")
    starts, stops = sequences.rows.indptr[:-1], sequences.rows.indptr[1:]
    is_tested = stops - starts > least
    _check_tested(is_tested, f"a history of {least} event(s) and one more")
    train = sequences._of_events(sequences.users, starts, stops - is_tested)
    return _split(sequences, train, is_tested, stops[is_tested] - 1, stops[is_tested])


def leave_last_basket(sequences: Sequences, *, min_history: int = 1) -> SequenceSplit:
    """Hold out the last basket of each user.

    Applied to the ``train`` of its own result, it holds out the second-last basket of each user, for validation. A user
    whose last basket is empty is not tested.

    Parameters
    ----------
    sequences : Sequences
        With baskets.
    min_history : int
        Minimum number of baskets before the held-out one. Users with fewer baskets are not tested; all their baskets
        are in the training data.

    Returns
    -------
    SequenceSplit

    Raises
    ------
    DataError
        No user has enough baskets, or the sequences have none.

    See Also
    --------
    recokit.model_selection.leave_last_out : Hold out the last item of each user.
    recokit.RepeatFrequency :
        Recommend the items that a user buys most often, and popular items for the rest of the list.
    recokit.model_selection.SequenceSplit : Training sequences, and histories with the items that follow them.

    Examples
    --------
    >>> sequences = Sequences.from_baskets(
    ...     {"ann": [["tea", "cup"], ["tea"], ["pot", "tea"]]}
    ... )
    >>> train, histories, targets = leave_last_basket(sequences)
    >>> list(histories.baskets("ann")), targets.to_pairs()[0].tolist()
    ([['tea', 'cup'], ['tea']], [['ann', 'pot'], ['ann', 'tea']])
    """
    least = check_whole("min_history", min_history, 1)
    _check_sequences(sequences, "leave_last_basket")
    if sequences.basket_indptr is None or sequences.basket_bounds is None:
        raise DataError("leave_last_basket: the sequences have no baskets; leave_last_out holds out the last item")
    starts, stops = sequences.basket_indptr[:-1], sequences.basket_indptr[1:]
    sizes = np.append(np.diff(sequences.basket_bounds), 0)
    is_tested = (stops - starts > least) & (sizes[stops - 1] > 0)
    _check_tested(is_tested, f"a history of {least} basket(s) and a last basket with items")
    train = sequences._of_baskets(sequences.users, starts, stops - is_tested)
    bounds = sequences.basket_bounds
    return _split(sequences, train, is_tested, bounds[stops[is_tested] - 1], bounds[stops[is_tested]])


def _split(
    sequences: Sequences, train: Sequences, is_tested: BoolArray, starts: IntArray, stops: IntArray
) -> SequenceSplit:
    """Return a split of which the targets are the events between ``starts`` and ``stops``."""
    histories = train.select(sequences.users.take(np.flatnonzero(is_tested)))
    targets = _targets(sequences, histories.users, starts, stops)
    return SequenceSplit(train, histories, targets, int(np.count_nonzero(~is_tested)))


def _targets(sequences: Sequences, users: IdIndex, starts: IntArray, stops: IntArray) -> Interactions:
    """Return spans of the events as the relevant items of users; an item that a span repeats counts once."""
    rows = sequences.rows._replace(times=sequences.event_times).spans(starts, stops)
    assert rows.times is not None
    ones = np.ones(len(rows.codes), dtype=np.float32)
    codes = rows.row_codes.astype(np.int32), rows.codes
    return Interactions._from_codes(users, sequences.items, *codes, ones, rows.times, "implicit", "max")


def split_sessions(sequences: Sequences, *, at: Any = None, test_size: float = 0.2) -> tuple[Sequences, Sequences]:
    """Split sessions at a moment: sessions that start before it are the training data, later ones the test data.

    Parameters
    ----------
    sequences : Sequences
        Sessions with times. Sessions without events are in neither part.
    at : number, datetime64, datetime or text such as "2024-05-01", optional
        First moment of the test, in the unit of the times; ``test_size`` is then ignored.
    test_size : float
        Share of the sessions in the test, between 0 and 1; the moment with the nearest share is used.

    Returns
    -------
    train, test : Sequences
        A session that continues after the moment is in the training data as a whole.

    Raises
    ------
    DataError
        The sequences have no times, or a part is empty.

    See Also
    --------
    recokit.model_selection.evaluate_positions :
        Recommend at every position of each session, and compare the lists with the item that follows.
    recokit.model_selection.leave_last_out : Hold out the last item of each user.

    Examples
    --------
    >>> lists, times = (
    ...     {1: ["tea", "cup"], 2: ["tea"], 3: ["cup", "pot"]},
    ...     {1: [10, 20], 2: [40], 3: [50, 60]},
    ... )
    >>> train, test = split_sessions(Sequences.from_lists(lists, times=times), at=45)
    >>> dict(train), dict(test)
    ({1: ['tea', 'cup'], 2: ['tea']}, {3: ['cup', 'pot']})
    """
    _check_sequences(sequences, "split_sessions")
    if sequences.rows.times is None:
        raise DataError("split_sessions needs times; pass times= to Sequences.from_lists")
    size = check_test_size(test_size, "at")
    filled = np.flatnonzero(sequences.rows.lengths)
    starts: AnyArray = sequences.rows.times[sequences.rows.indptr[filled]]
    cut = nearest_cut(starts, size, "split_sessions") if at is None else to_moment(at, starts, "at")
    parts = filled[starts < cut], filled[starts >= cut]
    for name, part in zip(("training", "test"), parts, strict=True):
        if len(part) == 0:
            raise DataError(f"split_sessions: no {name} sessions; they start from {starts.min()} to {starts.max()}")
    train, test = (sequences.select(sequences.users.take(part)) for part in parts)
    return train, test


def every_position(sequences: Sequences) -> tuple[Sequences, Interactions]:
    """Return each prefix of each session as a history, and the item that follows it as its target.

    A session of m events has m − 1 positions. Their number of events grows with m²; `evaluate_positions` makes them in
    batches.

    Parameters
    ----------
    sequences : Sequences
        Without baskets.

    Returns
    -------
    histories : Sequences
        The prefix before each target. The id of a position is the tuple (session, position of the last known event).
    targets : Interactions

    Raises
    ------
    DataError
        No session has two events, or the sequences have baskets.

    See Also
    --------
    recokit.model_selection.evaluate_positions :
        Recommend at every position of each session, and compare the lists with the item that follows.
    recokit.model_selection.split_sessions :
        Split sessions at a moment: sessions that start before it are the training data, later ones the test
        data.

    Examples
    --------
    >>> histories, targets = every_position(
    ...     Sequences.from_lists({"s": ["tea", "cup", "tea"]})
    ... )
    >>> dict(histories)
    {('s', 0): ['tea'], ('s', 1): ['tea', 'cup']}
    >>> targets.items.take(targets.item_codes).tolist()
    ['cup', 'tea']
    """
    return positions_at(sequences, position_events(sequences))


def position_events(sequences: Sequences) -> IntArray:
    """Return the last known event of every position: all events but the last one of each session.

    Raises
    ------
    DataError
        No session has two events, or the sequences have baskets.
    """
    _refuse_baskets(sequences, "positions of sessions", "leave_last_basket holds out whole baskets")
    is_last = np.zeros(sequences.n_events, dtype=np.bool_)
    is_last[sequences.rows.indptr[1:][sequences.rows.lengths > 0] - 1] = True
    if np.all(is_last):
        raise DataError("no positions: no session has two events")
    return np.flatnonzero(~is_last)


def positions_at(sequences: Sequences, events: IntArray) -> tuple[Sequences, Interactions]:
    """Return the histories up to events of the sequences, and the next event of each as its target."""
    row_codes = np.searchsorted(sequences.rows.indptr, events, side="right") - 1
    starts = sequences.rows.indptr[row_codes]
    sessions, places = sequences.users.take(row_codes).tolist(), (events - starts).tolist()
    users = IdIndex(list(zip(sessions, places, strict=True)), name="positions")
    histories = sequences._of_events(users, starts, events + 1)
    return histories, _targets(sequences, users, events + 1, events + 2)


def _check_sequences(sequences: Any, name: str) -> None:
    if not isinstance(sequences, Sequences):
        raise TypeError(
            f"{name}: expected Sequences, got {type(sequences).__name__}; make them first, with log.sequences() or "
            "log.baskets() of an EventLog, or with Sequences.from_lists"
        )


def _refuse_baskets(sequences: Sequences, name: str, remedy: str) -> None:
    _check_sequences(sequences, name)
    if sequences.basket_indptr is not None:
        raise DataError(f"{name}: expected sequences without baskets; {remedy}")


def _check_tested(is_tested: BoolArray, need: str) -> None:
    if not np.any(is_tested):
        raise DataError(f"no user to test: none of the {len(is_tested)} users has {need}")
