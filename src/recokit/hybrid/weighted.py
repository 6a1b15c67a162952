"""WeightedHybrid: the weighted sum of the normalised scores of several recommenders."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from recokit._typing import FeedbackOption, FloatArray
from recokit.base import Recommender
from recokit.base._memory import MemoryPlan
from recokit.data._keyed import by_label
from recokit.data.attributes import Array, Attribute, Number
from recokit.exceptions import DataError, first_few
from recokit.hybrid._base import Profiles
from recokit.hybrid._blend import Blend
from recokit.hybrid._defaults import default_models
from recokit.hybrid._given import Given
from recokit.hybrid._learning import best_weights
from recokit.hybrid._memory import PartPlan, held_out_users, plan_block
from recokit.hybrid._validating import CANDIDATES, validation_of

__all__ = ["WeightedHybrid"]


class WeightedHybrid(Blend):
    r"""Rank items by the weighted sum of the normalised scores of several recommenders.

    .. math:: \hat r_{ui} = \sum_p w_p \, g(s^p_{ui}), \qquad \sum_p w_p = 1, \quad w_p \ge 0

    where :math:`s^p` is the score of part p, and g puts the scores of a user on a common scale. The minimum, maximum,
    mean, deviation and ranks do not count the items of the history. They do not depend on the
    candidates or exclusions of a request.

    ============  =====================================================================================================
    "rrf"         1 / (rrf_k + rank) for the first ``depth`` items, 0 for all others: reciprocal rank fusion
    "rank"        1 − (rank − 1) / depth for the first ``depth`` items, 0 for all others
    "minmax"      (s − min) / (max − min); 0 without evidence
    "zscore"      (s − mean) / standard deviation; items without evidence count as the lowest score
    "none"        s; the lowest score of the user without evidence. For parts with scores in the same unit, such as
                  ratings
    ============  =====================================================================================================

    An item is listed if a part with a positive weight has evidence for it.

    *Learned weights*: a part of the training data is held out. The parts are fitted to the rest, and the weights
    maximise the mean NDCG@k of the held-out items, by coordinate ascent on the first 100 items of each part. Then the
    parts are fitted to all training data. With timestamps, the latest events are held out, or the latest items of each
    user if few users have events on both sides of one moment. Without timestamps, they are random items of each user.
    Of ratings, only items with at least the mean rating are relevant. Test data are not used.

    Parameters
    ----------
    models : list of recommenders or of pairs (name, recommender), optional
        The parts. `fit` fits copies of them. A part without a name gets that of its class in lower case. ``name`` and
        ``name__parameter`` are parameters of the hybrid. The default is ItemKNN with ImplicitALS, and for ratings
        ItemKNN with SGDMatrixFactorization.
    weights : None, "learn", list of float, or mapping of names to float
        Weight of each part, in order or by name; None for equal weights. They are scaled to sum to 1.
    normalization : {"rrf", "rank", "minmax", "zscore", "none"}
        Common scale of the scores.
    depth : int
        Length of the ranked lists of "rank" and "rrf"; at least the length of the lists to recommend.
    rrf_k : float
        Constant of "rrf"; with larger values, the first ranks differ less. The paper takes 60 for lists of 1000
        documents; 10 gave better lists of 10 items on validation data.
    validation_size : float
        Share of the training data that is held out to learn the weights.
    validation_users : int
        Maximum number of users with held-out items to learn from.
    k : int
        Cut-off of the NDCG that learned weights maximise.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data. Parts with a ``feedback`` of their own convert the data.
    random_state : int, RandomState or None
        Seed of the held-out items, and of parts without a seed.
    n_threads : int, optional
        Number of threads, also of parts that set none; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    parts_ : dict of str to Recommender
        The fitted parts by name.
    weights_ : (n_parts,) float64 array
        Weights, summing to 1.
    validation_score_ : float
        Mean NDCG@k of the held-out items with the learned weights; only with ``weights="learn"``.

    See Also
    --------
    recokit.CascadeHybrid :
        Collect candidates from several recommenders, and re-score them by a recommender or a classifier.
    recokit.SwitchingHybrid : Rank items by another recommender for users with few items than for users with many.
    recokit.FallbackRecommender : Fill the lists of one recommender with the items of further ones, in order.

    Notes
    -----
    Scores order the items; they are not ratings, except for "none". `partial_fit` updates the parts and keeps learned
    weights. Side information of `fit` goes to all parts that accept it, and ``part__name=`` to one part. If a part
    reads the order of events, `fit` and `recommend_for` need it too, and the strength of an item of a history is its
    number of events. Seen items are excluded unless a part recommends repeated purchases by default.

    References
    ----------
    R. Burke: Hybrid recommender systems: survey and experiments. User Modeling and User-Adapted Interaction 12, 2002.

    G. V. Cormack, C. L. A. Clarke and S. Büttcher: Reciprocal rank fusion outperforms Condorcet and individual rank
    learning methods. SIGIR 2009.

    D. Metzler and W. B. Croft: Linear feature-based models for information retrieval. Information Retrieval 10, 2007.

    Examples
    --------
    >>> from recokit import EASE, ItemKNN, WeightedHybrid
    >>> from recokit.datasets import example_interactions
    >>> data = example_interactions("implicit")
    >>> model = WeightedHybrid([ItemKNN(), ("linear", EASE())], weights=[1, 3]).fit(data)
    >>> model.weights_.tolist()
    [0.25, 0.75]
    >>> user = data.users.ids[0]
    >>> [item for item, _ in model.recommend(user, n=3)[user]]
    [132, 120, 110]
    >>> print(model.why_not(user, 102, n=2))
    102 is not among the 2 items listed for 7: the hybrid ranks it 5 (itemknn ranks it 6, linear ranks it 5).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Blend._parameter_constraints,
        "weights": [StrOptions({"learn"}), "array-like", Mapping, None],
    }

    weights_: FloatArray
    validation_score_: float

    def __init__(
        self,
        models: Any = None,
        *,
        weights: Sequence[float] | Mapping[str, float] | FloatArray | Literal["learn"] | None = None,
        normalization: Literal["rrf", "rank", "minmax", "zscore", "none"] = "rrf",
        depth: int = 200,
        rrf_k: float = 10.0,
        validation_size: float = 0.1,
        validation_users: int = 2000,
        k: int = 10,
        feedback: FeedbackOption = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.models = models
        self.weights = weights
        self.normalization = normalization
        self.depth = depth
        self.rrf_k = rrf_k
        self.validation_size = validation_size
        self.validation_users = validation_users
        self.k = k
        self.feedback = feedback
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "weights": [None, "learn"],
            "normalization": ["rrf", "rank", "minmax", "zscore"],
            "rrf_k": [2.0, 5.0, 10.0, 20.0, 60.0],
        }

    def _default_models(self, feedback: str) -> list[Recommender]:
        return default_models(feedback)

    def _learns(self) -> bool:
        return isinstance(self.weights, str)

    def _learn(self, given: Given, side: dict[str, Any]) -> None:
        models = self._checked_models(given.interactions.feedback)
        if not self._learns():
            self.weights_ = _checked_weights(self.weights, [name for name, _ in models])
            return
        held_out, parts = self._held_out_parts(given, side, "weights='learn'")
        runner = self._runner()
        scale, excludes_seen = self._new_scale(), self._excludes_seen
        validation = validation_of(parts, held_out, scale, runner, excludes_seen=excludes_seen)
        self.weights_, self.validation_score_ = best_weights(validation, self.k, runner)

    def _plan_learning(self, plan: MemoryPlan, parts: list[PartPlan]) -> None:
        data, n_parts = self.interactions_, len(parts)
        n_users = held_out_users(data, self.validation_users)
        by_rank = self.normalization in ("rank", "rrf")
        plan_block(plan, n_users, data.n_items, n_parts, CANDIDATES, by_rank=by_rank)
        n_listed = min(data.n_items, n_parts * CANDIDATES)
        plan.work("scores of candidates", 2.0 * n_users * n_listed * (4.0 * n_parts + 1.0))

    def _weights_of(self, profiles: Profiles) -> FloatArray:
        return np.tile(self.weights_, (profiles.n_users, 1))

    def _part_weights(self) -> FloatArray:
        return self.weights_

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "weights_": Array("float64", ("n_parts",), at_least=0),
            "validation_score_": Number(or_absent=True),
        }

    def _restore(self) -> None:
        if self.weights_.shape != (len(self.parts_),):
            raise ValueError(f"{len(self.weights_)} weights for {len(self.parts_)} parts")
        super()._restore()


