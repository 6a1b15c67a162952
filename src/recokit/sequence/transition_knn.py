"""TransitionKNN: transitions between items within a window of steps."""

from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from recokit._typing import CodeArray, FloatArray
from recokit.base import Recommender
from recokit.base._item_weights import ItemWeightsRecommender
from recokit.base._lists import collect_rows
from recokit.base._parameters import COUNT, NON_NEGATIVE, OPTIONAL_COUNT, interval
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.kernels.rows import order_by
from recokit.kernels.transitions import transition_rows
from recokit.sequence._base import SequenceRecommender

__all__ = ["TransitionKNN"]


class TransitionKNN(SequenceRecommender, ItemWeightsRecommender):
    """Recommend the items that follow the latest items of a sequence within a window of steps.

    Parameters
    ----------
    n_neighbors : int, optional
        Number of weights to keep for each item, the largest; None keeps all.
    window : int
        Largest number of steps between two items of a pair.
    backward : float
        Weight of pairs in the opposite order.
    gap_exponent : float
        A pair g steps apart has the weight g^−gap_exponent.
    popularity_exponent : float
        Exponent of the penalty on popular items.
    shrinkage : float
        Number of events that are added to the popularity of each item.
    decay : float
        Factor of each step back in the history.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        Weight of an item of the history (row) in the score of another item (column).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "window": COUNT,
        "backward": NON_NEGATIVE,
        "gap_exponent": NON_NEGATIVE,
        "popularity_exponent": NON_NEGATIVE,
        "shrinkage": NON_NEGATIVE,
        "decay": interval(0, 1, "both"),
    }

    def __init__(
        self,
        n_neighbors: int | None = 200,
        *,
        window: int = 50,
        backward: float = 0.3,
        gap_exponent: float = 0.5,
        popularity_exponent: float = 0.2,
        shrinkage: float = 2.0,
        decay: float = 0.7,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.window = window
        self.backward = backward
        self.gap_exponent = gap_exponent
        self.popularity_exponent = popularity_exponent
        self.shrinkage = shrinkage
        self.decay = decay
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions: Interactions) -> None:
        n_items, weights = interactions.n_items, self._transitions(self.sequences_.rows, interactions.n_items)
        cells = (weights.values.copy(), weights.codes.copy(), weights.indptr)
        self.item_weights_ = sparse.csr_array(cells, shape=(n_items, n_items))
        self.item_weights_.sort_indices()

    def _transitions(self, rows: Rows, n_items: int) -> Rows:
        """Return the largest weights of each item, best first."""
        counts = np.bincount(rows.codes, minlength=n_items)
        item_indptr = read_only(np.concatenate([[0], np.cumsum(counts)]))
        positions = order_by(rows.codes, item_indptr, np.arange(len(rows.codes)))
        gaps = np.arange(1, self.window + 1) ** -float(self.gap_exponent)
        scales = (counts + self.shrinkage) ** -float(self.popularity_exponent)
        arrays = (positions, rows.indptr, rows.row_codes.astype(np.int32), rows.codes)
        floats = (gaps, self.backward * gaps, np.empty(0), scales)
        args = (item_indptr, *arrays, *floats)
        runner, width = self._runner(), max(1, min(self.n_neighbors or n_items, n_items))

        def fill(first_item: int, codes: CodeArray, values: FloatArray) -> None:
            costs = 2 * self.window * counts[first_item : first_item + len(codes)] + 1
            runner.rows(transition_rows, len(codes), (first_item, *args, codes, values), costs=costs)
            values *= scales[first_item : first_item + len(codes), None].astype(np.float32)

        with self._progress(n_items, "items") as bar:
            return collect_rows(n_items, width, fill, runner.reporting_to(bar.update))

    def _profiles(self, histories: Rows) -> Rows:
        """Return the weight of each event."""
        steps = np.repeat(histories.indptr[1:], histories.lengths) - 1 - np.arange(len(histories.codes))
        n_users = np.maximum(np.diff(self.interactions_.transposed().indptr), 1)
        rarity = np.log(1.0 + self.interactions_.n_users / n_users)
        return histories.with_values(np.power(float(self.decay), steps) * rarity[histories.codes])
