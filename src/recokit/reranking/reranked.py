"""Reranked: lists under rules, with the reasons for each item and a report by rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray
from recokit.data._frames import Backend, to_frame
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, UnknownIdError
from recokit.reranking._plan import Plan
from recokit.reranking._solution import Solution, discounts, solve
from recokit.reranking._trace import deciding_rule, trace_columns

__all__ = ["Reason", "Reranked", "RuleEffect", "RuleReport"]

_COLUMNS = ("rule", "changed", "ndcg", "price", "exposure", "gave_way")


@dataclass(frozen=True)
class Reason:
    """Reason for the position of an item, or for its absence. ``str`` returns its text.

    Attributes
    ----------
    user, item : ids
    position : int or None
        Position in the list, from 1; None if the item is not listed.
    model_position : int or None
        Position in the list of the model; None if the model did not list the item.
    relevance : float
        From 0 to 1.
    terms : mapping of rules (as text) to floats
        Terms of the value, in addition to the relevance.
    text : str
        A sentence that names the rule that decided.

    See Also
    --------
    recokit.reranking.Reranked :
        Recommendations under rules, made by `rerank`. Scores are values: relevance plus the terms of the rules.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import Exclude, Where, rerank
    >>> lists = Recommendations(["ann"], [["pot", "tea", "cup"]], [[3.0, 2.0, 1.0]])
    >>> catalogue = {"item_id": ["tea", "cup", "pot"], "price": [3, 5, 20]}
    >>> shown = rerank(lists, [Exclude(Where("price", ">", 9))], catalogue, n=2)
    >>> reason = shown.why("ann", "tea")
    >>> reason.model_position, reason.position
    (2, 1)
    """

    user: Any
    item: Any
    position: int | None
    model_position: int | None
    relevance: float
    terms: dict[str, float]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class RuleEffect:
    """Effect of one rule: the lists with all rules compared with those without it.

    Attributes
    ----------
    rule : str
    changed : int
        Number of positions with another item.
    ndcg : float
        Mean NDCG that the rule costs, with the relevance as gain.
    price : float
        Mean exposure-weighted price of a list that the rule gains; NaN without a column price of numbers.
    exposure : float
        Share of the exposure of all items that the rule gains for its items: pinned, excluded, or matching its filter.
        Negative for exclusions; NaN for rules without such items.
    gave_way : int
        Number of lists that do not satisfy the rule: they miss the pinned item, or hold other items in place of members
        of the quota.

    See Also
    --------
    recokit.reranking.RuleReport : Effects of all rules. ``print`` shows them as a table.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import Exclude, Where, rerank
    >>> lists = Recommendations(["ann"], [["pot", "tea", "cup"]], [[3.0, 2.0, 1.0]])
    >>> catalogue = {"item_id": ["tea", "cup", "pot"], "price": [3, 5, 20]}
    >>> shown = rerank(lists, [Exclude(Where("price", ">", 9))], catalogue, n=2)
    >>> effect = shown.report().effects[0]
    >>> effect.changed, effect.gave_way
    (2, 0)
    """

    rule: str
    changed: int
    ndcg: float
    price: float
    exposure: float
    gave_way: int


@dataclass(frozen=True)
class RuleReport:
    """Effects of all rules. ``print`` shows them as a table.

    Attributes
    ----------
    effects : tuple of RuleEffect
        In the order of the rules.
    ndcg : float
        Mean NDCG of the lists with all rules, against the order of the model.
    n_lists, n_short : int
        Number of lists, and of lists with fewer items than asked for.

    See Also
    --------
    recokit.reranking.Reranked :
        Recommendations under rules, made by `rerank`. Scores are values: relevance plus the terms of the rules.
    recokit.reranking.RuleEffect : Effect of one rule: the lists with all rules compared with those without it.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import Exclude, Where, rerank
    >>> lists = Recommendations(["ann"], [["pot", "tea", "cup"]], [[3.0, 2.0, 1.0]])
    >>> catalogue = {"item_id": ["tea", "cup", "pot"], "price": [3, 5, 20]}
    >>> shown = rerank(lists, [Exclude(Where("price", ">", 9))], catalogue, n=2)
    >>> report = shown.report()
    >>> report.n_lists, report.n_short
    (1, 0)
    >>> len(report.to_frame())
    1
    """

    effects: tuple[RuleEffect, ...]
    ndcg: float
    n_lists: int
    n_short: int

    def __str__(self) -> str:
        rows = [("rule", "changed", "NDCG lost", "price gained", "exposure gained", "gave way"), *self._cells()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([self._summary(), *(line.rstrip() for line in lines)])

    def _summary(self) -> str:
        return f"{self.n_lists:,} lists, {self.n_short:,} short; NDCG {self.ndcg:.4f} of the model's order"

    def _cells(self) -> list[tuple[str, ...]]:
        def show(value: float, digits: int = 4) -> str:
            return "–" if np.isnan(value) else f"{value:+.{digits}f}"

        return [
            (e.rule, f"{e.changed:,}", f"{e.ndcg:.4f}", show(e.price, 2), show(e.exposure), f"{e.gave_way:,}")
            for e in self.effects
        ]

    def _repr_html_(self) -> str:
        return html_table("Rules", _COLUMNS, self._cells(), self._summary())

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each rule.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
        """
        return to_frame({name: np.array([getattr(e, name) for e in self.effects]) for name in _COLUMNS}, backend)


