"""deduplicate: the shelves of a page without repeated items."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit._typing import BoolArray, CodeArray
from recokit.data.id_index import factorize_objects
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, first_few

__all__ = ["deduplicate"]


def deduplicate(shelves: Mapping[str, Recommendations], n: int | Mapping[str, int] = 10) -> dict[str, Recommendations]:
    """Return the shelves of a page, with each item once for each user.

    The shelves are filled in order, the most important first. A shelf takes the best items of its list that no shelf
    above it shows to the same user. Hence give lists that are longer than the shelves, such as ``n`` times the number
    of shelves; else shelves further down become short.

    Parameters
    ----------
    shelves : mapping of names to Recommendations
        Candidates of each shelf, in order of priority. Users of one shelf need not have a list in the others. The
        shelves of a product page have items as rows, as `Recommender.similar_items` returns them.
    n : int, or mapping of names to int
        Maximum number of items on a shelf, or on each shelf.

    Returns
    -------
    dict of names to Recommendations
        With the users and scores of the given lists, in the same order. Fillers stay marked.

    Raises
    ------
    DataError
        A shelf has another form, lists a user twice, or has rows or ids of another kind than the others.
    ValueError
        ``n`` is not a whole number of at least 1, or lacks a shelf.

    See Also
    --------
    recokit.reranking.rerank : Choose the best items of each list under business rules.

    Examples
    --------
    >>> again = Recommendations(["ann"], [["tea", "cup", "pot"]])
    >>> popular = Recommendations(["ann"], [["cup", "tea", "jug"]])
    >>> page = deduplicate({"again": again, "popular": popular}, n=2)
    >>> [item for item, score in page["popular"]["ann"]]
    ['jug']
    """
    lengths = _read_shelves(shelves, n)
    lists = list(shelves.values())
    filled = [np.arange(one.items.shape[1]) < one.counts[:, None] for one in lists]
    item_codes = _codes([one.items[cells] for one, cells in zip(lists, filled, strict=True)], "items")
    user_codes = _codes([one.users for one in lists], "users")
    n_items = 1 + max((int(codes.max(initial=0)) for codes in item_codes), default=0)
    shown, page = np.empty(0, dtype=np.int64), {}
    for name, one, cells, users, items in zip(shelves, lists, filled, user_codes, item_codes, strict=True):
        rows, columns = np.nonzero(cells)
        keys = users[rows].astype(np.int64) * n_items + items
        is_new = np.zeros(len(keys), dtype=np.bool_)
        is_new[np.unique(keys, return_index=True)[1]] = True  # the first of repeated items
        kept = np.zeros(cells.shape, dtype=np.bool_)
        kept[rows, columns] = is_new & ~np.isin(keys, shown)
        kept &= np.cumsum(kept, axis=1) <= lengths[name]
        page[name] = _selected(one, kept, lengths[name])
        shown = np.concatenate([shown, keys[kept[rows, columns]]])
    return page


def _selected(lists: Recommendations, kept: BoolArray, n: int) -> Recommendations:
    """Return the kept cells of lists, at most n in each row, moved to the left."""
    width = min(n, kept.shape[1])
    order = np.argsort(~kept, axis=1, kind="stable")[:, :width]
    items, scores, fillers = (
        np.take_along_axis(cells, order, axis=1) for cells in (lists.items, lists.scores, lists.is_filler)
    )
    counts = np.count_nonzero(kept, axis=1)
    return Recommendations(lists.users, items, scores, counts, columns=lists._columns, is_filler=fillers)


def _read_shelves(shelves: Any, n: Any) -> dict[str, int]:
    """Refuse unusable shelves; return the length of each."""
    if not isinstance(shelves, Mapping) or not all(isinstance(one, Recommendations) for one in shelves.values()):
        raise DataError(f"shelves: expected a mapping of names to Recommendations, got {shelves!r:.80}")
    rows = {one._columns[0]: name for name, one in shelves.items()}
    if len(rows) > 1:
        kinds = " and ".join(f"{column} ({name!r})" for column, name in rows.items())
        raise DataError(f"shelves: the rows of the lists are {kinds}; give lists for the same users or items")
    absent = [name for name in shelves if isinstance(n, Mapping) and name not in n]
    if absent:
        raise ValueError(f"n: no length for the shelves {first_few(absent)}; add them")
    lengths = {name: n[name] if isinstance(n, Mapping) else n for name in shelves}
    for name, length in lengths.items():
        if not isinstance(length, int | np.integer) or isinstance(length, bool) or length < 1:
            raise ValueError(f"n={length!r} for the shelf {name!r}: expected a whole number of at least 1")
        repeated = len(shelves[name]) - len(set(shelves[name].users.tolist()))
        if repeated:
            raise DataError(f"shelves: {repeated} user(s) of the shelf {name!r} have more than one list")
    return lengths


def _codes(parts: list[Any], name: str) -> list[CodeArray]:
    """Return the codes of the ids of several parts, equal for equal ids."""
    kinds = [{isinstance(key, str) for key in part[:1].tolist()} for part in parts]
    if {True} in kinds and {False} in kinds:
        texts, others = parts[kinds.index({True})], parts[kinds.index({False})]
        raise DataError(
            f"shelves: the {name} of a shelf are text, such as {texts[0]!r}, and those of another are not, such as "
            f"{others[0]!r}; convert them to one type"
        )
    if not parts:
        return []
    codes = factorize_objects(np.concatenate([part.astype(object) for part in parts]), f"{name} of the shelves")[1]
    return np.split(codes, np.cumsum([len(part) for part in parts])[:-1])
