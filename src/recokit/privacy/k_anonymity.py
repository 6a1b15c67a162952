"""k_anonymous: an export in which several users share every combination of attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._runtime.html import html_table
from recokit._typing import AnyArray, BoolArray, IntArray
from recokit.data._frames import Backend, columns, is_frame, is_missing, to_frame
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._rows import columns_of
from recokit.preprocessing._table import EventTable

__all__ = ["ColumnChange", "KAnonymousExport", "k_anonymous"]

_ANY = "*"
_TIME_UNITS = ("h", "D", "M", "Y")


class ColumnChange(NamedTuple):
    """The generalization of one column.

    Attributes
    ----------
    column : str
    level : object
        The applied width, length or unit; None if the column is unchanged, and ``"*"`` if it says nothing any more.
    n_before, n_after : int
        Number of distinct values in the data and in the export.

    See Also
    --------
    recokit.privacy.KAnonymousExport : Rows of an export; ``print`` shows the generalized columns and the dropped rows.

    Examples
    --------
    >>> from recokit.privacy import k_anonymous
    >>> rows = {"user_id": [1, 2, 3], "age": [21, 24, 27]}
    >>> change = k_anonymous(rows, 3, {"age": [10]}).changes[0]
    >>> change.column, change.level, change.n_before, change.n_after
    ('age', 10, 3, 1)
    """

    column: str
    level: Any
    n_before: int
    n_after: int


@dataclass(frozen=True, eq=False)
class KAnonymousExport:
    """Rows of an export; ``print`` shows the generalized columns and the dropped rows.

    Attributes
    ----------
    columns : dict of str to array
        The generalized columns, and the columns to keep.
    k : int
    smallest_group : int
        Number of users, or of rows, of the smallest group of equal attributes; 0 for an export without rows.
    changes : list of ColumnChange
    n_rows, n_dropped : int
        Number of rows in the data, and of rows that were dropped.
    n_users, n_users_lost : int
        Number of users in the data, and of users without a row in the export; 0 without a column of users.

    See Also
    --------
    recokit.privacy.k_anonymous : Return rows in which every combination of attributes belongs to at least k users.
    recokit.privacy.ColumnChange : The generalization of one column.

    Examples
    --------
    >>> from recokit.privacy import k_anonymous
    >>> rows = {"user_id": [1, 2, 3], "age": [21, 24, 27]}
    >>> export = k_anonymous(rows, 3, {"age": [10]})
    >>> export.columns["age"].tolist(), export.smallest_group
    (['[20, 30)', '[20, 30)', '[20, 30)'], 3)
    >>> export.to_frame()["age"].nunique()
    1
    """

    columns: dict[str, AnyArray]
    k: int
    smallest_group: int
    changes: list[ColumnChange]
    n_rows: int
    n_dropped: int
    n_users: int
    n_users_lost: int

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return the rows as a frame."""
        return to_frame(self.columns, backend)

    def __str__(self) -> str:
        lines = self._losses()
        for name, how, n_before, n_after in self._changes():
            lines.append(f"{name}: {how}, {n_before} -> {n_after} values")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        caption, *losses = self._losses()
        return html_table(caption, ["column", "", "values before", "after"], self._changes(), "; ".join(losses))

    def _losses(self) -> list[str]:
        share = self.n_dropped / max(self.n_rows, 1)
        lines = [f"{self.k}-anonymous: smallest group {self.smallest_group}"]
        lines.append(f"dropped {self.n_dropped:,} of {self.n_rows:,} rows ({share:.1%})")
        if self.n_users:
            lines.append(f"lost {self.n_users_lost:,} of {self.n_users:,} users")
        return lines

    def _changes(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                change.column,
                "unchanged" if change.level is None else f"generalized to {change.level}",
                f"{change.n_before:,}",
                f"{change.n_after:,}",
            )
            for change in self.changes
        ]


