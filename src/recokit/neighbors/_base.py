"""What UserKNN and ItemKNN share: their parameters, and what is derived from the training data."""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from recokit._runtime.memory import memory_limit
from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._biases import BaselineBiases
from recokit.base._lists import USERS_PER_BLOCK, top_of_sums
from recokit.data._inputs import pair_ids
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.neighbors import neighbor_sums, neighbors_listed
from recokit.neighbors._cell_weights import CellWeights, decay_weights
from recokit.neighbors._deviations import Deviations
from recokit.neighbors._index import SimilarityIndex
from recokit.neighbors._ratings import Averaging, Rated, check_amplification, nearest_of, pair_means
from recokit.neighbors._sides import Sides
from recokit.neighbors._updates import updated
from recokit.neighbors.similarities import SIMILARITIES, find_similarity

__all__ = ["NeighborhoodRecommender"]

_OF_NEIGHBORS = (
    "similarity",
    "shrinkage",
    "min_common",
    "weighting",
    "user_exponent",
    "half_life",
    "alpha",
    "beta",
)


class Derived(NamedTuple):
    """What follows from the training data and the parameters, and so is not saved.

    Attributes
    ----------
    sides : Sides
    biases : BaselineBiases
    similar : SimilarityIndex
        Of the rows.
    decays : CellWeights, optional
        What is left of the interactions.
    """

    sides: Sides
    biases: BaselineBiases
    similar: SimilarityIndex
    decays: CellWeights | None


