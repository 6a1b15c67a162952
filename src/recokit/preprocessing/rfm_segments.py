"""rfm: scores of recency, frequency and monetary value, and the segments that marketers name."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._runtime.html import html_table
from recokit._runtime.language import Language, check_language
from recokit._runtime.text import text_table
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.preprocessing._as_of import AsOf
from recokit.preprocessing._grouped import sums
from recokit.preprocessing._rfm_grid import SEGMENTS, quantile_scores, segment_codes
from recokit.preprocessing.event_log import EventLog

__all__ = ["RFM", "rfm"]

_HEADINGS = (
    ("segment", "users", "share", "revenue", "recency", "frequency", "monetary"),
    ("分群", "用户数", "用户占比", "收入占比", "最近购买", "购买频次", "消费金额"),
)


@dataclass(frozen=True, eq=False, repr=False)
class RFM:
    """Recency, frequency and monetary value of each user, with scores and segments; the result of `rfm`.

    Attributes
    ----------
    users : IdIndex
        The users with purchases.
    recency : (n_users,) float64 array
        Time from the latest order to the moment, in days or steps.
    frequency : (n_users,) float64 array
        Number of orders.
    monetary : (n_users,) float64 array, optional
        Revenue, less returns; None if the log has no prices.
    scores : (n_users, 2 or 3) int64 array
        Scores 1 to ``bins`` of recency (5: recent), frequency and, with prices, monetary value.
    codes : (n_users,) int32 array
        Position of the segment of each user in ``names``.
    bins : int
    n_without_purchase : int
        Users of the log without purchases, who have no segment.
    language : {"en", "zh"}

    See Also
    --------
    recokit.preprocessing.rfm :
        Score the recency, frequency and monetary value of each user, and name the user's segment.
    recokit.preprocessing.UserSegments : Cluster users by their features into segments with readable profiles.

    Examples
    --------
    >>> from recokit.preprocessing import EventLog, rfm
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "cup", "tea"],
    ...         "event": ["purchase"] * 3,
    ...         "timestamp": ["2024-05-01", "2024-05-19", "2024-01-02"],
    ...         "price": [3.0, 5.0, 3.0],
    ...     }
    ... )
    >>> scored = rfm(log, at="2024-05-21")
    >>> scored.frequency.tolist(), scored.recency.tolist()
    ([2.0, 1.0], [2.0, 140.0])
    >>> scored.to_frame()["segment"].tolist()
    ['Need Attention', 'Lost']
    """

    users: IdIndex
    recency: FloatArray
    frequency: FloatArray
    monetary: FloatArray | None
    scores: IntArray
    codes: CodeArray
    bins: int
    n_without_purchase: int
    language: Language = "en"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all eleven segments, from the best to the worst."""
        return tuple(pair[self.language == "zh"] for pair in SEGMENTS)

    @cached_property
    def segments(self) -> dict[Any, str]:
        """Name of each user's segment, for ``groups=`` of `recokit.evaluate` and ``by=`` of `recokit.Popularity`."""
        names = self.names
        return dict(zip(self.users, (names[code] for code in self.codes.tolist()), strict=True))

    def __len__(self) -> int:
        return len(self.users)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame of one row per user: user_id, recency, frequency, monetary, their scores r, f, m, and segment.

        Without prices, there are no columns monetary and m.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns: dict[str, AnyArray] = {"user_id": self.users.ids, "recency": self.recency, "frequency": self.frequency}
        if self.monetary is not None:
            columns["monetary"] = self.monetary
        columns |= dict(zip("rfm", np.ascontiguousarray(self.scores.T), strict=False))
        return to_frame(columns | {"segment": np.array(self.names, dtype=object)[self.codes]}, backend)

    def _table(self) -> list[list[str]]:
        """Return the text of the table by segment, with its heading as the first row."""
        heading, rows = list(_HEADINGS[self.language == "zh"]), []
        total = 0.0 if self.monetary is None else float(self.monetary.sum())
        for code, name in enumerate(self.names):
            members = self.codes == code
            n = int(np.count_nonzero(members))
            if n == 0:
                continue
            medians = [f"{np.median(values[members]):.4g}" for values in (self.recency, self.frequency)]
            row = [name, f"{n:,}", f"{n / len(self):.0%}"]
            if self.monetary is not None:
                share = f"{self.monetary[members].sum() / total:.0%}" if total > 0 else "–"
                row, medians = [*row, share], [*medians, f"{np.median(self.monetary[members]):.4g}"]
            rows.append([*row, *medians])
        if self.monetary is None:
            heading = [*heading[:3], *heading[4:6]]
        return [heading, *rows]

    def _note(self) -> str:
        if self.n_without_purchase == 0:
            return ""
        if self.language == "zh":
            return f"{self.n_without_purchase:,} 名没有购买的用户未分群"
        return f"{self.n_without_purchase:,} user(s) without purchases have no segment"

    def __str__(self) -> str:
        note = self._note()
        heading, *rows = self._table()
        return text_table(heading, rows) + (f"\n({note})" if note else "")

    def _repr_html_(self) -> str:
        columns, *rows = self._table()
        return html_table(f"RFM segments of {len(self):,} users", columns, rows, self._note())

    def __repr__(self) -> str:
        n_used = len(np.unique(self.codes))
        return f"RFM({len(self):,} users, {n_used} segments, scores 1 to {self.bins})"


