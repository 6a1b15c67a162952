"""Scaling of features for clustering: logarithms, robust scales, and the weights of families."""

from typing import NamedTuple

import numpy as np

from recokit._typing import BoolArray, FloatArray
from recokit.exceptions import DataError
from recokit.preprocessing.features import Feature, fill_values

__all__ = ["COMPOSITIONS", "Scaling"]

COMPOSITIONS = ("category", "source", "daypart")
"""Families of shares with the sum 1: they are scaled together, so that rare categories stay unimportant."""

_SKEWNESS = 1.0  # columns of non-negative numbers with a larger skewness are replaced by log(1 + x)
_NORMAL_IQR = 1.349  # interquartile range of the standard normal distribution
_MAX_DEVIATION = 3.0  # scaled values are clipped to this, so that outliers form no segments


class Scaling(NamedTuple):
    """Scaling of each column, learnt from training rows.

    Attributes
    ----------
    fill : (n_features,) float64 array
        Median of the defined values, in place of NaN.
    is_log : (n_features,) bool array
        True for columns that are replaced by log(1 + x).
    center, scale : (n_features,) float64 arrays
        Subtracted from and divided into the values; a scale of 0 marks a constant column, whose scaled values are 0.
    weight : (n_features,) float64 array
        Factor of each column, such that the variance of a family is its effective number of dimensions.
    """

    fill: FloatArray
    is_log: BoolArray
    center: FloatArray
    scale: FloatArray
    weight: FloatArray

    @classmethod
    def fit(cls, values: FloatArray, columns: tuple[Feature, ...]) -> "Scaling":
        """Learn the scaling of rows.

        Parameters
        ----------
        values : (n, n_features) float64 array
            May contain NaN.
        columns : tuple of Feature
            A column without a family is a family of its own.

        Raises
        ------
        DataError
            All columns are constant.
        """
        fill = fill_values("median", values, [column.name for column in columns])
        filled = np.where(np.isnan(values), fill, values)
        in_composition: BoolArray = np.array([column.family in COMPOSITIONS for column in columns], dtype=np.bool_)
        lowest: FloatArray = filled.min(axis=0)
        is_log: BoolArray = ~in_composition & (lowest >= 0) & (_skewness(filled) > _SKEWNESS)
        filled = _logged(filled, is_log)
        center, scale = _robust_scale(filled)
        families = _families(columns)
        for members in families:
            if np.any(members & in_composition):
                varying = scale[members] > 0
                center[members] = filled[:, members].mean(axis=0)
                scale[members] = np.sqrt(filled[:, members].var(axis=0).sum()) * varying
        if not np.any(scale > 0):
            raise DataError(
                f"features: all {len(columns)} column(s) are constant, so that users cannot be told apart: "
                f"{', '.join(column.name for column in columns[:8])}"
            )
        unweighted = cls(fill, is_log, center, scale, np.ones(len(columns)))
        return unweighted._replace(weight=_family_weights(unweighted.transform(values), families))

    def transform(self, values: FloatArray) -> FloatArray:
        """Return scaled rows: (n, n_features) float64 without NaN."""
        filled = _logged(np.where(np.isnan(values), self.fill, values), self.is_log)
        deviations = (filled - self.center) / np.where(self.scale > 0, self.scale, np.inf)
        scaled: FloatArray = np.clip(deviations, -_MAX_DEVIATION, _MAX_DEVIATION) * self.weight
        return scaled


def _family_weights(rows: FloatArray, families: list[BoolArray]) -> FloatArray:
    """Return the factor of each column that makes the variance of each family its effective number of dimensions.

    The effective number of dimensions is (Σ λ)² / Σ λ² for the eigenvalues λ of the covariance matrix: n for n
    uncorrelated columns of equal variance, and 1 for n copies of a column. Correlated columns, such as the numbers of
    orders and of items, therefore do not outweigh a single column.
    """
    weights = np.ones(rows.shape[1])
    for members in families:
        own = rows[:, members] - rows[:, members].mean(axis=0)
        covariance = own.T @ own / len(own)
        total, squares = np.trace(covariance), (covariance**2).sum()
        if total > 0:
            weights[members] = np.sqrt(total / squares)  # √(dimensions / variance)
    return weights


def _families(columns: tuple[Feature, ...]) -> list[BoolArray]:
    """Return a mask of the columns of each family."""
    keys = [column.family or f"\n{column.name}" for column in columns]
    return [np.array([key == family for key in keys]) for family in dict.fromkeys(keys)]


def _logged(values: FloatArray, is_log: BoolArray) -> FloatArray:
    logged = values.copy()
    logged[:, is_log] = np.log1p(np.maximum(values[:, is_log], 0.0))
    return logged


def _skewness(values: FloatArray) -> FloatArray:
    """Return the skewness of each column, 0 for a constant one."""
    deviations = values - values.mean(axis=0)
    spread = deviations.std(axis=0)
    skewness: FloatArray = (deviations**3).mean(axis=0) / np.where(spread > 0, spread, np.inf) ** 3
    return skewness


def _robust_scale(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return medians and interquartile ranges as standard deviations; the standard deviation where the range is 0."""
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    scale = (high - low) / _NORMAL_IQR
    scale = np.where(scale > 0, scale, values.std(axis=0))
    return center, np.where(np.ptp(values, axis=0) > 0, scale, 0.0)
