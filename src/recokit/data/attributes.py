"""Descriptions of stored attributes, which every file is checked against before a kernel reads its arrays.

A model describes the attributes that it saves in `Recommender._described`; a storable class of data has a table of
them. Kernels check neither bounds nor dtypes, so a description states all that they rely on: dtype, shape, range and
finite numbers. A shape names its sizes. ``n_users`` and ``n_items`` are known; any other name, such as ``n_factors``,
takes its value from the first array that has it, and the other arrays must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from recokit._storage.sparse_rows import check_sparse
from recokit._typing import AnyArray

__all__ = [
    "Array",
    "Attribute",
    "Bounds",
    "Codes",
    "Each",
    "Fields",
    "Flag",
    "Instance",
    "Matrix",
    "Named",
    "Number",
    "Series",
    "Storable",
    "Text",
    "check_attributes",
]

Size = int | str
Sizes = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A stored attribute.

    Attributes
    ----------
    or_none : bool
        None is a value of the attribute.
    or_absent : bool
        The attribute may be missing, such as in files of versions that did not have it.

    See Also
    --------
    recokit.data.attributes.check_attributes :
        Check the attributes of a saved or loaded object against their descriptions.
    recokit.data.attributes.Array : A NumPy array.

    Examples
    --------
    >>> Flag(or_none=True).check("is_open_", None, {})
    """

    or_none: bool = False
    or_absent: bool = False

    def check(self, name: str, value: Any, sizes: Sizes) -> None:
        """Raise ValueError if a value does not fit; add the sizes that it determines to ``sizes``."""
        if value is None and self.or_none:
            return
        self._check(name, value, sizes)

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Array(Attribute):
    """A NumPy array.

    Attributes
    ----------
    dtype : str
        A dtype, "text" (variable-width strings), "time" (int64, float64 or datetime64) or "ids" (int64, text or
        objects).
    shape : tuple of int or str
        Sizes or their names.
    at_least, below : int or str, optional
        Smallest value, and value above the largest one; the latter may be the name of a size.
    finite : bool
        Neither NaN nor infinite.

    See Also
    --------
    recokit.data.attributes.Matrix : A sparse matrix in CSR format with finite values; loading has checked its indices.
    recokit.data.attributes.Codes :
        Return the description of int32 codes of users or items, and −1 if some may be missing.
    recokit.data.attributes.check_attributes :
        Check the attributes of a saved or loaded object against their descriptions.

    Examples
    --------
    >>> import numpy as np
    >>> Array("float32", (3,)).check("weights_", np.zeros(3, dtype=np.float32), {})
    """

    dtype: str
    shape: tuple[Size, ...]
    at_least: float | None = None
    below: float | str | None = None
    finite: bool = True

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, np.ndarray) or not _has_dtype(value, self.dtype):
            raise ValueError(f"{name}: expected an array of {self.dtype}, got {_shown(value)}")
        _check_shape(name, value.shape, self.shape, sizes)
        if value.size == 0 or value.dtype.kind not in "biuf":
            return
        if value.dtype.kind == "f" and self.finite and not np.all(np.isfinite(value)):
            raise ValueError(f"{name}: a value is not finite")
        if self.at_least is not None and not np.min(value) >= self.at_least:
            raise ValueError(f"{name}: expected at least {self.at_least}, got {np.min(value)}")
        if self.below is not None:
            limit = sizes.get(self.below, 0) if isinstance(self.below, str) else self.below
            if not np.max(value) < limit:
                raise ValueError(f"{name}: expected less than {limit}, got {np.max(value)}")


def Codes(shape: tuple[Size, ...], of: str, *, missing: bool = False, **options: Any) -> Array:  # noqa: N802
    """Return the description of int32 codes of users or items, and −1 if some may be missing.

    See Also
    --------
    recokit.data.attributes.Array : A NumPy array.

    Examples
    --------
    >>> import numpy as np
    >>> Codes((2,), "n_items").check(
    ...     "codes_", np.array([0, 4], dtype=np.int32), {"n_items": 5}
    ... )
    """
    return Array("int32", shape, at_least=-1 if missing else 0, below=of, **options)


@dataclass(frozen=True)
class Bounds(Attribute):
    """Bounds of consecutive rows: int64, ascending from 0 to the number of cells.

    See Also
    --------
    recokit.data.attributes.Array : A NumPy array.
    recokit.data.attributes.Number : A finite number.

    Examples
    --------
    >>> import numpy as np
    >>> Bounds(2, 3).check("indptr_", np.array([0, 1, 3]), {})
    """

    n_rows: Size
    n_cells: Size

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, np.ndarray) or value.dtype != np.int64 or value.ndim != 1 or len(value) == 0:
            raise ValueError(f"{name}: expected bounds of rows as int64, got {_shown(value)}")
        _check_shape(name, (len(value) - 1,), (self.n_rows,), sizes)
        _check_shape(name, (int(value[-1]),), (self.n_cells,), sizes)
        if value[0] != 0 or np.any(value[1:] < value[:-1]):
            raise ValueError(f"{name}: bounds of rows must ascend from 0")


