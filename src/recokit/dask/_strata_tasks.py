"""The tasks of stochastic gradient descent: groups of user blocks that descend on the item blocks they hold."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.factorization._factors import Factors
from recokit.factorization._grid import N_BLOCKS, Cells, GridPlan, inverse_permutation, largest_first

__all__ = [
    "Group", "Held", "ItemBlocks", "Layout", "Piece", "Users", "Work", "block_items", "group_of", "items_in_order",
    "layout_of", "merge_users", "pick", "split_users", "start_of", "statistics", "sweep",
]  # fmt: skip

ItemBlocks = dict[int, Factors]


class Layout(NamedTuple):
    """A division of the users into parts.

    Attributes
    ----------
    order : (n_users,) int32 array, optional
        Code of the user in each row; None if rows are codes.
    bounds : (n_parts + 1,) int64 array
        First row of each part, and the number of users.
    """

    order: CodeArray | None
    bounds: IntArray


class Users(NamedTuple):
    """The users of one part: their interactions and factors, in the order of the layout."""

    rows: Rows
    factors: Factors


class Piece(NamedTuple):
    """Users on their way to another part, with their rows in the new layout, ascending."""

    places: IntArray
    users: Users


class Group(NamedTuple):
    """Fixed data of a group of consecutive blocks of users.

    Attributes
    ----------
    blocks : range
    cells : Cells
    rows : Rows
        Interactions by user, with item codes.
    offset : int
        Number of interactions of the users in earlier blocks.
    weights : (n_users,) or (0,) float32 array
        Weights of the penalties of the users.
    """

    blocks: range
    cells: Cells
    rows: Rows
    offset: int
    weights: FloatArray


class Held(NamedTuple):
    """State of a group after a diagonal.

    Attributes
    ----------
    users : Factors
    items : dict of int to Factors
        The blocks of items of this diagonal.
    losses : (n_user_blocks, N_BLOCKS) float64 array
        The loss of each cell in this epoch.
    """

    users: Factors
    items: ItemBlocks
    losses: FloatArray


class Work(Protocol):
    """The descent on the interactions of one cell."""

    def __call__(self, start: int, stop: int, group: Group, users: Factors, items: Factors, shared: Any) -> float:
        """Take one step for each interaction ``start`` to ``stop``, and return the loss."""


# ---------------------------------------------------------------------- moving users


def layout_of(plan: GridPlan, cuts: Sequence[int]) -> Layout:
    """Return the layout of groups of blocks of users."""
    return Layout(plan.user_order, plan.user_starts[list(cuts)])


def split_users(users: Users, part: int, old: Layout, new: Layout) -> list[Piece]:
    """Return the users of a part for each part of another layout."""
    codes: AnyArray = np.arange(old.bounds[part], old.bounds[part + 1])
    if old.order is not None:
        codes = old.order[codes]
    places = codes if new.order is None else inverse_permutation(new.order)[codes]
    order = np.argsort(places, kind="stable")
    cuts = np.searchsorted(places[order], new.bounds)
    return [_piece(users, places, order[low:high]) for low, high in pairwise(cuts.tolist())]


def _piece(users: Users, places: AnyArray, own: IntArray) -> Piece:
    return Piece(places[own].astype(np.int64), Users(users.rows.take(own), users.factors.take(own)))


def merge_users(*pieces: Piece) -> Users:
    """Return the users of a part from the pieces of all parts of the old layout."""
    order = np.argsort(np.concatenate([piece.places for piece in pieces]), kind="stable")
    factors = joined_factors([piece.users.factors for piece in pieces])
    return Users(stacked([piece.users.rows for piece in pieces]).take(order), factors.take(order))


def stacked(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one below the other."""
    lengths = np.concatenate([part.lengths for part in parts])
    codes, values = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    return Rows.from_arrays(bounds_from_lengths(lengths), codes, values)


def joined_factors(parts: Sequence[Factors]) -> Factors:
    """Return the factors of all parts."""
    vectors = np.concatenate([part.vectors for part in parts])
    biases = [part.bias for part in parts if part.bias is not None]
    return Factors(vectors, np.concatenate(biases) if biases else None)


# ---------------------------------------------------------------------- descent


