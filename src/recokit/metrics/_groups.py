"""Groups of users: the segment of each user, and the evaluation of each segment."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recokit._runtime.html import html_table
from recokit._typing import CodeArray, FloatArray
from recokit.data._frames import Backend, column, column_names, is_frame, is_missing, is_pandas, to_frame
from recokit.data._id_forms import describe_mismatch
from recokit.data._keyed import by_label
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.metrics._context import Context
from recokit.metrics._lists import Lists
from recokit.metrics._measure import measure_lists
from recokit.metrics._metric import Metric
from recokit.metrics._pairing import Pairing

if TYPE_CHECKING:
    from recokit.metrics.evaluation import Evaluation

__all__ = ["GroupEvaluation", "UserGroups", "evaluate_groups"]


class UserGroups(NamedTuple):
    """The group of each user.

    Attributes
    ----------
    users : IdIndex
    groups : IdIndex
        Labels of the groups: sorted, or in the order of an ordered pandas categorical.
    codes : (n_users,) int32 array
        Group of each user.
    """

    users: IdIndex
    groups: IdIndex
    codes: CodeArray

    @classmethod
    def from_input(cls, given: Any) -> "UserGroups":
        """Return the groups of users; users with a missing group are left out.

        Parameters
        ----------
        given : mapping, pandas Series or frame
            A mapping of user ids to groups; a Series with the users as its index; or a frame, or a mapping of its
            columns, of the column user_id and one other column.

        Raises
        ------
        DataError
            The input has another form, a user occurs twice, a label is not hashable, or no user has a group.
        """
        labelled = by_label(given, "groups", "user")
        if is_frame(labelled) or (isinstance(labelled, Mapping) and set(column_names(labelled)) > {"user_id"}):
            users, labels = cls._columns_of(labelled)
        elif isinstance(labelled, Mapping):
            users, labels = list(labelled), list(labelled.values())
        else:
            raise DataError(
                "groups: expected a mapping of users to groups, a pandas Series with the users as its index, or a "
                f"frame with the columns user_id and group, got {type(given).__name__}"
            )
        if len(users) != len(labels):
            raise DataError(f"groups: {len(users)} users and {len(labels)} groups")
        has_group = [row for row, label in enumerate(labels) if not is_missing(label)]
        if not has_group:
            raise DataError("groups: no user has a group")
        index = IdIndex([users[row] for row in has_group], name="users of the groups")
        groups, codes = IdIndex.factorize([labels[row] for row in has_group], "groups")
        categories: Any = getattr(given, "dtype", None) if is_pandas(given) else None
        if getattr(categories, "ordered", False):
            ordered = IdIndex([label for label in categories.categories if label in groups])
            return cls(index, ordered, ordered.codes(groups)[codes])
        return cls(index, groups, codes)

    @staticmethod
    def _columns_of(frame: Any) -> tuple[list[Any], list[Any]]:
        others = [name for name in column_names(frame) if name != "user_id"]
        if len(others) != 1:
            raise DataError(
                f"groups: expected a frame with the column user_id and one other column, got {column_names(frame)}"
            )
        users, labels = (column(frame, name) for name in ("user_id", others[0]))
        return list(users), list(labels)

    def codes_of(self, users: IdIndex) -> CodeArray:
        """Return the group of each user, −1 for none."""
        codes: CodeArray = np.append(self.codes, np.int32(-1))[self.users.codes(users)]
        return codes

    def without(self, users: Any) -> dict[Any, Any]:
        """Return the group of each user as a mapping, without some users."""
        kept = np.ones(len(self.users), dtype=np.bool_)
        codes = self.users.codes(users)
        kept[codes[codes >= 0]] = False
        labels = self.groups.take(self.codes[kept]).tolist()
        return dict(zip(self.users.take(np.flatnonzero(kept)).tolist(), labels, strict=True))

    def check_users(self, users: IdIndex) -> None:
        """Raise a `DataError` if none of the users has a group."""
        reason = describe_mismatch(self.users, users, ("the groups", "the evaluated users"))
        if reason is not None:
            raise DataError(f"groups: none of the {len(users)} evaluated users has a group: {reason}")


@dataclass(frozen=True, eq=False, repr=False)
class GroupEvaluation:
    """Evaluation of each group of users; part of the result of `evaluate`.

    Attributes
    ----------
    evaluations : dict of group to Evaluation
        Evaluation of each group, in the order of the groups. The metrics of all lists together are those of the lists
        of the group. A metric that is not defined for a group is NaN.
    n_without_group : int
        Evaluated users without a group.

    See Also
    --------
    recokit.metrics.Evaluation : Result of `evaluate`.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    Examples
    --------
    >>> from recokit.metrics import evaluate
    >>> lists, test = {"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup"]}
    >>> groups = evaluate(
    ...     lists, test, ["recall@1"], groups={"ann": "new", "bob": "returning"}
    ... ).groups
    >>> groups["new"]["recall@1"]
    1.0
    >>> groups.to_frame("polars").shape
    (2, 6)
    """

    evaluations: dict[Any, "Evaluation"]
    n_without_group: int = 0

    def __getitem__(self, group: Any) -> "Evaluation":
        """Return the evaluation of a group."""
        if group not in self.evaluations:
            raise KeyError(f"no group {group!r}; the groups are {first_few(self.evaluations)}")
        return self.evaluations[group]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.evaluations)

    def __len__(self) -> int:
        return len(self.evaluations)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns group, n_users, metric, value, low and high.

        It has one row for each group and metric. The bounds are those of `Evaluation.intervals`.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        rows = [
            (group, one.n_users, metric, value, *one.intervals.get(metric, (math.nan, math.nan)))
            for group, one in self.evaluations.items()
            for metric, value in one.means.items()
        ]
        _, n_users, metrics, *numbers = zip(*rows, strict=True)
        labels = IdIndex(list(self.evaluations)).ids
        columns = {"group": np.repeat(labels, [len(one.means) for one in self.evaluations.values()])}
        columns |= {"n_users": np.array(n_users), "metric": np.array(metrics, dtype=object)}
        columns |= {name: np.array(values) for name, values in zip(("value", "low", "high"), numbers, strict=True)}
        return to_frame(columns, backend)

    def _table(self) -> list[list[str]]:
        """Return the text of the table, with the names of the columns as the first row."""
        metrics = list(next(iter(self.evaluations.values())).means)
        rows = [["group", "users", *metrics]]
        rows += [
            [str(group), f"{one.n_users:,}", *(f"{value:.4f}" for value in one.means.values())]
            for group, one in self.evaluations.items()
        ]
        return rows

    def _note(self) -> str:
        return f"{self.n_without_group:,} evaluated users without a group" if self.n_without_group else ""

    def __str__(self) -> str:
        rows = self._table()
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        ]
        if self.n_without_group:
            lines.append(f"({self._note()})")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        columns, *rows = self._table()
        return html_table("Groups of users", columns, rows, self._note())

    def __repr__(self) -> str:
        return f"GroupEvaluation({len(self)} groups: {first_few(self)})"


def evaluate_groups(
    result: "Evaluation",
    groups: UserGroups,
    lists: Lists,
    pairing: Pairing,
    overall: dict[str, Metric],
    context: Context,
) -> GroupEvaluation:
    """Return the evaluation of each group.

    Parameters
    ----------
    result : Evaluation
        Evaluation of all users.
    groups : UserGroups
    lists : Lists
        All lists, including those of users without test items.
    pairing : Pairing
    overall : dict of str to Metric
        Metrics of all lists together, which are computed again for the lists of each group.
    context : Context

    Raises
    ------
    DataError
        No evaluated user has a group.
    """
    evaluated = IdIndex(pairing.users)
    groups.check_users(evaluated)
    group_of_user, group_of_list = groups.codes_of(evaluated), groups.codes_of(lists.users)
    has_list, has_test = pairing.list_rows >= 0, pairing.test_rows >= 0
    by_group: dict[Any, Evaluation] = {}
    for code, label in enumerate(groups.groups):
        members, own_lists = group_of_user == code, lists.of_rows(np.flatnonzero(group_of_list == code))
        per_user = {name: values[members] for name, values in result.per_user.items()}
        by_group[label] = replace(
            result,
            means={
                name: _measure_or_nan(own_lists, overall[name], context)
                if name in overall
                else _mean_or_nan(per_user[name])
                for name in result.means
            },
            users=pairing.users[members],
            per_user=per_user,
            n_without_test=len(own_lists.users) - int(np.count_nonzero(members & has_list & has_test)),
            n_without_list=int(np.count_nonzero(members & ~has_list)),
        )
    return GroupEvaluation(by_group, n_without_group=int(np.count_nonzero(group_of_user < 0)))


def _mean_or_nan(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.any(~np.isnan(values)) else math.nan


def _measure_or_nan(lists: Lists, metric: Metric, context: Context) -> float:
    """Return a metric of the lists of a group; NaN if it is not defined for them, as for a single list."""
    try:
        return measure_lists(lists, metric, context)
    except DataError:
        return math.nan
