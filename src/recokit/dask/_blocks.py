"""The training data on a cluster: blocks of consecutive users, in codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.data.rows import Rows, bounds_from_lengths

__all__ = ["Block", "Blocks", "block_interactions", "join_ids", "joined_interactions", "split_interactions"]

CELLS_PER_BLOCK = 2_000_000  # 24 MB with codes and values; a block with times takes 40 MB


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
    """

    users: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    timestamps: AnyArray | None
    n_merged: int = 0

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
    """

    blocks: tuple[AnyFuture, ...]
    items: AnyFuture
    starts: IntArray
    n_items: int
    lengths: IntArray
    feedback: Feedback
    tasks: Tasks
    users: IdIndex | None = None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return int(self.starts[-1])

    @property
    def n_interactions(self) -> int:
        """Number of interactions."""
        return int(self.lengths.sum())

    def whole(self) -> AnyFuture:
        """Return all interactions as one future of `Interactions`, whose user ids are the codes."""
        return self.tasks.submit("join-blocks", joined_interactions, None, self.items, self.feedback, *self.blocks)

    def item_ranges(self, n_parts: int) -> list[tuple[int, int]]:
        """Return consecutive ranges of item codes of about equal length."""
        bounds = np.linspace(0, self.n_items, min(n_parts, self.n_items) + 1).astype(int).tolist()
        return list(pairwise(bounds))

    def by_item(self, ranges: Sequence[tuple[int, int]]) -> list[AnyFuture]:
        """Return the interactions of ranges of items, as futures of `Rows` of user codes in ascending order."""
        submit, split = self.tasks.submit, self.tasks.split
        pieces = [
            split("transpose", transposed_pieces, len(ranges), block, list(ranges), int(start))
            for block, start in zip(self.blocks, self.starts[:-1], strict=True)
        ]
        return [submit("join-items", join_columns, *column) for column in zip(*pieces, strict=True)]


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


def join_ids(indexes: Sequence[IdIndex]) -> IdIndex:
    """Return the index of consecutive sorted ids."""
    values = [index._values for index in indexes if len(index)]
    return IdIndex._from_sorted(np.concatenate(values)) if values else IdIndex.from_range(0)


def split_interactions(data: Interactions, n_blocks: int) -> list[Block]:
    """Return local interactions as blocks of about equal numbers of interactions."""
    targets = data.n_interactions * np.arange(1, n_blocks) / n_blocks
    cuts = np.unique([0, *np.searchsorted(data.indptr, targets), data.n_users])
    return [_block_of(data, int(start), int(stop)) for start, stop in pairwise(cuts)]


def _block_of(data: Interactions, start: int, stop: int) -> Block:
    cells = slice(int(data.indptr[start]), int(data.indptr[stop]))
    times = None if data.timestamps is None else data.timestamps[cells]
    indptr = data.indptr[start : stop + 1] - data.indptr[start]
    # Events merged before the split are counted once.
    n_merged = data.n_merged if start == 0 else 0
    users = data.users.select(np.arange(start, stop))
    return Block(users, indptr, data.item_codes[cells], data.values[cells], times, n_merged)


def transposed_pieces(block: Block, ranges: Sequence[tuple[int, int]], first_user: int) -> list[Rows]:
    """Return the cells of a block by item for each range of items, with the codes of all users."""
    by_item = block.rows.transposed(ranges[-1][1])
    shifted = by_item._replace(codes=by_item.codes + np.int32(first_user))
    return [shifted.take(np.arange(start, stop)) for start, stop in ranges]


def join_columns(*pieces: Rows) -> Rows:
    """Return rows whose cells are those of each piece in order."""
    rows = np.concatenate([piece.row_codes for piece in pieces])
    order = np.argsort(rows, kind="stable")
    indptr: Any = np.sum([piece.indptr for piece in pieces], axis=0)
    codes, values = (np.concatenate([piece[k] for piece in pieces])[order] for k in (1, 2))
    return Rows.from_arrays(indptr, codes, values)
