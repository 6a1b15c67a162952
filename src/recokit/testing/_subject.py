"""A model under test, the data it is tested on, and what two models are compared by."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from recokit.base import Recommender
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations

__all__ = ["TOLERANCE", "Side", "Subject", "example_interactions", "raises", "same_lists", "same_model"]

Side = Callable[[Interactions], dict[str, Any]]
TOLERANCE = 1e-5  # scores are float32


def example_interactions(feedback: str, *, strings: bool = False, seed: int = 0) -> Interactions:
    """Return interactions of 25 users with 18 items that favour one half of the catalogue each.

    Parameters
    ----------
    feedback : {"explicit", "implicit"}
        Ratings from 1 to 5, or strengths of 1.
    strings : bool
        Make the ids strings instead of integers.
    seed : int
        Seed of the generator.

    Examples
    --------
    >>> example_interactions("implicit")
    Interactions(25 users × 18 items, 179 interactions, implicit)
    """
    rng = np.random.default_rng(seed)
    users, items = np.arange(25), np.arange(18)
    likes = (users[:, None] + items) % 2 == 0
    rows, columns = np.nonzero(rng.random(likes.shape) < np.where(likes, 0.7, 0.15))
    ratings = np.clip(np.where(likes, 4, 2)[rows, columns] + rng.integers(-1, 2, len(rows)), 1, 5)
    user_ids, item_ids = rows * 3 + 7, columns * 2 + 100
    if strings:
        names = [f"user {user}" for user in user_ids], [f"商品 {item}" for item in item_ids]
        return Interactions.from_arrays(*names, ratings if feedback == "explicit" else None)
    return Interactions.from_arrays(user_ids, item_ids, ratings if feedback == "explicit" else None)


class Subject:
    """An estimator under test, with data of one kind and the side information it needs."""

    def __init__(self, estimator: Recommender, data: Interactions, side: Side | None) -> None:
        self.estimator = clone(estimator)
        if "random_state" in self.estimator.get_params():
            self.estimator.set_params(random_state=0)  # without a seed no two fits are the same
        self.data = data
        self._side = side

    def new(self) -> Any:
        return clone(self.estimator)

    def side(self, data: Interactions) -> dict[str, Any]:
        return self._side(data) if self._side else self.estimator._example_side(data)

    def fitted(self, data: Interactions | None = None) -> Any:
        data = self.data if data is None else data
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
        assert items[0] == items[1] or (not exact and set(items[0]) == set(items[1])), f"another list for {user!r}"


def same_model(actual: Any, expected: Any, data: Interactions, *, exact: bool = True) -> None:
    pairs, _ = data.to_pairs()
    if exact:
        assert_array_equal(actual.predict(pairs), expected.predict(pairs))
    else:
        assert_allclose(actual.predict(pairs), expected.predict(pairs), rtol=TOLERANCE, atol=TOLERANCE)
    same_lists(actual.recommend(n=5), expected.recommend(n=5), exact=exact)


def raises(expected: type[Exception], call: Callable[[], Any], says: str = "") -> None:
    try:
        call()
    except expected as error:
        assert says in str(error), f"the error does not mention {says!r}: {error}"  # noqa: PT017 (no pytest here)
        return
    raise AssertionError(f"no {expected.__name__} was raised")
