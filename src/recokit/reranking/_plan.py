"""Plan: rules translated to arrays over the items of the lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._columns import to_times
from recokit.data._frames import column, column_names, is_frame
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.kernels.reranking import Constraints, DynamicTerms
from recokit.reranking._catalogue import Catalogue
from recokit.reranking.rules import (
    Boost,
    Calibrate,
    Diversity,
    Exclude,
    Fair,
    Freshness,
    InStock,
    Margin,
    MaxPer,
    MinShare,
    Pin,
    PriceNear,
    Rule,
)

__all__ = ["Plan"]

_US_PER_DAY = 86_400e6
_EPOCH = np.datetime64(0, "us")


@dataclass
class Plan:
    """Rules as arrays over items.

    Attributes
    ----------
    rules : sequence of Rule
    catalogue : Catalogue
        Over the items of the lists and the pinned items.
    users : frame or mapping, optional
    context : mapping
    """

    rules: Sequence[Rule]
    catalogue: Catalogue
    users: Any
    context: Mapping[str, Any]
    excluded: dict[int, BoolArray] = field(default_factory=dict)
    factors: dict[int, FloatArray] = field(default_factory=dict)
    bonuses: dict[int, FloatArray] = field(default_factory=dict)
    price_rules: dict[int, PriceNear] = field(default_factory=dict)
    caps: dict[int, CodeArray] = field(default_factory=dict)
    quotas: list[tuple[int, MinShare, BoolArray]] = field(default_factory=list)
    pins: dict[int, tuple[int, int]] = field(default_factory=dict)
    diversity: tuple[int, Diversity] | None = None
    calibration: tuple[int, Calibrate] | None = None

    def __post_init__(self) -> None:
        for place, rule in enumerate(self.rules):
            self._add(rule, place)

    @property
    def items(self) -> IdIndex:
        """Items of the lists and pinned items."""
        return self.catalogue.items

    @singledispatchmethod
    def _add(self, rule: Any, place: int) -> None:
        raise ValueError(f"rules: expected rules such as Exclude or MaxPer, got {rule!r:.80}")

    @_add.register
    def _(self, rule: Exclude, place: int) -> None:
        self.excluded[place] = rule.filter.mask(self.catalogue)

    @_add.register
    def _(self, rule: InStock, place: int) -> None:
        with np.errstate(invalid="ignore"):
            self.excluded[place] = ~(self.catalogue.numbers(rule.column) > 0)

    @_add.register
    def _(self, rule: Boost, place: int) -> None:
        mask = rule.filter.mask(self.catalogue)
        self.factors[place] = np.where(mask, rule.factor, 1.0)
        self.bonuses[place] = np.where(mask, rule.bonus, 0.0)

    @_add.register
    def _(self, rule: Margin, place: int) -> None:
        self.bonuses[place] = rule.weight * _ranks(self.catalogue.numbers(rule.column))

    @_add.register
    def _(self, rule: Freshness, place: int) -> None:
        times = self.catalogue.times(rule.column)
        known = ~np.isnat(times)
        now = rule.now if rule.now is not None else self.context.get("now")
        last = times[known].max() if np.any(known) else _EPOCH
        latest = last if now is None else _moment(now)
        ages = np.maximum((latest - times[known]).astype("timedelta64[us]").astype(np.float64), 0) / _US_PER_DAY
        bonus = np.zeros(len(times))
        bonus[known] = rule.weight * np.exp2(-ages / rule.half_life)
        self.bonuses[place] = bonus

    @_add.register
    def _(self, rule: PriceNear, place: int) -> None:
        self.catalogue.numbers(rule.column)  # raises if there is no such column
        self.price_rules[place] = rule

    @_add.register
    def _(self, rule: Pin, place: int) -> None:
        others = [other for other, (_, position) in self.pins.items() if position == rule.position - 1]
        if others:
            raise ValueError(
                f"{rule} and {self.rules[others[0]]} pin two items to the same position; pin one of them elsewhere"
            )
        self.pins[place] = (int(self.items.codes([rule.item])[0]), rule.position - 1)

    @_add.register
    def _(self, rule: MaxPer, place: int) -> None:
        self.caps[place] = self.catalogue.codes(rule.column)[0]

    @_add.register
    def _(self, rule: MinShare, place: int) -> None:
        self.quotas.append((place, rule, rule.filter.mask(self.catalogue)))

    @_add.register
    def _(self, rule: Fair, place: int) -> None:
        self.quotas += [(place, quota, quota.filter.mask(self.catalogue)) for quota in rule._quotas()]

    @_add.register
    def _(self, rule: Diversity, place: int) -> None:
        if self.diversity is not None:
            raise ValueError(f"{rule}: expected one Diversity rule, got a second one")
        if not rule.columns and "vectors" not in self.context:
            raise ValueError(f"{rule}: give columns=, or the vectors of the items in context['vectors']")
        self.diversity = place, rule

    @_add.register
    def _(self, rule: Calibrate, place: int) -> None:
        if self.calibration is not None:
            raise ValueError(f"{rule}: expected one Calibrate rule, got a second one")
        self.calibration = place, rule

    # ------------------------------------------------------------------ arrays for the kernel

    @property
    def is_excluded(self) -> BoolArray:
        """Whether each item is excluded by a rule: (n_items,) bool."""
        none = np.zeros(len(self.items), dtype=np.bool_)
        mask: BoolArray = np.any([none, *self.excluded.values()], axis=0)
        return mask

    def bonus(self, place: int, users: Any, codes: CodeArray, relevance: FloatArray) -> FloatArray:
        """Return the term of a rule in the value of items: an array of the shape of ``codes``.

        Parameters
        ----------
        place : int
            Place of the rule.
        users : (n_lists,) sequence of ids
        codes : (n_lists, n) int32 array
            Items; the terms of padding (−1) mean nothing.
        relevance : (n_lists, n) float64 array
        """
        term = np.zeros(codes.shape)
        if place in self.factors:
            term += relevance * (self.factors[place][codes] - 1.0)
        if place in self.bonuses:
            term += self.bonuses[place][codes]
        if place in self.price_rules:
            rule = self.price_rules[place]
            levels = _by_user(self.users, rule.level, users)
            prices = self.catalogue.numbers(rule.column)
            with np.errstate(divide="ignore", invalid="ignore"):
                distances = np.log(prices)[codes] - np.log(levels)[:, None]
                near = np.exp(-0.5 * (distances / rule.width) ** 2)
            term += rule.weight * np.where(np.isfinite(distances), near, 0.0)
        return term

    def constraints(self, n: int) -> Constraints:
        """Return the caps, quotas and pins of lists of n items."""
        n_items, positions = len(self.items), np.arange(1, n + 1)
        quotas = np.zeros((len(self.quotas), n), dtype=np.int64)
        members = np.zeros((len(self.quotas), n_items), dtype=np.bool_)
        for q, (_, rule, mask) in enumerate(self.quotas):
            if rule.by_prefix:
                quotas[q] = np.floor(rule.share * positions + 1e-9)
            else:
                quotas[q, -1] = np.ceil(rule.share * n - 1e-9)
            members[q] = mask
        pins = np.full(n, -1, dtype=np.int32)
        for code, position in self.pins.values():
            if position < n:
                pins[position] = code
        caps = np.array([self.rules[place].k for place in self.caps], dtype=np.int64)  # type: ignore[attr-defined]
        groups = np.array([*self.caps.values()], dtype=np.int32).reshape(len(caps), n_items)
        return Constraints(caps, groups, quotas, members, pins)

    def dynamic_terms(self) -> DynamicTerms:
        """Return the terms of diversity and calibration."""
        n_items = len(self.items)
        labels, vectors = np.empty((n_items, 0), dtype=np.int32), np.empty((n_items, 0), dtype=np.float32)
        mmr = dpp = calibration = 0.0
        categories = np.full(n_items, -1, dtype=np.int32)
        if self.diversity is not None:
            rule = self.diversity[1]
            weight = rule.trade_off / (1 - rule.trade_off)
            mmr, dpp = (weight, 0.0) if rule.by == "mmr" else (0.0, weight)
            if rule.columns:
                labels = np.stack([self.catalogue.codes(name)[0] for name in rule.columns], axis=1)
            else:
                vectors = _unit_vectors(self.context["vectors"], self.items)
        if self.calibration is not None:
            trade_off = self.calibration[1].trade_off
            calibration = trade_off / (1 - trade_off)
            categories = self.catalogue.codes(self.calibration[1].column)[0]
        return DynamicTerms(mmr, dpp, calibration, labels, vectors, categories)

    def targets(self, users: Any, codes: CodeArray, categories: CodeArray) -> FloatArray:
        """Return the shares of categories to calibrate to: (n_lists, n_categories) float64."""
        if self.calibration is None:
            return np.empty((len(codes), 0))
        n_categories = int(categories.max(initial=-1)) + 1
        of_lists = np.where(codes >= 0, categories[codes], -1)
        counts = _counts(of_lists, n_categories)
        histories = self.context.get("history")
        if histories is not None:
            mine = _histories(histories, users, self.items, categories, n_categories)
            counts = np.where(mine.sum(axis=1, keepdims=True) > 0, mine, counts)
        totals = counts.sum(axis=1, keepdims=True)
        shares: FloatArray = counts / np.maximum(totals, 1)
        return shares


def _moment(now: Any) -> np.datetime64:
    """Return a date or a text such as "2024-05-01" as a moment in UTC."""
    try:
        return np.datetime64(now, "us") if isinstance(now, str) else to_times([now], "now")[0]
    except ValueError as error:
        raise ValueError(f"now={now!r}: expected a date or a text such as '2024-05-01' ({error})") from None


def _ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value, from 0 for the lowest to 1 for the highest; 0 for NaN."""
    known = np.unique(values[np.isfinite(values)])
    ranks = np.searchsorted(known, np.where(np.isfinite(values), values, -np.inf)) / max(1, len(known) - 1)
    return np.where(np.isfinite(values), ranks, 0.0)


