"""Interactions in two parts, by any splitter."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recokit.interactions import Interactions
from recokit.model_selection._splitter import Splitter
from recokit.model_selection.pairs import Pairs
from recokit.model_selection.random_splits import RandomHoldOut
from recokit.model_selection.time_splits import GlobalTimeSplit

__all__ = ["default_splitter", "split_interactions", "train_test_split"]


def split_interactions(data: Interactions, cv: Any) -> Iterator[tuple[Interactions, Interactions]]:
    """Yield the parts to learn from and to test on, over the same ids.

    Parameters
    ----------
    data : Interactions
    cv : splitter of recokit or of scikit-learn
        What splits: anything with a ``split(X, y)`` that yields rows.

    Yields
    ------
    train, test : Interactions
        With the users and items of ``data``, also those that a part has no interactions of.

    Examples
    --------
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> for train, test in split_interactions(data, GlobalTimeSplit(0.5)):
    ...     print(train, test)
    Interactions(2 users × 3 items, 2 interactions, implicit) Interactions(2 users × 3 items, 2 interactions, implicit)
    """
    X: Any = data if isinstance(cv, Splitter) else Pairs(data)
    for train, test in cv.split(X, data.values):
        yield data.select(_mask(train, len(data.values))), data.select(_mask(test, len(data.values)))


def train_test_split(data: Interactions, cv: Any = None) -> tuple[Interactions, Interactions]:
    """Return the part to learn from and the part to test on: the first split of a splitter.

    Parameters
    ----------
    data : Interactions
    cv : splitter, optional
        By default ``GlobalTimeSplit()`` where the data have timestamps, else ``RandomHoldOut(stratified=True)``: a
        fifth is tested on.

    Returns
    -------
    train, test : Interactions
        As in `split_interactions`.

    Examples
    --------
    >>> from recokit.model_selection import LeaveLastOut
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> train, test = train_test_split(data, LeaveLastOut())
    >>> test.items.take(test.item_codes).tolist()
    [10, 30]
    """
    return next(split_interactions(data, default_splitter(data) if cv is None else cv))


def default_splitter(data: Interactions) -> Splitter:
    """Return the splitter that leaks least."""
    return RandomHoldOut(stratified=True) if data.timestamps is None else GlobalTimeSplit()


def _mask(positions: Any, n: int) -> Any:
    mask = np.zeros(n, dtype=np.bool_)
    mask[positions] = True
    return mask
