"""check_split: find leaks in a split, and the limits of its test."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray
from recokit.baselines import Popularity
from recokit.data._inputs import as_interactions
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, LeakageWarning
from recokit.metrics import evaluate
from recokit.metrics._leaks import Leaks, count_leaks
from recokit.metrics._mismatch import warn_of_twins
from recokit.model_selection._splitter import check_whole
from recokit.model_selection.pairs import Pairs

__all__ = ["SplitReport", "check_split"]


@dataclass(frozen=True)
class SplitReport:
    """Report of `check_split`; ``print`` shows it as a table.

    Attributes
    ----------
    n_train, n_test : int
        Numbers of training and test interactions.
    n_train_users, n_test_users, n_train_items, n_test_items : int
        Numbers of users and items with interactions in the part.
    n_duplicates : int
        Test pairs that are also training pairs, except for repeats: a leak.
    n_repeats : int
        Test pairs that are also training pairs and later than these (repeat purchases, replays): no leak. Recommend
        with ``exclude_seen=False`` to test on them.
    n_own_future : int, optional
        Test interactions before the last training interaction of the same user: a leak of the user's own future. None
        without timestamps.
    n_anyones_future : int, optional
        Test interactions before the last training interaction of any user: the training data hold later interactions of
        other users. This is a leak if the model will be used on later data; only splits at one moment for all users
        avoid it. None without timestamps.
    n_cold_users, n_cold_items : int
        Test users and test items without training interactions.
    n_of_cold_users, n_of_cold_items : int
        Test interactions of these users and items.
    n_merged : int
        Number of repeated events that were merged before a split by time, if both parts come from the same
        `Interactions`: a leak.
    popularity : dict of str to float
        Metrics of the most popular training items as everyone's list, without the user's own training items unless
        there are repeats: the minimum that a model must exceed.

    See Also
    --------
    recokit.model_selection.check_split :
        Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    Examples
    --------
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import check_split, train_test_split
    >>> report = check_split(
    ...     *train_test_split(example_interactions("implicit"), random_state=0)
    ... )
    >>> report.n_duplicates
    0
    """

    n_train: int
    n_test: int
    n_train_users: int
    n_test_users: int
    n_train_items: int
    n_test_items: int
    n_duplicates: int
    n_repeats: int
    n_own_future: int | None
    n_anyones_future: int | None
    n_cold_users: int
    n_cold_items: int
    n_of_cold_users: int
    n_of_cold_items: int
    n_merged: int
    popularity: dict[str, float]

    @property
    def leaks(self) -> list[str]:
        """Descriptions of the leaks: duplicates, users' own future, and merged events."""
        found = []
        if self.n_duplicates:
            found.append(f"{_share(self.n_duplicates, self.n_test)} test interactions are also training interactions")
        if self.n_own_future:
            found.append(
                f"{_share(self.n_own_future, self.n_test)} test interactions are older than the last training "
                "interaction of the same user"
            )
        if self.n_merged:
            found.append(
                f"{self.n_merged:,} repeated events were merged before the split by time, so pairs with events on both "
                "sides are in the test only; split the log of events first, with split_log"
            )
        return found

    @property
    def protocol(self) -> str:
        """Protocol of the test: ``"new items only"``, or ``"repeats allowed"`` if there are repeats."""
        return "repeats allowed" if self.n_repeats else "new items only"

    @property
    def verdict(self) -> str:
        """Conclusion in one sentence."""
        if self.leaks:
            return "LEAKS: " + "; ".join(self.leaks)
        if self.n_anyones_future is None:
            verdict = "no duplicates; leaks of the future cannot be checked without timestamps"
        elif self.n_anyones_future:
            verdict = "no duplicates, no user's own future; later interactions of other users are in training"
        else:
            verdict = "no leaks"
        return f"{verdict}; recommend with exclude_seen=False, to test on the repeats" if self.n_repeats else verdict

    def __str__(self) -> str:
        rows = self._rows()
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)

    def _repr_html_(self) -> str:
        *rows, (_, verdict) = self._rows()
        return html_table("split", ["", ""], rows, verdict)

    def _rows(self) -> list[tuple[str, str]]:
        train = f"{self.n_train:,} interactions of {self.n_train_users:,} users with {self.n_train_items:,} items"
        test = f"{self.n_test:,} interactions of {self.n_test_users:,} users with {self.n_test_items:,} items"
        return [
            ("training", train),
            ("test", test),
            ("protocol", self.protocol),
            ("duplicates", _share(self.n_duplicates, self.n_test)),
            ("repeats", _share(self.n_repeats, self.n_test)),
            ("own future in training", _share(self.n_own_future, self.n_test)),
            ("any future in training", _share(self.n_anyones_future, self.n_test)),
            ("cold users", _cold(self.n_cold_users, self.n_test_users, self.n_of_cold_users, self.n_test)),
            ("cold items", _cold(self.n_cold_items, self.n_test_items, self.n_of_cold_items, self.n_test)),
            ("popularity baseline", ", ".join(f"{name} {value:.4f}" for name, value in self.popularity.items())),
            ("verdict", self.verdict),
        ]


