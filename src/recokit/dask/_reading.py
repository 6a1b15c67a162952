"""Reading of training data: partitions of events, or local interactions, to blocks of users on the cluster."""

from collections.abc import Sequence
from typing import Any

import dask
import dask.bag
import dask.dataframe
import numpy as np
import pandas as pd
from dask.delayed import delayed

from recokit._typing import AnyArray, CodeArray
from recokit.base import Recommender
from recokit.dask._blocks import Block, Blocks, EventOrder, number_of_blocks, split_interactions
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.dask._events import (
    Columns,
    Events,
    encode,
    id_sample,
    joined_baskets,
    joined_codes,
    joined_times,
    joined_values,
    merge_ids,
    split_events,
    splitters,
)
from recokit.data._building import check_policy, sort_cells
from recokit.data._columns import check_values
from recokit.data._sequence_events import order_codes
from recokit.data.id_index import IdIndex
from recokit.data.rows import bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError

__all__ = ["is_partitioned", "partitions_of", "read_blocks", "read_local", "whole_frame"]


_PARTITIONS_PER_THREAD = 4


def is_partitioned(X: Any) -> bool:
    """Return whether the data are partitions on a cluster."""
    return isinstance(X, dask.dataframe.DataFrame | dask.bag.Bag)


def partitions_of(X: Any, y: Any, named: Sequence[str], tasks: Tasks) -> Any | None:
    """Return data in partitions: those given, or those of a pandas frame with named columns; None for other data.

    Parameters
    ----------
    X : object
    y : object
    named : sequence of str
        Arguments that only data in partitions have.
    tasks : Tasks

    Raises
    ------
    DataError
        The data are a Dask collection or a list that holds no events.
    TypeError
        Arguments do not go together.
    """
    if is_partitioned(X):
        if y is not None:
            raise TypeError("y: the ratings of a dataframe are one of its columns; name it as rating=")
        return X
    if dask.is_dask_collection(X):
        raise DataError(
            f"expected a Dask dataframe or a Dask bag of frames, got {type(X).__name__}; make a dataframe with "
            "dask.dataframe.from_dask_array or from_delayed"
        )
    if isinstance(X, list | tuple) and any(hasattr(each, "columns") for each in X):
        raise DataError("expected a Dask bag of frames, got a list; make a bag with dask.bag.from_sequence(frames)")
    if not named:
        return None
    if isinstance(X, pd.DataFrame) and y is None:
        with dask.config.set({"dataframe.convert-string": False}):  # ids stay as they are
            return dask.dataframe.from_pandas(X, npartitions=_PARTITIONS_PER_THREAD * tasks.n_threads, sort=False)
    raise TypeError(
        f"{', '.join(named)}: only for Dask dataframes, Dask bags and pandas frames, without y; make Interactions of "
        "other data, such as with Interactions.from_frame"
    )


def whole_frame(X: Any, tasks: Tasks) -> AnyFuture:
    """Return the future of all rows of a Dask dataframe as one pandas frame."""
    return tasks.submit("side", _concatenated, *tasks.compute(X.to_delayed()))


def _concatenated(*frames: Any) -> Any:
    return pd.concat(frames, ignore_index=True)


def read_local(X: Any, y: Any, model: Recommender, tasks: Tasks) -> Blocks:
    """Return blocks of data in the client's process, read as ``model`` reads them.

    The scheduler keeps a copy of the data, so that lost tasks can run again.
    """
    data = model._read(X, y)
    if data.n_interactions == 0:
        raise DataError("no interactions to fit")
    sequences: Sequences | None = vars(model).get("sequences_")
    parts = split_interactions(data, sequences, number_of_blocks(data.n_interactions, tasks))
    blocks = tuple(tasks.submit("block", _same, part) for part in parts)
    items = tasks.submit("items", _same, data.items)
    starts = bounds_from_lengths(np.array([len(part.users) for part in parts]))
    lengths, in_order = np.array([len(part.values) for part in parts]), sequences is not None
    return Blocks(blocks, items, starts, data.n_items, lengths, data.feedback, tasks, data.users, in_order)


