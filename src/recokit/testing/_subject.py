"""The estimator and the data of a check, and comparisons of models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from recokit.base import Recommender
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations

__all__ = ["TOLERANCE", "Side", "Subject", "raises", "same_lists", "same_model"]

Side = Callable[[Interactions], dict[str, Any]]
TOLERANCE = 1e-5  # scores are float32


class Subject:
    """An estimator to check, with data of one kind of feedback and its side information.

    See Also
    --------
    recokit.testing.check_recommender : Run every check of the contract on an estimator.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> subject = Subject(ItemKNN(n_neighbors=5), example_interactions("implicit"), None)
    >>> subject.fitted()
    ItemKNN(n_neighbors=5)
    >>> subject.new() is subject.estimator, subject.side(subject.data)
    (False, {})
    >>> pairs, values = subject.pairs()
    >>> subject.with_order(subject.data) is subject.data
    True
    """

    def __init__(self, estimator: Recommender, data: Interactions, side: Side | None) -> None:
        self.estimator: Recommender = clone(estimator)
        if "random_state" in self.estimator.get_params():
            self.estimator.set_params(random_state=0)  # without a seed, no two fits are equal
        self.data = self.with_order(data)
        self._side = side

    def new(self) -> Any:
        return clone(self.estimator)

    @property
    def reads_order(self) -> bool:
        """Whether the estimator needs the order of the events."""
        return self.estimator._reads_order

    def with_order(self, data: Interactions) -> Interactions:
        """Return data in the order of their cells, if the estimator needs an order."""
        if not self.reads_order or data.timestamps is not None:
            return data
        return replace(data, timestamps=np.arange(data.n_interactions))

    def side(self, data: Interactions) -> dict[str, Any]:
        return self._side(data) if self._side else self.estimator._example_side(data)

    def fitted(self, data: Interactions | None = None) -> Any:
        data = self.data if data is None else self.with_order(data)
        return self.new().fit(data, **self.side(data))

    def pairs(self) -> tuple[Any, Any]:
        pairs, values = self.data.to_pairs()
        return pairs, values if self.data.feedback == "explicit" else None


def same_lists(actual: Recommendations, expected: Recommendations, *, exact: bool = True) -> None:
    assert_array_equal(actual.users, expected.users)
    assert_array_equal(actual.counts, expected.counts)
    if exact:
        assert_array_equal(actual.scores, expected.scores)
    else:
        assert_allclose(actual.scores, expected.scores, rtol=TOLERANCE, atol=TOLERANCE)
    for (user, mine), (_, theirs) in zip(actual, expected, strict=True):
        items = [item for item, _ in mine], [item for item, _ in theirs]
        assert items[0] == items[1] or (not exact and set(items[0]) == set(items[1])), f"the lists of {user!r} differ"


def same_model(actual: Any, expected: Any, data: Interactions, *, exact: bool = True) -> None:
    pairs, _ = data.to_pairs()
    if exact:
        assert_array_equal(actual.predict(pairs), expected.predict(pairs))
    else:
        assert_allclose(actual.predict(pairs), expected.predict(pairs), rtol=TOLERANCE, atol=TOLERANCE)
    same_lists(actual.recommend(n=5), expected.recommend(n=5), exact=exact)


def raises(expected: type[Exception], call: Callable[[], Any], mentions: str = "") -> None:
    try:
        call()
    except expected as error:
        assert mentions in str(error), f"the error does not mention {mentions!r}: {error}"  # noqa: PT017 (no pytest here)
        return
    raise AssertionError(f"no {expected.__name__} was raised")