def check_split(train: Any, test: Any, *, k: int = 10, repeats: bool | None = None) -> SplitReport:
    """Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    A test has one of two protocols: new items only, or repeats allowed (repeat purchases, replays). A pair in both
    parts is a leak in the first protocol. In the second it is a leak only if its test interaction is not later.

    Parameters
    ----------
    train, test : Interactions, `Pairs`, scipy sparse matrices, or (user, item) pairs
        The parts. Leaks of the future are checked if both have timestamps.
    k : int
        Cut-off of the metrics of the popularity baseline.
    repeats : bool, optional
        Protocol: whether pairs of the training data may be tested again. By default they may if both parts have
        timestamps, which show that the test interaction is later.

    Returns
    -------
    SplitReport

    Raises
    ------
    DataError
        A part is empty, or the timestamps of the two parts are not comparable.

    Warns
    -----
    LeakageWarning
        Pairs are in both parts and are no repeats, users' own future is in the training data, or repeated events were
        merged before a split by time.
    UserWarning
        The parts share no user or no item, but an id occurs in two forms, such as 12 and "12.0".

    See Also
    --------
    recokit.model_selection.SplitReport : Report of `check_split`; ``print`` shows it as a table.
    recokit.model_selection.split_interactions : Yield the training and the test data of each split.
    recokit.LeakageWarning : A split or an evaluation whose training data contain test data or are later than test data.

    Examples
    --------
    >>> from recokit import IdIndex, Interactions
    >>> from recokit.model_selection import LeaveLastOut, train_test_split
    >>> users, items = [1, 1, 2, 2, 3], ["tea", "cup", "tea", "pot", "tea"]
    >>> data = Interactions.from_arrays(users, items, timestamps=[1, 2, 3, 8, 9])
    >>> print(check_split(*train_test_split(data, LeaveLastOut()), k=2))
    training                3 interactions of 3 users with 1 items
    test                    2 interactions of 2 users with 2 items
    protocol                new items only
    duplicates              0 (0.0%)
    repeats                 0 (0.0%)
    own future in training  0 (0.0%)
    any future in training  2 (100.0%)
    cold users              0 (0.0%), with 0 (0.0%) of the test interactions
    cold items              2 (100.0%), with 2 (100.0%) of the test interactions
    popularity baseline     recall@2 1.0000, ndcg@2 0.8155
    verdict                 no duplicates, no user's own future; later interactions of other users are in training
    """
    check_whole("k", k, 1)
    train, test = (_nonempty(part, name) for part, name in ((train, "train"), (test, "test")))
    user_codes = train.users.codes(test.users)[test.user_codes]
    item_codes = train.items.codes(test.items)[test.item_codes]
    cold_user, cold_item = _absent(np.diff(train.indptr), user_codes), _absent(_item_counts(train), item_codes)
    leaks = _leaks(train, test)
    n_duplicates, n_repeats = leaks.n_duplicates, leaks.n_repeats
    if repeats is False:
        n_duplicates, n_repeats = n_duplicates + n_repeats, 0
    elif repeats and leaks.n_own_future is None:  # without timestamps
        n_duplicates, n_repeats = 0, n_duplicates
    report = SplitReport(
        n_train=train.n_interactions,
        n_test=test.n_interactions,
        n_train_users=_distinct(train.user_codes),
        n_test_users=_distinct(test.user_codes),
        n_train_items=_distinct(train.item_codes),
        n_test_items=_distinct(test.item_codes),
        n_duplicates=n_duplicates,
        n_repeats=n_repeats,
        n_own_future=leaks.n_own_future,
        n_anyones_future=leaks.n_anyones_future,
        n_cold_users=_distinct(test.user_codes[cold_user]),
        n_cold_items=_distinct(test.item_codes[cold_item]),
        n_of_cold_users=int(np.count_nonzero(cold_user)),
        n_of_cold_items=int(np.count_nonzero(cold_item)),
        n_merged=0 if leaks.n_own_future else _merged(train, test),  # a random split has other leaks
        popularity=_popularity(train, test, k, exclude_seen=n_repeats == 0),
    )
    warn_of_twins(train.users, test.users, "user")
    warn_of_twins(train.items, test.items, "item")
    if report.leaks:
        warnings.warn("the split leaks: " + "; ".join(report.leaks), LeakageWarning, stacklevel=levels_inside())
    return report


