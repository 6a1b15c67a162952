"""rerank: lists of a model under business rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recokit._runtime.threads import thread_count
from recokit.data.id_index import IdIndex, factorize_objects
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError
from recokit.reranking._catalogue import Catalogue
from recokit.reranking._plan import Plan
from recokit.reranking.reranked import Reranked
from recokit.reranking.rules import Pin, Rule, rule_from_dict

__all__ = ["rerank"]


def rerank(
    lists: Recommendations,
    rules: Sequence[Rule | Mapping[str, Any]],
    catalogue: Any = None,
    n: int = 10,
    *,
    users: Any = None,
    context: Mapping[str, Any] | None = None,
    n_threads: int | None = None,
) -> Reranked:
    """Choose the best items of each list under business rules.

    Ask the model for more items than you show, such as 100, and let this function choose the n best of them. The
    relevance of an item is its score, scaled to 0 … 1 within the list. Its value is the relevance plus the terms of the
    rules. Items are chosen one by one, the greatest value first, ties in the order of the model.

    Hard rules (`Exclude`, `InStock`, `MaxPer`) are never violated: a list becomes shorter instead. Quotas (`MinShare`,
    `Fair`) hold wherever the candidates allow it. If quotas contradict each other, the rule that comes later in
    ``rules`` gives way, and the report says so. A `Pin` that contradicts a hard rule is not listed.

    Parameters
    ----------
    lists : Recommendations
        Candidates of each user, from a model.
    rules : sequence of Rule, or of dictionaries
        Dictionaries are read by `rule_from_dict`. The order is the priority of quotas.
    catalogue : frame or mapping of columns, optional
        One row for each item, with the column item_id and the columns that rules name.
    n : int
        Maximum number of items in a list.
    users : mapping of user ids to numbers, or frame with user_id, optional
        Price levels for `PriceNear`.
    context : mapping, optional
        ``"history"`` for `Calibrate`, ``"vectors"`` for `Diversity` (a mapping of item ids to vectors, a pair of ids
        and matrix, or a fitted factor model), and ``"now"`` for `Freshness`.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.

    Returns
    -------
    Reranked
        Recommendations, with ``why`` and ``report``. Scores are values.

    Raises
    ------
    DataError
        The lists are not Recommendations, or the catalogue lacks a column or holds unusable values.
    ValueError
        A rule is invalid or contradicts another, or the context lacks an entry.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import InStock, MaxPer
    >>> lists = Recommendations(["ann"], [["tea", "pot", "cup", "mug"]], [[4.0, 3.0, 2.0, 1.0]])
    >>> catalogue = {
    ...     "item_id": ["tea", "pot", "cup", "mug"],
    ...     "brand": ["Oak", "Oak", "Oak", "Elm"],
    ...     "stock": [5, 0, 2, 9],
    ... }
    >>> shown = rerank(lists, [InStock(), MaxPer("brand", 1)], catalogue, n=3)
    >>> [item for item, value in shown["ann"]]
    ['tea', 'mug']
    >>> print(shown.why("ann", "cup"))
    cup is not listed for ann: MaxPer(column='brand', k=1) allows no further item with brand='Oak'
    """
    if not isinstance(lists, Recommendations):
        raise DataError(f"lists: expected Recommendations, as model.recommend(n=100) returns them, got {lists!r:.60}")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n={n!r}: expected a whole number of at least 1")
    chosen = [rule_from_dict(rule) if isinstance(rule, Mapping) else rule for rule in rules]
    pinned = [rule.item for rule in chosen if isinstance(rule, Pin)]
    filled = np.arange(lists.items.shape[1]) < lists.counts[:, None]
    found, codes = factorize_objects(lists.items[filled], "items of the lists")
    items = found if np.all(found.codes(pinned) >= 0) else IdIndex.factorize([*found, *pinned], "items")[0]
    plan = Plan(chosen, Catalogue(items, catalogue), users, dict(context or {}))
    return Reranked.from_plan(lists, filled, items.codes(found)[codes], plan, int(n), thread_count(n_threads))