def k_anonymous(
    log: Any,
    k: int,
    columns: Any,
    *,
    keep: Any = (),
    user: str | None = "user_id",
    max_dropped: float = 0.05,
) -> KAnonymousExport:
    """Return rows in which every combination of attributes belongs to at least k users.

    The column with the most distinct values is generalized by one level, again and again, until the rows of groups
    that are too small are at most ``max_dropped`` of all rows. These rows are then dropped (the Datafly algorithm).

    Parameters
    ----------
    log : EventLog, frame, or mapping of columns
        One row for each event or user.
    k : int
        Least number of users of a group, at least 1.
    columns : list of str, or mapping of str to levels
        Attributes that could identify a person: place, age, time, price. Levels of a mapping, from fine to coarse, are
        widths of intervals for numbers, lengths of prefixes for text, and the units "h", "D", "M" or "Y" for times.
        Every column can also be replaced by ``"*"``, after its last level; for a list, this is the only level.
    keep : list of str
        Further columns to export as they are. They are not protected: all users of a group could have the same value.
    user : str, optional
        Name of the column of users, which is not exported. A group must have k different users. None counts rows.
    max_dropped : float
        Largest share of the rows to drop, from 0 to 1.

    Returns
    -------
    KAnonymousExport

    Raises
    ------
    DataError
        A column does not exist, levels do not fit a column, or all rows would have to be dropped.
    ValueError
        ``k`` or ``max_dropped`` is out of range.

    See Also
    --------
    recokit.privacy.KAnonymousExport : Rows of an export; ``print`` shows the generalized columns and the dropped rows.
    recokit.privacy.Pseudonymizer : Replace ids by pseudonyms, so that the data of one user stay linked without the id.

    Notes
    -----
    k-anonymity hides the row of a person among the rows of a group. It does not hide values that all rows of a group
    share, and several exports of the same users can identify them together. The guarantee of `private_popularity` and
    `private_gram` does not depend on the knowledge of an attacker.

    References
    ----------
    L. Sweeney (2002). Achieving k-anonymity privacy protection using generalization and suppression. International
    Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10(5).

    Examples
    --------
    >>> from recokit.privacy import k_anonymous
    >>> people = {
    ...     "user_id": [1, 2, 3, 4],
    ...     "age": [21, 24, 27, 63],
    ...     "city": ["Ulm", "Ulm", "Ulm", "Bonn"],
    ... }
    >>> export = k_anonymous(people, 3, {"age": [10], "city": []}, max_dropped=0.25)
    >>> export.columns["age"].tolist()
    ['[20, 30)', '[20, 30)', '[20, 30)']
    >>> print(export)
    3-anonymous: smallest group 3
    dropped 1 of 4 rows (25.0%)
    lost 1 of 4 users
    age: generalized to 10, 4 -> 1 values
    city: unchanged, 2 -> 1 values
    """
    k = check_count(k, "k")
    if not 0 <= max_dropped <= 1:
        raise ValueError(f"max_dropped={max_dropped!r}: expected a number from 0 to 1")
    table = _table(log)
    levels = {name: list(given) for name, given in columns.items()} if isinstance(columns, Mapping) else {}
    levels = levels or {name: [] for name in ([columns] if isinstance(columns, str) else columns)}
    keep = [keep] if isinstance(keep, str) else list(keep)
    if not levels:
        raise ValueError("columns: expected at least one column of attributes")
    _check_names(table, [*levels, *keep, *([] if user is None else [user])])
    attributes = [_Attribute(name, table[name], given) for name, given in levels.items()]
    users = None if user is None else _codes(table[user])
    n_rows = len(next(iter(table.values()), ()))
    sizes = _group_sizes(attributes, users, n_rows)
    while np.count_nonzero(sizes < k) > max_dropped * n_rows:
        open_ones = [attribute for attribute in attributes if attribute.can_generalize]
        if not open_ones:
            break
        max(open_ones, key=lambda attribute: attribute.n_values).generalize()
        sizes = _group_sizes(attributes, users, n_rows)
    kept = sizes >= k
    if not np.any(kept):
        raise DataError(f"no group of {first_few(levels)} has {k} users, even without any detail; lower k={k}")
    return _export(attributes, {name: table[name] for name in keep}, k, sizes, kept, users)


def _table(log: Any) -> dict[str, AnyArray]:
    """Return the columns of the data as arrays of equal lengths."""
    if isinstance(log, EventTable):
        given = columns_of(log)
    elif is_frame(log) or isinstance(log, Mapping):
        given = columns(log)
    else:
        raise DataError(f"log: expected an EventLog, a frame or a mapping of columns, got {type(log).__name__}")
    table = {name: _array(values) for name, values in given.items()}
    if len({len(values) for values in table.values()}) > 1:
        raise DataError("log: the columns have different lengths")
    return table