def _nonempty(part: Any, name: str) -> Interactions:
    data = part.to_interactions() if isinstance(part, Pairs) else as_interactions(part, None, "auto")
    if data.n_interactions == 0:
        raise DataError(f"{name} has no interactions")
    return data


def _distinct(codes: AnyArray) -> int:
    return len(np.unique(codes))


def _item_counts(data: Interactions) -> AnyArray:
    return np.bincount(data.item_codes, minlength=data.n_items)


def _absent(counts: AnyArray, codes: AnyArray) -> BoolArray:
    """Return a mask of the codes that are unknown (−1) or have a count of 0."""
    absent: BoolArray = np.append(counts, 0)[codes] == 0
    return absent


def _merged(train: Interactions, test: Interactions) -> int:
    """Return the number of events merged before the split, if both parts were selected from the same interactions."""
    same = train.users is test.users and train.items is test.items and train.n_merged == test.n_merged
    return train.n_merged if same and train.timestamps is not None else 0


def _leaks(train: Interactions, test: Interactions) -> Leaks:
    """Count the leaks of a split; raise a `DataError` if the times of the parts are not comparable."""
    leaks = count_leaks(train, test.users, test.items, test.rows._replace(times=test.timestamps))
    if leaks.time_types is not None:
        train_type, test_type = leaks.time_types
        raise DataError(
            f"timestamps: expected one type in both parts, got {train_type} in train and {test_type} in test"
        )
    return leaks


def _popularity(train: Interactions, test: Interactions, k: int, *, exclude_seen: bool) -> dict[str, float]:
    users = test.users.take(np.flatnonzero(np.diff(test.indptr)))
    model = Popularity().fit(_popular_part(train, k))
    lists = model.recommend(users, k, exclude_seen=exclude_seen, on_unknown="popular")
    with warnings.catch_warnings():
        # The lists come from the training data, so their ids fit.
        warnings.filterwarnings("ignore", message="none of the .* is in a list")
        return evaluate(lists, test, [f"recall@{k}", f"ndcg@{k}"]).means


def _popular_part(train: Interactions, k: int) -> Interactions:
    """Return the interactions with the most popular items, so many that each user lacks at least k of them.

    The lists of k hold no other items. Of a catalogue of tens of thousands of items, hundreds remain.
    """
    counts = np.bincount(train.item_codes, train.values if train.feedback == "implicit" else None, train.n_items)
    ranked = np.argsort(-counts, kind="stable")
    ranks = np.empty(train.n_items, dtype=np.int64)
    ranks[ranked] = np.arange(train.n_items)
    n_chosen, chosen = k, ranks[train.item_codes] < k
    while n_chosen < train.n_items and np.bincount(train.user_codes[chosen], minlength=1).max() > n_chosen - k:
        n_chosen *= 2
        chosen = ranks[train.item_codes] < n_chosen
    codes = np.sort(ranked[:n_chosen])
    new_codes = np.searchsorted(codes, train.item_codes[chosen]).astype(np.int32)
    part = train.select(chosen)
    return replace(part, items=IdIndex(train.items.take(codes)), item_codes=new_codes)


def _share(n: int | None, total: int) -> str:
    return "unknown without timestamps" if n is None else f"{n:,} ({n / total:.1%})"


def _cold(n: int, total: int, n_interactions: int, n_test: int) -> str:
    return f"{_share(n, total)}, with {_share(n_interactions, n_test)} of the test interactions"
