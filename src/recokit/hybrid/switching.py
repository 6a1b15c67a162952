"""SwitchingHybrid: another recommender for users with few interactions than for users with many."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from recokit._typing import AnyArray, FeedbackOption, FloatArray
from recokit.base import Recommender
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import NON_NEGATIVE
from recokit.data.attributes import Array, Attribute, Number
from recokit.exceptions import DataError
from recokit.hybrid._base import Profiles
from recokit.hybrid._blend import Blend
from recokit.hybrid._defaults import default_models
from recokit.hybrid._given import Given
from recokit.hybrid._memory import PartPlan, held_out_users, plan_block
from recokit.hybrid._thresholds import HISTORY_LENGTHS, learned_thresholds, ndcg_by_length

__all__ = ["SwitchingHybrid"]

_NEGLIGIBLE = 1e-6  # a part with a smaller weight has no influence


class SwitchingHybrid(Blend):
    r"""Rank items by another recommender for users with few items than for users with many.

    The parts are in order of the number of items that they need, such as Popularity, ItemKNN, EASE. Threshold
    :math:`t_p` is the number of items from which part p + 1 replaces part p. With n distinct items in the history, the
    weight of part p is

    .. math:: w_p(n) = (1 - h_p(n)) \prod_{q < p} h_q(n), \qquad
        h_p(n) = \Bigl(1 + \bigl(\tfrac{1 + t_p}{1 + n}\bigr)^{1/\sigma}\Bigr)^{-1}, \quad h_P = 0

    The weights sum to 1. The score is the weighted sum of the normalised scores, as in `WeightedHybrid`. σ is the width
    of the hand-over: with 0, one part alone ranks the items of a user. At the threshold, both parts have the weight 1/2
    (with σ = 0, the next part has the weight 1).

    *Learned thresholds*: a part of the training data is held out, as in `WeightedHybrid`. The histories of users with
    held-out items are cut to the latest (or else random) 0, 1, 2, 3, 5, 8, 13, 21, 34, 55 and 89 items. The thresholds
    maximise the sum over these lengths of the mean NDCG@k, with one part for each length. Parts are never used in
    reverse order.

    Parameters
    ----------
    models : list of recommenders or of pairs (name, recommender), optional
        The parts, for users with few items first; see `WeightedHybrid`. The default is Popularity with ItemKNN, and for
        ratings BiasBaseline with ItemKNN.
    thresholds : None, "learn" or list of float
        Numbers of items, ascending, one less than the parts. The default is 2 for two parts, and 2 to 20 in equal
        ratios for more.
    smoothing : float
        σ, in units of the natural logarithm of the number of items.
    normalization, depth, rrf_k
        Common scale of the scores, as in `WeightedHybrid`.
    validation_size, validation_users, k
        Held-out data of learned thresholds, as in `WeightedHybrid`.
    feedback, random_state, n_threads, verbose
        As in `WeightedHybrid`.

    Attributes
    ----------
    parts_ : dict of str to Recommender
        The fitted parts by name.
    thresholds_ : (n_parts − 1,) float64 array
        Thresholds; infinity for parts that learning never uses.
    validation_curve_ : (n_parts, n_lengths) float64 array
        Mean NDCG@k of each part for each history length; only with ``thresholds="learn"``.

    See Also
    --------
    recokit.WeightedHybrid : Rank items by the weighted sum of the normalised scores of several recommenders.
    recokit.FallbackRecommender : Fill the lists of one recommender with the items of further ones, in order.

    Notes
    -----
    See `WeightedHybrid` on scores, side information and sequence models.

    References
    ----------
    R. Burke: Hybrid recommender systems: survey and experiments. User Modeling and User-Adapted Interaction 12, 2002.

    Examples
    --------
    >>> from recokit import ItemKNN, Popularity, SwitchingHybrid
    >>> from recokit.datasets import example_interactions
    >>> model = SwitchingHybrid([Popularity(), ItemKNN()], thresholds=[3]).fit(
    ...     example_interactions("implicit")
    ... )
    >>> model.part_weights([0, 3, 30]).round(2).tolist()
    [[0.94, 0.06], [0.5, 0.5], [0.02, 0.98]]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Blend._parameter_constraints,
        "thresholds": [StrOptions({"learn"}), "array-like", None],
        "smoothing": NON_NEGATIVE,
    }

    thresholds_: FloatArray
    smoothing_: float
    validation_curve_: FloatArray

    def __init__(
        self,
        models: Any = None,
        *,
        thresholds: Sequence[float] | FloatArray | Literal["learn"] | None = None,
        smoothing: float = 0.5,
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
        self.thresholds = thresholds
        self.smoothing = smoothing
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

    def part_weights(self, n_items: Any) -> FloatArray:
        """Return the weight of each part for users with these numbers of items.

        Parameters
        ----------
        n_items : (n,) array-like of int

        Returns
        -------
        (n, n_parts) float64 array
            Rows sum to 1.
        """
        return _hand_over(np.asarray(n_items), self.thresholds_, self.smoothing_)

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "thresholds": [None, "learn"],
            "smoothing": [0.0, 0.25, 0.5, 1.0],
            "normalization": ["rrf", "rank", "minmax", "zscore"],
        }

    def _default_models(self, feedback: str) -> list[Recommender]:
        return default_models(feedback, for_few_items=True)

    def _learns(self) -> bool:
        return isinstance(self.thresholds, str)

    def _learn(self, given: Given, side: dict[str, Any]) -> None:
        models = self._checked_models(given.interactions.feedback)
        self.smoothing_ = float(self.smoothing)
        if not self._learns():
            self.thresholds_ = _checked_thresholds(self.thresholds, len(models) - 1)
            return
        held_out, parts = self._held_out_parts(given, side, "thresholds='learn'")
        self.validation_curve_ = ndcg_by_length(
            parts, held_out, self.k, self._runner(), self.random_state, excludes_seen=self._excludes_seen
        )
        self.thresholds_ = learned_thresholds(self.validation_curve_, HISTORY_LENGTHS)

    def _plan_learning(self, plan: MemoryPlan, parts: list[PartPlan]) -> None:
        data = self.interactions_  # the lists of one part at a time
        plan_block(plan, held_out_users(data, self.validation_users), data.n_items, 1, self.k, by_rank=True)

    def _weights_of(self, profiles: Profiles) -> FloatArray:
        return self.part_weights(profiles.histories.lengths)

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "smoothing_": Number(at_least=0),
            "thresholds_": Array("float64", ("n_thresholds",)),
            "validation_curve_": Array("float64", ("n_parts", "n_lengths"), or_absent=True),
        }

    def _restore(self) -> None:
        if self.thresholds_.shape != (len(self.parts_) - 1,):
            raise ValueError(f"{len(self.thresholds_)} thresholds for {len(self.parts_)} parts")
        super()._restore()


