"""Interactions in two parts, by any splitter."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.model_selection._splitter import Splitter
from recokit.model_selection.pairs import Pairs
from recokit.model_selection.random_splits import RandomHoldOut
from recokit.model_selection.time_splits import GlobalTimeSplit

__all__ = ["default_splitter", "split_interactions", "train_test_split"]


def split_interactions(data: Any, cv: Any) -> Iterator[tuple[Interactions, Interactions]]:
    """Yield the parts to learn from and to test on, over the same ids.

    Parameters
    ----------
    data : Interactions, or what `Interactions` are made of by a recommender's ``fit``
    cv : splitter of recokit or of scikit-learn
        What splits: anything with a ``split(X, y)`` that yields rows.

    Yields
    ------
    train, test : Interactions
        With the users and items of ``data``, also those that a part has no interactions of.

    Raises
    ------
    DataError
        The data cannot be read, or not be split so.
    TypeError
        ``cv`` splits nothing.

    Examples
    --------
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> for train, test in split_interactions(data, GlobalTimeSplit(0.5)):
    ...     print(train, test)
    Interactions(2 users × 3 items, 2 interactions, implicit) Interactions(2 users × 3 items, 2 interactions, implicit)
    """
    if not hasattr(cv, "split"):
        raise TypeError(f"cv={cv!r}: expected a splitter, such as RandomHoldOut(0.2)")
    data = as_interactions(data, None, "auto")
    X: Any = data if isinstance(cv, Splitter) else Pairs(data)
    for train, test in cv.split(X, data.values):
        yield data.select(_mask(train, len(data.values))), data.select(_mask(test, len(data.values)))


def train_test_split(data: Any, cv: Any = None) -> tuple[Interactions, Interactions]:
    """Return the part to learn from and the part to test on: the first split of a splitter.

    Parameters
    ----------
    data
        As in `split_interactions`.
    cv : splitter, optional
        By default ``GlobalTimeSplit()`` where the data have timestamps, else ``RandomHoldOut(stratified=True)``: a
        fifth is tested on.

    Returns
    -------
    train, test : Interactions
        As in `split_interactions`, which says what is raised too.

    Examples
    --------
    >>> from recokit.model_selection import LeaveLastOut
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> train, test = train_test_split(data, LeaveLastOut())
    >>> test.items.take(test.item_codes).tolist()
    [10, 30]
    """
    data = as_interactions(data, None, "auto")
    return next(split_interactions(data, default_splitter(data) if cv is None else cv))


def default_splitter(data: Interactions) -> Splitter:
    """Return the splitter that leaks least."""
    return RandomHoldOut(stratified=True) if data.timestamps is None else GlobalTimeSplit()


def _mask(positions: Any, n: int) -> Any:
    mask = np.zeros(n, dtype=np.bool_)
    mask[positions] = True
    return mask