class NeighborhoodRecommender(Recommender):
    """Base class of the two: rows are what is compared, users or items, columns the other side."""

    _rows_are_users: ClassVar[bool]
    _swapped: ClassVar[bool]  # weights are similarities of the neighbour to the row, not of the row to the neighbour

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "similarity": [StrOptions(set(SIMILARITIES)), callable],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "min_common": [Interval(Integral, 1, None, closed="left")],
        "weighting": [StrOptions({"tfidf", "bm25"}), None],
        "half_life": [Interval(Real, 0, None, closed="neither"), None],
        "scoring": [StrOptions({"sum", "normalized_sum"})],
        "amplification": [Interval(Real, 0, None, closed="neither")],
        "centering": [StrOptions({"mean", "zscore", "baseline"}), None],
        "prediction_shrinkage": [Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
    }

    n_neighbors: int
    similarity: Any
    shrinkage: float
    min_common: int
    weighting: str | None
    half_life: float | None
    scoring: str
    amplification: float
    centering: str | None
    prediction_shrinkage: float
    alpha: float
    beta: float

    def _fit(self, interactions: Interactions) -> None:
        self._derived = self._derive()
        self._learn()

    def _learn(self) -> None:
        """Find the neighbours of all, for implicit feedback.

        For ratings, there is nothing to learn: the nearest are sought among those who rated, in predicting.
        """
        index = self._derived.similar
        if not self._is_explicit():
            everyone = index.known()
            k = self._room(index.width(everyone, self._k))
            with self._progress(index.n_rows, "users" if self._rows_are_users else "items") as bar:
                found = index.nearest(
                    everyone, k, swapped=self._swapped, runner=self._runner().reporting_to(bar.update)
                )
            self._take_neighbors(found)
        self._restore_lists()

    def _room(self, k: int) -> int:
        """Return k if there is memory for as many neighbours of each row."""
        n_rows = self._derived.similar.n_rows
        needed, limit = 8 * k * n_rows, memory_limit()
        if needed > limit:
            raise MemoryError(
                f"{k:,} neighbours of each of {n_rows:,} {'users' if self._rows_are_users else 'items'} need "
                f"{needed / 1e9:.3g} GB, more than the {limit / 1e9:.3g} GB there are: "
                f"n_neighbors={self.n_neighbors:,} is too large"
            )
        return k

    def _take_neighbors(self, found: Top) -> None:
        self.neighbor_codes_, self.neighbor_scores_, self.neighbor_counts_ = found
        self._formula_ = self._formula()
        check_amplification(self.neighbor_scores_, self.amplification)

    def _formula(self) -> dict[str, Any]:
        """Return the parameters that neighbours depend on, but for their number."""
        return {name: value for name, value in self.get_params(deep=False).items() if name in _OF_NEIGHBORS}

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        before = self._derived.similar
        self._derived = self._derive()
        index = self._derived.similar
        if self._is_explicit() or self._formula_ != self._formula():
            return self._learn()
        users, items = merged.users.codes(previous.users), merged.items.codes(previous.items)
        row_map, column_map = (users, items) if self._rows_are_users else (items, users)
        found = updated(
            before,
            index,
            self._neighbors,
            row_map,
            column_map,
            self._room(index.width(index.known(), self._k)),
            swapped=self._swapped,
            runner=self._runner(),
        )
        if found is None:
            return self._learn()
        self._take_neighbors(found)
        return self._restore_lists()

    def _restore(self) -> None:
        self._derived = self._derive()
        self._restore_lists()

    def _restore_lists(self) -> None:
        """Derive, for ratings, the deviations of those who rated each column; else the lists whose sums are scores."""
        if not self._is_explicit():
            if self.scoring == "normalized_sum":
                own = self._neighbors.as_rows()
                self._totals = own.sums(self._amplified(own.values))
            self._lists = self._sum_lists()
            return
        sides, decays = self._derived.sides, self._derived.decays
        self._deviations = self._deviate()
        cells = self._deviations.of_lists(sides.columns, self._deviations.of_columns)
        self._rated = Rated(cells) if decays is None else Rated(cells, decays.by_column)

    def _derive(self) -> Derived:
        data, spec = self.interactions_, find_similarity(self.similarity, self.weighting)
        if self.similarity == "asymmetric_cosine" and self.alpha > 1:
            raise ValueError(f"alpha={self.alpha:g}: expected at most 1 for similarity='asymmetric_cosine'")
        if self._is_explicit():
            biases = BaselineBiases(self._mean, self._user_bias, self._item_bias)
        else:
            biases = BaselineBiases.fit(data) if spec.values == "baseline" else BaselineBiases.zero(data)
        sides = Sides.of(data, biases, rows_are_users=self._rows_are_users, runner=self._runner())
        levels = sides.levels(spec.values, self.weighting)  # type: ignore[arg-type]
        constants = {name: float(getattr(self, name)) for name in ("alpha", "beta", "shrinkage", "min_common")}
        decays = None
        if self.half_life is not None:
            decays = decay_weights(data, self.half_life, rows_are_users=self._rows_are_users, runner=self._runner())
        weights = self._cell_weights(decays)
        similar = SimilarityIndex(spec, levels, sides.rows, sides.columns, constants, weights, runner=self._runner())
        if self._is_explicit() or self._rows_are_users:
            similar.columns()  # wanted for ratings and for people who are not known: not to be made while they wait
        return Derived(sides, biases, similar, decays)

    def _cell_weights(self, decays: CellWeights | None) -> CellWeights | None:
        """Return what values are multiplied by before similarities are taken over them."""
        return decays

    def _deviate(self) -> Deviations:
        """Return what ratings deviate from (explicit feedback)."""
        sides = self._derived.sides
        biases = sides.row_biases, sides.column_biases
        return Deviations.fit(self.centering, sides.rows, sides.mean, *biases)  # type: ignore[arg-type]

    def _sum_lists(self) -> Rows:
        raise NotImplementedError

    @property
    def _k(self) -> int:
        return min(self.n_neighbors, self._derived.similar.n_rows)

    @property
    def _averaging(self) -> Averaging:
        return Averaging(self._k, float(self.amplification), float(self.prediction_shrinkage))

    @property
    def _neighbors(self) -> Top:
        return Top(self.neighbor_codes_, self.neighbor_scores_, self.neighbor_counts_)

    def _weighted(self, neighbors: Top) -> Top:
        """Return neighbours with how much each counts in a score of implicit feedback instead of its similarity."""
        if self.amplification == 1 and self.scoring == "sum":
            return neighbors
        weights = self._amplified(neighbors.scores)
        if self.scoring == "normalized_sum":
            totals = self._totals[neighbors.codes]  # beyond the neighbours of a row, any
            weights = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
        return neighbors._replace(scores=weights.astype(np.float32))

    def _amplified(self, similarities: FloatArray) -> FloatArray:
        check_amplification(similarities, self.amplification)
        return np.asarray(similarities.astype(np.float64) ** self.amplification)

    def _sums(self, profiles: Rows) -> FloatArray:
        """Return the weighted sums of the lists that profiles name: (n_profiles, n_items) float32, −∞ without any."""
        scores = np.empty((profiles.n_rows, self.interactions_.n_items), dtype=np.float32)
        costs = profiles.sums(self._lists.lengths[profiles.codes]) + scores.shape[1]
        self._runner().rows(neighbor_sums, len(scores), (*profiles.arrays, *self._lists.arrays, scores), costs=costs)
        return scores

    def _warm_up_data(self) -> Iterable[Interactions]:
        from recokit.datasets.example import long_rows  # importing recokit loads no datasets

        # Long rows have kernels of their own: for ranks of 2 or 4 bytes, with or without strengths above 1.
        return (long_rows(n_ids, max_strength) for n_ids in (300, 2**16 + 1) for max_strength in (1, 2))

    def _block_size(self) -> int:
        return super()._block_size() if self._is_explicit() else USERS_PER_BLOCK

    def _top_block(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        if self._is_explicit():
            return super()._top_block(profiles, n, eligible)
        n_items = self.interactions_.n_items
        return top_of_sums(profiles, self._lists, n_items, n, eligible, self._runner(), positive=True)

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        if not self._is_explicit():
            return super()._score_pairs(user_codes, item_codes)
        rows, columns, means, _ = self._pair_means(user_codes, item_codes)
        own = self._deviations
        return self._to_reported(own.ratings(means, own.of_rows[rows], own.of_columns[columns], own.scales[rows]))

    def _pair_means(
        self, user_codes: CodeArray, item_codes: CodeArray
    ) -> tuple[CodeArray, CodeArray, FloatArray, CodeArray]:
        """Return the rows and the columns of pairs, the mean deviations of their neighbours, and how many these are."""
        rows, columns = (user_codes, item_codes) if self._rows_are_users else (item_codes, user_codes)
        means, supports = pair_means(
            self._derived.similar,
            rows,
            columns,
            self._rated,
            self._averaging,
            swapped=self._swapped,
            runner=self._runner(),
        )
        return rows, columns, means, supports

    def support(self, X: Any) -> CodeArray:
        """Return how many neighbours the prediction of each pair rests on, k at most.

        For ratings, the number of neighbours in the weighted mean; for implicit feedback, the number of the k
        neighbours that are in the sum. Where it is 0, or a side of the pair is unknown, the prediction is what
        the model expects of user and item without neighbours.

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
            `fit` comes first.
        DataError
            These are not pairs.
        """
        check_is_fitted(self)
        users, items = pair_ids(X)
        user_codes, item_codes = self.interactions_.users.codes(users), self.interactions_.items.codes(items)
        known = (user_codes >= 0) & (item_codes >= 0)
        supports = np.zeros(len(user_codes), dtype=np.int32)
        user_codes, item_codes = user_codes[known], item_codes[known]
        if self._is_explicit():
            supports[known] = self._pair_means(user_codes, item_codes)[3]
        else:
            row_codes, column_codes = (user_codes, item_codes) if self._rows_are_users else (item_codes, user_codes)
            supports[known] = self._neighbors_with(row_codes, column_codes)
        return supports

    def _neighbors_with(self, row_codes: CodeArray, column_codes: CodeArray) -> CodeArray:
        """Return how many neighbours of each row have a cell in the column of the pair (implicit feedback)."""
        columns, counts = self._derived.sides.columns, np.empty(len(row_codes), dtype=np.int32)
        near = self.neighbor_codes_, self.neighbor_counts_
        args = (row_codes, column_codes, *near, columns.indptr, columns.codes, counts)
        self._runner().rows(neighbors_listed, len(counts), args, costs=self.neighbor_counts_[row_codes])
        return counts

    def _to_reported(self, ratings: FloatArray) -> FloatArray:
        return np.clip(ratings, *self.rating_range_) if self._is_explicit() else ratings

    def _nearest_rows(self, row_codes: CodeArray, n: int) -> Top:
        index = self._derived.similar
        queries = index.known(row_codes)
        return index.nearest(queries, index.width(queries, n), runner=self._runner())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        if self._is_explicit():
            return self._explain_rating(user_code, item_code)
        return self._terms(*self._contributions(user_code, item_code))

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        """Return who adds how much to a score of implicit feedback: codes of rows, and contributions."""
        raise NotImplementedError

    def _explain_rating(self, user_code: int, item_code: int) -> list[Term]:
        row, column = (user_code, item_code) if self._rows_are_users else (item_code, user_code)
        own, cells = self._deviations, slice(*self._rated.cells.indptr[column : column + 2])
        similar = self._derived.similar
        similarities = similar.similarities(similar.known(np.array([row])), swapped=self._swapped, runner=Runner())[0]
        codes, deviations = self._rated.cells.codes[cells], self._rated.cells.values[cells]
        nearest = nearest_of(similarities, codes, self._k)
        codes = codes[nearest]
        weights = self._amplified(similarities[codes])
        if len(self._rated.decays):
            weights *= self._rated.decays[cells][nearest]
        total = weights.sum() + self.prediction_shrinkage
        parts = own.scales[row] * weights * deviations[nearest] / (total if total > 0 else 1.0)
        terms = [*self._expected(row, column), *self._terms(codes, parts)]
        told = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(np.clip(told, *self.rating_range_)) - told)]

    def _expected(self, row: int, column: int) -> list[Term]:
        """Return what is expected of a rating before the neighbours are asked."""
        own, sides = self._deviations, self._derived.sides
        row_kind, column_kind = ("user", "item") if self._rows_are_users else ("item", "user")
        if self.centering is None:
            return [Term("mean", None, own.mean)]
        if self.centering != "baseline":
            return [Term(row_kind, None, float(own.of_rows[row]))]
        biases = float(sides.row_biases[row]), float(sides.column_biases[column])
        return [Term("mean", None, own.mean), Term(row_kind, None, biases[0]), Term(column_kind, None, biases[1])]

    def _terms(self, codes: CodeArray, contributions: AnyArray) -> list[Term]:
        """Return terms of rows."""
        data, kind = self.interactions_, "neighbor" if self._rows_are_users else "past_item"
        ids = (data.users if self._rows_are_users else data.items).take(codes).tolist()
        return [Term(kind, name, float(part)) for name, part in zip(ids, contributions, strict=True)]
