"""Candidates of a search: the estimator's own parameters, then parameters from the space in random order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler

from recokit.base import Recommender

__all__ = ["Candidate", "candidates", "check_space", "in_turn"]


class Candidate(NamedTuple):
    """Parameters of a model to try.

    Attributes
    ----------
    model : str
        Name of the model.
    params : dict
    """

    model: str
    params: dict[str, Any]


def in_turn(
    by_model: Mapping[str, Iterator[dict[str, Any]]],
    is_open: Callable[[str], bool] = lambda model: True,
    spent: Callable[[str], float] = lambda model: 0.0,
) -> Iterator[Candidate]:
    """Yield the next parameters of the model with the least time spent, or the fewest candidates; stop if none is left.

    Parameters
    ----------
    by_model : mapping of model names to iterators of parameters
    is_open : callable
        Returns whether further candidates of a model may be tried now.
    spent : callable
        Returns the seconds spent on new candidates of a model.

    Examples
    --------
    >>> by_model = {"EASE": iter([{"l2": 1}]), "SLIM": iter([{"l1": 1}, {"l1": 2}])}
    >>> [candidate.params for candidate in in_turn(by_model)]
    [{'l2': 1}, {'l1': 1}, {'l1': 2}]
    """
    counts = dict.fromkeys(by_model, 0)
    while True:
        for model in sorted(by_model, key=lambda name: (spent(name), counts[name])):
            params = next(by_model[model], None) if is_open(model) else None
            if params is not None:
                counts[model] += 1
                yield Candidate(model, params)
                break
        else:
            return


def check_space(estimator: Recommender, space: Any) -> list[str]:
    """Return the names of the searched parameters.

    Raises
    ------
    ValueError
        The estimator lacks a parameter, or the values cannot be searched.
    """
    spaces = [space] if isinstance(space, Mapping) else space
    if not isinstance(spaces, list | tuple) or not all(isinstance(each, Mapping) for each in spaces):
        raise ValueError(f"param_space={space!r}: expected a dict of parameter names to lists of values")
    names = list(dict.fromkeys(name for each in spaces for name in each))
    known = estimator.get_params()
    unknown = ", ".join(name for name in names if name not in known)
    if unknown:
        raise ValueError(
            f"param_space: {type(estimator).__name__} has no parameter {unknown}; it has {', '.join(known)}"
        )
    if not names:
        raise ValueError(
            "param_space is empty: expected a dict of parameter names to values, or None for search_space()"
        )
    for each in spaces:
        for name, values in each.items():
            _check_values(name, values)
    return names


def _check_values(name: str, values: Any) -> None:
    if hasattr(values, "rvs"):
        return
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray):
        raise ValueError(
            f"param_space: {name}={values!r}: expected a list of values, such as [{values!r}], or a distribution of "
            "scipy.stats"
        )
    if len(values) == 0:
        raise ValueError(f"param_space: {name} has no values; give one value or more, or leave the parameter out")


def candidates(estimator: Recommender, space: Any, names: list[str], random_state: int) -> Iterator[dict[str, Any]]:
    """Yield the estimator's own parameters, then parameters from the space in random order."""
    known = estimator.get_params()
    own = {name: known[name] for name in names}
    yield own
    spaces = [space] if isinstance(space, Mapping) else space
    if any(hasattr(values, "rvs") for each in spaces for values in each.values()):
        rng = np.random.RandomState(random_state)
        while True:
            yield _plain(next(iter(ParameterSampler(space, 1, random_state=rng))), names)
    grid = ParameterGrid(space)
    for place in np.random.default_rng(random_state).permutation(len(grid)):
        candidate = _plain(grid[place], names)
        if repr(candidate) != repr({name: own[name] for name in candidate}):
            yield candidate


def _plain(params: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return parameters in the order of ``names``, with Python numbers instead of NumPy numbers."""
    chosen = {name: params[name] for name in names if name in params}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in chosen.items()}
