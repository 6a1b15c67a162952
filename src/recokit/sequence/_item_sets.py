"""Frequent item sets of baskets, and the bundles and association rules made of them."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.memory import require_memory
from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, read_only
from recokit.kernels.item_sets import extend_sets

__all__ = ["Bundle", "ItemSets", "Rule", "frequent_sets", "rules_of"]


class Bundle(NamedTuple):
    """A set of items that are often in the same basket.

    Attributes
    ----------
    items : tuple of ids
        In order of item code, which is the order of the sorted ids.
    n_baskets : int
        Number of baskets that contain all items.
    support : float
        Share of the baskets that contain all items.
    lift : float
        Support divided by the product of the supports of the items.

    See Also
    --------
    recokit.BoughtTogether : Recommend complements: items that are bought together with the items of a basket.
    recokit.sequence.Rule : An association rule: baskets with the antecedent often contain the consequent.

    Examples
    --------
    >>> from recokit import BoughtTogether
    >>> model = BoughtTogether().fit(
    ...     [(1, "tea"), (1, "cup"), (2, "tea"), (2, "cup"), (3, "pot")]
    ... )
    >>> bundle = model.bundles(2)[0]
    >>> bundle.items, bundle.n_baskets, bundle.lift
    (('cup', 'tea'), 2, 1.5)
    """

    items: tuple[Any, ...]
    n_baskets: int
    support: float
    lift: float


class Rule(NamedTuple):
    """An association rule: baskets with the antecedent often contain the consequent.

    Attributes
    ----------
    antecedent, consequent : tuple of ids
        Disjoint sets of items, in order of item code.
    support : float
        Share of the baskets that contain all items of both.
    confidence : float
        Share of the baskets with the antecedent that contain the consequent.
    lift : float
        Confidence divided by the support of the consequent.

    See Also
    --------
    recokit.BoughtTogether : Recommend complements: items that are bought together with the items of a basket.
    recokit.sequence.Bundle : A set of items that are often in the same basket.

    Examples
    --------
    >>> from recokit import BoughtTogether
    >>> model = BoughtTogether().fit(
    ...     [(1, "tea"), (1, "cup"), (2, "tea"), (2, "cup"), (3, "tea")]
    ... )
    >>> rule = model.rules(min_confidence=0.9)[0]
    >>> rule.antecedent, rule.consequent, rule.confidence
    (('cup',), ('tea',), 1.0)
    """

    antecedent: tuple[Any, ...]
    consequent: tuple[Any, ...]
    support: float
    confidence: float
    lift: float


class ItemSets(NamedTuple):
    """Frequent item sets of one size.

    Attributes
    ----------
    codes : (n_sets, size) int32 array
        Item codes, ascending within a set; the sets are in lexicographic order.
    supports : (n_sets,) int32 array
        Numbers of baskets that contain a set.
    """

    codes: CodeArray
    supports: CodeArray


def frequent_sets(baskets: Rows, n_items: int, max_size: int, min_support: int, runner: Runner) -> list[ItemSets]:
    """Return all item sets of 1 to ``max_size`` items that are in ``min_support`` baskets or more, by size.

    Parameters
    ----------
    baskets : Rows
        Distinct item codes of each basket, ascending.
    n_items, max_size, min_support : int
    runner : Runner

    Raises
    ------
    MemoryError
        The sets do not fit into memory.
    """
    columns = baskets.transposed(n_items, runner)
    counts = columns.lengths
    single = np.flatnonzero(counts >= min_support).astype(np.int32)
    found = [ItemSets(single[:, None], counts[single].astype(np.int32))]
    while len(found) < max_size:
        found.append(_extended(found[-1].codes, baskets, columns, min_support, runner))
    return found


def _extended(sets: CodeArray, baskets: Rows, columns: Rows, min_support: int, runner: Runner) -> ItemSets:
    """Return the frequent sets of one more item."""
    n_sets, size = sets.shape
    arrays = read_only(np.ascontiguousarray(sets)), *columns.arrays[:2], *baskets.arrays[:2], min_support
    costs = columns.lengths[sets[:, 0]] + 1.0
    bounds: IntArray = np.zeros(n_sets + 1, dtype=np.int64)
    none = ItemSets(np.empty((0, size + 1), dtype=np.int32), np.empty(0, dtype=np.int32))
    runner.rows(extend_sets, n_sets, (*arrays, False, bounds, *none), costs=costs)
    bounds = np.cumsum(bounds)
    task = f"a list of {bounds[-1]:,} sets of {size + 1} items in {min_support:,} baskets or more"
    require_memory(4 * (size + 2) * int(bounds[-1]), task, "raise min_support")
    more = ItemSets(np.empty((bounds[-1], size + 1), dtype=np.int32), np.empty(bounds[-1], dtype=np.int32))
    runner.rows(extend_sets, n_sets, (*arrays, True, bounds, *more), costs=costs)
    return more


def rules_of(found: list[ItemSets], n_baskets: int, min_confidence: float, items: IdIndex) -> list[Rule]:
    """Return the rules of all splits of frequent sets, by confidence, then support, then codes.

    Parameters
    ----------
    found : list of ItemSets
        From `frequent_sets`: all sizes from 1.
    n_baskets : int
    min_confidence : float
    items : IdIndex
    """
    supports: dict[tuple[int, ...], int] = {}
    for sets in found:
        supports |= dict(zip(map(tuple, sets.codes.tolist()), sets.supports.tolist(), strict=True))
    ranked: list[tuple[Any, ...]] = []
    for codes, support in supports.items():
        for n in range(1, len(codes)):
            for antecedent in combinations(codes, n):
                confidence = support / supports[antecedent]
                if confidence >= min_confidence:
                    consequent = tuple(code for code in codes if code not in antecedent)
                    ranked.append((-confidence, -support, antecedent, consequent))
    ids = items.take(np.arange(len(items))).tolist()
    return [
        Rule(
            tuple(ids[code] for code in antecedent),
            tuple(ids[code] for code in consequent),
            -support / n_baskets,
            -confidence,
            -confidence * n_baskets / supports[consequent],
        )
        for confidence, support, antecedent, consequent in sorted(ranked)
    ]