def _counts(codes: AnyArray, n_categories: int) -> FloatArray:
    """Return the number of cells of each category in each row; −1 is no category."""
    rows, columns = np.nonzero(codes >= 0)
    keys = rows * n_categories + codes[rows, columns]
    return np.bincount(keys, minlength=len(codes) * n_categories).reshape(len(codes), n_categories).astype(np.float64)


def _by_user(users: Any, name: str, wanted: Any) -> FloatArray:
    """Return a number for each wanted user, NaN for unknown users, from a mapping or from a column of a frame."""
    if users is None:
        raise ValueError(f"a rule needs {name!r} of the users: pass users=, a mapping of user ids or a frame")
    if is_frame(users) or (isinstance(users, Mapping) and "user_id" in users):
        names = column_names(users)
        if name not in names or "user_id" not in names:
            raise DataError(f"users: expected the columns user_id and {name}, got {first_few(names)}")
        users = dict(zip(list(column(users, "user_id")), list(column(users, name)), strict=True))
    if not isinstance(users, Mapping):
        raise DataError(f"users: expected a mapping of user ids to numbers or a frame, got {users!r:.60}")
    values = [users.get(user) for user in (wanted.tolist() if isinstance(wanted, np.ndarray) else wanted)]
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _histories(histories: Any, users: Any, items: IdIndex, categories: CodeArray, n_categories: int) -> FloatArray:
    """Return the number of items of each category in the history of each user."""
    wanted = users.tolist() if isinstance(users, np.ndarray) else list(users)
    if isinstance(histories, Interactions):
        rows = histories.rows.take(histories.users.codes(wanted))
        row_codes, codes = rows.row_codes, items.codes(histories.items)[rows.codes]
    elif isinstance(histories, Mapping):
        parts = [list(histories.get(user, ())) for user in wanted]
        row_codes = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        codes = items.codes([item for part in parts for item in part])
    else:
        raise DataError(
            f"context['history']: expected Interactions or a mapping of user ids to items, got {histories!r:.60}"
        )
    found = np.where(codes >= 0, categories[codes], -1)
    keys = (row_codes * n_categories + found)[found >= 0]
    counts = np.bincount(keys, minlength=len(wanted) * n_categories)
    return counts.reshape(len(wanted), n_categories).astype(np.float64)


