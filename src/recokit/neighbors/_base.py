"""The common part of UserKNN and ItemKNN: parameters, training data, and the choice of a model by feedback."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._biases import BaselineBiases
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import (
    COUNT,
    NON_NEGATIVE,
    OPTIONAL_COUNT,
    OPTIONAL_POSITIVE,
    POSITIVE,
    RATING_SCALE,
    one_of,
)
from recokit.base._stages import StagedRecommender, Stages
from recokit.base._state import on_snapshot
from recokit.data._inputs import pair_ids
from recokit.data.attributes import Array, Attribute, Codes, Storable
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.similarity_formulas import COSINE
from recokit.neighbors._explicit import RatingNeighbors
from recokit.neighbors._implicit import NeighborSums
from recokit.neighbors._index import SimilarityIndex, TrainingData
from recokit.neighbors._means import PredictionParameters
from recokit.neighbors._search_plan import SearchPlan
from recokit.neighbors._values import CellWeights, Transform, Views, decay_weights
from recokit.neighbors.similarities import SIMILARITIES, Values, find_similarity

__all__ = ["NeighborhoodRecommender"]

_SIMILARITY_PARAMETERS = (
    "similarity",
    "shrinkage",
    "min_common",
    "weighting",
    "user_exponent",
    "half_life",
    "alpha",
    "beta",
)


class NeighborhoodRecommender(StagedRecommender):
    """Base class of UserKNN and ItemKNN. Rows are the side that is compared: users or items.

    `_fit` prepares the training data and chooses the model for the kind of feedback. All hooks then call the model.
    """

    _rows_are_users: ClassVar[bool]
    _explicit_model: ClassVar[type[RatingNeighbors]]
    _implicit_model: ClassVar[type[NeighborSums]]

    # Values of parameters that are not set, for ratings and for similarities other than the cosine.
    _textbook_defaults: ClassVar[dict[str, Any]] = {"n_neighbors": 60}

    _formula: dict[str, Any] | None = None  # similarity parameters of the stored neighbours

    _memory_remedy: ClassVar[str] = "lower n_neighbors, or remove rare items and users"
    _remedies: ClassVar[tuple[str, ...]] = ("min_common", "shrinkage", "n_neighbors")
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "similarity": [*one_of(*SIMILARITIES), callable],
        "shrinkage": NON_NEGATIVE,
        "min_common": COUNT,
        "weighting": one_of("tfidf", "bm25", None),
        "half_life": OPTIONAL_POSITIVE,
        "scoring": one_of("sum", "normalized_sum"),
        "amplification": POSITIVE,
        "centering": one_of("mean", "zscore", "baseline", None),
        "prediction_shrinkage": NON_NEGATIVE,
        "rating_scale": RATING_SCALE,
        "alpha": NON_NEGATIVE,
        "beta": NON_NEGATIVE,
    }

    n_neighbors: int | None
    similarity: Any
    shrinkage: float | None
    min_common: int
    weighting: str | None
    half_life: float | None
    scoring: str
    amplification: float
    centering: str | None
    prediction_shrinkage: float
    rating_scale: tuple[float, float] | None
    alpha: float | None
    beta: float

    # ------------------------------------------------------------------ fitting

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        if feedback == "explicit":
            return {
                "n_neighbors": [20, 40, 60, 80, 120],
                "similarity": ["cosine", "pearson", "pearson_baseline"],
                "shrinkage": [0.0, 10.0, 30.0, 60.0, 100.0, 200.0],
                "prediction_shrinkage": [0.0, 0.05, 0.1, 0.2, 0.5, 1.0],
            }
        return {
            "n_neighbors": [20, 40, 60, 100, 150, 300],
            "similarity": ["cosine", "asymmetric_cosine"],  # both support weighting
            "shrinkage": [0.0, 1.0, 10.0, 50.0, 200.0],
            "weighting": [None, "tfidf", "bm25"],
        }

    def _fit(self, interactions: Interactions) -> None:
        data = self._training_data()
        self._set_model(self._model_class.fit(data, self._prediction_parameters(), self._runner(), self._progress))

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, n = self.interactions_, self.interactions_.n_interactions
        plan.keep_transposed(data)
        weighting = self._setting("weighting")
        similarity = find_similarity(self._setting("similarity"), weighting)
        is_weighted = self._has_cell_weights()
        if is_weighted:
            plan.work("weights of interactions", 28.0 * n)
            plan.keep("weights of interactions", 8.0 * n)
        is_raw = similarity.values in ("sets", "weighted") and weighting is None and not is_weighted
        method = "plain"
        if is_raw and similarity.function is None:
            is_plain_cosine = similarity.kind == COSINE and not self._setting("shrinkage") and self.min_common <= 1
            is_binary = similarity.values == "sets" or bool(np.all(data.values == 1))
            counts = similarity.is_monotone and is_binary
            method = "counts" if counts else "products" if is_plain_cosine else "plain"
        elif similarity.kind == COSINE and not self._setting("shrinkage") and self.min_common <= 1:
            method = "products"
        search = SearchPlan(data, self._rows_are_users, 0.0 if is_raw else 4.0 * n, method)
        k = search.width(self._setting("n_neighbors"))
        normalized = self.amplification != 1 or self.scoring == "normalized_sum"
        self._model_class.plan(plan, data, search, k, normalized=normalized)

    def _has_cell_weights(self) -> bool:
        """Return whether interactions have weights in similarities."""
        return self.half_life is not None

    def _stages(self, interactions: Interactions) -> Stages:
        data, parameters = self._training_data(), self._prediction_parameters()
        self._set_model((yield from self._model_class.stages(data, parameters, self._runner())))

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        model, data, parameters = None, self._training_data(), self._prediction_parameters()
        if self._formula == self._similarity_parameters():
            users, items = merged.users.codes(previous.users), merged.items.codes(previous.items)
            maps = data.views.row_and_column(users, items)
            model = self._model.updated(data, parameters, self._runner(), *maps)
        if model is None:
            model = self._model_class.fit(data, parameters, self._runner(), self._progress)
        self._set_model(model)

    def _described(self) -> dict[str, Attribute]:
        described = super()._described() | {"_formula": Storable(or_absent=True)}
        if self._is_explicit():
            return described
        n_rows = "n_users" if self._rows_are_users else "n_items"
        return described | {
            "neighbor_codes_": Codes((n_rows, "n_neighbors"), of=n_rows, missing=True),
            "neighbor_scores_": Array("float32", (n_rows, "n_neighbors")),
            "neighbor_counts_": Array("int32", (n_rows,), at_least=0),
        }

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        self._partial_fit(remaining, previous)

    def _restore(self) -> None:
        data, parameters = self._training_data(), self._prediction_parameters()
        self._model = self._model_class.restore(data, parameters, self._runner(), vars(self))

    def _set_model(self, model: RatingNeighbors | NeighborSums) -> None:
        """Set the model and its fitted attributes."""
        self._model = model
        self._formula = self._similarity_parameters()
        for name, value in model.fitted_attributes().items():
            setattr(self, name, value)

    @property
    def _model_class(self) -> type[RatingNeighbors] | type[NeighborSums]:
        return self._explicit_model if self._is_explicit() else self._implicit_model

    def _similarity_parameters(self) -> dict[str, Any]:
        """Return the parameters that similarities depend on."""
        return {name: self._setting(name) for name in self.get_params(deep=False) if name in _SIMILARITY_PARAMETERS}

    def _prediction_parameters(self) -> PredictionParameters:
        return PredictionParameters(*(self._setting(name) for name in PredictionParameters._fields))

    def _setting(self, name: str) -> Any:
        """Return the value of a parameter, or its default for the data if it is not set."""
        value = getattr(self, name)
        is_automatic = value == "auto" if name in ("similarity", "weighting") else value is None
        if not is_automatic or name not in self._textbook_defaults:
            return value
        is_cosine = isinstance(self.similarity, str) and self.similarity in ("auto", "cosine")
        defaults = self._implicit_defaults(self.interactions_) if is_cosine and not self._is_explicit() else {}
        return defaults.get(name, self._textbook_defaults[name])

    def _implicit_defaults(self, data: Interactions) -> dict[str, Any]:
        """Return the values of parameters that are not set, for implicit feedback and the cosine."""
        raise NotImplementedError

    def _training_data(self) -> TrainingData:
        """Return the training data, prepared with the current parameters."""
        data, runner = self.interactions_, self._runner()
        weighting = self._setting("weighting")
        name, alpha = self._setting("similarity"), self._setting("alpha")
        similarity = find_similarity(name, weighting)
        if name == "asymmetric_cosine" and alpha > 1:
            raise ValueError(f"alpha={alpha:g}: expected at most 1 for similarity='asymmetric_cosine'")
        biases = self._baseline(similarity.values)
        views = Views.from_interactions(data, biases, rows_are_users=self._rows_are_users, runner=runner)
        transform = Transform.fit(similarity.values, weighting, views)
        constants = {name: float(self._setting(name)) for name in ("alpha", "beta", "shrinkage", "min_common")}
        decays = None
        if self.half_life is not None:
            decays = decay_weights(data, self.half_life, rows_are_users=self._rows_are_users, runner=runner)
        index = SimilarityIndex(similarity, transform, views, constants, self._cell_weights(decays), runner=runner)
        return TrainingData(data, biases, views, index, decays)

    def _baseline(self, values: Values) -> BaselineBiases:
        """Return the biases of ratings; for implicit feedback, the mean alone unless the similarity needs biases."""
        if self._is_explicit():
            return self._biases
        fit = BaselineBiases.fit if values == "baseline" else BaselineBiases.zero
        return fit(self.interactions_)

    def _cell_weights(self, decays: CellWeights | None) -> CellWeights | None:
        """Return the factors of the values that similarities are computed from."""
        return decays

    def _warm_up_data(self) -> Iterable[Interactions]:
        from recokit.datasets.example import long_rows  # importing recokit loads no datasets

        # Long rows have kernels of their own: for ranks of 2 or 4 bytes, with or without strengths above 1.
        return (long_rows(n_ids, max_strength) for n_ids in (300, 2**16 + 1) for max_strength in (1, 2))

    # ------------------------------------------------------------------ predicting

    def _user_profiles(self, user_codes: CodeArray) -> Any:
        return self._model.user_profiles(user_codes)

    def _fold_in(self, histories: Rows) -> Any:
        return self._model.fold_in(histories, self._runner())

    def _score_block(self, profiles: Any) -> FloatArray:
        return self._model.score_block(profiles, self._runner())

    def _top_block(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        return self._model.top_block(profiles, n, eligible, self._runner())

    def _block_size(self) -> int:
        return self._model.users_per_block or super()._block_size()

    def _to_reported(self, scores: FloatArray) -> FloatArray:
        return self._model.to_reported(scores)

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores = self._model.score_pairs(user_codes, item_codes, self._runner())
        return super()._score_pairs(user_codes, item_codes) if scores is None else scores

    @on_snapshot
    def support(self, X: Any) -> CodeArray:
        """Return the number of neighbours behind the prediction of each pair, at most k.

        For ratings, it is the number of neighbours in the weighted mean. For implicit feedback, it is the number of the
        k neighbours in the sum. If it is 0, the prediction uses no neighbours, as for pairs with an unknown user or
        item.

        Parameters
        ----------
        X : (user, item) pairs, or Interactions
            As in `predict`.

        Returns
        -------
        (n_pairs,) int32 array

        Raises
        ------
        NotFittedError
            The model is not fitted.
        DataError
            ``X`` does not hold pairs.
        """
        users, items = pair_ids(X)
        user_codes, item_codes = self.interactions_.users.codes(users), self.interactions_.items.codes(items)
        known = (user_codes >= 0) & (item_codes >= 0)
        supports = np.zeros(len(user_codes), dtype=np.int32)
        supports[known] = self._model.supports(user_codes[known], item_codes[known], self._runner())
        return supports

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return self._model.explain(user_code, item_code)

    def _nearest_rows(self, row_codes: CodeArray, n: int) -> Top:
        """Return the n rows most similar to each row."""
        index = self._model.data.index
        queries = index.indexed_queries(row_codes)
        return index.nearest(queries, index.width(queries, n), runner=self._runner())
