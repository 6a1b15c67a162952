"""SegmentProfiles: the size, revenue and traits of each segment of users, in words and numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.language import Language, check_language
from recokit._runtime.text import text_table
from recokit._typing import FloatArray, IntArray
from recokit.data._frames import Backend, to_frame
from recokit.persistence import storable
from recokit.preprocessing._segment_words import Trait, distinct_names, traits_of
from recokit.preprocessing._stored import check_profiles
from recokit.preprocessing.features import Feature

__all__ = ["SegmentProfiles"]

_HEADINGS = (("segment", "users", "share", "revenue"), ("分群", "用户数", "用户占比", "收入占比"))


@storable("recokit.SegmentProfiles")
@dataclass(frozen=True, eq=False, repr=False)
class SegmentProfiles:
    """Profiles of the segments of `UserSegments`; they print as a table, and each one reads as a sentence.

    Attributes
    ----------
    columns : tuple of Feature
        The profiled features.
    n_users : (n_segments,) int64 array
    revenue_share : (n_segments,) float64 array, optional
        Share of each segment in the sum of the feature ``monetary``; None without this feature.
    means : (n_segments, n_features) float64 array
        Mean of the defined values of each feature; NaN if there are none.
    differences : (n_segments, n_features) float64 array
        Mean of the segment minus the mean of all users, in standard deviations of all users, after log(1 + x) of skewed
        features; 0 where undefined.
    language : {"en", "zh"}

    See Also
    --------
    recokit.preprocessing.UserSegments : Cluster users by their features into segments with readable profiles.
    recokit.plotting.segment_heatmap : Draw how each segment of users differs from all users in each feature.

    Examples
    --------
    >>> columns = (
    ...     Feature("price_level", family="price"),
    ...     Feature("weekend_share", family="weekend"),
    ... )
    >>> profiles = SegmentProfiles(
    ...     columns,
    ...     np.array([60, 40]),
    ...     np.array([0.75, 0.25]),
    ...     np.zeros((2, 2)),
    ...     np.array([[0.5, 0.0], [-0.9, 1.2]]),
    ... )
    >>> for sentence in profiles:
    ...     print(sentence)
    premium buyers, 60% of users, 75% of revenue
    price-sensitive weekend buyers, 40% of users, 25% of revenue
    >>> profiles.translated("zh")[1]
    '价格敏感、周末购买的用户，占用户 40%，占收入 25%'
    >>> profiles.traits(1), profiles.to_frame()["n_users"].tolist()
    ([('weekend_share', 1.2), ('price_level', -0.9)], [60, 40])
    """

    columns: tuple[Feature, ...]
    n_users: IntArray
    revenue_share: FloatArray | None
    means: FloatArray
    differences: FloatArray
    language: Language = "en"
    _traits: tuple[tuple[Trait, ...], ...] = field(init=False)
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        check_language(self.language)
        traits = tuple(tuple(traits_of(self.columns, row)) for row in self.differences.tolist())
        object.__setattr__(self, "_traits", traits)
        object.__setattr__(self, "names", tuple(distinct_names(traits, self.language)))

    @classmethod
    def from_labels(
        cls,
        values: FloatArray,
        columns: Sequence[Feature],
        labels: IntArray,
        is_log: Any,
        language: Language,
    ) -> "SegmentProfiles":
        """Return the profiles of rows of features with the labels 0 … n_segments − 1.

        Parameters
        ----------
        values : (n, n_features) float64 array
            May contain NaN.
        columns : sequence of Feature
        labels : (n,) integer array
            Every label occurs.
        is_log : (n_features,) bool array
            Features to compare as log(1 + x).
        language : {"en", "zh"}
        """
        n_segments = int(labels.max()) + 1
        compared = values.copy()
        compared[:, is_log] = np.log1p(np.maximum(compared[:, is_log], 0.0))
        overall = _means(compared, np.zeros(len(labels), dtype=np.int64), 1)
        spread = np.sqrt(_means((compared - overall) ** 2, np.zeros(len(labels), dtype=np.int64), 1))
        differences = (_means(compared, labels, n_segments) - overall) / np.where(spread > 0, spread, np.inf)
        names = [column.name for column in columns]
        revenue = None
        if "monetary" in names:
            spent = np.nan_to_num(values[:, names.index("monetary")])
            total = spent.sum()
            revenue = np.bincount(labels, spent, minlength=n_segments) / total if total > 0 else None
        n_users = np.bincount(labels, minlength=n_segments)
        means = _means(values, labels, n_segments)
        return cls(tuple(columns), n_users, revenue, means, np.nan_to_num(differences), language)

    @property
    def share(self) -> FloatArray:
        """Share of each segment in all users: (n_segments,) float64."""
        share: FloatArray = self.n_users / self.n_users.sum()
        return share

    def traits(self, segment: int) -> list[tuple[str, float]]:
        """Return the names of the notable features of a segment and their differences, largest first."""
        return [(trait.feature.name, trait.difference) for trait in self._traits[segment]]

    def translated(self, language: Language) -> "SegmentProfiles":
        """Return the profiles in another language, "en" or "zh"."""
        return SegmentProfiles(self.columns, self.n_users, self.revenue_share, self.means, self.differences, language)

    def __len__(self) -> int:
        return len(self.n_users)

    def __getitem__(self, segment: int) -> str:
        """Return the profile of a segment as a sentence."""
        name, share = self.names[segment], self.share[segment]
        revenue = None if self.revenue_share is None else self.revenue_share[segment]
        if self.language == "zh":
            return f"{name}，占用户 {share:.0%}" + ("" if revenue is None else f"，占收入 {revenue:.0%}")
        return f"{name}, {share:.0%} of users" + ("" if revenue is None else f", {revenue:.0%} of revenue")

    def __iter__(self) -> Iterator[str]:
        return (self[segment] for segment in range(len(self)))

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame of one row per segment: segment, name, n_users, share, revenue_share, and mean features.

        ``revenue_share`` is NaN if it is not known.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        revenue = np.full(len(self), np.nan) if self.revenue_share is None else self.revenue_share
        columns = {"segment": np.arange(len(self)), "name": np.array(self.names, dtype=object)}
        columns |= {"n_users": self.n_users, "share": self.share, "revenue_share": revenue}
        means = np.ascontiguousarray(self.means.T)
        return to_frame(columns | {one.name: each for one, each in zip(self.columns, means, strict=True)}, backend)

    def _to_state(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in ("n_users", "revenue_share", "means", "differences")}
        return {"columns": [list(column) for column in self.columns], "language": self.language, **numbers}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "SegmentProfiles":
        check_profiles(state)
        return cls(**{**state, "columns": tuple(Feature(*parts) for parts in state["columns"])})

    def _table(self) -> list[list[str]]:
        """Return the text of the table, with its heading as the first row."""
        revenue = ["–"] * len(self) if self.revenue_share is None else [f"{one:.0%}" for one in self.revenue_share]
        numbers = zip(self.names, self.n_users.tolist(), self.share, revenue, strict=True)
        rows = [[name, f"{n:,}", f"{share:.0%}", spent] for name, n, share, spent in numbers]
        return [list(_HEADINGS[self.language == "zh"]), *rows]

    def __str__(self) -> str:
        heading, *rows = self._table()
        return text_table(heading, rows)

    def _repr_html_(self) -> str:
        columns, *rows = self._table()
        return html_table(f"{len(self)} segments of {int(self.n_users.sum()):,} users", columns, rows)

    def __repr__(self) -> str:
        return f"SegmentProfiles({len(self)} segments: {'; '.join(self.names)})"


def _means(values: FloatArray, labels: IntArray, n_segments: int) -> FloatArray:
    """Return the mean of the defined values of each column in each segment, NaN if there are none."""
    means: FloatArray = np.full((n_segments, values.shape[1]), np.nan)
    for place, column in enumerate(values.T):
        defined = ~np.isnan(column)
        counts = np.bincount(labels[defined], minlength=n_segments)
        sums = np.bincount(labels[defined], column[defined], minlength=n_segments)
        means[:, place] = np.divide(sums, counts, out=np.full(n_segments, np.nan), where=counts > 0)
    return means
