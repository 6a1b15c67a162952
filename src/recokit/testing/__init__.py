"""The contract that every recommender keeps, as checks that third parties can run on their own."""

from collections.abc import Callable

import recokit
from recokit.base import Recommender
from recokit.testing import _check_learning, _check_lists
from recokit.testing._scikit_learn import INAPPLICABLE_SKLEARN_CHECKS
from recokit.testing._subject import Side, Subject, example_interactions

__all__ = [
    "CHECKS",
    "INAPPLICABLE_SKLEARN_CHECKS",
    "Subject",
    "all_recommenders",
    "check_recommender",
    "example_interactions",
]

CHECKS: tuple[Callable[[Subject], None], ...] = tuple(
    check
    for part in (_check_learning, _check_lists)
    for name, check in sorted(vars(part).items())
    if name.startswith("check_")
)


def all_recommenders() -> list[type[Recommender]]:
    """Return the recommenders that recokit offers at its top level.

    Examples
    --------
    >>> recokit.Popularity in all_recommenders()
    True
    """
    public = (getattr(recokit, name) for name in recokit.__all__)
    return [
        thing
        for thing in public
        if isinstance(thing, type) and issubclass(thing, Recommender) and thing is not Recommender
    ]


def check_recommender(estimator: Recommender, *, side: Side | None = None) -> None:
    """Run every check of the contract on an estimator.

    Parameters
    ----------
    estimator : Recommender
        With the parameters to test; it is cloned, not fitted. Where it has a ``random_state``, that is set to 0.
    side : callable, optional
        Makes the further arguments of ``fit`` from the `Interactions` that are fitted; by default the estimator's
        ``_example_side`` does.

    Raises
    ------
    AssertionError
        The estimator breaks the contract.

    Examples
    --------
    >>> check_recommender(recokit.Popularity())
    """
    for feedback in estimator._supported_feedback:
        for strings in (False, True):
            subject = Subject(estimator, example_interactions(feedback, strings=strings), side)
            for check in CHECKS:
                check(subject)
