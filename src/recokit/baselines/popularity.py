"""Popularity: the most popular items for every user."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._lists import USERS_PER_BLOCK, top_of_order
from recokit.base._parameters import OPTIONAL_POSITIVE
from recokit.data._weights import decays
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows

__all__ = ["Popularity"]


class Popularity(Recommender):
    r"""Recommend the most popular items to every user.

    The score of an item is the sum of the strengths of its interactions (implicit feedback), or the number of its
    ratings (explicit feedback). With a half-life, each interaction is multiplied by
    :math:`2^{-\text{age} / \text{half-life}}`, where the age is the time to the latest timestamp in the data. Items
    without interactions score 0 and are recommended last. Scores are counts, not ratings; use `BiasBaseline` to predict
    ratings.

    Parameters
    ----------
    half_life : float, optional
        Age at which an interaction counts half: in days if the timestamps are datetime64, otherwise in their unit.
        By default all interactions count fully.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_scores_ : (n_items,) float64 array
        Score of each item, in order of item code.

    Examples
    --------
    >>> from recokit import Popularity
    >>> model = Popularity().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup"), ("cy", "pot")])
    >>> model.recommend("cy")["cy"]
    [('tea', 2.0), ('cup', 1.0)]
    >>> print(model.explain("cy", "tea"))
    tea scores 2 for cy because of its popularity (+2).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "half_life": OPTIONAL_POSITIVE,
    }

    def __init__(
        self,
        *,
        half_life: float | None = None,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.half_life = half_life
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"half_life": [7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0]}

    def _fit(self, interactions: Interactions) -> None:
        weights = np.ones(interactions.n_interactions)
        if interactions.feedback == "implicit":
            weights *= interactions.values
        if self.half_life is not None:
            weights *= decays(interactions, self.half_life)
        scores = np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
        self.item_scores_ = scores.astype(np.float64)

    def _score_block(self, profiles: Rows) -> FloatArray:
        return np.tile(self.item_scores_.astype(np.float32), (profiles.n_rows, 1))

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _top_block(self, profiles: Rows, n: int, eligible: EligibleItems) -> Top:
        """Return the first n eligible items of each user in the order of popularity, without a matrix of scores."""
        return top_of_order(self.item_scores_.astype(np.float32), n, eligible, self._runner())

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores: FloatArray = self.item_scores_[item_codes]
        return scores

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores: FloatArray = np.append(self.item_scores_, 0.0)[item_codes]
        return scores

    def _popular_scores(self) -> FloatArray:
        return self.item_scores_.astype(np.float32)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return [Term("popularity", None, float(self.item_scores_[item_code]))]
