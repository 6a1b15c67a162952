import pytest
from sklearn.utils._param_validation import validate_parameter_constraints

from recokit.base._parameters import one_of


@pytest.mark.parametrize("options", [("c", "a", "b"), ("b", "c", "a", None)])
def test_an_unknown_string_is_refused_with_the_options_in_order(options):
    with pytest.raises(ValueError, match=r"must be a str among 'a', 'b', 'c'( or None)?\. Got 'z' instead"):
        validate_parameter_constraints({"mode": one_of(*options)}, {"mode": "z"}, "f")
    for option in options:
        validate_parameter_constraints({"mode": one_of(*options)}, {"mode": option}, "f")
