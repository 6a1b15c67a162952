"""The results of `kernels.sessions` by NumPy."""

from typing import NamedTuple

import numpy as np

from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.sessions import N_EXPANDED, SessionIndex
from recokit.kernels.small.selection import places_in_rows, select_cells
from recokit.kernels.small.spans import Sums, joined

__all__ = ["related_items", "session_scores"]

_ROWS_AT_A_TIME = 32  # bounds the memory of the terms


class _Histories(NamedTuple):
    """The distinct latest items of some histories, by row, the latest first.

    Attributes
    ----------
    rows, items : (n,) int64 and int32 arrays
    weights : (n,) float64 array
        Step weights.
    """

    rows: IntArray
    items: CodeArray
    weights: FloatArray

    @classmethod
    def of_rows(cls, indptr: IntArray, codes: CodeArray, step_weights: FloatArray, index: SessionIndex) -> "_Histories":
        ends = indptr[1:]
        rows, cells = joined(np.maximum(indptr[:-1], ends - len(step_weights)), ends)
        rows, cells = rows[::-1], cells[::-1]  # the latest first
        _, firsts = np.unique(rows * len(index.item_weights) + codes[cells], return_index=True)
        firsts = firsts[np.lexsort((firsts, rows[firsts]))]
        rows, cells = rows[firsts], cells[firsts]
        return cls(rows, codes[cells], step_weights[ends[rows] - 1 - cells])


class _Visits(NamedTuple):
    """The most recent sessions of some items, item by item.

    Attributes
    ----------
    owners : (n,) int64 array
        Place of the item of each visit among the given items.
    ranks, places : (n,) int32 and int64 arrays
        The session, and the place of the item among the codes of all sessions.
    """

    owners: IntArray
    ranks: CodeArray
    places: IntArray

    @classmethod
    def of_items(cls, items: AnyArray, index: SessionIndex, n_recent: int) -> "_Visits":
        firsts, lasts = index.item_indptr[items], index.item_indptr[items + 1]
        owners, entries = joined(firsts, np.minimum(firsts + n_recent, lasts))
        ranks = index.ranks[entries]
        return cls(owners, ranks, index.session_indptr[ranks] + index.positions[entries])

    def selected(self, cells: AnyArray) -> "_Visits":
        return _Visits(self.owners[cells], self.ranks[cells], self.places[cells])

    def near(self, index: SessionIndex, n_later: int, n_earlier: int) -> tuple[IntArray, IntArray]:
        """Return visit and distance of the events near each visit: itself, 1, 2, … events later, then earlier."""
        begins, ends = index.session_indptr[self.ranks], index.session_indptr[self.ranks + 1]
        later, earlier = np.minimum(ends - self.places - 1, n_later), np.minimum(self.places - begins, n_earlier)
        visits, steps = joined(np.zeros(len(later), dtype=np.int64), 1 + later + earlier)
        return visits, np.where(steps <= later[visits], steps, later[visits] - steps)


def session_scores(
    start: int,
    stop: int,
    indptr: IntArray,
    history_codes: CodeArray,
    own_ranks: CodeArray,
    index: SessionIndex,
    step_weights: FloatArray,
    exponent: float,
    n_recent: int,
    n_neighbors: int,
    forward: FloatArray,
    backward: FloatArray,
    repeat: float,
    align_all: bool,
    history_weight: float,
    expansion: float,
    related_indptr: IntArray,
    related_codes: CodeArray,
    related_weights: FloatArray,
    only: CodeArray,
    scores: FloatArray,
) -> None:
    """Do as `kernels.sessions.session_scores`."""
    gap_weights = np.concatenate([backward[::-1], [repeat], forward])
    for first in range(start, stop, _ROWS_AT_A_TIME):
        last = min(stop, first + _ROWS_AT_A_TIME)
        histories = _Histories.of_rows(indptr[first : last + 1], history_codes, step_weights, index)
        visits = _Visits.of_items(histories.items, index, n_recent)
        visits = visits.selected(visits.ranks != own_ranks[first:last][histories.rows[visits.owners]])
        values, is_latest, totals = _similarities(histories, visits, index, exponent, n_neighbors, last - first)
        chosen = only[first:last][histories.rows]
        is_used = (chosen < 0) | (chosen == places_in_rows(histories.rows))
        cells = is_used[visits.owners] & (values > 0.0) & (align_all | is_latest)
        visits, values = visits.selected(cells), values[cells]
        if align_all:
            values = values * histories.weights[visits.owners]
        near, distances = visits.near(index, len(forward), len(backward))
        items = np.flatnonzero(is_used)
        owners = np.concatenate([visits.owners[near], items])
        codes = np.concatenate([index.codes[visits.places[near] + distances], histories.items[items]])
        terms = values[near] * gap_weights[distances + len(backward)]
        terms = np.concatenate([terms, history_weight * totals[histories.rows[items]]])
        sums = np.zeros((last - first, scores.shape[1]))
        order = np.argsort(owners, kind="stable")
        np.add.at(sums, (histories.rows[owners[order]], codes[order]), terms[order])
        if expansion > 0.0:
            _expand(expansion, only[first:last] < 0, related_indptr, related_codes, related_weights, sums)
        scores[first:last] = np.where(sums > 0.0, sums, -np.inf)


