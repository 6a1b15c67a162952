"""Side information of `fit`, passed on to the parts that accept it."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from recokit.base import Recommender

__all__ = ["accepted_names", "routed"]

_OWN = ("self", "X", "y", "interactions")


def accepted_names(model: Recommender) -> frozenset[str] | None:
    """Return the names of the side information that ``fit`` of a model accepts; None if it accepts any name.

    Examples
    --------
    >>> from recokit import ItemKNN, TfidfRecommender
    >>> sorted(accepted_names(ItemKNN())), sorted(accepted_names(TfidfRecommender()))
    ([], ['catalogue', 'item'])
    """
    if hasattr(model, "_accepted_side"):
        accepted: frozenset[str] | None = model._accepted_side()
        return accepted
    kind = type(model)
    names, is_open = _names(kind.fit)
    if is_open:  # fit passes further arguments on to _prepare
        more, is_open = _names(kind._prepare)
        names |= more
        if is_open and kind._prepare is not Recommender._prepare:
            return None
    return frozenset(names)


def _names(method: Callable[..., Any]) -> tuple[set[str], bool]:
    """Return the names of the side information of a method, and whether it accepts any further name."""
    parameters = signature(method).parameters
    named = {name for name, one in parameters.items() if one.kind is not Parameter.VAR_KEYWORD}
    return named.difference(_OWN), len(named) < len(parameters)


def routed(parts: list[tuple[str, Recommender]], side: dict[str, Any], owner: str) -> dict[str, dict[str, Any]]:
    """Return the side information of each part.

    Parameters
    ----------
    parts : list of (name, recommender)
    side : dict
        A name goes to all parts that accept it, ``part__name`` to one part.
    owner : str
        Name of the class of the hybrid, for error messages.

    Raises
    ------
    TypeError
        No part accepts a name.
    """
    accepted = {name: accepted_names(model) for name, model in parts}
    chosen: dict[str, dict[str, Any]] = {name: {} for name, _ in parts}
    unused = []
    for key, value in side.items():
        part, _, rest = key.partition("__")
        takers = [name for name, names in accepted.items() if names is None or key in names]
        if rest and part in chosen:
            chosen[part][rest] = value
        elif takers:
            for name in takers:
                chosen[name][key] = value
        else:
            unused.append(key)
    if unused:
        known = sorted(set().union(*(names for names in accepted.values() if names is not None)))
        raise TypeError(
            f"{owner}.fit takes no {', '.join(sorted(unused))}: no part accepts it"
            + (f"; the parts accept {', '.join(known)}" if known else "")
        )
    return chosen
