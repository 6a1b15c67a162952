"""CascadeHybrid: candidates of several recommenders, re-scored by a recommender or a classifier."""

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from recokit._runtime.warnings import levels_inside
from recokit._typing import FeedbackOption, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import COUNT, interval
from recokit.data.attributes import Attribute, Each, Instance, Number, Text
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError, WeakModelWarning
from recokit.hybrid import _classifier
from recokit.hybrid._base import Hybrid, Profiles
from recokit.hybrid._defaults import default_models
from recokit.hybrid._examples import Examples, examples_of
from recokit.hybrid._features import ItemFacts, candidate_features, feature_names, first_stage, without_part
from recokit.hybrid._given import Given
from recokit.hybrid._memory import PartPlan, held_out_users, plan_block
from recokit.hybrid._parts import Parts, seeds_of

__all__ = ["CascadeHybrid"]

_SCORER = "scorer"
_SHARE_FOUND = 0.25  # of the held-out items are candidates; for the estimate of memory


class CascadeHybrid(Hybrid):
    r"""Collect candidates from several recommenders, and re-score them by a recommender or a classifier.

    *First stage*: the candidates of a user are the items among the first ``n_candidates`` of at least one part. As in
    `WeightedHybrid`, ranks do not count the items of the history. All other items are not recommended, and `predict`
    returns 0 for them.

    *Second stage*: with a recommender as ``scorer``, its scores order the candidates. With a classifier, the score is
    the probability of a future interaction. The classifier is fitted to held-out interactions: the parts are fitted to
    the rest of the training data, and their candidates are the examples, positive if they are held out. Negative
    examples are a random sample of the other candidates of the same users, which weakens the imbalance of the classes;
    probabilities hold for the sample. Then the parts are fitted to all training data. Data are held out as in
    `WeightedHybrid`. Test data are not used.

    The features of a candidate, ``feature_names_``, are: for each part, its score (in standard deviations from the
    user's mean) and 10 / (10 + rank), or 0 if the part does not list it; the number of parts that list it and the mean
    of the latter; the logarithm of the number of users of the item, of the number of items of the user, the mean of the
    former over the history, and its difference. With timestamps, also the recent popularity of the item, with
    half-lives of 1/64, 1/16 and 1/4 of the time span, and the times since its first and its last interaction.

    Parameters
    ----------
    models : list of recommenders or of pairs (name, recommender), optional
        The parts that give candidates; see `WeightedHybrid`. The default is ItemKNN with ImplicitALS, and for ratings
        ItemKNN with SGDMatrixFactorization.
    scorer : recommender, or scikit-learn classifier with ``predict_proba``, optional
        The second stage. The default is a small HistGradientBoostingClassifier. If no items can be held out, it warns
        and orders the candidates by their mean reciprocal rank.
    n_candidates : int
        Number of candidates of each part.
    n_negatives : int
        Maximum number of negative examples of each user for each positive one.
    validation_size, validation_users
        Held-out data, as in `WeightedHybrid`.
    feedback, random_state, n_threads, verbose
        As in `WeightedHybrid`. ``random_state`` also chooses the negative examples.

    Attributes
    ----------
    parts_ : dict of str to Recommender
        The fitted parts by name. A recommender as ``scorer`` is the last one, named "scorer".
    classifier_ : object
        The fitted classifier, with a method ``probabilities``; None with a recommender as ``scorer``.
    feature_names_ : list of str
        Names of the features of the classifier.
    n_examples_ : (2,) list of int
        Numbers of negative and positive examples.

    See Also
    --------
    recokit.WeightedHybrid : Rank items by the weighted sum of the normalised scores of several recommenders.
    recokit.SwitchingHybrid : Rank items by another recommender for users with few items than for users with many.
    recokit.reranking.rerank : Choose the best items of each list under business rules.

    Notes
    -----
    `save` stores HistGradientBoostingClassifier and LogisticRegression as arrays. A hybrid with any other classifier
    cannot be saved in the safe format; `save` raises TypeError, and pickle works. Lists hold no more items than there
    are candidates. `partial_fit` updates the parts and the facts about items, and keeps the classifier.

    References
    ----------
    R. Burke: Hybrid recommender systems: survey and experiments. User Modeling and User-Adapted Interaction 12, 2002.

    P. Covington, J. Adams and E. Sargin: Deep neural networks for YouTube recommendations. RecSys 2016.

    Examples
    --------
    >>> from recokit import CascadeHybrid, EASE, ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> data = example_interactions("implicit")
    >>> model = CascadeHybrid([ItemKNN()], scorer=EASE(), n_candidates=5).fit(data)
    >>> user = data.users.ids[0]
    >>> len(model.recommend(user, n=10)[user])
    5
    >>> print(model.why_not(user, 102))
    102 is not listed for 7: no part has it among its first 5 items (itemknn ranks it 6, scorer ranks it 5).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Hybrid._parameter_constraints,
        "n_candidates": COUNT,
        "n_negatives": COUNT,
        "validation_size": interval(0, 1, "neither"),
        "validation_users": COUNT,
    }

    classifier_: Any
    feature_names_: list[str]
    n_examples_: list[int]
    _n_candidates: int
    _facts: ItemFacts

    def __init__(
        self,
        models: Any = None,
        scorer: Any = None,
        *,
        n_candidates: int = 100,
        n_negatives: int = 10,
        validation_size: float = 0.1,
        validation_users: int = 5000,
        feedback: FeedbackOption = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.models = models
        self.scorer = scorer
        self.n_candidates = n_candidates
        self.n_negatives = n_negatives
        self.validation_size = validation_size
        self.validation_users = validation_users
        self.feedback = feedback
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ parts

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"n_candidates": [50, 100, 200], "n_negatives": [5, 10, 20]}

    def _default_models(self, feedback: str) -> list[Recommender]:
        return default_models(feedback)

    def _named_models(self, feedback: str) -> Parts:
        scorer = [(_SCORER, self.scorer)] if isinstance(self.scorer, Recommender) else []
        return [*super()._named_models(feedback), *scorer]

    def _checked_models(self, feedback: str) -> Parts:
        models = super()._checked_models(feedback)
        if isinstance(self.scorer, Recommender):
            return [*models, (_SCORER, self.scorer)]
        if self.scorer is None:
            return models
        if isinstance(self.scorer, type) or not isinstance(self.scorer, BaseEstimator):
            raise TypeError(
                f"scorer: expected a recommender or a scikit-learn classifier, got {self.scorer!r:.60}; create it first"
            )
        if not hasattr(self.scorer, "predict_proba"):
            raise TypeError(
                f"scorer: {type(self.scorer).__name__} has no predict_proba; use a classifier with probabilities, such "
                "as HistGradientBoostingClassifier"
            )
        return models

    @property
    def _n_first(self) -> int:
        """Number of parts that give candidates."""
        return len(self.parts_) - (_SCORER in self.parts_)

    def _candidate_limit(self) -> int | None:
        return self._n_candidates

    # ------------------------------------------------------------------ fitting

    def _learns(self) -> bool:
        return not isinstance(self.scorer, Recommender)

    def _learn(self, given: Given, side: dict[str, Any]) -> None:
        self._n_candidates = int(self.n_candidates)
        self.classifier_, self.feature_names_, self.n_examples_ = None, [], [0, 0]
        if not self._learns():
            return
        try:
            examples = self._examples(given, side)
        except DataError as error:
            if self.scorer is not None or side.get("validation") is not None:
                raise
            warnings.warn(
                f"CascadeHybrid orders candidates by their mean reciprocal rank, "
                f"since a classifier cannot be learned: {error}",
                WeakModelWarning,
                stacklevel=levels_inside(),
            )
            return
        classifier = _classifier.default_classifier() if self.scorer is None else self.scorer
        seed = seeds_of(self.random_state, 1)[0]
        self.classifier_ = _classifier.fitted(classifier, examples.features, examples.labels, seed)
        self.feature_names_ = examples.names
        self.n_examples_ = np.bincount(examples.labels, minlength=2).tolist()

    def _examples(self, given: Given, side: dict[str, Any]) -> Examples:
        """Return the examples for the classifier.

        Raises
        ------
        DataError
            No items can be held out, or none of them is a candidate, or all candidates are.
        """
        held_out = self._hold_out(given, side, "scorer")
        parts = self._fitted_parts(held_out.given, side)
        found = examples_of(
            parts,
            held_out,
            self._n_candidates,
            self.n_negatives,
            self.random_state,
            self._runner(),
            excludes_seen=self._excludes_seen,
        )
        if len(np.unique(found.labels)) < 2:
            raise DataError(
                f"scorer: {found.labels.sum()} of {len(found.labels)} candidates of {len(held_out.users)} users are "
                "held out; a classifier needs held-out candidates and others; set n_candidates or validation_size"
            )
        return found

    def _plan_learning(self, plan: MemoryPlan, parts: list[PartPlan]) -> None:
        data = self.interactions_
        n_users = held_out_users(data, self.validation_users)
        n_hits = _SHARE_FOUND * max(1.0, self.validation_size * data.n_interactions / data.n_users)
        n_listed = min(data.n_items, self.n_candidates * len(parts))
        names = feature_names([part.name for part in parts], timed=data.timestamps is not None)
        n_bytes = 8.0 * len(names) * n_users * min((1 + self.n_negatives) * n_hits, n_listed)
        plan.keep("examples", n_bytes)
        plan_block(plan, n_users, data.n_items, len(parts), int(self.n_candidates))
        plan.work("joined examples", n_bytes)
        plan.drop("examples")

    def _fit(self, interactions: Interactions) -> None:
        super()._fit(interactions)
        self._facts = self._facts_of(interactions)
        if self.classifier_ is not None and len(self._names()) != len(self.feature_names_):
            raise DataError("the data of the classifier have timestamps, and the training data have none")

    def _facts_of(self, interactions: Interactions) -> ItemFacts:
        """Return the facts about the items; a classifier without features of times uses none."""
        facts = ItemFacts.of(interactions)
        first = list(self.parts_)[: self._n_first]
        untimed = self.classifier_ is not None and self.feature_names_ == feature_names(first, timed=False)
        return facts._replace(timed=facts.timed[:, :0]) if untimed else facts

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "classifier_": Instance(_classifier.FittedClassifier, or_none=True),
            "feature_names_": Each(Text()),
            "n_examples_": Each(Number(at_least=0, whole=True), 2),
            "_n_candidates": Number(at_least=1, whole=True),
        }

    def _restore(self) -> None:
        super()._restore()
        self._facts = self._facts_of(self.interactions_)
        names = self._names()
        if self.classifier_ is not None and not len(names) == len(self.feature_names_) == self.classifier_.n_features:
            raise ValueError("the features of the classifier differ from those of the data")

    def _names(self) -> list[str]:
        return feature_names(list(self.parts_)[: self._n_first], timed=self._facts.timed.shape[1] > 0)

    # ------------------------------------------------------------------ scores

    def _dense_block_size(self) -> int:
        return max(1, super()._dense_block_size() // (1 + len(self.parts_) // 2))

    def _score_block(self, profiles: Profiles) -> FloatArray:
        return self._second_stage(profiles, with_seen=True)

    def _top_block(self, profiles: Profiles, n: int, eligible: EligibleItems) -> Top:
        """Return the n best eligible items; excluded items of the history are not scored."""
        histories, excluded, n_items = profiles.histories, eligible.excluded, self.interactions_.n_items
        keys = [rows.row_codes * n_items + rows.codes for rows in (histories, excluded)]
        with_seen = not np.all(np.isin(keys[0], keys[1]))
        return eligible.select(self._second_stage(profiles, with_seen=with_seen), n, self._runner())

    def _second_stage(self, profiles: Profiles, *, with_seen: bool) -> FloatArray:
        """Return the scores of the candidates, −∞ for all other items: (n_users, n_items) float32."""
        runner, histories = self._runner(), profiles.histories
        seen = histories if self._excludes_seen else Rows.empty(profiles.n_users)
        scores = [self._part_scores(place, profiles) for place in range(self._n_first)]
        block = first_stage(scores, seen, seen if with_seen else None, self._n_candidates, runner)
        del scores
        result: FloatArray = np.full((profiles.n_users, self.interactions_.n_items), -np.inf, dtype=np.float32)
        cells = block.rows, block.columns
        if _SCORER in self.parts_:
            result[cells] = self._part_scores(self._n_first, profiles)[cells]
            return result
        result[cells] = self._probabilities(candidate_features(block, histories, self._facts, self._n_candidates))
        return result

    def _probabilities(self, features: FloatArray) -> FloatArray:
        """Return the scores of candidates: (n_cells,) float64."""
        if self.classifier_ is not None:
            scores: FloatArray = self.classifier_.probabilities(features, self._runner())
            return scores
        means: FloatArray = features[:, 2 * self._n_first + 1]
        return means

    def _part_terms(self, profiles: Profiles, item_code: int) -> list[Term]:
        """Return the change of the score by each part, in order, starting without the evidence of any part."""
        runner, histories, n = self._runner(), profiles.histories, self._n_first
        seen = histories if self._excludes_seen else Rows.empty(1)
        scores = [self._part_scores(place, profiles) for place in range(n)]
        block = first_stage(scores, seen, seen, self._n_candidates, runner)
        here = block.columns == item_code
        if not np.any(here):
            return []
        if _SCORER in self.parts_:
            score = float(self._part_scores(n, profiles)[0, item_code])
            return [Term("part", _SCORER, score)] if score > -np.inf else []
        one = block._replace(
            rows=block.rows[here], columns=block.columns[here], ranks=block.ranks[:, here], values=block.values[:, here]
        )
        stages = [one]
        for place in range(n - 1, -1, -1):
            stages.append(without_part(stages[-1], place, self._n_candidates))
        features = [candidate_features(stage, histories, self._facts, self._n_candidates) for stage in stages[::-1]]
        values = self._probabilities(np.concatenate(features))
        parts = [Term("part", name, float(part)) for name, part in zip(self.parts_, np.diff(values), strict=False)]
        return [Term("other", None, float(values[0])), *parts]

    def _fallback_scores(self, user_codes: Any, item_codes: Any) -> FloatArray:
        """Return 0 for items that are no candidates."""
        return np.zeros(len(user_codes))

    # ------------------------------------------------------------------ saving

    def _to_state(self) -> dict[str, Any]:
        state = super()._to_state()
        if self.scorer is not None and not isinstance(self.scorer, Recommender):
            state["params"]["scorer"] = _classifier.parameters(self.scorer)
        return state

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        scorer = state["params"]["scorer"]
        if isinstance(scorer, _classifier.StoredParameters):
            state["params"]["scorer"] = scorer.restored()
        return super()._from_state(state)
