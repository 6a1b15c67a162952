"""Scores of implicit feedback: weighted sums over the nearest neighbours, which are found once, when fitting."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from recokit._runtime.memory import memory_limit
from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray
from recokit.base import EligibleItems, Term, Top
from recokit.base._lists import USERS_PER_BLOCK, top_of_sums
from recokit.base._stages import Stage
from recokit.data.rows import Rows
from recokit.kernels.neighbors import neighbor_sums, neighbors_listed
from recokit.neighbors._index import TrainingData
from recokit.neighbors._means import PredictionParameters, check_amplification
from recokit.neighbors._updates import updated_neighbors
from recokit.neighbors._values import weighted

__all__ = ["ItemNeighborSums", "NeighborSums", "UserNeighborSums"]


class NeighborSums:
    """Scores as weighted sums of sparse lists. Profiles are rows: the codes of the lists to add, and their weights.

    Parameters
    ----------
    data : TrainingData
    parameters : PredictionParameters
    neighbors : Top
        The nearest neighbours of every row.
    runner : Runner
    """

    swapped: ClassVar[bool]  # neighbours have the highest similarities to the row, not of the row to them
    users_per_block: ClassVar[int | None] = USERS_PER_BLOCK

    def __init__(self, data: TrainingData, parameters: PredictionParameters, neighbors: Top, runner: Runner) -> None:
        self.data = data
        self._parameters = parameters
        self._neighbors = neighbors
        check_amplification(neighbors.scores, parameters.amplification)
        if parameters.scoring == "normalized_sum":
            rows = neighbors.as_rows()
            self._totals = rows.sums(self._amplified(rows.values))
        self._lists = self._item_lists(runner)

    @classmethod
    def fit(cls, data: TrainingData, parameters: PredictionParameters, runner: Runner, progress: Any) -> Self:
        """Find the neighbours of all rows, and return the model.

        Parameters
        ----------
        progress : callable
            ``progress(total, unit)`` returns a progress bar.
        """
        index, k = data.index, _neighbor_width(data, parameters)
        with progress(index.n_rows, _row_kind(data)) as bar:
            reporting = runner.reporting_to(bar.update)
            neighbors = index.nearest(index.indexed_queries(), k, swapped=cls.swapped, runner=reporting)
        return cls(data, parameters, neighbors, runner)

    @classmethod
    def stages(
        cls, data: TrainingData, parameters: PredictionParameters, runner: Runner
    ) -> Generator[Stage, Any, Self]:
        """Yield the stages of `fit`, for parts on several machines, and return the model."""
        k = _neighbor_width(data, parameters)
        neighbors = yield from data.index.nearest_stages(k, swapped=cls.swapped, runner=runner)
        return cls(data, parameters, neighbors, runner)

    @classmethod
    def restore(
        cls, data: TrainingData, parameters: PredictionParameters, runner: Runner, attributes: Mapping[str, Any]
    ) -> Self:
        """Return the model of an estimator with these fitted attributes."""
        neighbors = Top(*(attributes[f"neighbor_{name}_"] for name in Top._fields))
        width = neighbors.codes.shape[1]
        listed = np.arange(width) < neighbors.counts[:, None]
        if neighbors.counts.max(initial=0) > width or not np.array_equal(neighbors.codes >= 0, listed):
            raise ValueError("neighbor_counts_: expected the numbers of codes in the rows of neighbor_codes_")
        return cls(data, parameters, neighbors, runner)

    def updated(
        self,
        data: TrainingData,
        parameters: PredictionParameters,
        runner: Runner,
        row_map: CodeArray,
        column_map: CodeArray,
    ) -> Self | None:
        """Return the model of training data with additions, or None if a new fit would take no longer.

        Parameters
        ----------
        row_map, column_map : (n_old_rows,), (n_old_columns,) int32 arrays
            New codes of the rows and columns.
        """
        k, old = _neighbor_width(data, parameters), self.data.index
        maps = row_map, column_map
        neighbors = updated_neighbors(old, data.index, self._neighbors, *maps, k, swapped=self.swapped, runner=runner)
        return None if neighbors is None else type(self)(data, parameters, neighbors, runner)

    def fitted_attributes(self) -> dict[str, Any]:
        """Return the attributes that the estimator exposes and saves."""
        return {f"neighbor_{name}_": array for name, array in self._neighbors._asdict().items()}

    def user_profiles(self, user_codes: CodeArray) -> Rows:
        """Return the profiles of training users."""
        raise NotImplementedError

    def fold_in(self, histories: Rows, runner: Runner) -> Rows:
        """Return the profiles of users outside the training data."""
        raise NotImplementedError

    def _item_lists(self, runner: Runner) -> Rows:
        """Return the lists whose weighted sums are scores: item codes and values."""
        raise NotImplementedError

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        """Return the rows that contribute to a score, and their contributions."""
        raise NotImplementedError

    def score_block(self, profiles: Rows, runner: Runner) -> FloatArray:
        """Return the scores of all items: (n_users, n_items) float32, −∞ without evidence."""
        scores = np.empty((profiles.n_rows, self.data.interactions.n_items), dtype=np.float32)
        costs = profiles.sums_of_lengths(self._lists.lengths) + scores.shape[1]
        runner.rows(neighbor_sums, len(scores), (*profiles.arrays, *self._lists.arrays, scores), costs=costs)
        return scores

    def top_block(self, profiles: Rows, n: int, eligible: EligibleItems, runner: Runner) -> Top:
        """Return the n best eligible items of each user."""
        n_items = self.data.interactions.n_items
        return top_of_sums(profiles, self._lists, n_items, n, eligible, runner, positive=True)

    def to_reported(self, scores: FloatArray) -> FloatArray:
        """Return the scores unchanged."""
        return scores

    def score_pairs(self, user_codes: CodeArray, item_codes: CodeArray, runner: Runner) -> FloatArray | None:
        """Return None: there is no faster method than scoring all items of each user."""
        return None

    def supports(self, user_codes: CodeArray, item_codes: CodeArray, runner: Runner) -> CodeArray:
        """Return the number of neighbours of each row with a cell in the column of the pair: (n_pairs,) int32."""
        rows, columns = self.data.views.row_and_column(user_codes, item_codes)
        lists, counts = self.data.views.columns, np.empty(len(rows), dtype=np.int32)
        neighbors = self._neighbors.codes, self._neighbors.counts
        args = (rows, columns, *neighbors, lists.indptr, lists.codes, counts)
        runner.rows(neighbors_listed, len(counts), args, costs=self._neighbors.counts[rows])
        return counts

    def explain(self, user_code: int, item_code: int) -> list[Term]:
        """Return the terms of a score, one for each row that contributes."""
        return self.data.row_terms(*self._contributions(user_code, item_code))

    def _weights(self, neighbors: Top) -> Top:
        """Return neighbours with their weights in a sum instead of their similarities."""
        if self._parameters.amplification == 1 and self._parameters.scoring == "sum":
            return neighbors
        weights = self._amplified(neighbors.scores)
        if self._parameters.scoring == "normalized_sum":
            totals = self._totals[neighbors.codes]  # of any row where neighbours end; padding is not read
            weights = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
        return neighbors._replace(scores=weights.astype(np.float32))

    def _amplified(self, similarities: FloatArray) -> FloatArray:
        check_amplification(similarities, self._parameters.amplification)
        return np.asarray(similarities.astype(np.float64) ** self._parameters.amplification)


def _neighbor_width(data: TrainingData, parameters: PredictionParameters) -> int:
    """Return the number of neighbours to store for each row.

    Raises
    ------
    MemoryError
        The neighbours of all rows do not fit into memory.
    """
    index = data.index
    k = index.width(index.indexed_queries(), min(parameters.n_neighbors, index.n_rows))
    needed, limit = 8 * k * index.n_rows, memory_limit()
    if needed > limit:
        raise MemoryError(
            f"n_neighbors={parameters.n_neighbors:,} is too large: {k:,} neighbours for each of {index.n_rows:,} "
            f"{_row_kind(data)} need {needed / 1e9:.3g} GB, but only {limit / 1e9:.3g} GB are available"
        )
    return k


def _row_kind(data: TrainingData) -> str:
    return "users" if data.views.rows_are_users else "items"


def _common_products(
    codes: CodeArray, weights: FloatArray, other_codes: CodeArray, values: FloatArray
) -> tuple[CodeArray, FloatArray]:
    """Return the codes in both sparse vectors, and the products of their values."""
    common, own, other = np.intersect1d(codes, other_codes, assume_unique=True, return_indices=True)
    return common, weights[own].astype(np.float64) * values[other]


class UserNeighborSums(NeighborSums):
    """Sums of the histories of similar users."""

    swapped = False

    def __init__(self, data: TrainingData, parameters: PredictionParameters, neighbors: Top, runner: Runner) -> None:
        data.index.columns(runner)  # for users outside the training data: computed now, not at the first request
        super().__init__(data, parameters, neighbors, runner)

    def user_profiles(self, user_codes: CodeArray) -> Rows:
        return self._weights(self._neighbors.take(user_codes)).as_rows()

    def fold_in(self, histories: Rows, runner: Runner) -> Rows:
        index, rows = self.data.index, Rows.from_arrays(*histories.arrays)
        queries = index.new_queries(rows, self.data.biases.fold_in(rows), runner)
        k = index.width(queries, min(self._parameters.n_neighbors, index.n_rows))
        return self._weights(index.nearest(queries, k, runner=runner)).as_rows()

    def _item_lists(self, runner: Runner) -> Rows:
        """Return the decayed histories."""
        decays = self.data.decays
        return weighted(self.data.views.rows, decays and decays.by_row)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        decays = self.data.decays
        column = weighted(self.data.views.columns, decays and decays.by_column).take(np.array([item_code]))
        profile = self.user_profiles(np.array([user_code]))
        return _common_products(profile.codes, profile.values, column.codes, column.values)


class ItemNeighborSums(NeighborSums):
    """Sums of the similarities to the items of a history."""

    swapped = True

    def __init__(self, data: TrainingData, parameters: PredictionParameters, neighbors: Top, runner: Runner) -> None:
        super().__init__(data, parameters, neighbors, runner)
        self._histories = weighted(data.views.columns, data.decays and data.decays.by_column)

    def user_profiles(self, user_codes: CodeArray) -> Rows:
        return self._histories.take(user_codes)

    def fold_in(self, histories: Rows, runner: Runner) -> Rows:
        return Rows.from_arrays(*histories.arrays)

    def _item_lists(self, runner: Runner) -> Rows:
        """Return, for each item, the items that have it as a neighbour."""
        return self._weights(self._neighbors).transposed(runner)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        history = self.user_profiles(np.array([user_code]))
        neighbors = self._weights(self._neighbors.take(np.array([item_code]))).as_rows()
        return _common_products(neighbors.codes, neighbors.values, history.codes, history.values)
