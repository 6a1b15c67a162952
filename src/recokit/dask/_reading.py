"""Reading of training data: partitions of events, or local interactions, to blocks of users on the cluster."""

from typing import Any

import dask.bag
import dask.dataframe
import numpy as np

from recokit.dask._blocks import CELLS_PER_BLOCK, Block, Blocks, split_interactions
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.dask._events import (
    Columns,
    Events,
    encode,
    id_sample,
    merge_ids,
    split_events,
    splitters,
)
from recokit.data._building import check_policy, sort_cells
from recokit.data._columns import check_values
from recokit.data._inputs import as_interactions
from recokit.data.id_index import IdIndex
from recokit.data.rows import bounds_from_lengths
from recokit.exceptions import DataError

__all__ = ["is_partitioned", "read_blocks", "read_local"]

_BLOCKS_PER_THREAD = 4


def is_partitioned(X: Any) -> bool:
    """Return whether the data are partitions on a cluster."""
    return isinstance(X, dask.dataframe.DataFrame | dask.bag.Bag)


def read_local(X: Any, feedback: Any, tasks: Tasks) -> Blocks:
    """Return blocks of data in the client's process; the scheduler keeps a copy, for lost tasks."""
    data = as_interactions(X, None, feedback)
    n_blocks = _number_of_blocks(data.n_interactions, tasks)
    parts = split_interactions(data, n_blocks)
    blocks = tuple(tasks.submit("block", _same, part) for part in parts)
    items = tasks.submit("items", _same, data.items)
    starts = bounds_from_lengths(np.array([len(part.users) for part in parts]))
    lengths = np.array([len(part.values) for part in parts])
    return Blocks(blocks, items, starts, data.n_items, lengths, data.feedback, tasks, data.users)


def read_blocks(X: Any, columns: Columns, tasks: Tasks) -> Blocks:
    """Return blocks of a Dask dataframe or a bag of frames of events.

    Ids are factorized without any worker holding all users: partitions propose bounds, events move to the range of
    their user in the order of the partitions, and each range sorts its ids. The codes are those of a local sort.

    Raises
    ------
    DataError
        As `Interactions.from_frame`; messages about rows name the partition.
    """
    check_policy(columns.duplicates)
    partitions = tasks.client.compute(X.to_delayed())
    n_parts = len(partitions)
    events = [tasks.submit("encode", encode, part, columns, k) for k, part in enumerate(partitions)]
    counts = tasks.gather([tasks.submit("count", _length, part) for part in events])
    if not sum(counts):
        raise DataError("no interactions: the columns are empty")
    n_blocks = max(min(n_parts, 4 * tasks.n_threads), _number_of_blocks(sum(counts), tasks))
    names = columns.names
    indexes = [tasks.submit("ids", _items_of, part) for part in events]
    items = tasks.merge("merge-ids", _Merge(names.item), indexes)
    samples = [tasks.submit("sample", id_sample, part, n_blocks) for part in events]
    firsts = tasks.submit("bounds", _splitters, n_blocks, *samples)
    pieces = [tasks.split("shuffle", split_events, n_blocks, part, firsts, items, n_blocks) for part in events]
    blocks = [tasks.submit("block", build_block, columns, items, *column) for column in zip(*pieces, strict=True)]
    return _described(blocks, items, columns, tasks)


def _described(blocks: list[AnyFuture], items: AnyFuture, columns: Columns, tasks: Tasks) -> Blocks:
    """Return the handle of blocks, without the empty ones."""
    sizes = np.array(tasks.gather([tasks.submit("count", _sizes, block) for block in blocks]))
    n_items = tasks.submit("count", len, items).result()
    filled = np.flatnonzero(sizes[:, 0])
    starts = bounds_from_lengths(sizes[filled, 0])
    kept = tuple(blocks[k] for k in filled.tolist())
    return Blocks(kept, items, starts, n_items, sizes[filled, 1], columns.feedback, tasks)  # type: ignore[arg-type]


def build_block(columns: Columns, items: IdIndex, *pieces: Events) -> Block:
    """Return the block of a range of users from its events in the order of the partitions."""
    users = merge_ids([piece.users for piece in pieces], columns.user)
    user_codes = np.concatenate([users.codes(piece.users)[piece.user_codes] for piece in pieces])
    item_codes = np.concatenate([piece.item_codes for piece in pieces])
    values = np.concatenate([piece.values for piece in pieces])
    times = None if columns.timestamp is None else np.concatenate([piece.times for piece in pieces])
    cells = sort_cells(users, items, user_codes, item_codes, values, times, columns.duplicates)  # type: ignore[arg-type]
    check_values(cells.values, columns.feedback, columns.names.rating)
    return Block(users, *cells, len(values) - len(cells.values))


def _number_of_blocks(n_cells: int, tasks: Tasks) -> int:
    return max(_BLOCKS_PER_THREAD * tasks.n_threads, -(-n_cells // CELLS_PER_BLOCK))


class _Merge:
    """`merge_ids` for one column."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, indexes: Any) -> IdIndex:
        return merge_ids(indexes, self._name)


def _splitters(n_blocks: int, *samples: Any) -> list[Any]:
    return splitters(samples, n_blocks)


def _items_of(events: Events) -> IdIndex:
    return events.items


def _length(events: Events) -> int:
    return len(events.user_codes)


def _sizes(block: Block) -> tuple[int, int]:
    return len(block.users), len(block.values)


def _same(value: Any) -> Any:
    return value
