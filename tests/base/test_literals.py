"""The types of string parameters name the same values as the constraints that check them."""

import inspect
import types
import typing

import pytest
from sklearn.utils._param_validation import StrOptions

from recokit.neighbors.similarities import SIMILARITIES
from recokit.testing import all_recommenders

MODELS = all_recommenders()


def literals(hint):
    """Return the strings of all Literal parts of a type."""
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return set().union(*map(literals, typing.get_args(hint)))
    return set()


def options(constraints):
    """Return the strings that constraints allow."""
    return set().union(*(one.options for one in constraints if isinstance(one, StrOptions)))


def kinds():
    return sorted(
        {model if inspect.isclass(model) else type(model) for model in MODELS}, key=lambda kind: kind.__name__
    )


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_types_and_constraints_name_the_same_values(kind):
    hints = typing.get_type_hints(kind.__init__)
    constraints = kind._parameter_constraints
    checked = 0
    for name in inspect.signature(kind).parameters:
        allowed = options(constraints.get(name, []))
        if allowed:
            assert literals(hints[name]) == allowed, name
            checked += 1
        else:
            assert not literals(hints[name]), name
    assert checked, "every model has the parameter feedback"


def test_a_wrong_value_would_be_noticed():
    assert literals(typing.Literal["a", "b"] | None) == {"a", "b"}
    assert literals(str | None) == set()
    assert options([StrOptions({"a"}), None]) == {"a"}


def test_the_names_of_similarities_are_those_of_the_registry():
    from recokit._typing import SimilarityOption

    assert literals(SimilarityOption) == set(SIMILARITIES)
