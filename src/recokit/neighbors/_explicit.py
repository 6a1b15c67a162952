"""Rating prediction: weighted means of deviations over the nearest neighbours with a rating."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray
from recokit.base import EligibleItems, Term, Top
from recokit.base._lists import USERS_PER_BLOCK, top_of_tiles
from recokit.base._memory import MemoryPlan
from recokit.base._rating_scale import rating_range
from recokit.base._stages import Stage
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.neighbors._deviations import Deviations
from recokit.neighbors._index import Queries, TrainingData
from recokit.neighbors._means import (
    Averaging,
    PredictionParameters,
    WeightedDeviations,
    check_amplification,
    grid_means,
    means_for_few_targets,
    means_from_similarities,
    nearest_positions,
    pair_means,
    tiles,
)
from recokit.neighbors._search_plan import SearchPlan

__all__ = ["ItemRatingNeighbors", "RatingNeighbors", "UserRatingNeighbors"]

_FEW_USERS = 16  # up to this number, `means_for_few_targets` is faster (measured)
_MAX_CELLS = 32 << 20  # similarities between all items and the items of a block of users: 128 MB; more come in tiles


class RatingNeighbors:
    """Predictions from the neighbours among the rows with a rating in the same column.

    Nothing is fitted but means and biases: the neighbours of a prediction depend on the column, so they are searched
    when predicting.

    Parameters
    ----------
    data : TrainingData
    parameters : PredictionParameters
    runner : Runner
    """

    swapped: ClassVar[bool]  # weights are similarities of the neighbour to the row, not of the row to the neighbour
    users_per_block: ClassVar[int | None] = None  # as many as dense scores allow

    def __init__(self, data: TrainingData, parameters: PredictionParameters, runner: Runner) -> None:
        data.index.columns(runner)  # computed now, not at the first prediction
        self.data = data
        self._rating_range = rating_range(data.interactions.values, parameters.rating_scale)
        k = min(parameters.n_neighbors, data.index.n_rows)
        self._averaging = Averaging(k, float(parameters.amplification), float(parameters.prediction_shrinkage))
        self._deviations = Deviations.fit(parameters.centering, data.views)
        cells = self._deviations.from_columns(data.views.columns, self._deviations.column_levels)
        decays = () if data.decays is None else (data.decays.by_column,)
        self._by_column = WeightedDeviations(cells, *decays)

    @classmethod
    def fit(cls, data: TrainingData, parameters: PredictionParameters, runner: Runner, progress: Any) -> Self:
        """Return the model of the training data."""
        return cls(data, parameters, runner)

    @classmethod
    def plan(cls, plan: MemoryPlan, data: Interactions, search: SearchPlan, k: int, *, normalized: bool) -> None:
        """Add the arrays of `fit` to a plan; the parameters are those of `NeighborSums.plan`."""
        search.keep_arrays(plan, with_columns=True)
        plan.work("deviations in float64", 32.0 * search.n)
        plan.keep("deviations by column", 4.0 * search.n)
        if not cls.swapped:
            plan.keep("deviations by user", 8.0 * search.n)

    @classmethod
    def stages(
        cls, data: TrainingData, parameters: PredictionParameters, runner: Runner
    ) -> Generator[Stage, Any, Self]:
        """Return the model of the training data; there are no stages, since nothing is searched."""
        yield from ()
        return cls(data, parameters, runner)

    @classmethod
    def restore(
        cls, data: TrainingData, parameters: PredictionParameters, runner: Runner, attributes: Mapping[str, Any]
    ) -> Self:
        """Return the model of an estimator with these fitted attributes."""
        return cls(data, parameters, runner)

    def updated(
        self,
        data: TrainingData,
        parameters: PredictionParameters,
        runner: Runner,
        row_map: CodeArray,
        column_map: CodeArray,
    ) -> Self | None:
        """Return None: an update would take as long as a new fit."""
        return None

    def fitted_attributes(self) -> dict[str, Any]:
        """Return the attributes that the estimator exposes and saves."""
        return {}

    def user_profiles(self, user_codes: CodeArray) -> Any:
        """Return the profiles of training users."""
        raise NotImplementedError

    def fold_in(self, histories: Rows, runner: Runner) -> Any:
        """Return the profiles of users outside the training data."""
        raise NotImplementedError

    def score_block(self, profiles: Any, runner: Runner) -> FloatArray:
        """Return the ratings of all items, not clipped: (n_users, n_items) float32."""
        raise NotImplementedError

    def top_block(self, profiles: Any, n: int, eligible: EligibleItems, runner: Runner) -> Top:
        """Return the n best eligible items of each user."""
        return eligible.select(self.score_block(profiles, runner), n, runner)

    def to_reported(self, ratings: FloatArray) -> FloatArray:
        """Return ratings clipped to the rating scale."""
        return np.clip(ratings, *self._rating_range)

    def score_pairs(self, user_codes: CodeArray, item_codes: CodeArray, runner: Runner) -> FloatArray | None:
        """Return the reported ratings of pairs: (n_pairs,) float64."""
        rows, columns = self.data.views.row_and_column(user_codes, item_codes)
        means, _ = self._pair_means(rows, columns, runner)
        own = self._deviations
        ratings = own.ratings(means, own.row_levels[rows], own.column_levels[columns], own.scales[rows])
        return self.to_reported(ratings)

    def supports(self, user_codes: CodeArray, item_codes: CodeArray, runner: Runner) -> CodeArray:
        """Return the number of neighbours in the mean of each pair: (n_pairs,) int32."""
        return self._pair_means(*self.data.views.row_and_column(user_codes, item_codes), runner)[1]

    def _pair_means(self, rows: CodeArray, columns: CodeArray, runner: Runner) -> tuple[FloatArray, CodeArray]:
        index, deviations, averaging = self.data.index, self._by_column, self._averaging
        return pair_means(index, rows, columns, deviations, averaging, swapped=self.swapped, runner=runner)

    def explain(self, user_code: int, item_code: int) -> list[Term]:
        """Return the terms of a reported rating: the expected rating, the neighbours, and the effect of clipping."""
        row, column = self.data.views.row_and_column(user_code, item_code)
        terms = [*self._expected_terms(row, column), *self.data.row_terms(*self._contributions(row, column))]
        rating = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(np.clip(rating, *self._rating_range)) - rating)]

    def _contributions(self, row: int, column: int) -> tuple[CodeArray, FloatArray]:
        """Return the neighbours of a rating and the parts of it that they add."""
        index, deviations = self.data.index, self._by_column.take(np.array([column]))
        query = index.indexed_queries(np.array([row]))
        similarities = index.similarities(query, swapped=self.swapped, runner=Runner())[0]
        nearest = nearest_positions(similarities, deviations.cells.codes, self._averaging.k)
        codes = deviations.cells.codes[nearest]
        check_amplification(similarities[codes], self._averaging.amplification)
        weights = similarities[codes].astype(np.float64) ** self._averaging.amplification
        if len(deviations.decays):
            weights *= deviations.decays[nearest]
        total = weights.sum() + self._averaging.shrinkage
        parts = self._deviations.scales[row] * weights * deviations.cells.values[nearest]
        return codes, parts / (total if total > 0 else 1.0)

    def _expected_terms(self, row: int, column: int) -> list[Term]:
        """Return the terms of the expected rating, which neighbours deviate from."""
        own, views = self._deviations, self.data.views
        row_kind, column_kind = views.row_and_column("user", "item")
        if own.centering is None:
            return [Term("mean", None, own.mean)]
        if own.centering != "baseline":
            return [Term(row_kind, None, float(own.row_levels[row]))]
        biases = float(views.row_biases[row]), float(views.column_biases[column])
        kinds = zip((row_kind, column_kind), biases, strict=True)
        return [Term("mean", None, own.mean), *(Term(kind, None, bias) for kind, bias in kinds)]


class _QueryProfiles(NamedTuple):
    """Users as queries, with the levels and the scales of their ratings."""

    queries: Queries
    row_levels: FloatArray
    scales: FloatArray


class UserRatingNeighbors(RatingNeighbors):
    """Predictions from the most similar users with a rating of the item."""

    swapped = False

    def __init__(self, data: TrainingData, parameters: PredictionParameters, runner: Runner) -> None:
        super().__init__(data, parameters, runner)
        self._by_user = self._by_column.transposed(data.interactions.n_users, runner)

    def user_profiles(self, user_codes: CodeArray) -> _QueryProfiles:
        own, queries = self._deviations, self.data.index.indexed_queries(user_codes)
        return _QueryProfiles(queries, own.row_levels[user_codes], own.scales[user_codes])

    def fold_in(self, histories: Rows, runner: Runner) -> _QueryProfiles:
        rows = Rows.from_arrays(*histories.arrays)
        biases = self.data.biases.fold_in(rows)
        queries = self.data.index.new_queries(rows, biases, runner)
        return _QueryProfiles(queries, *self._deviations.levels_of_rows(rows, biases))

    def score_block(self, profiles: _QueryProfiles, runner: Runner) -> FloatArray:
        own, n_items = self._deviations, self.data.interactions.n_items
        scores = np.empty((profiles.queries.rows.n_rows, n_items), dtype=np.float32)
        args = self.data.index, profiles.queries, self._by_user, n_items, self._averaging
        for start, stop, means in grid_means(*args, swapped=self.swapped, runner=runner):
            levels, scales = profiles.row_levels[start:stop, None], profiles.scales[start:stop, None]
            scores[start:stop] = own.ratings(means, levels, own.column_levels, scales)
        return scores


class _RatedProfiles(NamedTuple):
    """Users as the deviations of their ratings, by item code, with the levels of the users."""

    deviations: WeightedDeviations
    column_levels: FloatArray


class ItemRatingNeighbors(RatingNeighbors):
    """Predictions from the most similar items with a rating by the user."""

    swapped = True
    users_per_block = USERS_PER_BLOCK

    def user_profiles(self, user_codes: CodeArray) -> _RatedProfiles:
        return _RatedProfiles(self._by_column.take(user_codes), self._deviations.column_levels[user_codes])

    def fold_in(self, histories: Rows, runner: Runner) -> _RatedProfiles:
        histories = Rows.from_arrays(*histories.arrays)
        levels: FloatArray = np.zeros(histories.n_rows)
        if self._deviations.centering == "baseline":
            levels = self.data.biases.fold_in(histories)
        return _RatedProfiles(WeightedDeviations(self._deviations.from_columns(histories, levels)), levels)

    def score_block(self, profiles: _RatedProfiles, runner: Runner) -> FloatArray:
        n_users, n_items = profiles.deviations.cells.n_rows, self.data.interactions.n_items
        scores = np.empty((n_users, n_items), dtype=np.float32)
        for start, stop, ratings in self._ratings(profiles, runner):
            scores[:, start:stop] = ratings
        return scores

    def top_block(self, profiles: _RatedProfiles, n: int, eligible: EligibleItems, runner: Runner) -> Top:
        """Return the lists without the scores of all items at once: similarities then serve larger blocks of users."""
        return top_of_tiles(self._ratings(profiles, runner), self.data.interactions.n_items, n, eligible, runner)

    def _ratings(self, profiles: _RatedProfiles, runner: Runner) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the ratings of the items ``start`` to ``stop`` for all users: (n_users, stop − start) float32."""
        own = self._deviations
        for start, stop, means in self._item_means(profiles.deviations, runner):
            levels, scales = own.row_levels[start:stop], own.scales[start:stop]
            ratings = own.ratings(means.T, levels, profiles.column_levels[:, None], scales)
            yield start, stop, ratings.astype(np.float32, "C")

    def _item_means(self, deviations: WeightedDeviations, runner: Runner) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the mean deviations of the items ``start`` to ``stop`` for all users: (stop − start, n_users)."""
        index, n_users, averaging = self.data.index, deviations.cells.n_rows, self._averaging
        codes, positions = np.unique(deviations.cells.codes, return_inverse=True)
        # Positions ascend with codes, so ties are still broken by code.
        by_user = deviations._replace(
            cells=Rows.from_arrays(deviations.cells.indptr, positions, deviations.cells.values)
        )
        by_position = by_user.transposed(len(codes), runner)
        if len(codes) * index.n_rows > _MAX_CELLS:
            args = *index.narrowed(codes, runner), by_position, n_users, averaging
            yield from grid_means(*args, swapped=True, runner=runner)
            return
        similarities = index.similarities(index.indexed_queries(codes), swapped=False, runner=runner)
        for start, stop in tiles(index.n_rows, max(len(codes), n_users)):
            part = np.ascontiguousarray(similarities[:, start:stop].T)
            if n_users <= _FEW_USERS:
                yield start, stop, means_for_few_targets(part, by_user, averaging, runner)
            else:
                yield start, stop, means_from_similarities(part, by_position, n_users, averaging, runner)
