"""The training data on a cluster: blocks of consecutive users, in codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import split_by_cost
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.data.rows import Rows, bounds_from_lengths, expand_spans
from recokit.data.sequences import Sequences

__all__ = [
    "Block",
    "Blocks",
    "EventOrder",
    "block_interactions",
    "join_ids",
    "joined_interactions",
    "number_of_blocks",
    "split_interactions",
]

_CELLS_PER_BLOCK = 2_000_000  # 16 MB with codes and values; a block with times takes 32 MB
_BLOCKS_PER_THREAD = 4


class EventOrder(NamedTuple):
    """The events of users in time order, with repeats: the parts of `recokit.data.Sequences` without ids."""

    rows: Rows
    basket_indptr: IntArray | None = None
    basket_bounds: IntArray | None = None

    @classmethod
    def of(cls, sequences: Sequences) -> "EventOrder":
        """Return the order of the events of sequences."""
        return cls(sequences.rows, sequences.basket_indptr, sequences.basket_bounds)

    def sequences(self, users: IdIndex, items: IdIndex) -> Sequences:
        """Return sequences over these ids."""
        return Sequences(users, items, Rows.from_arrays(*self.rows), self.basket_indptr, self.basket_bounds)


class Block(NamedTuple):
    """The interactions of consecutive users, sorted by user and item, one per pair.

    Attributes
    ----------
    users : IdIndex
        Sorted ids of the users of the block.
    indptr : (n_users + 1,) int64 array
    item_codes : (n,) int32 array
        Codes in the index of all items.
    values : (n,) float32 array
    timestamps : (n,) array, optional
    n_merged : int
        Number of events merged into others.
    order : EventOrder, optional
        All events in time order, for models of sequences.
    """

    users: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    timestamps: AnyArray | None
    n_merged: int = 0
    order: EventOrder | None = None

    @property
    def rows(self) -> Rows:
        """The interactions by user, without timestamps."""
        return Rows.from_arrays(self.indptr, self.item_codes, self.values)


@dataclass(frozen=True)
class Blocks:
    """The handle of the training data in the client's process.

    Attributes
    ----------
    blocks : tuple of futures of `Block`
        The users in order of code.
    items : future of IdIndex
    starts : (n_blocks + 1,) int64 array
        The code of the first user of each block, and the number of users.
    n_items : int
    lengths : (n_blocks,) int64 array
        Number of interactions of each block.
    feedback : {"explicit", "implicit"}
    tasks : Tasks
    users : IdIndex, optional
        All users, if the data were passed as local interactions.
    in_order : bool
        The blocks hold all events in time order.
    """

    blocks: tuple[AnyFuture, ...]
    items: AnyFuture
    starts: IntArray
    n_items: int
    lengths: IntArray
    feedback: Feedback
    tasks: Tasks
    users: IdIndex | None = None
    in_order: bool = False

    @property
    def n_users(self) -> int:
        """Number of users."""
        return int(self.starts[-1])

    @property
    def n_interactions(self) -> int:
        """Number of interactions."""
        return int(self.lengths.sum())

    def whole(self, *, with_ids: bool = False) -> AnyFuture:
        """Return all interactions as one future of `Interactions`; by default the ids of users are their codes."""
        users = self.user_ids() if with_ids else None
        return self.tasks.submit("join-blocks", joined_interactions, users, self.items, self.feedback, *self.blocks)

    def whole_sequences(self) -> AnyFuture:
        """Return all events as one future of `recokit.data.Sequences`, whose user ids are the codes; None if absent."""
        return self.tasks.submit("join-events", joined_sequences, self.items, *self.blocks)

    def user_ids(self) -> Any:
        """Return all users, or their future."""
        if self.users is not None:
            return self.users
        return self.tasks.submit("join-ids", join_ids, *[self.tasks.submit("ids", _users_of, b) for b in self.blocks])

    def item_ranges(self, lengths: IntArray) -> list[tuple[int, int]]:
        """Return consecutive ranges of item codes with about equal numbers of interactions.

        Parameters
        ----------
        lengths : (n_items,) int64 array
            Number of interactions of each item.
        """
        return split_by_cost(lengths + 1.0, number_of_blocks(self.n_interactions, self.tasks))

    def by_item(self, ranges: Sequence[tuple[int, int]]) -> list[AnyFuture]:
        """Return the interactions of ranges of items, as futures of `Rows` of user codes in ascending order."""
        submit, split = self.tasks.submit, self.tasks.split
        pieces = [
            split("transpose", transposed_pieces, len(ranges), block, list(ranges), int(start))
            for block, start in zip(self.blocks, self.starts[:-1], strict=True)
        ]
        return [submit("join-cells", join_columns, *column) for column in zip(*pieces, strict=True)]


def number_of_blocks(n_cells: int, tasks: Tasks) -> int:
    """Return the number of blocks for this number of interactions: a few for each thread, and none too large."""
    return max(_BLOCKS_PER_THREAD * tasks.n_threads, -(-n_cells // _CELLS_PER_BLOCK))


def block_interactions(block: Block, items: IdIndex, feedback: Feedback) -> Interactions:
    """Return the interactions of a block; its users have the ids 0 … n − 1."""
    users = IdIndex.from_range(len(block.users))
    return Interactions(users, items, *block[1:5], feedback, block.n_merged)


def joined_interactions(users: IdIndex | None, items: IdIndex, feedback: Feedback, *blocks: Block) -> Interactions:
    """Return the interactions of all blocks; without ``users``, the ids of the users are their codes."""
    lengths = np.concatenate([np.diff(block.indptr) for block in blocks])
    codes, values = (np.concatenate([block[k] for block in blocks]) for k in (2, 3))
    times = None if blocks[0].timestamps is None else np.concatenate([block.timestamps for block in blocks])
    users = IdIndex.from_range(len(lengths)) if users is None else users
    n_merged = sum(block.n_merged for block in blocks)
    return Interactions(users, items, bounds_from_lengths(lengths), codes, values, times, feedback, n_merged)


def joined_sequences(items: IdIndex, *blocks: Block) -> Sequences | None:
    """Return the events of all blocks in time order; None if the blocks do not hold it."""
    orders = [block.order for block in blocks if block.order is not None]
    if not orders:
        return None
    rows = [order.rows for order in orders]
    lengths, codes = np.concatenate([one.lengths for one in rows]), np.concatenate([one.codes for one in rows])
    times = None if rows[0].times is None else np.concatenate([one.times for one in rows if one.times is not None])
    joined = EventOrder(Rows.from_arrays(bounds_from_lengths(lengths), codes, (), times))
    if orders[0].basket_indptr is not None:
        numbers = [np.diff(order.basket_indptr) for order in orders if order.basket_indptr is not None]
        sizes = [np.diff(order.basket_bounds) for order in orders if order.basket_bounds is not None]
        bounds = (bounds_from_lengths(np.concatenate(parts)) for parts in (numbers, sizes))
        joined = EventOrder(joined.rows, *bounds)
    return joined.sequences(IdIndex.from_range(len(lengths)), items)


def _users_of(block: Block) -> IdIndex:
    return block.users


def join_ids(*indexes: IdIndex) -> IdIndex:
    """Return the index of consecutive sorted ids."""
    values = [index._values for index in indexes if len(index)]
    return IdIndex._from_sorted(np.concatenate(values)) if values else IdIndex.from_range(0)


def split_interactions(data: Interactions, sequences: Sequences | None, n_blocks: int) -> list[Block]:
    """Return local interactions as blocks of about equal numbers of interactions, with the events of the same users."""
    targets = data.n_interactions * np.arange(1, n_blocks) / n_blocks
    cuts = np.unique([0, *np.searchsorted(data.indptr, targets), data.n_users])
    return [_block_of(data, sequences, int(start), int(stop)) for start, stop in pairwise(cuts)]


def _block_of(data: Interactions, sequences: Sequences | None, start: int, stop: int) -> Block:
    cells = slice(int(data.indptr[start]), int(data.indptr[stop]))
    times = None if data.timestamps is None else data.timestamps[cells]
    indptr = data.indptr[start : stop + 1] - data.indptr[start]
    # Events merged before the split are counted once.
    n_merged = data.n_merged if start == 0 else 0
    users = data.users.select(np.arange(start, stop))
    order = None if sequences is None else EventOrder.of(_of_users(sequences, start, stop, users))
    return Block(users, indptr, data.item_codes[cells], data.values[cells], times, n_merged, order)


def _of_users(sequences: Sequences, start: int, stop: int, users: IdIndex) -> Sequences:
    if sequences.basket_indptr is None:
        bounds, make = sequences.rows.indptr, sequences._of_events
    else:
        bounds, make = sequences.basket_indptr, sequences._of_baskets
    return make(users, bounds[start:stop], bounds[start + 1 : stop + 1])


def transposed_pieces(block: Block, ranges: Sequence[tuple[int, int]], first_user: int) -> list[Rows]:
    """Return the cells of a block by item for each range of items, with the codes of all users."""
    by_item = block.rows.transposed(ranges[-1][1])
    return [_piece(by_item, start, stop, first_user) for start, stop in ranges]


def _piece(by_item: Rows, start: int, stop: int, first_user: int) -> Rows:
    """Return copies, so that the memory of each piece is free when its consumer has run."""
    bounds = by_item.indptr[start : stop + 1]
    cells = slice(int(bounds[0]), int(bounds[-1]))
    return Rows.from_arrays(
        bounds - bounds[0], by_item.codes[cells] + np.int32(first_user), by_item.values[cells].copy()
    )


def join_columns(*pieces: Rows) -> Rows:
    """Return rows with the cells of all pieces, in order."""
    lengths = [piece.lengths for piece in pieces]
    indptr = bounds_from_lengths(np.sum(lengths, axis=0))
    codes, values = np.empty(indptr[-1], dtype=np.int32), np.empty(indptr[-1], dtype=np.float32)
    free = indptr[:-1].copy()
    for piece, own in zip(pieces, lengths, strict=True):  # one after the other: places are int64
        places = expand_spans(free, free + own)
        codes[places], values[places] = piece.codes, piece.values
        free += own
    return Rows.from_arrays(indptr, codes, values)