def _unit_vectors(given: Any, items: IdIndex) -> FloatArray:
    """Return the vectors of items, scaled to length 1, 0 for missing ones: (n_items, n_dimensions) float32."""
    ids, matrix = _ids_and_matrix(given)
    known = IdIndex(ids, name="ids of the vectors")
    array: FloatArray = np.asarray(matrix, dtype=np.float32)
    if array.ndim != 2 or len(array) != len(known) or not np.all(np.isfinite(array)):
        raise DataError(
            f"context['vectors']: expected finite vectors of shape ({len(known)}, n_dimensions), got {array.shape}"
        )
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    array = array / np.where(lengths > 0, lengths, 1)
    codes = known.codes(items)
    return np.ascontiguousarray(np.where((codes >= 0)[:, None], array[codes], 0), dtype=np.float32)


def _ids_and_matrix(given: Any) -> tuple[Iterable[Any], Any]:
    """Return item ids and vectors from a mapping, a pair, or a fitted model with ``item_factors_``."""
    if isinstance(given, Mapping):
        return list(given), np.array(list(given.values()))
    if hasattr(given, "item_factors_"):
        return given.interactions_.items, given.item_factors_
    if isinstance(given, tuple) and len(given) == 2:
        return given
    raise DataError(
        "context['vectors']: expected a mapping of item ids to vectors, a pair (ids, matrix), or a fitted model with "
        f"item_factors_, got {given!r:.60}"
    )
