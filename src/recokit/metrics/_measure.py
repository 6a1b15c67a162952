"""The one pass over the lists of all users that computes every metric."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recokit._threads import for_rows, thread_count
from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.exceptions import DataError
from recokit.interactions import IdIndex
from recokit.kernels import ranking
from recokit.metrics._list_measures import Background
from recokit.metrics._lists import Lists
from recokit.metrics._metric import DENOMINATORS, GAINS, REGISTRY, Metric, Missing
from recokit.metrics._truth import Truth

__all__ = ["Pairing", "measure_users", "pair"]


class Pairing(NamedTuple):
    """Which list belongs to which relevant items.

    Attributes
    ----------
    users : (n_users,) array of ids
        Users to evaluate: those with a list in the order of the lists, then those without.
    list_rows, test_rows : (n_users,) int64 arrays
        The list and the test row of each, −1 for none.
    n_without_test : int
        Users with a list but without relevant items, evaluated or not.
    n_without_list : int
        Users with relevant items but without a list.
    """

    users: AnyArray
    list_rows: IntArray
    test_rows: IntArray
    n_without_test: int
    n_without_list: int


def pair(lists: Lists, truth: Truth, missing: Missing, *, stacklevel: int) -> Pairing:
    """Bring lists and relevant items together.

    Parameters
    ----------
    lists : Lists
    truth : Truth
    missing : {"skip", "zero"}
        Whether users with a list but without relevant items are left out, or score 0.
    stacklevel : int
        Where warnings point: 2 is the caller.

    Raises
    ------
    DataError
        Nobody has relevant items.
    """
    if missing not in ("skip", "zero"):
        raise ValueError(f"missing={missing!r}: expected 'skip' or 'zero'")
    tested = np.diff(truth.indptr) > 0
    if not np.any(tested):
        raise DataError("no user to evaluate: none has relevant items in the test set")
    test_rows = truth.users.codes(lists.users).astype(np.int64)
    test_rows[(test_rows >= 0) & ~tested[test_rows]] = -1
    listed = np.zeros(len(truth.users), dtype=np.bool_)
    listed[test_rows[test_rows >= 0]] = True
    unlisted = np.flatnonzero(tested & ~listed)
    kept = np.flatnonzero(test_rows >= 0) if missing == "skip" else np.arange(len(test_rows))
    if not np.any(listed) and len(lists.users):
        warnings.warn(
            f"none of the {len(unlisted)} users with test items has a list; are the user ids of one type?",
            stacklevel=stacklevel,
        )
    _warn_of_item_types(lists.items, truth.items, stacklevel + 1)
    return Pairing(
        users=_joined(lists.users.take(kept), truth.users.take(unlisted)),
        list_rows=np.concatenate([kept, np.full(len(unlisted), -1)]).astype(np.int64),
        test_rows=np.concatenate([test_rows[kept], unlisted]).astype(np.int64),
        n_without_test=int(np.count_nonzero(test_rows < 0)),
        n_without_list=len(unlisted),
    )


def _warn_of_item_types(listed: IdIndex, relevant: IdIndex, stacklevel: int) -> None:
    """Warn where no test item is in a list, and the ids of the one are strings and those of the other are not."""
    if len(listed) == 0 or np.any(listed.codes(relevant) >= 0):
        return
    first, second = ({isinstance(item, str) for item in items} for items in (listed, relevant))
    if not first & second:
        types = [type(next(iter(items))).__name__ for items in (listed, relevant)]
        warnings.warn(
            f"none of the {len(relevant)} test items is in a list: the item ids are of type {types[0]} in the lists "
            f"and {types[1]} in the test set; make them of one type",
            stacklevel=stacklevel,
        )


def _joined(first: AnyArray, second: AnyArray) -> AnyArray:
    """Return one array of ids; ids of two kinds stay what they are."""
    if first.dtype != second.dtype:
        first, second = first.astype(object), second.astype(object)
    return np.concatenate([first, second])


def measure_users(
    lists: Lists,
    truth: Truth,
    pairing: Pairing,
    metrics: Sequence[Metric],
    *,
    background: Background,
    n_threads: int | None,
) -> FloatArray:
    """Return the metrics of each user: (n_users, n_metrics) float64.

    Raises
    ------
    DataError
        Test values that cannot be gains.
    ValueError
        A metric needs the catalogue, which is not there.
    """
    truth.check_gains({metric.gain for metric in metrics})
    results = np.empty((len(pairing.users), len(metrics)))
    sizes = np.diff(truth.indptr)
    plan = _plan(metrics, lists.codes.shape[1])
    args = (
        lists.codes,
        lists.counts,
        pairing.list_rows,
        truth.indptr,
        lists.items.codes(truth.items)[truth.item_codes],
        truth.values,
        pairing.test_rows,
        _discounts(plan, max(lists.codes.shape[1], int(sizes.max(initial=0)))),
        len(lists.items),
        _catalogue_size(lists, truth, metrics, background),
        plan,
        results,
    )
    costs = np.append(lists.counts, 0)[pairing.list_rows] + np.append(sizes, 0)[pairing.test_rows] + 8 * len(metrics)
    for_rows(ranking.measure_lists, len(results), args, n_threads=thread_count(n_threads), costs=costs)
    return results


def _plan(metrics: Sequence[Metric], width: int) -> IntArray:
    """Return kind, cut-off, denominator and gain of each metric as numbers."""

    def cut(metric: Metric) -> int:
        if metric.k is not None:
            return metric.k
        return max(width, 1) if metric.denominator == "k" else np.iinfo(np.int64).max

    rows = [
        (
            REGISTRY[metric.name].measure,
            cut(metric),
            DENOMINATORS[metric.denominator or "k"],
            GAINS[metric.gain or "binary"],
        )
        for metric in metrics
    ]
    return np.array(rows, dtype=np.int64).reshape(len(metrics), 4)


def _discounts(plan: IntArray, length: int) -> FloatArray:
    """Return 1 / log2(rank + 1), ranks from 1, and their sums over the ranks above."""
    whole = plan[(plan[:, 0] == ranking.NDCG) & (plan[:, 2] == ranking.BY_K), 1]
    weights = 1 / np.log2(np.arange(2, 3 + max(length, int(whole.max(initial=0)))))
    return np.stack([weights, np.concatenate([[0.0], np.cumsum(weights[:-1])])])


def _catalogue_size(lists: Lists, truth: Truth, metrics: Sequence[Metric], background: Background) -> int:
    """Return the number of items that compete, those that only the lists or the test know included."""
    if all(metric.name != "auc" for metric in metrics):
        return 0
    return len(background.items("auc").union(lists.items).union(truth.items))
