"""rerank: lists of a model under business rules."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recokit._runtime.threads import thread_count
from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray
from recokit.data._id_lists import other_form
from recokit.data.id_index import IdIndex, factorize_objects
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError
from recokit.reranking._catalogue import Catalogue
from recokit.reranking._context import read_context
from recokit.reranking._plan import Plan
from recokit.reranking.reranked import Reranked
from recokit.reranking.rule import Rule, rule_from_dict
from recokit.reranking.rules import Pin

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
    relevance of an item is its score, scaled to 0 … 1 within the list; that of fillers is 0. Its value is the relevance
    plus the terms of the rules. Items are chosen one by one, the greatest value first, ties in the order of the model.

    Hard rules (`Exclude`, `InStock`, `MaxPer`) are never violated: a list becomes shorter instead. Quotas (`MinShare`,
    `Fair`) hold if the list has enough candidates for them. A quota gives way if it contradicts a pin, a quota that
    comes earlier in ``rules``, or the items that `MaxPer` still allows. While one `MaxPer` and one quota can hold
    together, both do: an item is passed over if it would use up the limit of a member that the quota needs. A `Pin`
    that contradicts a hard rule, or under `MaxPer` a pin above it, is not listed. The report counts the lists in which
    a rule gave way.

    Parameters
    ----------
    lists : Recommendations
        Candidates of each user, from a model: distinct items with finite scores.
    rules : sequence of Rule, or of dictionaries
        Dictionaries are read by `rule_from_dict`. The order is the priority of quotas.
    catalogue : frame or mapping of columns, optional
        One row for each item, with the column item_id and the columns that rules name. Items without a row have
        missing values.
    n : int
        Maximum number of items in a list.
    users : mapping of user ids to numbers, Series, `Features`, or frame with user_id, optional
        Usual prices for `PriceNear`.
    context : mapping, optional
        ``"history"`` for `Calibrate` and `PriceNear`, ``"vectors"`` for `Diversity` (a mapping of item ids to vectors,
        a pair of ids and matrix, or a fitted factor model), and ``"now"`` for `Freshness`.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.

    Returns
    -------
    Reranked
        Recommendations, with ``why`` and ``report``. Scores are values.

    Raises
    ------
    DataError
        The lists are not Recommendations, repeat an item or have NaN scores; the catalogue lacks a column, holds
        unusable values, or has ids of another type than the lists; or the users or the context have another form.
    ValueError
        A rule is invalid or contradicts another, or the context lacks an entry.

    See Also
    --------
    recokit.reranking.Reranked :
        Recommendations under rules, made by `rerank`. Scores are values: relevance plus the terms of the rules.
    recokit.reranking.deduplicate : Return the shelves of a page, with each item once for each user.
    recokit.reranking.InStock : List only items with a stock above 0. Items without a known stock are not listed. Hard.
    recokit.reranking.MaxPer :
        List at most ``k`` items with the same value of a column. Items without a value are not limited. Hard.
    recokit.reranking.Diversity : Penalize items that are similar to items higher in the list.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import InStock, MaxPer
    >>> lists = Recommendations(
    ...     ["ann"], [["tea", "pot", "cup", "mug"]], [[4.0, 3.0, 2.0, 1.0]]
    ... )
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
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n={n!r}: expected a whole number of at least 1")
    chosen = _read_rules(rules, int(n))
    pinned = [rule.item for rule in chosen if isinstance(rule, Pin)]
    filled, found, codes = _read_lists(lists)
    covers_all = len(found) > 0 and np.all(found.codes(pinned) >= 0)
    items = found if covers_all else IdIndex.from_ids([*found, *pinned] or [0])  # arrays over items need one row
    table = Catalogue(items, catalogue)
    if len(found):
        table.refuse_other_types()
    _check_pins(chosen, found, table.ids)
    plan = Plan(chosen, table, users, read_context(context))
    plan.check_levels(lists.users)
    return Reranked.from_plan(lists, filled, items.codes(found)[codes], plan, int(n), thread_count(n_threads))


def _read_rules(rules: Any, n: int) -> list[Rule]:
    """Return rules and dictionaries as rules for lists of n items."""
    if isinstance(rules, Rule | Mapping | str) or not isinstance(rules, Iterable):
        raise ValueError(f"rules: expected a list of rules, got {rules!r:.80}")
    chosen = [rule_from_dict(rule) if isinstance(rule, Mapping) else rule for rule in rules]
    for rule in chosen:
        if isinstance(rule, Pin) and rule.position > n:
            raise ValueError(f"{rule}: the lists have n={n} items; pin the item to a position from 1 to {n}")
    return chosen


def _check_pins(rules: list[Rule], listed: IdIndex, catalogue: IdIndex) -> None:
    """Refuse pinned items that are known in another form, and warn about pinned items that the catalogue lacks."""
    for rule in rules:
        if not isinstance(rule, Pin) or rule.item in listed or rule.item in catalogue:
            continue
        hint = other_form(listed, rule.item) or other_form(catalogue, rule.item)
        if hint:
            raise DataError(f"{rule}: the item is neither in the lists nor in the catalogue{hint}")
        if len(catalogue):
            warnings.warn(
                f"{rule}: the item is neither in the lists nor in the catalogue, and is listed without checks of its "
                "columns; correct the id, or add a row to the catalogue",
                stacklevel=levels_inside(),
            )


def _read_lists(lists: Any) -> tuple[BoolArray, IdIndex, CodeArray]:
    """Return the cells that are no padding, the items of the lists, and the code of the item of each of these cells."""
    if not isinstance(lists, Recommendations):
        raise DataError(f"lists: expected Recommendations, as model.recommend(n=100) returns them, got {lists!r:.60}")
    filled = np.arange(lists.items.shape[1]) < lists.counts[:, None]
    unusable = np.flatnonzero(np.any(filled & ~np.isfinite(lists.scores), axis=1))
    if len(unusable):
        raise DataError(
            f"lists: {len(unusable)} list(s) have scores that are NaN or infinite, such as that of "
            f"{lists.users[unusable[0]]!r}; remove these items or give them finite scores"
        )
    found, codes = factorize_objects(lists.items[filled], "items of the lists")
    cells = np.full(filled.shape, -1, dtype=np.int32)
    cells[filled] = codes
    ordered = np.sort(cells, axis=1)
    repeated = np.flatnonzero(np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1))
    if len(repeated):
        raise DataError(
            f"lists: {len(repeated)} list(s) hold an item more than once, such as that of {lists.users[repeated[0]]!r}"
        )
    return filled, found, codes
