"""BoughtTogether: items that are bought in the same basket, less the items that are alternatives of each other."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Top
from recokit.base._gram_learner import GramLearner
from recokit.base._item_weights import ItemWeightsRecommender, weights_matrix
from recokit.base._memory import MemoryPlan, cells_of_related
from recokit.base._parameters import NON_NEGATIVE, OPTIONAL_COUNT, interval, one_of, share_or_count
from recokit.base._stages import Stage, StagedRecommender, Stages, rows_stage
from recokit.base._state import on_snapshot
from recokit.data._frames import holds_collections, is_frame, is_table, labelled_mapping
from recokit.data._inputs import as_interactions
from recokit.data.attributes import Attribute, Instance, Matrix
from recokit.data.gram import Gram
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError
from recokit.kernels import similarity_formulas
from recokit.kernels.complements import complement_rows, swing_rows
from recokit.kernels.similarity_formulas import Constants
from recokit.sequence._basket_confidence import confidence_weights
from recokit.sequence._basket_events import as_baskets, basket_rows, basket_starts, read_basket_histories
from recokit.sequence._item_sets import Bundle, Rule, frequent_sets, rules_of

__all__ = ["BoughtTogether"]

_MEASURES = {
    "confidence": similarity_formulas.CONDITIONAL_PROBABILITY,
    "lift": similarity_formulas.LIFT,
    "log_likelihood": similarity_formulas.LOG_LIKELIHOOD,
}


class BoughtTogether(GramLearner, StagedRecommender, ItemWeightsRecommender):
    r"""Recommend complements: items that are bought together with the items of a basket.

    The weight of item j for a basket with item i is

    .. math:: w_{ij} = m_{ij} \frac{n_{ij}}{n_{ij} + \gamma} (1 - \lambda c_{ij}), \quad n_{ij} \ge \text{min\_support}

    where :math:`n_{ij}` is the number of baskets with both items and :math:`m_{ij}` the measure: the confidence
    :math:`n_{ij} / n_i`, the lift :math:`N n_{ij} / (n_i n_j)` of N baskets, or Dunning's log-likelihood ratio, which
    is 0 for pairs that are no more frequent than by chance. The cosine :math:`c_{ij}` of the sets of users who viewed
    the items is high for alternatives of each other, such as two kettles: shoppers compare these, and buy one. It is
    0 without views. The score of an item is the sum of its weights over the items of the basket.

    `similar_items` returns the items that are frequently bought together with an item, `bundles` the frequent item sets
    and `rules` the association rules.

    Parameters
    ----------
    measure : {"log_likelihood", "confidence", "lift"}
        m. "log_likelihood" prefers pairs that are certain to be more than chance, "confidence" popular items, and
        "lift" rare items; "lift" needs shrinkage.
    min_support : int or float
        Minimum number of baskets with both items, if it is a whole number; or their minimum share of all baskets.
    shrinkage : float
        γ. Shrinks weights that are based on few baskets.
    view_weight : float
        λ, from 0 to 1: how much similar views reduce a weight.
    n_neighbors : int, optional
        Number of weights to keep for each item, the largest; None keeps all.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        w: weight of an item of the basket (row) in the score of another item (column).
    sequences_ : Sequences, or None
        Training data, if they are sequences with baskets. Otherwise each user of ``interactions_`` is one basket.
    views_ : Interactions, or None
        Views, over the items of the model.

    See Also
    --------
    RepeatFrequency, TIFUKNN : recommend the next basket.

    Notes
    -----
    `recommend` starts from the latest basket of each user, and `recommend_for` from the given baskets. The items of
    the basket are not recommended by default.

    References
    ----------
    R. Agrawal and R. Srikant (1994). Fast algorithms for mining association rules. VLDB.

    T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).

    J. McAuley, R. Pandey and J. Leskovec (2015). Inferring networks of substitutable and complementary products. KDD.

    Examples
    --------
    >>> from recokit.sequence import BoughtTogether
    >>> baskets = {
    ...     1: ["tea", "cup"],
    ...     2: ["tea", "cup"],
    ...     3: ["tea", "pot", "cup"],
    ...     4: ["pot", "tea"],
    ... }
    >>> orders = [(order, item) for order, items in baskets.items() for item in items]
    >>> model = BoughtTogether("confidence").fit(orders)
    >>> model.similar_items("pot")["pot"]
    [('tea', 1.0)]
    >>> model.recommend_for({"cart": ["tea"]})["cart"]
    [('cup', 0.75), ('pot', 0.5)]
    >>> model.bundles(2, n=1)[0].items
    ('cup', 'tea')
    >>> best = model.rules()[0]
    >>> best.antecedent, best.consequent, best.confidence
    (('cup',), ('tea',), 1.0)
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "measure": one_of(*_MEASURES),
        "min_support": share_or_count(),
        "shrinkage": NON_NEGATIVE,
        "view_weight": interval(0, 1, "both"),
        "n_neighbors": OPTIONAL_COUNT,
    }

    def __init__(
        self,
        measure: Literal["log_likelihood", "confidence", "lift"] = "log_likelihood",
        *,
        min_support: float = 2,
        shrinkage: float = 0.0,
        view_weight: float = 1.0,
        n_neighbors: int | None = 200,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.measure = measure
        self.min_support = min_support
        self.shrinkage = shrinkage
        self.view_weight = view_weight
        self.n_neighbors = n_neighbors
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "measure": list(_MEASURES),
            "min_support": [1, 2, 3, 5],
            "shrinkage": [0.0, 5.0, 20.0, 50.0],
        }

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, *, views: Any = None) -> "BoughtTogether":  # type: ignore[override]
        """Fit the model to baskets.

        Parameters
        ----------
        X : Sequences with baskets, event log, Interactions, sparse matrix, or (basket, item) pairs
            The baskets of each user; or one basket for each user or order. Duplicates in a basket count once.
        y : (n_pairs,) array-like, optional
            Strengths of pairs. They are not used.
        views : Interactions, sparse matrix, or (user, item) pairs, optional
            Views or clicks of users or sessions. Items that were never bought have no complements.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data cannot be used; the message names the column, the count and the first offenders.
        sklearn.utils._param_validation.InvalidParameterError
            A parameter is out of its range; a subclass of ValueError.
        """
        super().fit(X, y, views=views)
        return self

    def _read(self, X: Any, y: Any) -> Interactions:
        X = as_baskets(X)
        self.sequences_ = X if isinstance(X, Sequences) and X.basket_indptr is not None else None
        return super()._read(X, y)

    def _read_more(self, X: Any, y: Any) -> Interactions:
        X = as_baskets(X)
        if (isinstance(X, Sequences) and X.basket_indptr is not None) != (self.sequences_ is not None):
            raise DataError("only one of the training data and the new data has baskets; give both in the same form")
        if self.sequences_ is not None:
            self.sequences_ = self.sequences_.merge(X)
        return super()._read_more(X, y)

    def _prepare(self, interactions: Interactions, *, views: Any = None) -> Interactions:  # type: ignore[override]
        """Set ``views_``, of ``partial_fit`` with those of the fitted model; return the interactions over all items."""
        known: Interactions | None = vars(self).get("views_")
        if views is not None:
            new = replace(as_interactions(views, None, "implicit"), timestamps=None)
            known = new if known is None else known.merge(new, duplicates="sum")
        if known is None:
            self.views_ = None
            return interactions
        items = interactions.items.union(known.items)
        self.views_ = known.reindex(items=items)
        return interactions.reindex(items=items)

    def _forget_side(self, users: Any) -> BoolArray:
        known = np.zeros(len(users), dtype=np.bool_)
        if self.sequences_ is not None:
            self.sequences_ = self.sequences_.forget(users, on_unknown="ignore")
        if self.views_ is not None:
            codes = self.views_.users.codes(users)
            known |= codes >= 0
            all_items = np.ones(self.views_.n_items, dtype=np.bool_)
            self.views_ = self.views_._without_users(np.unique(codes[known]), all_items, all_items)
        return known

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with views."""
        return None if self.views_ is None else np.bincount(self.views_.item_codes, minlength=self.views_.n_items) > 0

    def _take_items(self, item_codes: CodeArray) -> None:
        if self.views_ is not None:
            self.views_ = self.views_.reindex(items=self.views_.items.select(item_codes))

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        return {"views": interactions}

    def _stages(self, interactions: Interactions) -> Stages:
        self._set_baskets()
        n_items = interactions.n_items
        weights = yield self._complements(n_items)
        self.item_weights_ = weights_matrix(weights)

    def _complements(self, n_items: int) -> Stage:
        """Return the stage that finds the largest weights of each item, best first."""
        columns = self._baskets.transposed(n_items, self._runner())
        views = Rows.empty(1) if self.views_ is None else self.views_.rows
        viewed = views.transposed(n_items, self._runner())
        rows = (*columns.arrays[:2], *self._baskets.arrays[:2], *viewed.arrays[:2], *views.arrays[:2])
        constants = Constants(0.5, 0.5, float(self._n_baskets), self.shrinkage, float(self._count(self.min_support)))
        formula = (_MEASURES[self.measure], constants, float(self.view_weight))
        costs = columns.sums_of_rows(self._baskets) + viewed.sums_of_rows(views) + 1

        def fill(first_item: int, codes: CodeArray, values: FloatArray, runner: Runner) -> None:
            args = (first_item, *rows, *formula, codes, values)
            runner.rows(complement_rows, len(codes), args, costs=costs[first_item : first_item + len(codes)])

        return rows_stage(n_items, max(1, min(self.n_neighbors or n_items, n_items)), fill, costs)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, n_items = self.interactions_, self.interactions_.n_items
        n = float(data.n_interactions if self.sequences_ is None else self.sequences_.n_events)
        if self.sequences_ is not None:
            plan.work("baskets in order", 64.0 * n)
            plan.keep("baskets in order", 8.0 * n)
        plan.keep("baskets by item", 4.0 * n)
        plan.keep("views by item", 0.0 if self.views_ is None else 4.0 * self.views_.n_interactions)
        plan.work("costs of the items", 16.0 * n)
        width = max(1, min(self.n_neighbors or n_items, n_items))
        is_share = not isinstance(self.min_support, int | np.integer)
        least = self.min_support * data.n_users if is_share else self.min_support
        plan.keep_weights(n_items, width, cells_of_related(data, width, quick=plan.quick, above=max(least, 1) - 0.5))
        plan.drop("baskets by item", "views by item")

    def _fit_gram(self, gram: Gram) -> None:
        """Set the weights from the numbers of baskets, or of users, with two items."""
        if self.measure != "confidence":
            raise DataError(
                f"measure={self.measure!r} needs the number of all baskets, which a Gram matrix does not hold; set "
                "measure='confidence'"
            )
        self.sequences_ = self.views_ = None
        self._set_baskets()
        self.item_weights_ = confidence_weights(gram.matrix, self.shrinkage, self.min_support, self.n_neighbors)

    def _set_baskets(self) -> None:
        """Set the distinct items of each basket, and the latest basket of each user."""
        interactions, sequences = self.interactions_, self.sequences_
        if sequences is None:
            self._baskets = self._latest = Rows.from_arrays(*interactions.rows.arrays[:2], ())
        else:
            events = basket_rows(sequences)
            events = events._replace(codes=interactions.items.codes(sequences.items)[events.codes])
            latest = events.select(events.values == 0)
            self._latest = _sorted(Rows.from_arrays(*latest.arrays[:2], ()))
            starts = np.append(basket_starts(events), len(events.codes))
            self._baskets = _sorted(Rows.from_arrays(starts, events.codes, ()))
        self._n_baskets = int(np.count_nonzero(self._baskets.lengths))

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "sequences_": Instance(Sequences, or_none=True),
            "views_": Instance(Interactions, or_none=True),
            "item_weights_": Matrix("n_items", "n_items"),
        }

    def _restore(self) -> None:
        if self.sequences_ is not None and self.sequences_.users != self.interactions_.users:
            raise ValueError("the users of the sequences and the interactions differ")
        if self.sequences_ is not None and np.any(self.interactions_.items.codes(self.sequences_.items) < 0):
            raise ValueError("the sequences have an item that the interactions do not have")
        if self.views_ is not None and self.views_.items != self.interactions_.items:
            raise ValueError("the items of the views and the interactions differ")
        self._set_baskets()

    def _count(self, support: float) -> int:
        """Return a support as a number of baskets, at least 1."""
        count = support if isinstance(support, int | np.integer) else np.ceil(support * self._n_baskets - 1e-9)
        return max(1, int(count))

    # ------------------------------------------------------------------ profiles: the latest basket

    def _profiles(self, histories: Rows) -> Rows:
        return histories.with_values(np.ones(len(histories.codes)))

    def _training_histories(self, user_codes: CodeArray) -> Rows:
        """Return the latest basket of each user."""
        return self._profiles(self._latest.take(user_codes))

    def _read_histories(self, given: Any, *, skip_unknown: bool) -> tuple[Any, Rows]:
        given = as_baskets(given)
        if isinstance(given, Sequences) and given.basket_indptr is not None:
            users, events = read_basket_histories(given, self.interactions_.items, skip_unknown=skip_unknown)
            latest = events.select(events.values == 0)
            return users, self._profiles(_sorted(Rows.from_arrays(*latest.arrays[:2], ())))
        if not (isinstance(given, Sequences | Interactions) or is_frame(given) or is_table(given)):
            given = labelled_mapping(given) if holds_collections(given) else given
            if isinstance(given, Mapping):
                given = {user: _latest_basket(history) for user, history in given.items()}
            elif isinstance(given, Iterable) and not isinstance(given, str | bytes):
                given = [_latest_basket(history) for history in given]
        return super()._read_histories(given, skip_unknown=skip_unknown)

    def _read_history(self, given: Any) -> Rows:
        return super()._read_history(_latest_basket(given))

    # ------------------------------------------------------------------ complements, substitutes, bundles and rules

    def similar_items(
        self, items: Any, n: int = 10, *, method: Literal["together", "swing"] = "together"
    ) -> Recommendations:
        """Return the n best complements or substitutes of each item; the given items are the rows of the result.

        Parameters
        ----------
        items : array-like of ids, or one id
        n : int
            Maximum number of items.
        method : {"together", "swing"}
            "together" returns the items that are frequently bought together with the item. "swing" returns substitutes:
            the sum over all pairs of users u, v with the item of 1 / √(n_u n_v) / (1 + n_uv), where n_u is the number
            of items of u and n_uv that of items in common, from the views, or from the training data without views.
            Items that few similar users share are the most alike. The cost grows with the square of the number of users
            of an item.

        Raises
        ------
        UnknownIdError
            An item is unknown.
        ValueError
            The method is unknown.

        References
        ----------
        X. Yang, Y. Zhu, Y. Zhang, X. Wang and Q. Yuan (2020). Large scale product graph construction for recommendation
        in e-commerce. arXiv:2010.05525. (Swing.)
        """
        if method not in ("together", "swing"):
            raise ValueError(f"method={method!r}: expected 'together' or 'swing'")
        if method == "together":
            return super().similar_items(items, n)
        return Recommender.similar_items(self._with_attributes(vars(self) | {"_uses_swing": True}), items, n)

    _uses_swing = False  # of the present request

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        if not self._uses_swing:
            return super()._similar_items(item_codes, n)
        users = (self.interactions_ if self.views_ is None else self.views_).rows
        columns, top = users.transposed(self.interactions_.n_items, self._runner()), Top.empty(len(item_codes), n)
        costs = (columns.lengths[item_codes] + 1.0) ** 2
        queries = read_only(item_codes.astype(np.int32))
        args = (queries, *columns.arrays[:2], *users.arrays[:2], 1.0, *top)
        self._runner().rows(swing_rows, len(item_codes), args, costs=costs)
        return top.drop(~(top.scores > 0))

    @on_snapshot
    def bundles(self, size: int = 2, *, min_support: float | None = None, n: int | None = None) -> list[Bundle]:
        """Return the item sets of a size that are in the most baskets; the search is exact.

        Parameters
        ----------
        size : int
            Number of items of a bundle, at least 2.
        min_support : int or float, optional
            Minimum number of baskets with all items, if it is a whole number, or their minimum share of all baskets; by
            default that of the model. The time and memory grow with the number of frequent sets.
        n : int, optional
            Maximum number of bundles; all by default.

        Returns
        -------
        list of Bundle
            Named tuples with the fields items, n_baskets, support and lift, by number of baskets, ties in order of item
            code. ``pandas.DataFrame`` accepts the list.

        Raises
        ------
        ValueError
            ``size``, ``min_support`` or ``n`` is out of range.
        MemoryError
            The frequent sets do not fit into memory.
        """
        _check_whole("size", size, 2)
        if n is not None:
            _check_whole("n", n, 1)
        found = self._frequent_sets(size, min_support)
        codes, supports = found[-1]
        best = np.argsort(-supports, kind="stable")[:n]
        codes, shares = codes[best], supports[best] / self._n_baskets
        counts = np.zeros(self.interactions_.n_items)
        counts[found[0].codes[:, 0]] = found[0].supports
        lifts = shares / np.prod(counts[codes] / self._n_baskets, axis=1)
        ids = [tuple(self.interactions_.items.take(row).tolist()) for row in codes]
        numbers = supports[best].tolist(), shares.tolist(), lifts.tolist()
        return [Bundle(*fields) for fields in zip(ids, *numbers, strict=True)]

    @on_snapshot
    def rules(self, max_size: int = 2, *, min_support: float | None = None, min_confidence: float = 0.1) -> list[Rule]:
        """Return the association rules between item sets; the search is exact.

        Parameters
        ----------
        max_size : int
            Maximum number of items of antecedent and consequent together, at least 2.
        min_support : int or float, optional
            As in `bundles`, of all items of a rule.
        min_confidence : float
            Minimum share of the baskets with the antecedent that contain the consequent.

        Returns
        -------
        list of Rule
            Named tuples with the fields antecedent, consequent, support, confidence and lift, by confidence, ties by
            support. ``pandas.DataFrame`` accepts the list.

        Raises
        ------
        ValueError
            ``max_size``, ``min_support`` or ``min_confidence`` is out of range.
        MemoryError
            The frequent sets do not fit into memory.
        """
        _check_whole("max_size", max_size, 2)
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence={min_confidence!r}: expected a number from 0 to 1")
        found = self._frequent_sets(max_size, min_support)
        return rules_of(found, self._n_baskets, min_confidence, self.interactions_.items)

    def _frequent_sets(self, max_size: int, min_support: float | None) -> list[Any]:
        support = self.min_support if min_support is None else min_support
        whole = isinstance(support, int | np.integer) and support is not True
        if not (support >= 1 if whole else 0 <= support <= 1):
            raise ValueError(f"min_support={support!r}: expected a whole number of at least 1, or a share from 0 to 1")
        n_items = self.interactions_.n_items
        return frequent_sets(self._baskets, n_items, max_size, self._count(support), self._runner())


def _sorted(rows: Rows) -> Rows:
    """Return rows without values in order of code."""
    order = np.lexsort((rows.codes, rows.row_codes))
    return Rows.from_arrays(bounds_from_lengths(rows.lengths), rows.codes[order], ())


def _latest_basket(history: Any) -> Any:
    """Return the distinct items of the latest basket of a history; a list of items is one basket."""
    if isinstance(history, Mapping | str | bytes) or not isinstance(history, Iterable):
        return history
    parts = list(history)
    baskets = [part for part in parts if isinstance(part, list | set | frozenset | np.ndarray) and len(part)]
    nested = any(isinstance(part, list | set | frozenset | np.ndarray) for part in parts)
    return list(dict.fromkeys((baskets[-1] if baskets else []) if nested else parts))


def _check_whole(name: str, value: Any, least: int) -> None:
    if not isinstance(value, int | np.integer) or value is True or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