def _checked_weights(weights: Any, names: list[str]) -> FloatArray:
    """Return the given weights of the parts, scaled to sum to 1.

    Raises
    ------
    DataError
        The number of weights differs from that of the parts, a name is wrong, a weight is negative or not a number, or
        all are 0.
    """
    n_parts = len(names)
    if weights is None:
        return np.full(n_parts, 1.0 / n_parts)
    by_name = by_label(weights, "weights", "name")
    if isinstance(by_name, Mapping):
        keys = next((keys for keys in (names, range(n_parts)) if set(keys) == set(by_name)), None)
        if keys is None:
            raise DataError(
                f"weights: expected a weight for each of the parts {first_few(names)}, got weights for "
                f"{first_few(by_name)}; name the parts as in models=[('near', ItemKNN())]"
            )
        weights = [by_name[key] for key in keys]
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"weights: expected {n_parts} numbers, one for each part, got {weights!r:.60} ({error})"
        ) from None
    if values.shape != (n_parts,):
        raise DataError(f"weights: expected {n_parts} numbers, one for each part, got {weights!r:.60}")
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise DataError(f"weights: expected finite numbers of at least 0, got {weights!r:.60}")
    if values.sum() == 0:
        raise DataError("weights: all are 0; give one part or more a positive weight")
    scaled: FloatArray = values / values.sum()
    return scaled
