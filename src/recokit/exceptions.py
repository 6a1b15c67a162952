"""Exceptions and warnings.

::

    ValueError
    ├── DataError           Interactions.from_arrays([1, 1], [2, 2]), a repeated pair
    ├── ModelFormatError    recokit.load("picture.png")
    ├── NotFittedError      ItemKNN().recommend()
    └── PrivacyBudgetError  PrivacyAccountant(1, 1e-6).spend("counts", epsilon=2, delta=1e-6)
    KeyError
    └── UnknownIdError      model.recommend("unknown")
    UserWarning
    ├── LeakageWarning      evaluate(lists, train, train=train)
    └── WeakModelWarning    SLIM(l1=1e6).fit(data)
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sklearn.exceptions import NotFittedError

__all__ = [
    "DataError",
    "LeakageWarning",
    "ModelFormatError",
    "NotFittedError",
    "PrivacyBudgetError",
    "UnknownIdError",
    "WeakModelWarning",
    "first_few",
]

_SHOWN = 5


def first_few(values: Sequence[Any] | Iterable[Any]) -> str:
    """Return the first few values as text, for an error message.

    Examples
    --------
    >>> first_few(range(9))
    '0, 1, 2, 3, 4, …'
    """
    shown: list[str] = []
    for value in values:
        if len(shown) == _SHOWN:
            return ", ".join([*shown, "…"])
        shown.append(repr(value.item() if getattr(value, "shape", None) == () else value))
    return ", ".join(shown)


class DataError(ValueError):
    """Data that cannot be used; the message names the column, the count and the first offenders.

    See Also
    --------
    recokit.Interactions : Users × items with values and timestamps.

    Examples
    --------
    >>> from recokit import Interactions
    >>> try:
    ...     Interactions.from_arrays([1, 1], [2, 2])
    ... except DataError as error:
    ...     print(type(error).__name__)
    DataError
    """


class ModelFormatError(ValueError):
    """A file that is not a recokit model or is damaged.

    See Also
    --------
    recokit.load : Load a saved model.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import recokit
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "picture.png"
    >>> _ = path.write_bytes(b"no model")
    >>> try:
    ...     recokit.load(path)
    ... except ModelFormatError as error:
    ...     print(type(error).__name__)
    ModelFormatError
    """


class PrivacyBudgetError(ValueError):
    """A release would exceed the budget of a `recokit.privacy.PrivacyAccountant`.

    See Also
    --------
    recokit.privacy.PrivacyAccountant : The budget of privacy loss of a data set, and its use by releases.

    Examples
    --------
    >>> from recokit.privacy import PrivacyAccountant
    >>> try:
    ...     PrivacyAccountant(1, 1e-6).spend("counts", epsilon=2, delta=1e-6)
    ... except PrivacyBudgetError as error:
    ...     print(type(error).__name__)
    PrivacyBudgetError
    """


class LeakageWarning(UserWarning):
    """A split or an evaluation whose training data contain test data or are later than test data.

    See Also
    --------
    recokit.model_selection.check_split :
        Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", LeakageWarning)  # stop instead of warning
    """


class WeakModelWarning(UserWarning):
    """A model ranks its own training data worse than the most popular items; the message names parameters to change.

    See Also
    --------
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", WeakModelWarning)  # stop instead of warning
    """


class UnknownIdError(KeyError):
    """Ids that are not in the model or the index.

    Parameters
    ----------
    kind : str
        Kind of the ids: ``"user"`` or ``"item"``.
    ids : sequence
        The unknown ids.
    hint : str
        End of the message.

    Attributes
    ----------
    ids : list
        The unknown ids.

    See Also
    --------
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> model = ItemKNN().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")])
    >>> try:
    ...     model.recommend("unknown")
    ... except UnknownIdError as error:
    ...     print(type(error).__name__)
    UnknownIdError
    """

    def __init__(self, kind: str, ids: Iterable[Any], hint: str = "") -> None:
        self.kind = kind
        self.ids = list(ids)
        self._hint = hint
        super().__init__(kind, self.ids, hint)

    def __str__(self) -> str:
        return f"{len(self.ids)} unknown {self.kind} id(s): {first_few(self.ids)}{self._hint}"
