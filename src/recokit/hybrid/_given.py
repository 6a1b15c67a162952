"""Data passed to a hybrid, in the forms that its parts need."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, IntArray
from recokit.base import Recommender
from recokit.data._inputs import as_interactions
from recokit.data._sequence_inputs import read_sequences
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences

__all__ = ["Given", "distinct_items", "recoded"]


class Given(NamedTuple):
    """Training data as interactions and, where they hold repeats or parts read the order, as sequences.

    Attributes
    ----------
    interactions : Interactions
    sequences : Sequences, optional
        The events, over the same users and items.
    counted : bool
        The strengths of the interactions are the numbers of events.
    """

    interactions: Interactions
    sequences: Sequences | None = None
    counted: bool = False

    @classmethod
    def read(cls, X: Any, y: Any, feedback: Any, name: str, *, in_order: bool) -> "Given":
        """Read any accepted form of data."""
        sequences: Sequences | None
        if in_order:
            sequences, interactions = read_sequences(X, y, feedback, name)
        else:
            sequences, interactions = _events(X), as_interactions(X, y, feedback)
        if sequences is None or isinstance(X, Interactions):
            return cls(interactions, sequences)
        pairs = sequences._pairs()
        if (pairs.users, pairs.items) != (interactions.users, interactions.items):
            return cls(interactions, sequences if in_order else None)
        return cls(interactions, sequences, np.array_equal(pairs.values, interactions.values))

    def of(self, part: Recommender) -> Interactions | Sequences:
        """Return the form of the data that a part needs."""
        if part._reads_order and self.sequences is not None:
            return self.sequences
        return self.interactions

    def select(self, held_out: BoolArray, held_out_events: BoolArray | None) -> "Given":
        """Return the data without held-out pairs and events, over the same users and items."""
        if self.sequences is None or held_out_events is None:
            return Given(self.interactions.select(~held_out))
        rows = self.sequences.rows.select(~held_out_events)
        sequences = _without_empty_baskets(self.sequences, rows, held_out_events)
        pairs = sequences._pairs() if self.counted else self.interactions.select(~held_out)
        return Given(pairs, sequences, self.counted)


def _events(X: Any) -> Sequences | None:
    """Return the events of sequences or of an event log with times; None for other data."""
    if isinstance(X, Sequences):
        return X
    if hasattr(X, "__recokit_interactions__") and X.times is not None:  # an EventLog
        sequences: Sequences = X.sequences()
        return sequences
    return None


def _without_empty_baskets(sequences: Sequences, rows: Rows, held_out: BoolArray) -> Sequences:
    """Return sequences with some of the events, and with the baskets that still have events."""
    if sequences.basket_indptr is None or sequences.basket_bounds is None:
        return Sequences(sequences.users, sequences.items, rows)
    kept = bounds_from_lengths(~held_out)[sequences.basket_bounds]
    lengths = np.diff(kept)
    indptr = bounds_from_lengths(lengths > 0)[sequences.basket_indptr]
    return Sequences(sequences.users, sequences.items, rows, indptr, bounds_from_lengths(lengths[lengths > 0]))


def distinct_items(rows: Rows) -> Rows:
    """Return the distinct items of each row in order of code; their values are the numbers of cells.

    Examples
    --------
    >>> rows = distinct_items(Rows.from_arrays([0, 3, 4], [5, 2, 5, 7], ()))
    >>> rows.codes.tolist(), rows.values.tolist(), rows.lengths.tolist()
    ([2, 5, 7], [1.0, 2.0, 1.0], [2, 1])
    """
    stride = 1 + int(rows.codes.max(initial=0))
    cells, counts = np.unique(rows.row_codes * stride + rows.codes, return_counts=True)
    row_codes, codes = np.divmod(cells, stride)
    lengths: IntArray = np.bincount(row_codes, minlength=rows.n_rows)
    return Rows.from_arrays(bounds_from_lengths(lengths), codes, counts)


def recoded(rows: Rows, new_codes: CodeArray | None, *, in_order: bool) -> Rows:
    """Return rows with other item codes; None leaves them. Without an order, the items of a row are sorted by code."""
    if new_codes is None:
        return rows
    rows = rows.recoded(new_codes)
    if in_order:
        return rows
    order = np.lexsort((rows.codes, rows.row_codes))
    values = rows.values[order] if len(rows.values) else rows.values
    return Rows.from_arrays(rows.indptr, rows.codes[order], values)
