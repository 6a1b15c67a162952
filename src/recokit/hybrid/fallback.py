"""FallbackRecommender: fill short lists with the items of further recommenders, in order."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.data.rows import Rows
from recokit.hybrid._base import Hybrid, Profiles
from recokit.hybrid._defaults import default_models
from recokit.hybrid._normalization import normalized

__all__ = ["FallbackRecommender"]


class FallbackRecommender(Hybrid):
    r"""Fill the lists of one recommender with the items of further ones, in order.

    The items for which the first part has evidence come first, in its order; then the items of the second part, and so
    on. The score of an item is

    .. math:: \hat r_{ui} = P - p + \tfrac{1}{2} g(s^p_{ui})

    for the first part p of P with evidence for it, where g maps the scores of the part for the user to the range from 0
    to 1.

    Parameters
    ----------
    models : list of recommenders or of pairs (name, recommender), optional
        The parts, the preferred one first; see `WeightedHybrid`. The default is ItemKNN with Popularity, and for
        ratings ItemKNN with BiasBaseline.
    feedback, random_state, n_threads, verbose
        As in `WeightedHybrid`.

    Attributes
    ----------
    parts_ : dict of str to Recommender
        The fitted parts by name.

    See Also
    --------
    recokit.SwitchingHybrid : Rank items by another recommender for users with few items than for users with many.
    recokit.WeightedHybrid : Rank items by the weighted sum of the normalised scores of several recommenders.

    Notes
    -----
    The argument ``fill`` of `recommend` does the same for one request, and marks the fillers; here they are part of the
    model. See `WeightedHybrid` on side information and sequence models.

    Examples
    --------
    >>> from recokit import FallbackRecommender, ItemKNN, Popularity
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("dan", "pot"),
    ... ]
    >>> model = FallbackRecommender([ItemKNN(), Popularity()]).fit(bought)
    >>> [item for item, _ in model.recommend("cy")["cy"]]
    ['cup', 'pot']
    >>> print(model.explain("cy", "pot"))
    pot scores 1 for cy because of the model popularity (+1).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {**Hybrid._parameter_constraints}

    def __init__(
        self,
        models: Any = None,
        *,
        feedback: FeedbackOption = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.models = models
        self.feedback = feedback
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    def _default_models(self, feedback: str) -> list[Recommender]:
        return default_models(feedback, for_few_items=True)[::-1]

    def _tier(self, place: int, profiles: Profiles) -> FloatArray:
        """Return the scores of the items of one part, −∞ without evidence: (n_users, n_items) float32."""
        scores = self._part_scores(place, profiles)
        evidence = scores > -np.inf
        values = normalized(scores, Rows.empty(profiles.n_users), "minmax", 1, self._runner())
        values *= np.float32(0.5)
        values += np.float32(len(self.parts_) - place)
        values[~evidence] = -np.inf
        return values

    def _score_block(self, profiles: Profiles) -> FloatArray:
        scores = self._tier(0, profiles)
        for place in range(1, len(self.parts_)):
            np.copyto(scores, self._tier(place, profiles), where=scores == -np.inf)
        return scores

    def _top_block(self, profiles: Profiles, n: int, eligible: EligibleItems) -> Top:
        """Return the n best eligible items; later parts are asked only if a list is still short."""
        scores = self._tier(0, profiles)
        top = eligible.select(scores.copy(), n, self._runner())
        for place in range(1, len(self.parts_)):
            short = np.flatnonzero(top.counts < n)
            if len(short) == 0:
                break
            np.copyto(scores, self._tier(place, profiles), where=scores == -np.inf)
            top.put(short, eligible.take(short).select(scores[short], n, self._runner()))
        return top

    def _part_terms(self, profiles: Profiles, item_code: int) -> list[Term]:
        for place, name in enumerate(self.parts_):
            score = self._tier(place, profiles)[0, item_code]
            if score > -np.inf:
                return [Term("part", name, float(score))]
        return []

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return 0, below the scores of all parts."""
        return np.zeros(len(user_codes))