@dataclass(frozen=True)
class Matrix(Attribute):
    """A sparse matrix in CSR format with finite values; loading has checked its indices.

    See Also
    --------
    recokit.data.attributes.Array : A NumPy array.

    Examples
    --------
    >>> from scipy import sparse
    >>> Matrix(2, 2).check(
    ...     "weights_", sparse.eye_array(2, format="csr", dtype="float32"), {}
    ... )
    """

    n_rows: Size
    n_columns: Size
    dtype: str = "float32"

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not (sparse.issparse(value) and value.format == "csr" and value.dtype == np.dtype(self.dtype)):
            raise ValueError(f"{name}: expected a sparse matrix of {self.dtype} in CSR format, got {_shown(value)}")
        _check_shape(name, value.shape, (self.n_rows, self.n_columns), sizes)
        if not np.all(np.isfinite(value.data)):
            raise ValueError(f"{name}: a value is not finite")
        check_sparse(value)


@dataclass(frozen=True)
class Number(Attribute):
    """A finite number.

    See Also
    --------
    recokit.data.attributes.Flag : True or False.
    recokit.data.attributes.Bounds : Bounds of consecutive rows: int64, ascending from 0 to the number of cells.

    Examples
    --------
    >>> Number(at_least=0).check("mean_", 0.5, {})
    """

    at_least: float | None = None
    at_most: float | None = None
    whole: bool = False
    finite: bool = True

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        kinds = (int, np.integer) if self.whole else (int, float, np.integer, np.floating)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{name}: expected a {'whole ' if self.whole else ''}number, got {_shown(value)}")
        if self.finite and not isfinite(value):
            raise ValueError(f"{name}: expected a finite number, got {value}")
        if self.at_least is not None and not value >= self.at_least:
            raise ValueError(f"{name}: expected at least {self.at_least}, got {value}")
        if self.at_most is not None and not value <= self.at_most:
            raise ValueError(f"{name}: expected at most {self.at_most}, got {value}")


@dataclass(frozen=True)
class Flag(Attribute):
    """True or False.

    See Also
    --------
    recokit.data.attributes.Number : A finite number.

    Examples
    --------
    >>> Flag().check("is_open_", True, {})
    """

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected True or False, got {_shown(value)}")


@dataclass(frozen=True)
class Text(Attribute):
    """A string, one of ``choices`` if there are any.

    See Also
    --------
    recokit.data.attributes.Named : A mapping of names to values that have one description.
    recokit.data.attributes.Flag : True or False.

    Examples
    --------
    >>> Text(("exact", "approximate")).check("index_", "exact", {})
    """

    choices: tuple[str, ...] = ()

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            expected = f"one of {', '.join(self.choices)}" if self.choices else "text"
            raise ValueError(f"{name}: expected {expected}, got {_shown(value)}")


@dataclass(frozen=True)
class Instance(Attribute):
    """An object of a storable class, which checks itself; ``sizes`` pairs attributes, or "len", and names of sizes.

    See Also
    --------
    recokit.data.attributes.Each : A list or tuple of any length whose elements have one description.
    recokit.data.attributes.Storable : Any value that a file can hold, for attributes that no kernel reads.

    Examples
    --------
    >>> from recokit import IdIndex
    >>> Instance(IdIndex).check("items_", IdIndex(["tea", "cup"]), {})
    """

    kind: type
    sizes: tuple[tuple[str, str], ...] = ()

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, self.kind):
            raise ValueError(f"{name}: expected {self.kind.__name__}, got {_shown(value)}")
        sized: Any = value
        for attribute, size in self.sizes:
            given = len(sized) if attribute == "len" else getattr(sized, attribute)
            _check_shape(name, (given,), (size,), sizes)


@dataclass(frozen=True)
class Each(Attribute):
    """A list or tuple of any length whose elements have one description.

    See Also
    --------
    recokit.data.attributes.Named : A mapping of names to values that have one description.
    recokit.data.attributes.Instance :
        An object of a storable class, which checks itself; ``sizes`` pairs attributes, or "len", and names of
        sizes.

    Examples
    --------
    >>> Each(Number()).check("scores_", [0.5, 1.0], {})
    """

    element: Attribute
    length: Size | None = None

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name}: expected a list, got {_shown(value)}")
        if self.length is not None:
            _check_shape(name, (len(value),), (self.length,), sizes)
        for element in value:
            self.element.check(f"{name}[…]", element, sizes)