def _hand_over(n_items: AnyArray, thresholds: FloatArray, smoothing: float) -> FloatArray:
    """Return the weight of each part for each number of items: (n, n_parts) float64."""
    reached: FloatArray
    if smoothing == 0:
        reached = (n_items[:, None] >= thresholds).astype(np.float64)
    else:
        with np.errstate(over="ignore"):
            reached = 1.0 / (1.0 + np.exp((np.log1p(thresholds) - np.log1p(n_items[:, None])) / smoothing))
    passed = np.cumprod(np.column_stack([np.ones(len(n_items)), reached]), axis=1)
    weights: FloatArray = passed * np.column_stack([1.0 - reached, np.ones(len(n_items))])
    weights[weights < _NEGLIGIBLE] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _checked_thresholds(thresholds: Any, n: int) -> FloatArray:
    """Return given thresholds, or the default.

    Raises
    ------
    DataError
        They are not n ascending numbers of at least 0.
    """
    if thresholds is None:
        return np.array([2.0]) if n == 1 else np.geomspace(2.0, 20.0, n) if n else np.empty(0)
    expected = (
        f"thresholds: expected {n} ascending numbers of at least 0, one less than the parts, got {thresholds!r:.60}"
    )
    try:
        values = np.asarray(thresholds, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{expected} ({error})") from None
    if values.shape != (n,) or np.any(np.isnan(values)) or np.any(values < 0):
        raise DataError(expected)
    if any(low > high for low, high in pairwise(values.tolist())):
        raise DataError(expected)
    return values
