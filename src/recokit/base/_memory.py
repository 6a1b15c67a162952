"""The memory of a fit: each estimator states its arrays, and the peak follows."""

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FloatArray
from recokit.data.interactions import Interactions

__all__ = ["BY_ITEM", "MemoryPlan", "cells_of_related", "walks_of"]

BY_ITEM = "interactions by item"
_N_SAMPLED = 200  # items whose related items are counted; the standard error of the mean is a few per cent
_N_AT_A_TIME = 20  # items whose related items are held at a time
_LIST_BYTES = 64 << 20  # of the dense rows in which `collect_rows` computes lists
_OVERHEAD = 2e6  # bytes of small arrays, and of memory that the allocator keeps


class MemoryPlan:
    """The arrays of a fit in the order of the algorithm: kept by the model, or temporary.

    Parameters
    ----------
    n_threads : int
        Number of threads that work at a time.
    quick : bool
        Use upper bounds in place of samples of the data.

    Attributes
    ----------
    kept : dict of str to float
        Bytes of the arrays that are alive now, by name.
    peak : float
        Largest number of bytes that are alive at a time.
    parts : dict of str to float
        The arrays that are alive at the peak.

    Examples
    --------
    >>> plan = MemoryPlan(n_threads=1)
    >>> plan.keep("weights", 50e6)
    >>> plan.work("Gram matrix", 100e6)
    >>> plan.keep("index", 20e6)
    >>> plan.total, plan.peak - plan.kept["other"]
    (72000000.0, 150000000.0)
    """

    def __init__(self, n_threads: int, *, quick: bool = False) -> None:
        self.n_threads = n_threads
        self.quick = quick
        self.kept: dict[str, float] = {"other": _OVERHEAD}
        self.peak = 0.0
        self.parts: dict[str, float] = {}

    @property
    def total(self) -> float:
        """Bytes that are alive now."""
        return sum(self.kept.values())

    def keep(self, name: str, n_bytes: float) -> None:
        """Add an array that stays until it is dropped."""
        self.kept[name] = self.kept.get(name, 0.0) + float(n_bytes)
        self.work("", 0.0)

    def work(self, name: str, n_bytes: float) -> None:
        """Add arrays that are dropped before the next step."""
        if self.total + n_bytes > self.peak:
            self.peak = self.total + float(n_bytes)
            self.parts = {**self.kept, name: float(n_bytes)} if n_bytes else dict(self.kept)

    def drop(self, *names: str) -> None:
        """Remove arrays that were kept."""
        for name in names:
            self.kept.pop(name, None)

    def keep_transposed(self, data: Interactions) -> None:
        """Add the interactions by item, which the data keep for later models as well."""
        if "_by_item" not in vars(data):
            self.work(BY_ITEM, 8.0 * data.n_interactions + 16.0 * (data.n_users + 2 * data.n_items))
            self.keep(BY_ITEM, 8.0 * data.n_interactions + 8.0 * data.n_items)

    def keep_lists(self, n_rows: int, width: int, n_cells: float) -> None:
        """Add sparse rows that `collect_rows` computes in blocks of dense rows, and joins at the end."""
        self.work("blocks of lists", 8.0 * n_cells + 1.125 * min(8.0 * width * n_rows, _LIST_BYTES))
        self.work("joined lists", 12.0 * n_cells)
        self.keep("lists", 8.0 * n_cells + 8.0 * n_rows)

    def keep_weights(self, n_items: int, width: int, n_cells: float) -> None:
        """Add a sparse matrix of weights that is made of lists, sorted by code in a copy."""
        self.keep_lists(n_items, width, n_cells)
        self.work("weights in order of code", 8.0 * n_cells)

    def include(self, name: str, other: "MemoryPlan", *, shared: tuple[str, ...] = ()) -> None:
        """Add the arrays of another fit, except for the names in ``shared``, which exist already."""
        common = sum(other.kept.get(one, 0.0) for one in ("other", *shared))
        self.work(name, other.peak - common)
        self.keep(name, other.total - common)


def walks_of(data: Interactions, *, users: bool = False) -> tuple[FloatArray, FloatArray]:
    """Return the numbers of users of each item, and of interactions of these users; with ``users``, vice versa.

    The cells are read in parts, so that a check of the memory takes little itself: two (n_items,) float64 arrays, or
    two (n_users,) arrays with ``users``.
    """
    rows, n_items = data.rows, data.n_items
    counts, walks = np.zeros(n_items), np.zeros(data.n_users if users else n_items)
    for part, cells in rows.parts():
        _add(counts, rows.codes[cells], None)
        if not users:
            repeated = np.repeat(rows.lengths[part].astype(np.float64), rows.lengths[part])
            _add(walks, rows.codes[cells], repeated)
    if not users:
        return counts, walks
    for part, cells in rows.parts():
        steps = np.append(0.0, np.cumsum(counts[rows.codes[cells]]))  # whole numbers, so the differences are exact
        walks[part] = np.diff(steps[rows.indptr[part.start : part.stop + 1] - cells.start])
    return rows.lengths.astype(np.float64), walks


def _add(sums: FloatArray, codes: AnyArray, values: FloatArray | None) -> None:
    """Add values, 1 by default, to the sums of their codes."""
    if len(sums) <= len(codes):
        sums += np.bincount(codes, values, minlength=len(sums))
    else:
        np.add.at(sums, codes, 1.0 if values is None else values)


def cells_of_related(
    data: Interactions,
    width: int,
    *,
    users: bool = False,
    quick: bool = False,
    weights: FloatArray | None = None,
    above: float = 0.5,
) -> float:
    """Return the number of cells in the lists of the items that share a user with each item, ``width`` at most.

    Parameters
    ----------
    data : Interactions
    width : int
        Maximum length of a list.
    users : bool
        Lists of the users that share an item with each user.
    quick : bool
        Return an upper bound. Otherwise the related items of a fixed sample of the items are counted.
    weights : (n_users,) array, optional
        Weights of users; an item is then related if the weighted products of the strengths add up to more than
        ``above``, else if the number of common users is above it.
    above : float
    """
    width = min(width, (data.n_users if users else data.n_items) - 1)
    lengths, walks = walks_of(data, users=users)
    if quick:
        return float(np.clip(walks - lengths, 0, width).sum())
    matrix = data.matrix
    if weights is None:
        matrix = sparse.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    nonempty = np.flatnonzero(lengths)
    chosen = np.linspace(0, len(nonempty) - 1, min(_N_SAMPLED, len(nonempty))).astype(np.int64)
    sample, numbers = nonempty[chosen], []
    left, right = (matrix[sample], matrix.T) if users else (matrix[:, sample].T.tocsr(), matrix)
    if weights is not None:
        left = (left * weights).tocsr()
    for start in range(0, len(sample), _N_AT_A_TIME):
        products = left[start : start + _N_AT_A_TIME] @ right
        found = np.asarray((products > above).sum(axis=1)).ravel() - 1  # without the item itself
        numbers.append(np.clip(found, 0, width))
    return float(np.mean(np.concatenate(numbers)) * len(nonempty)) if numbers else 0.0
