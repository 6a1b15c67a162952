"""Contract checks that every recommender must pass, including recommenders of third parties."""

from collections.abc import Callable

import recokit
from recokit.base import Recommender
from recokit.datasets import example_interactions
from recokit.testing import _check_learning, _check_lists
from recokit.testing._scikit_learn import INAPPLICABLE_SKLEARN_CHECKS
from recokit.testing._subject import Side, Subject

__all__ = [
    "CHECKS",
    "INAPPLICABLE_SKLEARN_CHECKS",
    "Subject",
    "all_recommenders",
    "check_recommender",
]

CHECKS: tuple[Callable[[Subject], None], ...] = tuple(
    check
    for part in (_check_learning, _check_lists)
    for name, check in sorted(vars(part).items())
    if name.startswith("check_")
)


def all_recommenders() -> list[type[Recommender]]:
    """Return the recommender classes at the top level of recokit.

    See Also
    --------
    recokit.testing.check_recommender : Run every check of the contract on an estimator.

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
        Estimator with the parameters to check. It is cloned, not fitted; ``random_state`` is set to 0 if it has one.
    side : callable, optional
        Function that returns the further arguments of ``fit`` for given `Interactions`; by default the estimator's
        ``_example_side``.

    Raises
    ------
    AssertionError
        The estimator violates the contract.

    See Also
    --------
    recokit.testing.all_recommenders : Return the recommender classes at the top level of recokit.
    recokit.testing.Subject : An estimator to check, with data of one kind of feedback and its side information.

    Examples
    --------
    >>> check_recommender(recokit.Popularity())
    """
    for feedback in estimator._supported_feedback:
        for strings in (False, True):
            subject = Subject(estimator, example_interactions(feedback, strings=strings), side)
            for check in CHECKS:
                check(subject)
