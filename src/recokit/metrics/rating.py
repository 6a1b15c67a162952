"""Rating metrics: errors of predicted ratings."""

from typing import Any

import numpy as np

from recokit._typing import FloatArray
from recokit.data._events import read_numbers
from recokit.exceptions import DataError

__all__ = ["mae", "mse", "rmse"]


def mse(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    r"""Return the mean squared error.

    .. math:: \mathrm{MSE} = \frac{\sum_i w_i (y_i - \hat y_i)^2}{\sum_i w_i}

    over all pairs, so users with many test ratings have more influence. 0 is best.

    Parameters
    ----------
    y_true : (n,) array-like
        True ratings.
    y_pred : (n,) array-like
        Predicted ratings.
    sample_weight : (n,) array-like, optional
        Non-negative weights w; by default 1 for each pair.

    Returns
    -------
    float
        In squared units of the ratings.

    Raises
    ------
    DataError
        The arrays are empty, have different lengths or contain a value that is not finite, or the weights are negative
        or all 0.

    See Also
    --------
    recokit.metrics.rmse : Return the root mean squared error, :math:`\sqrt{\mathrm{MSE}}`, in units of the ratings.
    recokit.metrics.mae : Return the mean absolute error, in units of the ratings.

    References
    ----------
    .. [1] Herlocker et al. (2004), Evaluating collaborative filtering recommender systems, ACM TOIS 22(1).

    Examples
    --------
    >>> mse([3, 5], [4, 5])
    0.5
    """
    errors, weights = _errors(y_true, y_pred, sample_weight)
    return float(np.average(errors**2, weights=weights))


def rmse(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    r"""Return the root mean squared error, :math:`\sqrt{\mathrm{MSE}}`, in units of the ratings.

    Parameters
    ----------
    y_true, y_pred, sample_weight
        As in `mse`.

    Returns
    -------
    float

    Raises
    ------
    DataError
        As in `mse`.

    See Also
    --------
    recokit.metrics.mse : Return the mean squared error.
    recokit.metrics.mae : Return the mean absolute error, in units of the ratings.

    References
    ----------
    .. [1] Herlocker et al. (2004), Evaluating collaborative filtering recommender systems, ACM TOIS 22(1).

    Examples
    --------
    >>> rmse([3, 5], [5, 5], sample_weight=[1, 3])
    1.0
    """
    return float(np.sqrt(mse(y_true, y_pred, sample_weight=sample_weight)))


def mae(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    r"""Return the mean absolute error, in units of the ratings.

    .. math:: \mathrm{MAE} = \frac{\sum_i w_i |y_i - \hat y_i|}{\sum_i w_i}

    Parameters
    ----------
    y_true, y_pred, sample_weight
        As in `mse`.

    Returns
    -------
    float

    Raises
    ------
    DataError
        As in `mse`.

    See Also
    --------
    recokit.metrics.rmse : Return the root mean squared error, :math:`\sqrt{\mathrm{MSE}}`, in units of the ratings.
    recokit.metrics.mse : Return the mean squared error.

    References
    ----------
    .. [1] Herlocker et al. (2004), Evaluating collaborative filtering recommender systems, ACM TOIS 22(1).

    Examples
    --------
    >>> mae([3, 5], [4, 5])
    0.5
    """
    errors, weights = _errors(y_true, y_pred, sample_weight)
    return float(np.average(np.abs(errors), weights=weights))


def _errors(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[FloatArray, FloatArray | None]:
    true, predicted = read_numbers(y_true, "y_true"), read_numbers(y_pred, "y_pred")
    weights = None if sample_weight is None else read_numbers(sample_weight, "sample_weight")
    lengths = {"y_true": len(true), "y_pred": len(predicted)}
    if weights is not None:
        lengths["sample_weight"] = len(weights)
        if np.any(weights < 0) or not np.any(weights):
            raise DataError("sample_weight: expected non-negative weights that are not all 0")
    if len(set(lengths.values())) > 1 or len(true) == 0:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"expected non-empty arrays of the same length, got lengths {shown}")
    return true - predicted, weights
