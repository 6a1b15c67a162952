"""Titles of items, given by their ids."""

from collections.abc import Iterable
from typing import Any

__all__ = ["labels_of"]


def labels_of(ids: Iterable[Any], labels: Any) -> list[Any]:
    """Return the label of each id; the id itself if it has none.

    Parameters
    ----------
    ids : iterable of ids
    labels : mapping of ids to labels, pandas Series, or callable; optional
        Without labels, the ids are returned.

    Raises
    ------
    TypeError
        The labels are of another kind.

    Examples
    --------
    >>> labels_of([7, 8], {7: "tea"}), labels_of([7], "item {}".format)
    (['tea', 8], ['item 7'])
    """
    if labels is None:
        return list(ids)
    if callable(labels):
        return [labels(one) for one in ids]
    if not hasattr(labels, "get") or hasattr(labels, "columns"):  # a frame has get too, but of columns
        raise TypeError(
            f"labels: expected a mapping of item ids to labels, or a function, got "
            f"{type(labels).__name__}; pass a mapping such as dict(zip(frame['item_id'], frame['title']))"
        )
    return [labels.get(one, one) for one in ids]
