"""Number: the block of a column of numbers, such as prices."""

import warnings
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import sparse

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.base._parameters import OPTIONAL_POSITIVE, one_of
from recokit.content._block import Block, Progress
from recokit.content._fitted_block import FittedBlock
from recokit.content._sparse_vectors import SparseVectors, unit_rows
from recokit.data._frames import is_missing
from recokit.exceptions import DataError, first_few

__all__ = ["Number"]

_HALF = 1.28  # distance, in steps between the centres of the bins, at which the cosine is one half
_MOST_STEPS = 2.0**50  # numbers beyond are set to this number of steps: float64 places no bins there


class Number(Block):
    r"""Numbers such as prices: the closer two numbers, the higher their cosine.

    A number x is first put on the scale: t = ln x, t = x, or t = the share of items with a lower number. Then it is
    placed in soft bins with centres :math:`c_k`, h apart. The feature of a bin is positive for the four nearest bins
    (a Hann window):

    .. math:: \cos^2 \frac{\pi (t - c_k)}{4 h} \quad\text{if } |t - c_k| < 2 h, \text{ else } 0

    The features are scaled to norm 1. The cosine of two numbers at the distance d on the scale is then, to within 0.02,

    .. math:: (1 - \delta) \frac{2 + \cos 2 \pi \delta}{3} + \frac{\sin 2 \pi \delta}{2 \pi}, \qquad
       \delta = \frac{d}{3.125 \cdot \text{bandwidth}} \le 1

    and 0 for larger distances. It is 1 if the numbers are equal, and one half at the distance ``bandwidth``.

    A missing value (None, NaN) matches nothing. On the scale ``"log"``, so do numbers that are not positive, with a
    warning.

    Parameters
    ----------
    column : str
        Name of the catalogue column.
    scale : {"log", "linear", "quantile"}
        "log": ratios count, as for prices. "linear": differences count. "quantile": differences of ranks count.
    bandwidth : float, optional
        The distance at which the cosine is one half. "log": a ratio above 1; by default 1.5. "linear": a difference in
        the unit of the column; by default a tenth of the difference between the 5% and the 95% quantile. "quantile": a
        share of the items; by default 0.1.
    weight : float
        Weight of the block.
    name : str, optional
        Name of the block; by default that of the column.

    See Also
    --------
    recokit.ContentRecommender :
        Recommend items similar to the items that a user liked, by several columns of a catalogue.
    recokit.content.Category : Labels such as categories, brands and colours: items with the same label match.

    References
    ----------
    Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proceedings of the IEEE
    66(1), 1978.

    Examples
    --------
    >>> from recokit.content import ContentRecommender, Number
    >>> catalogue = {"item_id": ["a", "b", "c", "d"], "price": [10, 10, 15, 80]}
    >>> model = ContentRecommender([Number("price")]).fit(
    ...     [("ann", "a")], catalogue=catalogue
    ... )
    >>> model.similar_items(["a"])["a"]
    [('b', 1.0), ('c', 0.4...)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Block._parameter_constraints,
        "column": [str],
        "scale": one_of("log", "linear", "quantile"),
        "bandwidth": OPTIONAL_POSITIVE,
    }

    def __init__(
        self,
        column: str,
        *,
        scale: Literal["log", "linear", "quantile"] = "log",
        bandwidth: float | None = None,
        weight: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.column = column
        self.scale = scale
        self.bandwidth = bandwidth
        self.weight = weight
        self.name = name

    def _read(self, values: Any) -> AnyArray:
        given = values[:]
        if not (isinstance(given, np.ndarray) and given.dtype.kind in "iuf"):
            wrong = [value for value in given if isinstance(value, str | bytes | np.datetime64)]
            if wrong:
                raise DataError(
                    f"catalogue, {self.column}: {len(wrong)} value(s) are not numbers: {first_few(wrong)}; convert "
                    "them, with NaN for missing values"
                )
            given = [np.nan if is_missing(value) else value for value in given]
        try:
            numbers = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"catalogue, {self.column}: expected numbers ({error})") from None
        if numbers.ndim != 1:
            raise DataError(f"catalogue, {self.column}: expected one number for each item, got shape {numbers.shape}")
        if np.any(np.isinf(numbers)):
            raise DataError(
                f"catalogue, {self.column}: {np.count_nonzero(np.isinf(numbers))} value(s) are infinite; give NaN for "
                "missing values"
            )
        return numbers

    def _is_missing(self, column: AnyArray) -> BoolArray:
        missing: BoolArray = np.isnan(column)
        return missing

    def _blank(self, n_rows: int, like: AnyArray) -> AnyArray:
        return np.full(n_rows, np.nan)

    def _fit(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        found = ~np.isnan(column)
        if self.scale == "log":
            placeable = found & (np.nan_to_num(column) > 0)
            self._warn_about(column[found & ~placeable], len(column))
            found = placeable
        places = self._places(column[found]) / self._bandwidth(column[found]) * _HALF
        matrix = _soft_bins(np.clip(places, -_MOST_STEPS, _MOST_STEPS), np.flatnonzero(found), len(column))
        return FittedBlock(self._label, "number", column, SparseVectors(unit_rows(matrix)))

    def _warn_about(self, dropped: FloatArray, n_items: int) -> None:
        if len(dropped):
            warnings.warn(
                f"{self._label}: {len(dropped)} of {n_items} numbers are zero or negative, such as "
                f"{first_few(dropped[:3].tolist())}; they have no logarithm and match nothing, as missing values do; "
                "scale='linear' or 'quantile' has a place for them",
                stacklevel=levels_inside(),
            )

    def _places(self, numbers: FloatArray) -> FloatArray:
        """Return the numbers on the scale."""
        if self.scale == "log":
            return np.log(numbers)
        if self.scale == "linear":
            return numbers
        _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        middles = np.cumsum(counts) - counts / 2  # equal numbers share the middle of their ranks
        return (middles / max(len(numbers), 1))[places]

    def _bandwidth(self, numbers: FloatArray) -> float:
        """Return the bandwidth on the scale."""
        if self.scale == "log":
            ratio = 1.5 if self.bandwidth is None else self.bandwidth
            if ratio <= 1:
                raise ValueError(
                    f"{self._label}: bandwidth={ratio}: expected a ratio above 1 for scale='log', such as 1.5"
                )
            return float(np.log(ratio))
        if self.bandwidth is not None:
            return float(self.bandwidth)
        if self.scale == "quantile":
            return 0.1
        low, high = np.quantile(numbers, [0.05, 0.95]) if len(numbers) else (0.0, 0.0)
        width = float(high - low) or float(np.ptp(numbers)) if len(numbers) else 0.0
        return width / 10 or 1.0


def _soft_bins(places: FloatArray, rows: AnyArray, n_rows: int) -> sparse.csr_array:
    """Return the features of places in the bins around the whole numbers: (n_rows, n_bins)."""
    bins = np.floor(places)[:, None] + np.arange(-1, 3)
    weights = np.cos(np.pi / 4 * (places[:, None] - bins)) ** 2
    distinct, columns = np.unique(bins, return_inverse=True)
    cells = weights.ravel(), (np.repeat(rows, 4), columns.ravel())
    return sparse.csr_array(sparse.coo_array(cells, shape=(n_rows, len(distinct))))