def _array(values: Any) -> AnyArray:
    array = np.asarray(values)
    return array if array.dtype.kind in "biufmM" else np.array(list(values), dtype=object)


def _check_names(table: dict[str, AnyArray], names: list[str]) -> None:
    unknown = [name for name in names if name not in table]
    if unknown:
        raise DataError(f"no column {first_few(unknown)}; the columns are {first_few(table)}")


def _codes(values: AnyArray) -> IntArray:
    """Return a number for each value; missing values have one number."""
    numbering: dict[Any, int] = {}
    keys = (None if is_missing(value) else value for value in values.tolist())
    return np.fromiter((numbering.setdefault(key, len(numbering)) for key in keys), dtype=np.int64, count=len(values))


class _Attribute:
    """A column and its generalization so far."""

    def __init__(self, name: str, values: AnyArray, levels: list[Any]) -> None:
        self.name, self._levels = name, [*levels, _ANY]
        self._original = self.values = values
        self.codes = _codes(values)
        self.n_before = self.n_values
        self.level: Any = None

    @property
    def n_values(self) -> int:
        """Number of distinct values."""
        return int(self.codes.max(initial=-1)) + 1

    @property
    def can_generalize(self) -> bool:
        """Whether there is another level, and more than one value."""
        return bool(self._levels) and self.n_values > 1

    def generalize(self) -> None:
        """Apply the next level to the original values."""
        self.level = self._levels.pop(0)
        self.values = _generalized(self._original, self.level, self.name)
        self.codes = _codes(self.values)


def _generalized(values: AnyArray, level: Any, name: str) -> AnyArray:
    if isinstance(level, str) and level == _ANY:
        return np.full(len(values), _ANY, dtype=object)
    if values.dtype.kind == "M":
        if level not in _TIME_UNITS:
            raise DataError(f"{name}: level {level!r}: expected one of the units {', '.join(_TIME_UNITS)} for times")
        return values.astype(f"datetime64[{level}]").astype(str).astype(object)
    if isinstance(level, bool) or not isinstance(level, int | float) or level <= 0:
        raise DataError(f"{name}: level {level!r}: expected a width of intervals or a length of prefixes above 0")
    if values.dtype.kind in "iuf":
        starts = np.floor(values.astype(np.float64) / level) * level
        texts = [None if np.isnan(start) else f"[{start:.10g}, {start + level:.10g})" for start in starts.tolist()]
        return np.array(texts, dtype=object)
    length = int(level)
    texts = [None if is_missing(value) else _prefix(str(value), length) for value in values.tolist()]
    return np.array(texts, dtype=object)


def _prefix(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _group_sizes(attributes: list[_Attribute], users: IntArray | None, n_rows: int) -> IntArray:
    """Return the number of users, or of rows, of the group of each row."""
    groups = np.zeros(n_rows, dtype=np.int64)
    for attribute in attributes:
        _, groups = np.unique(groups * (attribute.n_values + 1) + attribute.codes, return_inverse=True)
    members = np.arange(n_rows) if users is None else users
    pairs = np.unique(np.stack([groups, members]), axis=1)
    sizes: IntArray = np.bincount(pairs[0], minlength=int(groups.max(initial=-1)) + 1)[groups].astype(np.int64)
    return sizes


def _export(
    attributes: list[_Attribute],
    others: dict[str, AnyArray],
    k: int,
    sizes: IntArray,
    kept: BoolArray,
    users: IntArray | None,
) -> KAnonymousExport:
    exported = {attribute.name: attribute.values[kept] for attribute in attributes}
    changes = [
        ColumnChange(each.name, each.level, each.n_before, len(np.unique(each.codes[kept]))) for each in attributes
    ]
    n_users = 0 if users is None else len(np.unique(users))
    n_left = 0 if users is None else len(np.unique(users[kept]))
    rows = len(kept), int(np.count_nonzero(~kept))
    exported |= {name: values[kept] for name, values in others.items()}
    return KAnonymousExport(exported, k, int(sizes[kept].min()), changes, *rows, n_users, n_users - n_left)
