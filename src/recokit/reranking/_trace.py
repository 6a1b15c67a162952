"""Trace: the terms and the decision of each listed item, as columns."""

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.reranking._plan import Plan
from recokit.reranking._solution import Solution

__all__ = ["deciding_rule", "trace_columns"]


def deciding_rule(plan: Plan, code: int, forced: int) -> int | None:
    """Return the place of the rule that decided on a listed item; None if its value did.

    Parameters
    ----------
    plan : Plan
    code : int
        The item.
    forced : int
        Reason for the choice, as in `rerank_rows`.
    """
    if forced == -1:
        return None
    if forced == -2:
        return next(place for place, (pinned, _) in plan.pins.items() if pinned == code)
    return plan.quotas[forced if forced >= 0 else -3 - forced][0]


def trace_columns(plan: Plan, solution: Solution, users: AnyArray, n_listed: AnyArray) -> dict[str, AnyArray]:
    """Return the columns of `Reranked.trace` after those of the ids, one value for each listed item.

    Parameters
    ----------
    plan : Plan
    solution : Solution
    users : (n_lists,) array of ids
    n_listed : (n_lists,) array of integers
        Length of each list of the model.
    """
    rows, columns = np.nonzero(solution.filled)
    places = solution.places[rows, columns]
    is_listed = places < n_listed[rows]
    found: dict[str, AnyArray] = {
        "rank": columns + 1,
        "model_rank": np.where(is_listed, places + 1.0, np.nan),
        "relevance": solution.relevance[rows, columns],
        "value": solution.values[rows, columns],
        "decided_by": np.array(
            [
                "" if place is None else repr(plan.rules[place])
                for place in (
                    deciding_rule(plan, code, forced)
                    for code, forced in zip(
                        solution.codes[rows, columns].tolist(), solution.forced[rows, columns].tolist(), strict=True
                    )
                )
            ],
            dtype=object,
        ),
    }
    for name, term in _terms(plan, solution, users).items():
        found[name] = term[rows, columns]
    return found


def _terms(plan: Plan, solution: Solution, users: AnyArray) -> dict[str, FloatArray]:
    """Return the term of each rule that adds one in the value of each item, by the text of the rule."""
    terms: dict[str, FloatArray] = {}
    for place, rule in enumerate(plan.rules):
        term = plan.bonus(place, users, solution.codes, solution.relevance)
        for k, chosen in enumerate((plan.diversity, plan.calibration)):
            if chosen is not None and chosen[0] == place:
                term = term + solution.dynamic[:, :, k]
        if np.any(term[solution.filled]):
            terms[repr(rule)] = terms.get(repr(rule), 0.0) + term
    return terms