@dataclass(frozen=True)
class Fields(Attribute):
    """A tuple whose elements have one description each."""

    elements: tuple[Attribute, ...]

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, tuple) or len(value) != len(self.elements):
            raise ValueError(f"{name}: expected a tuple of {len(self.elements)} values, got {_shown(value)}")
        for place, (element, each) in enumerate(zip(self.elements, value, strict=True)):
            element.check(f"{name}[{place}]", each, sizes)


@dataclass(frozen=True)
class Named(Attribute):
    """A mapping of names to values that have one description.

    See Also
    --------
    recokit.data.attributes.Each : A list or tuple of any length whose elements have one description.

    Examples
    --------
    >>> Named(Number()).check("means_", {"tea": 0.5}, {})
    """

    element: Attribute

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"{name}: expected a mapping of names, got {_shown(value)}")
        for key, element in value.items():
            self.element.check(f"{name}[{key!r}]", element, sizes)


@dataclass(frozen=True)
class Series(Attribute):
    """A mapping of names to lists of numbers, such as the losses of the epochs of a fit.

    See Also
    --------
    recokit.data.attributes.Array : A NumPy array.

    Examples
    --------
    >>> import numpy as np
    >>> Series().check("history_", {"loss": [0.5, 0.4]}, {})
    """

    _lists: ClassVar[Named] = Named(Each(Number(finite=False)))

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        self._lists.check(name, value, sizes)


@dataclass(frozen=True)
class Storable(Attribute):
    """Any value that a file can hold, for attributes that no kernel reads.

    See Also
    --------
    recokit.data.attributes.Instance :
        An object of a storable class, which checks itself; ``sizes`` pairs attributes, or "len", and names of
        sizes.

    Examples
    --------
    >>> Storable().check("notes_", {"by": "ann"}, {})
    """

    def _check(self, name: str, value: Any, sizes: Sizes) -> None:
        """Accept the value."""


def check_attributes(
    values: Mapping[str, Any], described: Mapping[str, Attribute], sizes: Mapping[str, int], owner: str
) -> None:
    """Check the attributes of a saved or loaded object against their descriptions.

    Parameters
    ----------
    values : mapping of str to value
        The attributes.
    described : mapping of str to Attribute
        Descriptions, in an order in which an array that determines a size comes before an array with this limit.
    sizes : mapping of str to int
        Known sizes.
    owner : str
        Name of the class, for messages.

    Raises
    ------
    ValueError
        An attribute is missing, is not described, or does not fit its description.

    See Also
    --------
    recokit.data.attributes.Attribute : A stored attribute.
    recokit.data.attributes.Array : A NumPy array.

    Examples
    --------
    >>> check_attributes(
    ...     {"bias_": np.zeros(3)},
    ...     {"bias_": Array("float64", ("n_items",))},
    ...     {"n_items": 3},
    ...     "Model",
    ... )
    >>> check_attributes(
    ...     {"bias_": np.zeros(2)},
    ...     {"bias_": Array("float64", ("n_items",))},
    ...     {"n_items": 3},
    ...     "Model",
    ... )
    Traceback (most recent call last):
        ...
    ValueError: Model.bias_: expected shape (3,), got (2,)
    """
    unknown = sorted(set(values) - set(described))
    if unknown:
        raise ValueError(f"{owner} has no stored attribute {unknown[0]!r}")
    absent = [name for name, attribute in described.items() if name not in values and not attribute.or_absent]
    if absent:
        raise ValueError(f"{owner}.{absent[0]} is missing")
    known = dict(sizes)
    for name, attribute in described.items():
        if name in values:
            attribute.check(f"{owner}.{name}", values[name], known)


def _has_dtype(array: AnyArray, dtype: str) -> bool:
    is_text = isinstance(array.dtype, np.dtypes.StringDType)
    if dtype == "text":
        return is_text
    if dtype == "time":
        return array.dtype in (np.int64, np.float64) or array.dtype.kind == "M"
    if dtype == "ids":
        return is_text or array.dtype in (np.int64, np.dtype(object))
    return bool(array.dtype == np.dtype(dtype))


def _check_shape(name: str, shape: tuple[int, ...], expected: tuple[Size, ...], sizes: Sizes) -> None:
    wanted = tuple(sizes.get(size, size) if isinstance(size, str) else size for size in expected)
    fits = len(shape) == len(wanted)
    if not fits or any(isinstance(size, int) and size != given for given, size in zip(shape, wanted, strict=True)):
        text = ", ".join(map(str, wanted)) + ("," if len(wanted) == 1 else "")
        raise ValueError(f"{name}: expected shape ({text}), got {shape}")
    sizes.update({size: given for given, size in zip(shape, wanted, strict=True) if isinstance(size, str)})


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return f"{type(value).__name__} {value!r:.60}" if isinstance(value, str | int | float) else type(value).__name__