def rfm(
    log: EventLog,
    at: Any = None,
    bins: int = 5,
    *,
    target: str | Iterable[str] = "purchase",
    language: Language = "en",
) -> RFM:
    r"""Score the recency, frequency and monetary value of each user, and name the user's segment.

    *Scores.* The score of a value is :math:`1 + \lfloor b \cdot s / n \rfloor` for b bins, n users and s users with a
    smaller value; for recency, s is the number of users with an older latest order. Equal values have equal scores. If
    60 % of the users have one order, all of them have frequency score 1, and users with two orders have score 4 of 5.

    *Segments.* The value score is the mean of the scores of frequency and monetary value, rounded down, or the
    frequency score if the log has no prices. With 5 bins:

    ========= ============ =================== =================== ========== ================
    recency   value 1      value 2             value 3             value 4    value 5
    ========= ============ =================== =================== ========== ================
    5         New          Potential Loyalists Potential Loyalists Champions  Champions
    4         Promising    Potential Loyalists Potential Loyalists Loyal      Loyal
    3         About To     About To Sleep      Need Attention      Loyal      Loyal
              Sleep
    2         Hibernating  Hibernating         At Risk             At Risk    Cannot Lose Them
    1         Lost         Lost                At Risk             At Risk    Cannot Lose Them
    ========= ============ =================== =================== ========== ================

    "New" is short for "New Customers". With another number of bins, a score counts as the score of 5 bins that contains
    the middle of its interval.

    Parameters
    ----------
    log : EventLog
        Events with users, items and times.
    at : moment, optional
        Moment of the scores; no event at or after it is used. By default that of the last event, which is included.
    bins : int
        Number of scores, at least 2.
    target : str or iterable of str
        Kinds of events that count as purchases.
    language : {"en", "zh"}
        Language of the names of the segments and of the table.

    Returns
    -------
    RFM
        Prints as a table with a row for each segment: users, their share, their share of the revenue, and the medians
        of recency, frequency and monetary value.

    Raises
    ------
    DataError
        As in `user_features`; the log has no times; or there are fewer than two users with purchases.
    ValueError
        ``bins`` is less than 2, or the language is unknown.

    See Also
    --------
    recokit.preprocessing.RFM :
        Recency, frequency and monetary value of each user, with scores and segments; the result of `rfm`.
    recokit.preprocessing.user_features :
        Compute features of each user as of a moment; no event at or after the moment is used.
    recokit.preprocessing.UserSegments : Cluster users by their features into segments with readable profiles.

    References
    ----------
    A. M. Hughes: Strategic database marketing. Probus, 1994. The grid of named segments is the one in common use in
    marketing software.

    Examples
    --------
    >>> from recokit.preprocessing import EventLog, rfm
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "ann", "bob", "cy", "dee", "dee", "eve"],
    ...         "item_id": ["tea", "tea", "cup", "pot", "tea", "tea", "pot", "cup"],
    ...         "timestamp": [
    ...             "2024-05-01",
    ...             "2024-05-10",
    ...             "2024-05-20",
    ...             "2024-05-19",
    ...             "2024-05-02",
    ...             "2024-04-01",
    ...             "2024-04-08",
    ...             "2024-04-20",
    ...         ],
    ...         "price": [2.0, 2.0, 8.0, 30.0, 2.0, 2.0, 30.0, 8.0],
    ...     }
    ... )
    >>> scored = rfm(log, at="2024-05-21")
    >>> scored.segments["ann"], scored.segments["dee"]
    ('Champions', 'At Risk')
    >>> print(scored)
    segment              users  share  revenue  recency  frequency  monetary
    Champions                1    20%      14%        1          3        12
    Potential Loyalists      1    20%      36%        2          1        30
    About To Sleep           1    20%       2%       19          1         2
    At Risk                  1    20%      38%       43          2        32
    Hibernating              1    20%      10%       31          1         8
    """
    check_language(language)
    check_count(bins, "bins", 2)
    events = AsOf.of(log, at, target, "rfm")
    if events.log.times is None:
        raise DataError("rfm needs times; give their column as timestamp= to EventLog.from_frame")
    users, n = events.log.user_codes, events.log.n_users
    orders = events.count(users, n, events.order_starts)
    buyers = np.flatnonzero(orders > 0)
    if len(buyers) < 2:
        raise DataError(
            f"rfm compares users with each other, and {len(buyers)} of {n} user(s) have a purchase; expected at least 2"
        )
    recency, frequency = events.latest(users, n, events.bought)[buyers], orders[buyers]
    monetary = None
    if events.revenue is not None:
        monetary = sums(users, events.revenue, n)[buyers]
    values = [-recency, frequency] if monetary is None else [-recency, frequency, monetary]
    scores = np.column_stack([quantile_scores(each, bins) for each in values])
    value = scores[:, 1] if monetary is None else (scores[:, 1] + scores[:, 2]) // 2
    codes = segment_codes(scores[:, 0], value, bins)
    index = IdIndex._from_sorted(events.log.users._values[buyers])
    return RFM(index, recency, frequency, monetary, scores, codes, bins, n - len(buyers), language)
