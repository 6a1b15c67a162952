"""Plan: rules translated to arrays over the items of the lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data.id_index import IdIndex
from recokit.kernels.reranking import Constraints, DynamicTerms
from recokit.reranking._catalogue import Catalogue, moment
from recokit.reranking._context import history_counts, history_prices, levels_of, unit_vectors
from recokit.reranking.rule import Rule
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
        latest = last if now is None else moment(now, "now")
        ages = np.maximum((latest - times[known]).astype("timedelta64[us]").astype(np.float64), 0) / _US_PER_DAY
        bonus = np.zeros(len(times))
        bonus[known] = rule.weight * np.exp2(-ages / rule.half_life)
        self.bonuses[place] = bonus

    @_add.register
    def _(self, rule: PriceNear, place: int) -> None:
        self.catalogue.numbers(rule.column)  # refuses a column that is absent or holds no numbers
        self.price_rules[place] = rule

    @_add.register
    def _(self, rule: Pin, place: int) -> None:
        mine = int(self.items.codes([rule.item])[0]), rule.position - 1
        for other, (code, position) in self.pins.items():
            if position == mine[1]:
                raise ValueError(
                    f"{rule} and {self.rules[other]} pin two items to the same position; pin one of them elsewhere"
                )
            if code == mine[0]:
                raise ValueError(f"{rule} and {self.rules[other]} pin the same item twice; remove one of them")
        self.pins[place] = mine

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

    def bonus(self, place: int, users: AnyArray, codes: CodeArray, relevance: FloatArray) -> FloatArray:
        """Return the term of a rule in the value of items: an array of the shape of ``codes``.

        Parameters
        ----------
        place : int
            Place of the rule.
        users : (n_lists,) array of ids
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
            levels, prices = self._levels(rule, users), self.catalogue.numbers(rule.column)
            with np.errstate(divide="ignore", invalid="ignore"):
                distances = np.log(prices)[codes] - np.log(levels)[:, None]
                near = np.exp(-0.5 * (distances / rule.width) ** 2)
            term += rule.weight * np.where(np.isfinite(distances), near, 0.0)
        return term

    def check_levels(self, users: AnyArray) -> None:
        """Refuse price levels that are quantiles, such as those of `user_features`, and not prices.

        Parameters
        ----------
        users : (n_lists,) array of ids

        Raises
        ------
        ValueError
            All levels are from 0 to 1, and all prices are above 1.
        """
        for rule in self.price_rules.values():
            levels, prices = self._levels(rule, users), self.catalogue.numbers(rule.column)
            levels, prices = levels[np.isfinite(levels)], prices[np.isfinite(prices)]
            if len(levels) and len(prices) and 0 <= levels.min() <= levels.max() <= 1 < prices.min():
                raise ValueError(
                    f"{rule}: the levels of the users are from 0 to 1, like quantiles, and the prices from "
                    f"{prices.min():g} to {prices.max():g}; give a usual price for each user, or leave out users= and "
                    "pass context['history'], whose prices are averaged"
                )

    def _levels(self, rule: PriceNear, users: AnyArray) -> FloatArray:
        """Return the usual price of each user: (n_lists,) float64, NaN for unknown."""
        histories = self.context.get("history")
        if self.users is None and histories is not None:
            return history_prices(histories, users, self.catalogue, rule.column)
        return levels_of(self.users, rule.level, users)

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
        pins, is_excluded = np.full(n, -1, dtype=np.int32), self.is_excluded
        for code, position in self.pins.values():
            if not is_excluded[code]:
                pins[position] = code
        caps = np.array([self.rules[place].k for place in self.caps], dtype=np.int64)  # type: ignore[attr-defined]
        groups = np.array([*self.caps.values()], dtype=np.int32).reshape(len(caps), n_items)
        return Constraints(caps, groups, quotas, members, _quota_sets(members), pins)

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
                vectors = unit_vectors(self.context["vectors"], self.items)
        if self.calibration is not None:
            trade_off = self.calibration[1].trade_off
            calibration = trade_off / (1 - trade_off)
            categories = self.catalogue.codes(self.calibration[1].column)[0]
        return DynamicTerms(mmr, dpp, calibration, labels, vectors, categories)

    def targets(self, users: AnyArray, codes: CodeArray, categories: CodeArray) -> FloatArray:
        """Return the shares of categories to calibrate to: (n_lists, n_categories) float64."""
        if self.calibration is None:
            return np.empty((len(codes), 0))
        n_categories = int(categories.max(initial=-1)) + 1
        counts = _counts(np.where(codes >= 0, categories[codes], -1), n_categories)
        histories = self.context.get("history")
        if histories is not None:
            mine = history_counts(histories, users, self.catalogue, self.calibration[1].column)
            wide = np.zeros_like(mine)
            wide[:, :n_categories] = counts
            counts = np.where(mine.sum(axis=1, keepdims=True) > 0, mine, wide)
        totals = counts.sum(axis=1, keepdims=True)
        shares: FloatArray = counts / np.maximum(totals, 1)
        return shares


def _quota_sets(members: BoolArray) -> CodeArray:
    """Return ascending numbers of sets of successive quotas that have no member in common."""
    sets = np.zeros(len(members), dtype=np.int32)
    union, number = np.zeros(members.shape[1], dtype=np.bool_), 0
    for q, mine in enumerate(members):
        if np.any(union & mine):
            number, union = number + 1, np.zeros_like(union)
        union = union | mine
        sets[q] = number
    return sets


def _ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value, from 0 for the lowest to 1 for the highest; 0 for NaN."""
    is_known = ~np.isnan(values)
    known = np.unique(values[is_known])
    ranks = np.searchsorted(known, np.where(is_known, values, -np.inf)) / max(1, len(known) - 1)
    return np.where(is_known, ranks, 0.0)


def _counts(codes: AnyArray, n_categories: int) -> FloatArray:
    """Return the number of cells of each category in each row; −1 is no category."""
    rows, columns = np.nonzero(codes >= 0)
    keys = rows * n_categories + codes[rows, columns]
    return np.bincount(keys, minlength=len(codes) * n_categories).reshape(len(codes), n_categories).astype(np.float64)
