"""What UserKNN and ItemKNN share: their parameters, and what is derived from the training data."""

from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from recokit._threads import for_rows
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import Recommender, Term
from recokit.interactions import Interactions
from recokit.kernels.neighbors import neighbor_sums
from recokit.neighbors._biases import Biases
from recokit.neighbors._deviations import Deviations
from recokit.neighbors._index import Neighbors, SimilarityIndex
from recokit.neighbors._ratings import nearest_of, pair_means
from recokit.neighbors._rows import Rows
from recokit.neighbors._sides import Sides
from recokit.neighbors._similarities import SIMILARITIES, check_weighting

__all__ = ["NeighborhoodRecommender"]


class _Derived(NamedTuple):
    """What follows from the training data and the parameters, and so is not saved.

    Attributes
    ----------
    sides : Sides
    biases : Biases
    similar : SimilarityIndex
        Of the rows.
    """

    sides: Sides
    biases: Biases
    similar: SimilarityIndex


class NeighborhoodRecommender(Recommender):
    """Base class of the two: rows are what is compared, users or items, columns the other side."""

    _rows_are_users: ClassVar[bool]
    _swapped: ClassVar[bool]  # weights are similarities of the neighbour to the row, not of the row to the neighbour

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "similarity": [StrOptions(set(SIMILARITIES))],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "min_common": [Interval(Integral, 1, None, closed="left")],
        "weighting": [StrOptions({"tfidf", "bm25"}), None],
        "centering": [StrOptions({"mean", "zscore", "baseline"}), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_neighbors: int = 80,
        *,
        similarity: str = "cosine",
        shrinkage: float = 0.0,
        min_common: int = 1,
        weighting: str | None = None,
        centering: str | None = "baseline",
        alpha: float = 0.5,
        beta: float = 0.5,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.similarity = similarity
        self.shrinkage = shrinkage
        self.min_common = min_common
        self.weighting = weighting
        self.centering = centering
        self.alpha = alpha
        self.beta = beta
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions: Interactions) -> None:
        check_weighting(self.similarity, self.weighting)
        self._derived = self._derive()
        index = self._derived.similar
        if self._is_explicit():  # nothing to learn: the nearest are sought among those who rated, in predicting
            self._restore_lists()
            return
        with self._progress(index.n_rows, "users" if self._rows_are_users else "items") as bar:
            found = index.nearest(
                index.known(), self._k, swapped=self._swapped, n_threads=self._threads(), done=bar.update
            )
        self.neighbor_codes_, self.neighbor_scores_, self.neighbor_counts_ = found
        self._restore_lists()

    def _restore(self) -> None:
        self._derived = self._derive()
        self._restore_lists()

    def _restore_lists(self) -> None:
        """Derive, for ratings, the deviations of those who rated each column; else the lists whose sums are scores."""
        if self._is_explicit():
            self._deviations = self._deviate()
            self._lists = self._deviations.of_lists(self._derived.sides.columns, self._deviations.of_columns)
        else:
            self._lists = self._sum_lists()

    def _derive(self) -> _Derived:
        data, spec = self.interactions_, SIMILARITIES[self.similarity]
        if self._is_explicit():
            biases = Biases(self._mean_, self._user_bias_, self._item_bias_)
        else:
            biases = Biases.fit(data) if spec.values == "baseline" else Biases.zero(data)
        sides = Sides.of(data, biases, rows_are_users=self._rows_are_users)
        levels = sides.levels(spec.values, self.weighting)  # type: ignore[arg-type]
        constants = {name: float(getattr(self, name)) for name in ("alpha", "beta", "shrinkage", "min_common")}
        return _Derived(sides, biases, SimilarityIndex(spec, levels, sides.rows, sides.columns, constants))

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
    def _neighbors(self) -> Neighbors:
        return Neighbors(self.neighbor_codes_, self.neighbor_scores_, self.neighbor_counts_)

    def _sums(self, profiles: Rows) -> FloatArray:
        """Return the weighted sums of the lists that profiles name: (n_profiles, n_items) float32, −∞ without any."""
        scores = np.empty((profiles.n_rows, self.interactions_.n_items), dtype=np.float32)
        costs = profiles.sums(self._lists.lengths[profiles.codes]) + scores.shape[1]
        for_rows(neighbor_sums, len(scores), (*profiles, *self._lists, scores), n_threads=self._threads(), costs=costs)
        return scores

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        if not self._is_explicit():
            return super()._score_pairs(user_codes, item_codes)
        rows, columns = (user_codes, item_codes) if self._rows_are_users else (item_codes, user_codes)
        own, similar = self._deviations, self._derived.similar
        means = pair_means(
            similar, rows, columns, self._lists, self._k, swapped=self._swapped, n_threads=self._threads()
        )
        return self._clipped(own.ratings(means, own.of_rows[rows], own.of_columns[columns], own.scales[rows]))

    def _clipped(self, ratings: FloatArray) -> FloatArray:
        return np.clip(ratings, *self.rating_range_) if self._is_explicit() else ratings

    def _nearest_rows(self, row_codes: CodeArray, n: int) -> Neighbors:
        index = self._derived.similar
        return index.nearest(index.known(row_codes), n, n_threads=self._threads())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        if self._is_explicit():
            return self._explain_rating(user_code, item_code)
        return self._terms(*self._contributions(user_code, item_code))

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        """Return who adds how much to a score of implicit feedback: codes of rows, and contributions."""
        raise NotImplementedError

    def _explain_rating(self, user_code: int, item_code: int) -> list[Term]:
        row, column = (user_code, item_code) if self._rows_are_users else (item_code, user_code)
        own, cells = self._deviations, slice(*self._lists.indptr[column : column + 2])
        similar = self._derived.similar
        similarities = similar.similarities(similar.known(np.array([row])), swapped=self._swapped, n_threads=1)[0]
        codes, deviations = self._lists.codes[cells], self._lists.values[cells]
        nearest = nearest_of(similarities, codes, self._k)
        codes, weights = codes[nearest], similarities[codes[nearest]].astype(np.float64)
        parts = own.scales[row] * weights * deviations[nearest] / (weights.sum() if len(codes) else 1.0)
        terms = [*self._expected(row, column, alone=len(codes) == 0), *self._terms(codes, parts)]
        total = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(np.clip(total, *self.rating_range_)) - total)]

    def _expected(self, row: int, column: int, *, alone: bool) -> list[Term]:
        """Return what is expected of a rating before the neighbours are asked."""
        own, sides = self._deviations, self._derived.sides
        row_kind, column_kind = ("user", "item") if self._rows_are_users else ("item", "user")
        if self.centering is None:
            return [Term("mean", None, own.mean)] if alone else []
        if self.centering != "baseline":
            return [Term(row_kind, None, float(own.of_rows[row]))]
        biases = float(sides.row_biases[row]), float(sides.column_biases[column])
        return [Term("mean", None, own.mean), Term(row_kind, None, biases[0]), Term(column_kind, None, biases[1])]

    def _terms(self, codes: CodeArray, contributions: AnyArray) -> list[Term]:
        """Return terms of rows."""
        data, kind = self.interactions_, "neighbor" if self._rows_are_users else "past_item"
        ids = (data.users if self._rows_are_users else data.items).take(codes).tolist()
        return [Term(kind, name, float(part)) for name, part in zip(ids, contributions, strict=True)]
