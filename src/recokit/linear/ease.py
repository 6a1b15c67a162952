"""EASE: a linear item-item model in closed form."""

from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from recokit._runtime.inverse import TILE, invert, tiles
from recokit._runtime.memory import require_memory
from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FeedbackOption, FloatArray, IntArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._gram_learner import GramLearner
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN, NON_NEGATIVE, OPTIONAL_POSITIVE, POSITIVE, interval
from recokit.base._stages import Stage, StagedRecommender, Stages, join_arrays
from recokit.data._item_similarities import ItemSimilarities
from recokit.data._weights import item_scales, user_weights
from recokit.data.attributes import Array, Attribute, Matrix, Number, Storable
from recokit.data.gram import Gram
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.gram import gram_rows, linear_pairs, linear_scores
from recokit.linear._downdate import downdated_inverse
from recokit.linear._intercept import active_rows, add_intercepts, with_constant
from recokit.linear._problem import Problem, plan_problem, strength_unit
from recokit.linear._similarity_prior import mean_total, pull, scaled_similarities

__all__ = ["EASE"]

_GRAM_BYTES = 8  # float64, inverted in place
_WEIGHT_BYTES = 4  # float32
_N_SIMILAR = 50  # items of each list, if the similarities come from a model


class EASE(StagedRecommender, GramLearner):
    r"""Predict each item from all other items by ridge regression, in closed form.

    The weights B minimize :math:`\|X - XB\|^2_W + \operatorname{tr} B^\top \Lambda B` with a zero diagonal, so that no
    item predicts itself. With :math:`G = X^\top W X` and :math:`P = (G + \Lambda)^{-1}`,

    .. math:: B_{ij} = -P_{ij} / P_{jj} \quad (i \ne j), \qquad
        \Lambda = \lambda I + \frac{p}{1 - p} \operatorname{diag} G, \qquad W_{uu} = n_u^{-e}

    where :math:`n_u` is the number of items of user u. A score is the sum of the weights of the items in the history,
    each times its strength. With ``item_exponent`` δ the weights for item j are :math:`B_{ij} n_j^{-\delta}`, where
    :math:`n_j` is the number of users of item j.

    *Intercepts.* With ``fit_intercept``, X has a further column: a constant, the mean strength, for all users with a
    strength above 0. It is penalized as the items are. Its weight for item j, times the constant, is the intercept of
    item j: a popularity, which is added to the scores.

    *Similarities of items.* ``fit`` takes similarities from other information, such as the titles
    (``item_similarity``). The penalty is then :math:`\operatorname{tr} (B - C)^\top \Lambda (B - C)`, where
    :math:`C_{ij}` is proportional to the similarity of the items i and j: weights are drawn to the similarities instead
    of 0, the more so the fewer interactions there are. Items without interactions have the weights
    :math:`B_j = (G + \Lambda)^{-1} \Lambda C_j` and can be recommended.

    Parameters
    ----------
    l2 : float
        λ, the ridge penalty, as a number of users with the mean strength, weighted by W: λ I is multiplied by the
        square of the mean strength, so that the unit of the strengths does not matter.
    user_exponent : float
        e: the weight of a user with n items is n^−e. 0, as in the papers, weights all users equally, so that a user
        with n items contributes to n² entries of G. 1 gives users with many items no larger part of the loss than
        others.
    dropout : float
        p, the share of the entries that denoising drops: a penalty on items in proportion to their popularity. 0 is the
        EASE of 2019; its weights reflect patterns of few histories more strongly.
    item_exponent : float
        δ: the weights for an item with n users are multiplied by n^−δ after fitting. Values above 0 make popular items
        rarer in lists. The intercept is multiplied too.
    fit_intercept : bool
        Fit an intercept for each item.
    similarity_weight : float
        Sum of the prior weights C for an item with similarities of the mean sum, so that the unit of the similarities
        does not matter. Only with similarities.
    max_memory_gb : float, optional
        Raise MemoryError if the fit needs more. The default is the available memory of the machine or of the container,
        if known.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result depends neither on it nor on the threads of BLAS.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 array
        B.
    intercept_ : (n_items,) float32 array
        Intercepts; only with ``fit_intercept``.
    item_similarity_ : csr_array of shape (n_items, n_items), float32
        Row j holds the similarities of the items similar to item j; only with similarities.
    penalty_shares_ : (n_items,) float32 array
        :math:`P_{ii} \Lambda_{ii}`, from near 0 for items that the interactions determine to 1 for items without
        interactions; only with similarities.

    See Also
    --------
    recokit.SLIM : Predict each item from a few other items by an elastic net.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.
    recokit.SLIST : Predict the future of a sequence from its past by ridge regression, in closed form.

    Notes
    -----
    ``EASE(user_exponent=0, dropout=0, item_exponent=0, fit_intercept=False)`` is the model of 2019. The defaults were
    chosen on data sets with densities from 0.06 % to 4 %. Take logarithms of strengths with a few very large values,
    such as amounts of money: errors are squared.

    Memory is 12 bytes times the square of the number of items with interactions: 1.2 GB for 10,000 items, 19 GB for
    40,000. `SLIM` can fit such catalogues. The weights take 4 bytes times the square of the number of all items. With
    similarities, all items count for the memory of the fit.

    A model that is fitted by `fit_gram` has no intercepts, since the matrix has no constant.

    **Edge cases.** An item is not recommended, and its score is 0, if its intercept and all weights from the history to
    it are 0, as for an item without users. The same holds for all items if a user has no interactions or only strengths
    of 0. With one item, or if no two items have a user in common, ``fit_intercept=False`` gives weights of 0 and empty
    lists.

    References
    ----------
    H. Steck: Embarrassingly shallow autoencoders for sparse data. WWW 2019.

    J. Monteil, V. Vaskovych, W. Lu, A. Majumder, A. van den Hengel: MARec: metadata alignment for cold-start
    recommendation. RecSys 2024 (similarities of metadata in EASE; there the predictions are aligned, here the weights).

    H. Steck: Autoencoders that don't overfit towards the identity. NeurIPS 2020.

    Examples
    --------
    >>> from recokit import EASE
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("cy", "pot"),
    ... ]
    >>> model = EASE(l2=1.0).fit([*bought, ("dan", "tea")])
    >>> [item for item, _ in model.recommend("dan")["dan"]]
    ['cup', 'pot']

    A mug without sales is recommended to users of items with similar titles:

    >>> from recokit import TfidfRecommender
    >>> titles = {
    ...     "tea": "green tea",
    ...     "cup": "tea cup",
    ...     "pot": "tea pot",
    ...     "mug": "mug or cup",
    ... }
    >>> content = TfidfRecommender().fit(bought, catalogue=titles)
    >>> model = EASE(l2=1.0).fit(bought, item_similarity=content)
    >>> [item for item, _ in model.recommend("ann", candidates=["mug"])["ann"]]
    ['mug']
    >>> model = model.partial_fit([("eve", "mug")])
    >>> model.interactions_.n_users
    4
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _inverse_diagonal: FloatArray  # of P; 0 for items without a strength above 0
    _inverse_of_constant: float  # the entry of P; only with intercepts
    _formula: dict[str, Any] | None = None  # parameters of the weights; None in older files

    _remedies: ClassVar[tuple[str, ...]] = ("l2", "dropout", "item_exponent")
    _memory_remedy: ClassVar[str] = (
        "use SLIM or ItemKNN, whose memory does not grow with the square of the number of items, or remove rare items"
    )
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "l2": POSITIVE,
        "user_exponent": NON_NEGATIVE,
        "dropout": interval(0, 1, "left"),
        "item_exponent": interval(None, None, "neither"),
        "fit_intercept": BOOLEAN,
        "similarity_weight": NON_NEGATIVE,
        "max_memory_gb": OPTIONAL_POSITIVE,
    }

    item_weights_: FloatArray
    intercept_: FloatArray
    item_similarity_: sparse.csr_array
    penalty_shares_: FloatArray

    def __init__(
        self,
        l2: float = 100.0,
        *,
        user_exponent: float = 0.5,
        dropout: float = 0.5,
        item_exponent: float = 0.2,
        fit_intercept: bool = True,
        similarity_weight: float = 0.2,
        max_memory_gb: float | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.l2 = l2
        self.user_exponent = user_exponent
        self.dropout = dropout
        self.item_exponent = item_exponent
        self.fit_intercept = fit_intercept
        self.similarity_weight = similarity_weight
        self.max_memory_gb = max_memory_gb
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "l2": [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0],
            "user_exponent": [0.0, 0.25, 0.5, 0.75, 1.0],
            "dropout": [0.0, 0.25, 0.5, 0.7],
            "item_exponent": [0.0, 0.1, 0.2],
        }

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_weights_": Array("float32", ("n_items", "n_items")),
            "intercept_": Array("float32", ("n_items",), or_absent=True),
            "item_similarity_": Matrix("n_items", "n_items", or_absent=True),
            "penalty_shares_": Array("float32", ("n_items",), or_absent=True),
            "_inverse_diagonal": Array("float64", ("n_items",), at_least=0, or_absent=True),
            "_inverse_of_constant": Number(at_least=0, or_absent=True),
            "_formula": Storable(or_absent=True),
        }

    def _restore(self) -> None:
        super()._restore()
        if ("item_similarity_" in vars(self)) != ("penalty_shares_" in vars(self)):
            raise ValueError("item_similarity_ and penalty_shares_ belong together, and one of them is missing")

    def fit(self, X: Any, y: Any = None, *, item_similarity: Any = None) -> Self:  # type: ignore[override]
        """Fit the model to interactions, and to similarities between items.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Strengths of the pairs; 1 each by default.
        item_similarity : Recommender, Recommendations, frame, mapping of columns, or (ids, matrix), optional
            Similarities from other information, such as titles, at least 0: a fitted model, whose 50 most similar items
            of each item count; the result of ``similar_items``; a frame with the columns item_id, similar_item_id and
            score; or ids and a sparse matrix whose row i holds the items similar to item i. Items that occur only here
            have no interactions and can be recommended.

        Returns
        -------
        self

        Raises
        ------
        DataError
            A similarity is negative or NaN, a pair is duplicated, the matrix does not fit to the ids, or no item of the
            interactions is among the items; or as in `Recommender.fit`.
        """
        return super().fit(X, y, **({} if item_similarity is None else {"item_similarity": item_similarity}))

    def partial_fit(  # type: ignore[override]
        self, X: Any = None, y: Any = None, *, item_similarity: Any = None
    ) -> Self:
        """Update the model with further interactions, other similarities, or both; equal to `fit` on all data.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if only the similarities are new.
        item_similarity : as in `fit`, optional
            Similarities in place of all earlier ones, which stay if it is None.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`.
        """
        return super().partial_fit(X, y, **({} if item_similarity is None else {"item_similarity": item_similarity}))

    def _prepare(self, interactions: Interactions, *, item_similarity: Any = None, **side: Any) -> Interactions:
        """Set the similarities, and return the interactions over all items with interactions or similarities."""
        super()._prepare(interactions, **side)
        if item_similarity is not None:
            similarities = _read_similarities(item_similarity)
            similarities.check_overlap(interactions.items)
        elif "item_similarity_" in vars(self):
            similarities = ItemSimilarities(self.interactions_.items, self.item_similarity_)
        else:
            return interactions
        items = interactions.items.union(similarities.items)
        self.item_similarity_ = similarities.aligned(items)
        return interactions.reindex(items=items)

    def _stages(self, interactions: Interactions) -> Stages:
        problem = Problem.from_interactions(
            interactions, self.user_exponent, self._runner(), constant=self.fit_intercept
        )
        gram = yield _gram_stage(problem)
        shares = self._regularize_and_invert(gram, problem.unit)
        if "item_similarity_" in vars(self):
            self.penalty_shares_ = np.ones(interactions.n_items, dtype=np.float32)
            self.penalty_shares_[problem.items] = shares[: problem.n_items]
        scales = item_scales(interactions, self.item_exponent)
        self._set_weights(gram, problem.items, scales, problem.unit**0.5)

    def _fit_gram(self, gram: Gram) -> None:
        items = np.flatnonzero(np.diag(gram.matrix) > 0)
        plan = MemoryPlan(1)
        self._plan_weights(plan, len(items), gram.n_items)
        task = f"EASE with {gram.n_items:,} items"
        require_memory(plan.peak, task, self._memory_remedy, max_memory_gb=self.max_memory_gb)
        inverse = gram.matrix[np.ix_(items, items)]
        self._regularize_and_invert(inverse, 1.0)
        self._set_weights(inverse, items, np.maximum(gram.popularity, 1.0) ** -self.item_exponent)

    def _regularize_and_invert(self, gram: FloatArray, unit: float) -> FloatArray:
        """Overwrite the lower triangle of G by that of P; return the diagonal of P Λ."""
        diagonal = np.einsum("ii->i", gram)
        penalties = diagonal * self._added_diagonal() + unit * self.l2
        diagonal += penalties
        _invert(gram, self._runner())
        shares: FloatArray = penalties * np.diag(gram)
        return shares

    def _set_weights(self, inverse: FloatArray, items: IntArray, scales: FloatArray, constant: float = 1.0) -> None:
        """Set the weights from P over the items with a strength above 0, times the scale of each item.

        If P has a further row, for a constant, its weights times the constant are the intercepts.
        """
        n_items, of_items = len(scales), inverse[: len(items), : len(items)]
        weights = _expanded(_weights(of_items, self._runner()), items, n_items)
        intercepts = np.zeros(n_items, dtype=np.float32)
        if len(inverse) > len(items):
            intercepts[items] = inverse[-1, :-1] / np.diag(of_items) * -constant
        if "item_similarity_" in vars(self):
            weights, intercepts = pull(weights, intercepts, self._prior(), self._runner())
        weights *= scales.astype(np.float32)
        self._formula, self._inverse_diagonal = self._weight_parameters(), np.zeros(n_items)
        self._inverse_diagonal[items] = np.diag(of_items)
        self.item_weights_ = weights
        self.__dict__.pop("intercept_", None)  # that of an earlier fit with other parameters
        if len(inverse) > len(items):
            self.intercept_ = intercepts * scales.astype(np.float32)
            self._inverse_of_constant = float(inverse[-1, -1])

    def _prior(self) -> Rows:
        """Return the prior weights, times the shares of the penalty, as rows of the predicted items."""
        weight = self.similarity_weight / mean_total(self.item_similarity_)
        return scaled_similarities(self.item_similarity_, self.penalty_shares_, weight)

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with similar items."""
        if "item_similarity_" not in vars(self):
            return None
        similarities = self.item_similarity_
        is_similar = np.bincount(similarities.indices, minlength=similarities.shape[1]) > 0
        found: BoolArray = is_similar | (np.diff(similarities.indptr) > 0)
        return found

    def _take_items(self, item_codes: CodeArray) -> None:
        if "item_similarity_" in vars(self):
            self.item_similarity_ = self.item_similarity_[item_codes][:, item_codes]

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        """Remove the users from P, if they are few; otherwise refit."""
        if not self._downdate(remaining, previous):
            self._fit(remaining)

    def _downdate(self, remaining: Interactions, previous: Interactions) -> bool:
        """Set the weights without the users by an update of P; return False if a refit is better."""
        if "item_similarity_" in vars(self):
            return False
        if self._formula != self._weight_parameters() or strength_unit(remaining) != strength_unit(previous):
            return False
        items, constant = np.flatnonzero(self._inverse_diagonal), strength_unit(previous) ** 0.5
        is_gone = remaining.users.codes(previous.users) < 0
        positions = np.full(previous.n_items, -1, dtype=np.int32)
        positions[items] = np.arange(len(items))
        removed = previous.rows.take(np.flatnonzero(is_gone)).recoded(positions)
        inverse = self._inverse(previous, items, constant)
        if len(inverse) > len(items):
            removed, _ = with_constant(removed, len(items), constant)
        weights = user_weights(previous, self.user_exponent)[is_gone]
        updated = downdated_inverse(inverse, removed, weights, self._added_diagonal())
        if updated is None:
            return False
        codes = remaining.items.codes(previous.items)[items]
        used = np.bincount(remaining.item_codes, remaining.values > 0, minlength=remaining.n_items) > 0
        kept = np.flatnonzero((codes >= 0) & used[codes])
        rows = np.append(kept, np.arange(len(items), len(inverse)))
        inverse = np.ascontiguousarray(updated[np.ix_(rows, rows)])
        scales = item_scales(remaining, self.item_exponent)
        self._set_weights(inverse, codes[kept].astype(np.int64), scales, constant)
        return True

    def _inverse(self, interactions: Interactions, items: IntArray, constant: float) -> FloatArray:
        """Return P from the weights: float64, with a row for each item with a strength above 0, and for a constant."""
        diagonal, scales = self._inverse_diagonal[items], item_scales(interactions, self.item_exponent)[items]
        n_items = len(items)
        inverse = np.empty((n_items + self._has_intercepts(),) * 2)
        of_items = inverse[:n_items, :n_items]
        of_items[:] = self.item_weights_[np.ix_(items, items)]
        of_items *= -diagonal / scales
        of_items[:] = (of_items + of_items.T) / 2
        np.fill_diagonal(of_items, diagonal)
        if self._has_intercepts():
            inverse[-1, :-1] = self.intercept_[items] * (-diagonal / scales / constant)
            inverse[:-1, -1], inverse[-1, -1] = inverse[-1, :-1], self._inverse_of_constant
        return inverse

    def _has_intercepts(self) -> bool:
        return "intercept_" in vars(self)

    def _weight_parameters(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in ("l2", "user_exponent", "dropout", "item_exponent", "fit_intercept")
        }

    def _added_diagonal(self) -> float:
        """Return p / (1 − p), the multiple of the diagonal of G in Λ."""
        return self.dropout / (1.0 - self.dropout)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data = self.interactions_
        plan_problem(plan, data, constant=self.fit_intercept)
        self._plan_weights(plan, int(np.count_nonzero(self.item_counts_)), data.n_items)

    def _plan_weights(self, plan: MemoryPlan, n_fitted: int, n_items: int) -> None:
        """Add the square matrices: G over the items with a strength above 0, and B over all items."""
        plan.keep("Gram matrix", _GRAM_BYTES * n_fitted**2)
        plan.work("columns of tiles", 2 * _GRAM_BYTES * TILE * n_fitted)
        plan.keep("item weights", _WEIGHT_BYTES * n_fitted**2)
        plan.work("tiles", 2 * _GRAM_BYTES * TILE**2 * plan.n_threads)
        if n_fitted < n_items:
            plan.work("item weights of all items", _WEIGHT_BYTES * n_items**2)
            plan.drop("item weights")
            plan.keep("item weights", _WEIGHT_BYTES * n_items**2)
        if "item_similarity_" in vars(self):
            plan.work("weights with similarities", 2 * _WEIGHT_BYTES * n_items**2)
        plan.drop("Gram matrix", "problem")

    def _memory_limit_gb(self) -> float | None:
        return self.max_memory_gb

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = np.empty((profiles.n_rows, len(self.item_weights_)), dtype=np.float32)
        costs = profiles.lengths * scores.shape[1]
        args = (*profiles.arrays, self.item_weights_, scores)
        self._runner().rows(linear_scores, len(scores), args, costs=costs)
        if self._has_intercepts():
            add_intercepts(scores, profiles, self.intercept_)
        return scores

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        users, rows = np.unique(user_codes, return_inverse=True)
        histories, scores = self._training_histories(users), np.empty(len(rows))
        args = (rows, item_codes, *histories.arrays, self.item_weights_, scores)
        self._runner().rows(linear_pairs, len(rows), args, costs=histories.lengths[rows])
        if self._has_intercepts():
            scores += np.where(active_rows(histories)[rows], self.intercept_[item_codes], 0)
        return scores

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the items with the largest weights from each item."""
        top = Top.empty(len(item_codes), n)
        for start, stop in self._blocks(len(item_codes)):
            weights = self.item_weights_[item_codes[start:stop]]
            weights[weights <= 0] = -np.inf
            eligible = EligibleItems(None, Rows.empty(stop - start))
            top.put(np.arange(start, stop), eligible.select(weights, n, self._runner()))
        return top

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Return one term for each item of the history, one for its similarity from the prior, and the intercept."""
        history = self._training_histories(np.array([user_code], dtype=np.int32))
        values = history.values.astype(np.float64)
        parts = values * self.item_weights_[history.codes, item_code]
        terms: list[Term] = []
        if "item_similarity_" in vars(self):
            prior = np.zeros(len(self.item_weights_))
            row = self._prior().take(np.array([item_code]))
            prior[row.codes] = row.values * item_scales(self.interactions_, self.item_exponent)[item_code]
            similar = values * prior[history.codes]
            parts -= similar
            ids = self.interactions_.items.take(history.codes).tolist()
            terms += (Term("similar_item", item, float(part)) for item, part in zip(ids, similar, strict=True))
        if self._has_intercepts() and active_rows(history)[0]:
            terms.append(Term("popularity", None, float(self.intercept_[item_code])))
        return [*self._past_item_terms(history.codes, parts), *terms]


def _gram_stage(problem: Problem) -> Stage:
    """Return the stage that computes the rows of G: (n, n) float64 for the n columns of the problem."""
    (indptr, *by_item), n_columns = problem.data, problem.n_columns
    costs = problem.gram_costs + n_columns

    def run(start: int, stop: int, runner: Runner) -> FloatArray:
        gram = np.empty((stop - start, n_columns))
        runner.rows(gram_rows, len(gram), (indptr[start : stop + 1], *by_item, gram), costs=costs[start:stop])
        return gram

    return Stage(costs, run, lambda parts, runner: join_arrays(parts, np.empty((0, n_columns))))


def _read_similarities(given: Any) -> ItemSimilarities:
    """Return similarities, those of a fitted model for each of its items."""
    if isinstance(given, Recommender):
        given = given.similar_items(given.interactions_.items.ids, n=_N_SIMILAR)
    return ItemSimilarities.from_input(given)


def _invert(gram: FloatArray, runner: Runner) -> None:
    """Overwrite the lower triangle of G + Λ by that of P."""
    try:
        invert(gram, runner)
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError("the Gram matrix is not positive definite in float64; increase l2") from error


def _weights(inverse: FloatArray, runner: Runner) -> FloatArray:
    """Return B from the lower triangle of P."""
    scales = -1.0 / np.diag(inverse)
    weights = np.empty(inverse.shape, dtype=np.float32)

    def fill(rows: slice) -> None:
        for columns in tiles(rows.start):
            block = inverse[rows, columns]
            weights[rows, columns] = block * scales[columns]
            weights[columns, rows] = block.T * scales[rows]
        lower = np.tril(inverse[rows, rows], -1)
        weights[rows, rows] = (lower + lower.T) * scales[rows]

    runner.each(list(tiles(len(inverse)))[::-1], fill)
    return weights


def _expanded(weights: FloatArray, items: IntArray, n_items: int) -> FloatArray:
    """Return weights between some of the items as a matrix over all items, with zeros for the others."""
    if len(items) == n_items:
        return weights
    expanded = np.zeros((n_items, n_items), dtype=np.float32)
    expanded[np.ix_(items, items)] = weights
    return expanded
