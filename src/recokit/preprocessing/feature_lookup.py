"""FeatureLookup: ids to rows of features, as a scikit-learn transformer."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from recokit._typing import AnyArray, FloatArray
from recokit.data._frames import column, column_names, is_frame, plain
from recokit.exceptions import DataError
from recokit.preprocessing.features import Features, Fill, fill_values

__all__ = ["FeatureLookup"]


class FeatureLookup(TransformerMixin, BaseEstimator):
    """Transform ids of users or items into rows of `Features`, in a scikit-learn pipeline.

    Compute the features as of the moment at which predictions are made; the transformer only looks them up, so that
    cross-validation over users cannot use later events.

    Parameters
    ----------
    features : Features
        Table of all users or items.
    columns : sequence of str, optional
        Names of the columns to return, in order; all by default.
    fill : "median", "mean", float, or mapping of column names to floats, optional
        Numbers in place of NaN, as in `Features.filled`; medians and means are those of the rows in `fit`. By default
        NaN is returned, which models such as ``HistGradientBoostingClassifier`` accept.
    unknown : {"raise", "nan"}
        Unknown ids raise an error, or give rows of NaN, which ``fill`` replaces.

    Attributes
    ----------
    features_out_ : Features
        The table of the columns to return.
    fill_values_ : (n_columns,) float64 array
        Number in place of NaN in each column; NaN to keep it.
    n_features_in_ : int
        1: the ids.

    See Also
    --------
    recokit.preprocessing.Features :
        Numbers that describe each user or item: ids, a matrix, and the description of each column.
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from recokit.preprocessing import FeatureLookup, Features
    >>> features = Features(
    ...     ["ann", "bob", "cy"], [[1, 9], [5, 2], [4, float("nan")]], ["orders", "recency"]
    ... )
    >>> model = make_pipeline(FeatureLookup(features, fill="median"), LogisticRegression())
    >>> model.fit(["ann", "bob", "cy"], [0, 1, 1]).predict(["cy", "ann"]).tolist()
    [1, 0]
    >>> lookup = (
    ...     FeatureLookup(features, columns=["orders"])
    ...     .set_output(transform="pandas")
    ...     .fit(["ann"])
    ... )
    >>> lookup.transform(["cy"])["orders"].tolist()
    [4.0]
    >>> lookup.get_feature_names_out().tolist()
    ['orders']
    """

    def __init__(
        self,
        features: Features,
        *,
        columns: Any = None,
        fill: Fill | None = None,
        unknown: Literal["raise", "nan"] = "raise",
    ) -> None:
        self.features = features
        self.columns = columns
        self.fill = fill
        self.unknown = unknown

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the numbers in place of NaN from the rows of ids.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, 1), or frame
            Ids. A frame has the ids in its column ``user_id`` or ``item_id``, or has one column.
        y : ignored

        Raises
        ------
        TypeError
            ``features`` is not a Features.
        DataError
            ``X`` does not hold one column of ids.
        KeyError
            There is no feature of a name in ``columns``.
        UnknownIdError
            An id is unknown and ``unknown="raise"``.
        """
        if not isinstance(self.features, Features):
            raise TypeError(f"features: expected Features, got {type(self.features).__name__}; see user_features")
        table = self.features if self.columns is None else self.features[list(self.columns)]
        rows = table.rows(_ids(X, table.kind), unknown=self.unknown)
        self.fill_values_ = fill_values(self.fill, rows, table.names)
        self.features_out_ = table
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the features of each id.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, 1), or frame
            As in `fit`; ids may be repeated.

        Returns
        -------
        (n, n_columns) float64 array, or a frame after ``set_output``

        Raises
        ------
        NotFittedError
            `fit` was not called.
        UnknownIdError
            An id is unknown and ``unknown="raise"``.
        """
        check_is_fitted(self)
        table: Features = self.features_out_
        rows = table.rows(_ids(X, table.kind), unknown=self.unknown)
        filled: FloatArray = np.where(np.isnan(rows), self.fill_values_, rows)
        return filled

    def get_feature_names_out(self, input_features: Any = None) -> AnyArray:
        """Return the names of the columns of `transform`."""
        check_is_fitted(self)
        names: AnyArray = self.features_out_.get_feature_names_out()
        return names


def _ids(X: Any, kind: str) -> Any:
    """Return the ids in a frame, a mapping of columns, or an array of one column."""
    if is_frame(X) or isinstance(X, Mapping):
        names = column_names(X)
        name = f"{kind}_id" if f"{kind}_id" in names else names[0] if len(names) == 1 else None
        if name is None:
            raise DataError(f"X: expected a frame with the column {kind}_id, or of one column, got {names}")
        return column(X, name)
    ids = plain(X, "X")
    if isinstance(ids, list) and ids and all(isinstance(row, list | tuple) and len(row) == 1 for row in ids):
        return [row[0] for row in ids]
    if isinstance(ids, np.ndarray) and ids.ndim == 2 and ids.shape[1] == 1:
        return ids[:, 0]
    if isinstance(ids, np.ndarray) and ids.ndim != 1:
        raise DataError(f"X: expected {kind} ids of shape (n,) or (n, 1), got shape {ids.shape}")
    return ids
