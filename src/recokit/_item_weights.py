"""Models whose scores are sums of sparse weights from items to items."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from recokit._threads import for_rows
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.base import Choice, Histories, Recommender, Term, Top
from recokit.kernels.sparse_lists import sparse_scores, sparse_top

__all__ = ["PEOPLE_AT_A_TIME", "ItemWeightsRecommender", "collect_rows", "top_of_sums"]

PEOPLE_AT_A_TIME = 16_384  # whose lists are made; each needs no more than its list
_BLOCK_BYTES = 64 << 20  # of dense rows that are being filled

Fill = Callable[[int, CodeArray, FloatArray], None]


class ItemWeightsRecommender(Recommender):
    """Base class of models with B in the formula X B as a sparse matrix.

    A subclass sets ``item_weights_`` in ``_fit``, and overrides ``_profiles`` where X is not the histories as they are.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        B: what an item of a history (row) says for another item (column).
    """

    item_weights_: sparse.csr_array

    def _profiles(self, people: Histories) -> Histories:
        """Return the rows of X in the formula X B."""
        return people

    def _known_profiles(self, user_codes: CodeArray) -> Histories:
        return self._profiles(self._training_histories(user_codes))

    def _fold_in(self, people: Histories) -> Histories:
        return self._profiles(people)

    def _rows(self) -> tuple[IntArray, CodeArray, FloatArray]:
        """Return B as kernels take it."""
        weights = self.item_weights_
        return weights.indptr.astype(np.int64), weights.indices.astype(np.int32, copy=False), weights.data

    def _block_size(self) -> int:
        return PEOPLE_AT_A_TIME

    def _score_block(self, profiles: Histories) -> FloatArray:
        rows = self._rows()
        scores = np.empty((len(profiles.lengths), self.interactions_.n_items), dtype=np.float32)
        costs = _costs(profiles, rows[0]) + scores.shape[1]
        for_rows(sparse_scores, len(scores), (*profiles, *rows, scores), n_threads=self._threads(), costs=costs)
        return scores

    def _top_block(self, profiles: Histories, n: int, choice: Choice) -> Top:
        return top_of_sums(profiles, self._rows(), self.interactions_.n_items, n, choice, self._threads())

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the items that each item speaks for most."""
        alone = np.arange(len(item_codes) + 1), item_codes.astype(np.int32)
        itself = Histories(*alone, np.ones(len(item_codes), dtype=np.float32))
        found = ItemWeightsRecommender._top_block(self, itself, n, Choice(None, alone, None))
        against = ~(found.scores > 0)
        return _without(found, against)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        profile = self._known_profiles(np.array([user_code], dtype=np.int32))
        learned = self.item_weights_[profile.item_codes][:, [item_code]].toarray()[:, 0]
        names = self.interactions_.items.take(profile.item_codes).tolist()
        parts = profile.values.astype(np.float64) * learned
        return [Term("past_item", name, float(part)) for name, part in zip(names, parts, strict=True)]


def top_of_sums(
    profiles: tuple[IntArray, CodeArray, FloatArray],
    rows: tuple[IntArray, CodeArray, FloatArray],
    n_items: int,
    n: int,
    choice: Choice,
    n_threads: int,
    *,
    positive: bool = False,
) -> Top:
    """Return the items with the largest weighted sums of sparse rows that may be listed for each person.

    Parameters
    ----------
    profiles : (indptr, codes, values)
        What each person's sum is of: rows, and how much each counts.
    rows : (indptr, item_codes, weights)
        The rows.
    n_items, n, choice, n_threads
        As those of lists.
    positive : bool
        List no sum of 0 or below.
    """
    n_people, top = choice.n_people, Top.empty(choice.n_people, n)
    allowed: BoolArray = np.ones(n_items, dtype=np.bool_) if choice.allowed is None else choice.allowed
    nobody = np.zeros(n_people, dtype=np.bool_), np.zeros(n_people + 1, np.int64), np.empty(0, np.int32)
    kept = nobody if choice.kept is None else choice.kept
    args = (*profiles, *rows, allowed, *choice.hidden, *kept, *top)
    costs = _costs(profiles, rows[0]) + np.diff(choice.hidden[0])
    for_rows(sparse_top, n_people, args, n_threads=n_threads, costs=costs)
    return _without(top, ~(top.scores > 0)) if positive else top


def _without(top: Top, cells: BoolArray) -> Top:
    """Leave out the ends of lists."""
    top.item_codes[cells], top.scores[cells] = -1, np.nan
    top.counts[:] = np.count_nonzero(~cells, axis=1)
    return top


def _costs(profiles: tuple[IntArray, CodeArray, FloatArray], indptr: IntArray) -> FloatArray:
    """Return the work of each person: the lengths of all rows that are added up."""
    total = np.concatenate([[0], np.cumsum(np.diff(indptr)[profiles[1]])])
    costs: FloatArray = np.diff(total[profiles[0]]).astype(np.float64)
    return costs


def collect_rows(n_rows: int, width: int, fill: Fill, done: Any) -> tuple[IntArray, CodeArray, FloatArray]:
    """Return compressed rows that are made dense, a block of bounded memory at a time.

    Parameters
    ----------
    n_rows : int
    width : int
        Cells of a row at most.
    fill : callable
        ``fill(first_row, codes, values)`` writes (n, width) int32 and float32 arrays; a cell of value 0 is none.
    done : callable
        Is told the number of rows of each block.

    Returns
    -------
    indptr : (n_rows + 1,) int64 array
    codes : (n,) int32 array
    values : (n,) float32 array

    Examples
    --------
    >>> def fill(first_row, codes, values):
    ...     codes[:], values[:] = [5, 7], [0.5, 0.0]
    >>> indptr, codes, _ = collect_rows(2, 2, fill, lambda n: None)
    >>> indptr.tolist(), codes.tolist()
    ([0, 1, 2], [5, 5])
    """
    size = max(1, _BLOCK_BYTES // (8 * width))
    counts: list[AnyArray] = [np.zeros(1, dtype=np.int64)]
    all_codes: list[AnyArray] = [np.empty(0, dtype=np.int32)]
    all_values: list[AnyArray] = [np.empty(0, dtype=np.float32)]
    for start in range(0, n_rows, size):
        n = min(size, n_rows - start)
        codes, values = np.empty((n, width), dtype=np.int32), np.empty((n, width), dtype=np.float32)
        fill(start, codes, values)
        cells = values != 0
        counts.append(np.count_nonzero(cells, axis=1))
        all_codes.append(codes[cells])
        all_values.append(values[cells])
        done(n)
    indptr = np.cumsum(np.concatenate(counts), dtype=np.int64)
    return indptr, np.concatenate(all_codes), np.concatenate(all_values)