def _similarities(
    histories: _Histories, visits: _Visits, index: SessionIndex, exponent: float, n_neighbors: int, n_rows: int
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Return for each visit the similarity to its session, and whether no later item meets it; the total of each row.

    The similarity is 0 except for the nearest sessions.
    """
    shares = histories.weights * index.item_weights[histories.items]
    met = Sums.of_terms(histories.rows[visits.owners], visits.ranks, len(index.session_weights))
    values = met.of(shares[visits.owners])
    if exponent != 1.0:
        values = np.array([value**exponent for value in values.tolist()])  # Python's powers have the kernel's bits
    values = values * index.session_weights[met.codes]
    order = np.lexsort((met.codes, -values.astype(np.float32), met.rows))
    values[order[places_in_rows(met.rows) >= n_neighbors]] = 0.0
    firsts = np.empty(len(values), dtype=np.int64)
    firsts[met.cell_of_term[::-1]] = np.arange(len(met.cell_of_term))[::-1]
    order = np.argsort(firsts)
    totals = np.bincount(met.rows[order], values[order], minlength=n_rows).astype(np.float64, copy=False)
    is_latest = visits.owners[firsts][met.cell_of_term] == visits.owners
    return values[met.cell_of_term], is_latest, totals


def _expand(
    share: float,
    is_expanded: BoolArray,
    indptr: IntArray,
    codes: CodeArray,
    weights: FloatArray,
    sums: FloatArray,
) -> None:
    """Add a share of the sums of the best items of rows to the sums of their related items."""
    rows, items = np.nonzero((sums > 0.0) & is_expanded[:, None])
    order = np.lexsort((items, -sums[rows, items].astype(np.float32), rows))
    best = order[places_in_rows(rows) < N_EXPANDED]
    rows, items = rows[best], items[best]
    values = share * sums[rows, items]
    spans, cells = joined(indptr[items], indptr[items + 1])
    np.add.at(sums, (rows[spans], codes[cells]), values[spans] * weights[cells])


def related_items(
    start: int,
    stop: int,
    first_item: int,
    index: SessionIndex,
    n_recent: int,
    forward: FloatArray,
    backward: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Do as `kernels.sessions.related_items`."""
    gap_weights = np.concatenate([backward[::-1], [0.0], forward])
    for first in range(start, stop, _ROWS_AT_A_TIME):
        block = slice(first, min(stop, first + _ROWS_AT_A_TIME))
        items = first_item + np.arange(block.start, block.stop)
        visits = _Visits.of_items(items, index, n_recent)
        near, distances = visits.near(index, len(forward), len(backward))
        order = np.lexsort((distances, near))  # summed in the order of the session
        near, distances = near[order], distances[order]
        codes, owners = index.codes[visits.places[near] + distances], visits.owners[near]
        terms = index.session_weights[visits.ranks[near]] * gap_weights[distances + len(backward)]
        sums = Sums.of_terms(owners, codes, len(index.item_weights))
        values = sums.of(terms).astype(np.float32)
        listed = (values > 0) & (items[sums.rows] != sums.codes)
        counts, width = np.empty(len(items), dtype=np.int32), top_codes.shape[1]
        cells = sums.rows[listed], sums.codes[listed], values[listed]
        select_cells(*cells, 0.0, top_codes[block], top_values[block], counts)
        totals = np.bincount(np.repeat(np.arange(len(items)), width), top_values[block].ravel(), minlength=len(items))
        filled = counts > 0
        top_values[block][filled] = top_values[block][filled] / totals[filled, None]
