"""Pairs: Interactions as rows that scikit-learn can index."""

from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.data._columns import check_lengths, check_values, to_values
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Pairs", "as_pairs"]


class Pairs:
    """(user, item) rows of Interactions, as an X for scikit-learn that keeps all information.

    scikit-learn treats it as an array of two columns, and ``numpy.asarray`` converts it to one. A recommender fitted on
    it gets the Interactions of its rows, with timestamps, kind of feedback and all ids.

    Parameters
    ----------
    data : Interactions
        Data that hold the rows.
    positions : (n,) int64 array
        Positions of the rows in ``data.values``; all by default.

    See Also
    --------
    recokit.model_selection.as_pairs : Return Interactions as X and y for scikit-learn, in random order.

    Examples
    --------
    >>> from recokit import Interactions
    >>> rows = Pairs(Interactions.from_dense([[5, 3], [0, 4]]))
    >>> rows.shape, np.asarray(rows[[2, 0]]).tolist()
    ((3, 2), [[1, 1], [0, 0]])
    >>> rows[[2, 0]].to_interactions()
    Interactions(2 users × 2 items, 2 interactions, explicit)
    """

    ndim = 2

    def __init__(self, data: Interactions, positions: IntArray | None = None) -> None:
        self.data = data
        self.positions: IntArray = np.arange(data.n_interactions) if positions is None else positions

    @property
    def shape(self) -> tuple[int, int]:
        """``(n, 2)``."""
        return len(self.positions), 2

    @property
    def values(self) -> FloatArray:
        """Ratings or strengths of the rows: (n,) float32."""
        return self.data.values[self.positions]

    @property
    def timestamps(self) -> AnyArray | None:
        """Times of the rows; None if the data have no timestamps."""
        return None if self.data.timestamps is None else self.data.timestamps[self.positions]

    def to_interactions(self, y: Any = None) -> Interactions:
        """Return the rows as Interactions, with all users and items of the data.

        Parameters
        ----------
        y : (n,) array-like of numbers, optional
            Values to use instead of the values of the data.

        Raises
        ------
        DataError
            A row occurs twice, or ``y`` does not fit.
        """
        data, chosen = self.data, self.positions
        mask = np.zeros(data.n_interactions, dtype=np.bool_)
        mask[chosen] = True
        if np.count_nonzero(mask) != len(chosen):
            raise DataError(f"{len(chosen) - np.count_nonzero(mask)} row(s) occur more than once")
        rows = data.select(mask)
        if y is None:
            return rows
        values = to_values(y, "y")
        check_lengths({"rows": chosen, "y": values})
        check_values(values, data.feedback, "y")
        users, items = data.users, data.items
        order = np.argsort(chosen)
        return Interactions._from_codes(
            users, items, rows.user_codes, rows.item_codes, values[order], rows.timestamps, rows.feedback, "error"
        )

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, key: Any) -> Any:
        """Return several rows as Pairs, or a single row as an array of two ids."""
        rows = key[0] if isinstance(key, tuple) else key
        if isinstance(rows, int | np.integer):
            return np.asarray(self[[rows]])[0]
        return Pairs(self.data, self.positions[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        users = self.data.users.take(self.data.user_codes[self.positions])
        items = self.data.items.take(self.data.item_codes[self.positions])
        ids = np.empty(self.shape, dtype=np.int64 if users.dtype == items.dtype == np.int64 else object)
        ids[:, 0], ids[:, 1] = users, items
        return ids if dtype is None else ids.astype(dtype)

    def __repr__(self) -> str:
        return f"Pairs({len(self):,} of {self.data!r})"


def as_pairs(data: Interactions, *, random_state: int | None = 0) -> tuple[Pairs, FloatArray]:
    """Return Interactions as X and y for scikit-learn, in random order.

    Interactions are sorted by user, so unshuffled folds (``cv=5``) would test on users without training data. The rows
    are therefore shuffled with a fixed seed. Unlike the plain arrays of `Interactions.to_pairs`, X keeps the
    timestamps, the kind of feedback and all ids, and needs no memory for the ids of each row.

    Parameters
    ----------
    data : Interactions
    random_state : int, optional
        Seed of the order of the rows; None keeps the order of the interactions. A splitter must split the same ``X``:
        rows of ``splitter.split(data)`` are in the order of the interactions.

    Returns
    -------
    X : Pairs
    y : (n_interactions,) float32 array
        Ratings or strengths.

    Raises
    ------
    TypeError
        The data are not Interactions.

    See Also
    --------
    recokit.model_selection.Pairs :
        (user, item) rows of Interactions, as an X for scikit-learn that keeps all information.
    recokit.model_selection.train_test_split : Return the training and the test data: the first split of a splitter.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from recokit import BiasBaseline, Interactions
    >>> from recokit.model_selection import LeaveLastOut
    >>> users, items = (
    ...     ["ann", "ann", "bob", "bob", "cy", "cy"],
    ...     ["tea", "cup", "cup", "pot", "tea", "pot"],
    ... )
    >>> data = Interactions.from_arrays(
    ...     users, items, ratings=[5, 3, 4, 2, 5, 3], timestamps=[1, 4, 2, 5, 3, 6]
    ... )
    >>> cross_val_score(
    ...     BiasBaseline(), *as_pairs(data), cv=LeaveLastOut(), scoring="neg_max_error"
    ... ).round(1)
    array([-2.6])
    """
    if not isinstance(data, Interactions):
        raise TypeError(
            f"as_pairs: expected Interactions, got {type(data).__name__}; Interactions.from_frame makes them"
        )
    order = None if random_state is None else np.random.default_rng(random_state).permutation(data.n_interactions)
    X = Pairs(data, order)
    return X, X.values
