"""Top-n lists without a dense matrix of scores, and sparse rows computed in blocks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np

from recokit._runtime.memory import require_memory
from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.base._eligibility import EligibleItems
from recokit.base.top import Top
from recokit.data.id_index import IdIndex
from recokit.data.recommendations import Recommendations
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.kernels.neighbors import merge_lists
from recokit.kernels.ordered_lists import ordered_top
from recokit.kernels.sparse_lists import sparse_top

__all__ = [
    "NO_OFFSETS",
    "USERS_PER_BLOCK",
    "Fill",
    "ItemOrder",
    "check_length",
    "collect_rows",
    "ranges",
    "require_list_memory",
    "top_of_order",
    "top_of_sums",
    "top_of_tiles",
    "with_ids",
]

USERS_PER_BLOCK = 16_384  # for models that need no memory per user beyond the list
_BLOCK_BYTES = 64 << 20  # memory of the dense rows that are filled at a time
# Peak of a cell of a result: code and score of the blocks and of all blocks, id, and the copies of the result; ids that
# are not integers are Python objects.
_CELL_BYTES, _OBJECT_CELL_BYTES = 41, 101
_NO_CODES = np.empty(0, dtype=np.int64)

Fill = Callable[[int, CodeArray, FloatArray], None]


def ranges(n: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of consecutive blocks of at most ``size`` of n rows.

    Examples
    --------
    >>> list(ranges(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(0, n, size):
        yield start, min(start + size, n)


class ItemOrder(NamedTuple):
    """The items in the order of scores that are the same for all users.

    Attributes
    ----------
    scores : (n_items,) float32 array
    order : (n_ordered,) int32 array
        Codes of the items, best first, ties by code.
    ranks : (n_items,) int32 array
        Position of each item in ``order``; −1 for items that are not there.
    """

    scores: FloatArray
    order: CodeArray
    ranks: CodeArray

    @classmethod
    def of(cls, item_scores: AnyArray) -> Self:
        """Return the order of all items."""
        scores = item_scores.astype(np.float32)
        return cls._of_codes(scores, np.argsort(-scores, kind="stable").astype(np.int32))

    @classmethod
    def _of_codes(cls, scores: FloatArray, order: CodeArray) -> Self:
        ranks = np.full(len(scores), -1, dtype=np.int32)
        ranks[order] = np.arange(len(order))
        return cls(scores, order, ranks)

    def among(self, allowed: BoolArray | None) -> Self:
        """Return the order of the allowed items."""
        return self if allowed is None else self._of_codes(self.scores, self.order[allowed[self.order]])


NO_OFFSETS = ItemOrder.of(np.empty(0))


def top_of_sums(
    profiles: Rows,
    rows: Rows,
    n_items: int,
    n: int,
    eligible: EligibleItems,
    runner: Runner,
    *,
    offsets: ItemOrder = NO_OFFSETS,
    positive: bool = False,
) -> Top:
    """Return, for each user, the eligible items with the largest weighted sums of sparse rows.

    Parameters
    ----------
    profiles : Rows
        For each user, the rows to add up and their weights.
    rows : Rows
        For each row, item codes and their weights.
    n_items, n : int
    eligible : EligibleItems
    runner : Runner
    offsets : ItemOrder
        Numbers to add to the sums of users with a value above 0, and the items for which they are not 0. An item
        without a sum has its offset as the score.
    positive : bool
        List only items with a sum above 0.
    """
    n_users, top = eligible.n_users, Top.empty(eligible.n_users, n)
    allowed: BoolArray = np.ones(n_items, dtype=np.bool_) if eligible.allowed is None else eligible.allowed
    candidates, restricted = eligible.candidates, eligible.restricted
    if candidates is None or restricted is None:
        candidates, restricted = Rows.empty(n_users), np.zeros(n_users, dtype=np.bool_)
    args = (
        *profiles.arrays,
        *rows.arrays,
        *offsets[:2],
        allowed,
        *eligible.excluded[:2],
        restricted,
        *candidates[:2],
        *top,
    )
    costs = profiles.sums_of_rows(rows) + eligible.excluded.lengths
    runner.rows(sparse_top, n_users, args, costs=costs)
    return top.drop(~(top.scores > 0)) if positive else top


def top_of_order(items: ItemOrder, n: int, eligible: EligibleItems, runner: Runner) -> Top:
    """Return the n best eligible items of each user for scores that are the same for all users; ties by code.

    Each user takes the first n items that are eligible.

    Parameters
    ----------
    items : ItemOrder
    n : int
    eligible : EligibleItems
    runner : Runner
    """
    n_users, top = eligible.n_users, Top.empty(eligible.n_users, n)
    item_scores, order, ranks = items.among(eligible.allowed)
    candidates, restricted = eligible.candidates, eligible.restricted
    if candidates is None or restricted is None:
        candidates, restricted = Rows.empty(n_users), np.zeros(n_users, dtype=np.bool_)
    args = (order, ranks, item_scores, *eligible.excluded[:2], restricted, *candidates[:2], *top)
    runner.rows(ordered_top, n_users, args, costs=n + eligible.excluded.lengths + candidates.lengths)
    return top


def top_of_tiles(
    tiles: Iterable[tuple[int, int, FloatArray]], n_items: int, n: int, eligible: EligibleItems, runner: Runner
) -> Top:
    """Return the n best eligible items of each user from scores of a range of items at a time; ties by code.

    Parameters
    ----------
    tiles : iterable of (start, stop, scores)
        Scores of the items start … stop for all users, (n_users, stop − start) float32, in order of code.
    n_items, n : int
    eligible : EligibleItems
    runner : Runner
    """
    top = Top.padding(eligible.n_users, n)
    allowed = np.arange(n_items) if eligible.allowed is None else np.flatnonzero(eligible.allowed)
    for start, stop, scores in tiles:
        if (start, stop) == (0, n_items):  # a single tile needs no merging
            return eligible.select(scores, n, runner)
        codes = allowed[np.searchsorted(allowed, start) : np.searchsorted(allowed, stop)]
        if len(codes) == 0:
            continue
        shown = scores if len(codes) == stop - start else np.ascontiguousarray(scores[:, codes - start])
        found = eligible.among(codes, n_items).select(shown, min(n, len(codes)), runner)
        args = (codes.astype(np.int32)[found.codes], *found[1:], *top)
        runner.rows(merge_lists, eligible.n_users, args, costs=np.full(eligible.n_users, n))
    return top


def collect_rows(n_rows: int, width: int, fill: Fill, runner: Runner) -> Rows:
    """Return sparse rows that are computed as dense rows, in blocks of bounded memory.

    Parameters
    ----------
    n_rows : int
    width : int
        Maximum number of cells in a row.
    fill : callable
        ``fill(first_row, codes, values)`` writes (n, width) int32 and float32 arrays; cells with the value 0 are
        dropped.
    runner : Runner
        Receives the number of rows of each finished block.

    Examples
    --------
    >>> def fill(first_row, codes, values):
    ...     codes[:], values[:] = [5, 7], [0.5, 0.0]
    >>> rows = collect_rows(2, 2, fill, Runner())
    >>> rows.indptr.tolist(), rows.codes.tolist()
    ([0, 1, 2], [5, 5])
    """
    size = max(1, min(n_rows, _BLOCK_BYTES // (8 * max(1, width))))
    block_codes, block_values = np.empty((size, width), dtype=np.int32), np.empty((size, width), dtype=np.float32)
    counts: list[AnyArray] = [np.empty(0, dtype=np.int64)]
    all_codes: list[AnyArray] = [np.empty(0, dtype=np.int32)]
    all_values: list[AnyArray] = [np.empty(0, dtype=np.float32)]
    for start in range(0, n_rows, size):
        n = min(size, n_rows - start)
        codes, values = block_codes[:n], block_values[:n]
        fill(start, codes, values)
        cells = values != 0
        counts.append(np.count_nonzero(cells, axis=1))
        all_codes.append(codes[cells])
        all_values.append(values[cells])
        runner.report(n)
    block_codes = block_values = codes = values = None  # type: ignore[assignment]  # free the block before joining
    joined_codes = np.concatenate(all_codes)
    all_codes.clear()
    return Rows.from_arrays(bounds_from_lengths(np.concatenate(counts)), joined_codes, np.concatenate(all_values))


def require_list_memory(n_rows: int, n: int, index: IdIndex, kind: str, remedy: str) -> None:
    """Raise MemoryError if lists do not fit into memory.

    Parameters
    ----------
    n_rows, n : int
        Number of lists, and their length.
    index : IdIndex
        The ids that the lists hold.
    kind : str
        Plural noun for the rows of the lists, such as "users".
    remedy : str
        Alternative for the caller, in the imperative.
    """
    cell = _CELL_BYTES if index.take(_NO_CODES).dtype.kind == "i" else _OBJECT_CELL_BYTES
    require_memory(float(cell) * n_rows * n, f"a result with {n:,} entries for each of {n_rows:,} {kind}", remedy)


def check_length(n: Any) -> None:
    """Refuse a length of lists that is no whole number of at least 1."""
    if not isinstance(n, int | np.integer) or n is True or n < 1:
        raise ValueError(f"n={n!r}: expected a whole number of at least 1")


def with_ids(rows: Any, top: Top, index: IdIndex, **options: Any) -> Recommendations:
    """Return lists in ids; padding takes the first id, and Recommendations masks it by the counts."""
    items = index.take(np.maximum(top.codes, 0))
    return Recommendations(users=rows, items=items, scores=top.scores, counts=top.counts, **options)