def read_blocks(X: Any, columns: Columns, tasks: Tasks) -> Blocks:
    """Return blocks of a Dask dataframe or a bag of frames of events.

    Ids are factorized without any worker holding all users: partitions propose bounds, events move to the range of
    their user in the order of the partitions, and each range sorts its ids. The codes equal the codes of a local sort.

    Raises
    ------
    DataError
        As `Interactions.from_frame`; messages about rows name the partition.
    """
    check_policy(columns.duplicates)
    events = _encoded(X, columns, tasks)
    counts = tasks.gather([tasks.submit("count", _length, part) for part in events])
    if not sum(counts):
        raise DataError("no interactions: the columns are empty")
    n_blocks = max(min(len(events), 4 * tasks.n_threads), number_of_blocks(sum(counts), tasks))
    names = columns.names
    indexes = [tasks.submit("ids", _items_of, part) for part in events]
    items = tasks.merge("merge-ids", _Merge(names.item), indexes)
    samples = [tasks.submit("sample", id_sample, part, n_blocks) for part in events]
    firsts = tasks.submit("bounds", _splitters, n_blocks, *samples)
    pieces = [tasks.split("shuffle", split_events, n_blocks, part, firsts, items, n_blocks) for part in events]
    blocks = [tasks.submit("block", build_block, columns, items, *column) for column in zip(*pieces, strict=True)]
    del events, pieces  # workers release events that are split, and pieces that are in a block
    return _described(blocks, items, columns, tasks)


def _encoded(X: Any, columns: Columns, tasks: Tasks) -> list[AnyFuture]:
    """Return the events of each partition; one graph, so that a worker keeps no partition that it has encoded."""
    parts = enumerate(X.to_delayed())
    return tasks.compute([delayed(encode)(part, columns, k, dask_key_name=tasks.key("encode")) for k, part in parts])


def _described(blocks: list[AnyFuture], items: AnyFuture, columns: Columns, tasks: Tasks) -> Blocks:
    """Return the handle of blocks, without the empty ones."""
    sizes = np.array(tasks.gather([tasks.submit("count", _sizes, block) for block in blocks]))
    n_items = tasks.submit("count", len, items).result()
    filled = np.flatnonzero(sizes[:, 0])
    starts = bounds_from_lengths(sizes[filled, 0])
    kept = tuple(blocks[k] for k in filled.tolist())
    cells = n_items, sizes[filled, 1], columns.feedback
    return Blocks(kept, items, starts, *cells, tasks, in_order=columns.in_order)  # type: ignore[arg-type]


def build_block(columns: Columns, items: IdIndex, *pieces: Events) -> Block:
    """Return the block of a range of users from its events in the order of the partitions."""
    users, user_codes = joined_codes([(piece.users, piece.user_codes) for piece in pieces], columns.user)
    item_codes, times = np.concatenate([piece.item_codes for piece in pieces]), joined_times(pieces)
    if columns.in_order:
        return _block_in_order(users, items, user_codes, item_codes, times, pieces)
    values = joined_values(pieces)
    if values is None:
        values = np.ones(len(item_codes), dtype=np.float32)
    cells = sort_cells(users, items, user_codes, item_codes, values, times, columns.duplicates)  # type: ignore[arg-type]
    check_values(cells.values, columns.feedback, columns.names.rating)
    return Block(users, *cells, len(values) - len(cells.values))


def _block_in_order(
    users: IdIndex,
    items: IdIndex,
    user_codes: CodeArray,
    item_codes: CodeArray,
    times: AnyArray | None,
    pieces: Sequence[Events],
) -> Block:
    """Return a block with all its events in time order, and one interaction for each pair."""
    baskets, basket_codes = joined_baskets(pieces)
    n_baskets = 0 if baskets is None else len(baskets)
    sequences = Sequences(*order_codes(users, items, user_codes, item_codes, times, basket_codes, n_baskets))
    pairs = sequences._pairs()
    cells = pairs.indptr, pairs.item_codes, pairs.values, pairs.timestamps
    return Block(users, *cells, pairs.n_merged, EventOrder.of(sequences))


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
