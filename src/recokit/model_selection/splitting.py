"""Splits of Interactions into training and test data."""

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


def split_interactions(data: Any, splitter: Any) -> Iterator[tuple[Interactions, Interactions]]:
    """Yield the training and the test data of each split.

    Parameters
    ----------
    data : Interactions, or any other input of a recommender's ``fit``
    splitter : splitter of recokit or of scikit-learn
        Any object with a method ``split(X, y)`` that yields training and test rows.

    Yields
    ------
    train, test : Interactions
        Both have all users and items of ``data``, also without interactions in the part.

    Raises
    ------
    DataError
        The data cannot be read, or cannot be split in this way.
    TypeError
        ``splitter`` has no method ``split``.

    Examples
    --------
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> for train, test in split_interactions(data, GlobalTimeSplit(0.5)):
    ...     print(train, test)
    Interactions(2 users × 3 items, 2 interactions, implicit) Interactions(2 users × 3 items, 2 interactions, implicit)
    """
    if not hasattr(splitter, "split"):
        raise TypeError(f"splitter={splitter!r}: expected a splitter, such as RandomHoldOut(0.2)")
    data = as_interactions(data, None, "auto")
    X: Any = data if isinstance(splitter, Splitter) else Pairs(data)
    for train, test in splitter.split(X, data.values):
        yield data.select(_mask(train, len(data.values))), data.select(_mask(test, len(data.values)))


def train_test_split(data: Any, splitter: Any = None) -> tuple[Interactions, Interactions]:
    """Return the training and the test data: the first split of a splitter.

    Parameters
    ----------
    data
        As in `split_interactions`.
    splitter : splitter, optional
        By default ``GlobalTimeSplit()`` if the data have timestamps, else ``RandomHoldOut(stratified=True)``; both hold
        out a fifth.

    Returns
    -------
    train, test : Interactions
        As in `split_interactions`, which also lists the errors.

    Examples
    --------
    >>> from recokit.model_selection import LeaveLastOut
    >>> data = Interactions.from_arrays([1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2])
    >>> train, test = train_test_split(data, LeaveLastOut())
    >>> test.items.take(test.item_codes).tolist()
    [10, 30]
    """
    data = as_interactions(data, None, "auto")
    return next(split_interactions(data, default_splitter(data) if splitter is None else splitter))


def default_splitter(data: Interactions) -> Splitter:
    """Return the splitter with the fewest leaks for the data."""
    return RandomHoldOut(stratified=True) if data.timestamps is None else GlobalTimeSplit()


def _mask(positions: Any, n: int) -> Any:
    mask = np.zeros(n, dtype=np.bool_)
    mask[positions] = True
    return mask