class Reranked(Recommendations):
    """Recommendations under rules, made by `rerank`. Scores are values: relevance plus the terms of the rules.

    ``n_scored`` is the number of items that are no fillers. Rules can move a filler above other items; ``is_filler``
    says where it is.

    See Also
    --------
    recokit.reranking.rerank : Choose the best items of each list under business rules.
    recokit.reranking.RuleReport : Effects of all rules. ``print`` shows them as a table.
    recokit.reranking.Reason : Reason for the position of an item, or for its absence. ``str`` returns its text.

    Examples
    --------
    >>> from recokit import Recommendations
    >>> from recokit.reranking import Exclude, Where, rerank
    >>> lists = Recommendations(["ann"], [["pot", "tea", "cup"]], [[3.0, 2.0, 1.0]])
    >>> catalogue = {"item_id": ["tea", "cup", "pot"], "price": [3, 5, 20]}
    >>> shown = rerank(lists, [Exclude(Where("price", ">", 9))], catalogue, n=2)
    >>> shown.items.tolist()
    [['tea', 'cup']]
    >>> print(shown.why("ann", "pot"))
    pot is not listed for ann: Exclude(filter=Where(column='price', op='>', value=9)) excludes it
    """

    _plan: Plan
    _solution: Solution
    _source: tuple[Recommendations, BoolArray, CodeArray]
    _n_threads: int

    @classmethod
    def from_plan(
        cls, lists: Recommendations, filled: BoolArray, found: CodeArray, plan: Plan, n: int, n_threads: int
    ) -> "Reranked":
        """Return the lists of a plan; the arguments are those of `solve`."""
        solution = solve(lists, filled, found, plan, n, Runner(n_threads))
        items = plan.items.take(np.maximum(solution.codes, 0))
        counts = np.count_nonzero(solution.filled, axis=1)
        fillers = solution.is_filler
        made = cls(lists.users, items, solution.values, counts, columns=lists._columns, is_filler=fillers)
        made._plan, made._solution = plan, solution
        made._source, made._n_threads = (lists, filled, found), n_threads
        return made

    def why(self, user: Any, item: Any) -> Reason:
        """Return the reason for the position of an item, or for its absence.

        Parameters
        ----------
        user, item : ids

        Returns
        -------
        Reason
            Its text names the rule that decided.

        Raises
        ------
        UnknownIdError
            The user has no list, or neither a list nor a pin holds the item.

        Examples
        --------
        >>> from recokit.reranking import Pin, rerank
        >>> shown = rerank(
        ...     Recommendations(["ann"], [["tea", "pot", "cup"]]), [Pin("cup", 1)], n=2
        ... )
        >>> print(shown.why("ann", "cup"))
        cup is at position 1 for ann: Pin(item='cup', position=1) puts it there
        """
        self[user]  # raises for an unknown user
        assert self._rows is not None
        row, code = self._rows[user], int(self._plan.items.codes([item])[0])
        if code < 0:
            raise UnknownIdError("item", [item])
        solution = self._solution
        shown = np.flatnonzero(solution.codes[row] == code)
        position = int(shown[0]) if len(shown) else None
        mine = solution.candidates.codes[row]
        places = np.flatnonzero(mine == code)
        lists = self._source[0]
        listed = len(places) and places[0] < lists.counts[row]
        model_position = int(places[0]) + 1 if listed else None
        relevance = float(solution.candidates.relevance[row, places[0]]) if listed else 0.0
        terms = self._terms(row, code, relevance, position)
        text = self._decision(row, code, position, model_position)
        where = f"at position {position + 1}" if position is not None else "not listed"
        reason = f"{item} is {where} for {user}: {text}"
        return Reason(user, item, None if position is None else position + 1, model_position, relevance, terms, reason)

    def trace(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the reasons for all listed items, one row for each.

        The columns are user_id, item_id, rank and model_rank (both from 1; NaN if the model did not list the item),
        relevance, value, decided_by (the rule that required the item, empty if its value decided), and the term of
        each rule that changes values, named by the rule. Value = relevance + terms.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.

        Examples
        --------
        >>> from recokit.reranking import Pin, rerank
        >>> shown = rerank(
        ...     Recommendations(["ann"], [["tea", "pot", "cup"]]), [Pin("cup", 1)], n=2
        ... )
        >>> shown.trace("polars").select("item_id", "rank", "model_rank", "decided_by").rows()
        [('cup', 1, 3.0, "Pin(item='cup', position=1)"), ('tea', 2, 1.0, '')]
        """
        rows, ranks = np.nonzero(self._solution.filled)
        columns = {self._columns[0]: self.users[rows], self._columns[1]: self.items[rows, ranks]}
        columns |= trace_columns(self._plan, self._solution, self.users, self._source[0].counts)
        return to_frame(columns, backend)

    def _terms(self, row: int, code: int, relevance: float, position: int | None) -> dict[str, float]:
        """Return the terms of the value of an item, by rule; those of zero are left out."""
        plan, codes = self._plan, np.array([[code]], dtype=np.int32)
        user, relevances = self.users[row : row + 1], np.array([[relevance]])
        found = [(rule, float(plan.bonus(k, user, codes, relevances)[0, 0])) for k, rule in enumerate(plan.rules)]
        if position is not None:
            dynamic = self._solution.dynamic[row, position].tolist()
            added = zip((plan.diversity, plan.calibration), dynamic, strict=True)
            found += [(chosen[1], term) for chosen, term in added if chosen is not None]
        terms: dict[str, float] = {}
        for rule, term in found:
            terms[repr(rule)] = terms.get(repr(rule), 0.0) + term
        return {name: term for name, term in terms.items() if term}

    def _decision(self, row: int, code: int, position: int | None, model_position: int | None) -> str:
        """Return the rule that decided on an item, in words."""
        plan, solution = self._plan, self._solution
        if position is not None:
            forced = int(solution.forced[row, position])
            place = deciding_rule(plan, code, forced)
            if place is not None and forced == -2:
                return f"{plan.rules[place]} puts it there"
            if place is not None and forced >= 0:
                return f"{plan.rules[place]} requires an item like this here"
            if place is not None:
                return f"better items would leave too few items for {plan.rules[place]}"
            came_from = (
                "outside the model's list" if model_position is None else f"position {model_position} of the model"
            )
            return f"value {solution.values[row, position]:.3g}, from {came_from}"
        for place, mask in plan.excluded.items():
            if mask[code]:
                return f"{plan.rules[place]} excludes it"
        listed = solution.codes[row][solution.filled[row]]
        for place, groups in plan.caps.items():
            rule = plan.rules[place]
            if groups[code] >= 0 and np.count_nonzero(groups[listed] == groups[code]) >= rule.k:  # type: ignore[attr-defined]
                name = rule.column  # type: ignore[attr-defined]
                return f"{rule} allows no further item with {name}={plan.catalogue.values(name)[code]!r}"
        if model_position is None:
            return "the model did not list it"
        required = dict.fromkeys(solution.forced[row][solution.filled[row] & (solution.forced[row] != -1)].tolist())
        if required:
            rules = [k for k in plan.pins if -2 in required]
            rules += [plan.quotas[q if q >= 0 else -3 - q][0] for q in required if q != -2]
            names = ", ".join(str(plan.rules[k]) for k in dict.fromkeys(rules))
            return f"the listed items have greater values, or are required by {names}"
        return "the listed items have greater values"

    def report(self) -> RuleReport:
        """Return the effect of each rule: the lists are made again without it, and compared.

        Returns
        -------
        RuleReport

        Examples
        --------
        >>> from recokit.reranking import Pin, rerank
        >>> shown = rerank(
        ...     Recommendations(["ann"], [["tea", "pot", "cup"]]), [Pin("cup", 1)], n=2
        ... )
        >>> effect = shown.report().effects[0]
        >>> effect.changed, effect.gave_way
        (2, 0)
        """
        plan, solution = self._plan, self._solution
        exposure = discounts(solution.codes.shape[1])
        prices = _prices(plan)
        effects = []
        for k, rule in enumerate(plan.rules):
            rules = [other for place, other in enumerate(plan.rules) if place != k]
            reduced = Plan(rules, plan.catalogue, plan.users, plan.context)
            without = solve(*self._source, reduced, solution.codes.shape[1], Runner(self._n_threads))
            gain = np.nan
            if prices is not None and len(self):
                gain = float(np.mean((_shown(prices, solution) - _shown(prices, without)) @ exposure))
            about = _about(plan, k)
            moved = np.nan
            if about is not None:
                moved = _share(about, solution, exposure) - _share(about, without, exposure)
            changed = int(np.count_nonzero(solution.codes != without.codes))
            lost = float(np.mean(without.ndcg) - np.mean(solution.ndcg)) if len(solution.codes) else 0.0
            quotas = [q for q, (place, _, _) in enumerate(plan.quotas) if place == k]
            gave_way = int(np.count_nonzero(np.any(solution.is_unmet[:, quotas], axis=1)))
            if k in plan.pins:
                gave_way = int(np.count_nonzero(~np.any(solution.codes == plan.pins[k][0], axis=1)))
            effects.append(RuleEffect(repr(rule), changed, lost, gain, moved, gave_way))
        n_short = int(np.count_nonzero(self.counts < solution.codes.shape[1]))
        ndcg = float(np.mean(solution.ndcg)) if len(solution.codes) else 1.0
        return RuleReport(tuple(effects), ndcg, len(self), n_short)


def _prices(plan: Plan) -> Any:
    """Return the prices of the items, 0 where missing, or None without a column price of numbers."""
    if "price" not in plan.catalogue.names:
        return None
    try:
        return np.nan_to_num(plan.catalogue.numbers("price"))
    except DataError:  # texts such as "3 €" matter only to rules that read them
        return None


def _shown(values: Any, solution: Solution) -> Any:
    return np.where(solution.filled, values[solution.codes], 0.0)


def _about(plan: Plan, k: int) -> BoolArray | None:
    """Return the items of a rule, None if it concerns all."""
    if k in plan.pins:
        mask = np.zeros(len(plan.items), dtype=np.bool_)
        mask[plan.pins[k][0]] = True
        return mask
    if k in plan.excluded:
        return plan.excluded[k]
    chosen = getattr(plan.rules[k], "filter", None)
    return None if chosen is None else chosen.mask(plan.catalogue)


def _share(mask: BoolArray, solution: Solution, exposure: Any) -> float:
    """Return the share of the exposure that the items of a mask have."""
    total = float(np.sum(solution.filled @ exposure))
    return float(np.sum((solution.filled & mask[solution.codes]) @ exposure)) / total if total else 0.0