def group_of(users: Users, plan: GridPlan, blocks: range, lengths: IntArray, weights: FloatArray) -> Group:
    """Return the cells of a group.

    Parameters
    ----------
    users : Users
        The users of the blocks, in the order of the grid.
    plan : GridPlan
    blocks : range
    lengths : (n_users,) int64 array
        Number of interactions of all users in order of code.
    weights : (n_users,) or (0,) array
        Weights of the penalties of all users in the order of the grid.
    """
    first, last = (int(plan.user_starts[k]) for k in (blocks.start, blocks.stop))
    cells = plan.cells(users.rows, np.arange(last - first, dtype=np.int32), blocks, Runner())
    offset = int(lengths[plan.user_order[:first]].sum())
    return Group(blocks, cells, users.rows, offset, weights[first:last])


def start_of(users: Users) -> Held:
    """Return the state of a group before an epoch."""
    return Held(users.factors, {}, np.zeros((0, N_BLOCKS)))


def block_items(items: Factors, plan: GridPlan, blocks: Sequence[int]) -> ItemBlocks:
    """Return blocks of items from the factors of all items in order of code."""
    starts = plan.item_starts
    return {block: items.take(plan.item_order[starts[block] : starts[block + 1]]) for block in blocks}


def pick(held: Held, blocks: Sequence[int]) -> ItemBlocks:
    """Return some of the blocks of items that a group holds."""
    return {block: held.items[block] for block in blocks}


def sweep(
    work: Work, shared: Any, plan: GridPlan, group: Group, held: Held, diagonals: Sequence[int], is_first: bool,
    *incoming: Mapping[int, Factors],
) -> Held:  # fmt: skip
    """Descend on the cells of a group on some diagonals.

    Parameters
    ----------
    work : Work
    shared : object
        Arrays of all items that ``work`` needs.
    plan, group, held
    diagonals : sequence of int
    is_first : bool
        Whether an epoch starts.
    *incoming : mappings of int to Factors
        Blocks of items that other groups held.
    """
    users, blocks = held.users.copy(), dict(held.items)  # results of other tasks must stay as they are
    for received in incoming:
        blocks.update(received)
    items = _buffer(blocks, plan)
    losses = np.zeros((len(group.blocks), N_BLOCKS)) if is_first else held.losses.copy()
    first = group.blocks.start
    counts = group.cells.stops - group.cells.starts
    for diagonal in diagonals:
        cells = [(row - first, (row + diagonal) % N_BLOCKS) for row in group.blocks]
        for cell in largest_first(cells, counts):
            start, stop = int(group.cells.starts[cell]), int(group.cells.stops[cell])
            losses[cell] = work(start, stop, group, users, items, shared)
    own = {block: _between(items, plan, block) for block in needed(group.blocks, diagonals[-1])}
    return Held(users, own, losses)


def needed(blocks: range, diagonal: int) -> list[int]:
    """Return the blocks of items on a diagonal of some blocks of users."""
    return [(row + diagonal) % N_BLOCKS for row in blocks]


def _buffer(blocks: ItemBlocks, plan: GridPlan) -> Factors:
    """Return factors of all items in the order of the grid; memory is in use for the given blocks only."""
    n_items, size = len(plan.item_order), next(iter(blocks.values())).n_factors
    items = Factors(np.empty((n_items, size), dtype=np.float32), np.empty(n_items, dtype=np.float32))
    for block, factors in blocks.items():
        items.put(np.arange(plan.item_starts[block], plan.item_starts[block + 1]), factors)
    return items


def _between(items: Factors, plan: GridPlan, block: int) -> Factors:
    rows = slice(plan.item_starts[block], plan.item_starts[block + 1])
    return Factors(items.vectors[rows], items.bias_or_zeros()[rows])


def statistics(held: Held) -> tuple[FloatArray, tuple[float, ...]]:
    """Return the losses of a group, and the largest absolute bias and factor of its users and of its items."""
    parts = held.users, *held.items.values()
    largest = [(_largest(part.bias), _largest(part.vectors)) for part in parts]
    items = [max(each[k] for each in largest[1:]) for k in range(2)]
    return held.losses, (*largest[0], *items)


def _largest(array: FloatArray | None) -> float:
    """Return the largest absolute value; infinity if a number is not finite."""
    largest = 0.0 if array is None else float(np.abs(array).max(initial=0.0))
    return largest if np.isfinite(largest) else np.inf


def items_in_order(plan: GridPlan, *held: Held) -> Factors:
    """Return the factors of all items in order of code."""
    blocks = {block: factors for each in held for block, factors in each.items.items()}
    in_grid = joined_factors([blocks[block] for block in range(N_BLOCKS)])
    return in_grid.take(inverse_permutation(plan.item_order))
