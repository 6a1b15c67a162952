"""TransitionKNN: transitions between items within a window of steps."""

from typing import Any, ClassVar, Literal

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FeedbackOption, FloatArray, IntArray
from recokit.base import Recommender
from recokit.base._item_weights import ItemWeightsRecommender, weights_matrix
from recokit.base._memory import MemoryPlan, cells_of_related
from recokit.base._parameters import BOOLEAN, COUNT, NON_NEGATIVE, OPTIONAL_COUNT, OPTIONAL_POSITIVE, interval, one_of
from recokit.base._stages import Stage, StagedRecommender, Stages, rows_stage
from recokit.data.attributes import Attribute, Matrix
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.kernels.rows import order_by
from recokit.kernels.transitions import smoothed_rows, transition_rows
from recokit.sequence._additive import AdditiveSequenceRecommender, steps_back
from recokit.sequence._ages import ages_in_half_lives

__all__ = ["TransitionKNN"]

_SMOOTHED_SHARE = 3.0  # cells after two steps for each cell after one step
_MAX_STEPS = 50  # entries of a row that two-step transitions use: more change no list, and cost their square


class TransitionKNN(AdditiveSequenceRecommender, StagedRecommender, ItemWeightsRecommender):
    r"""Recommend the items that follow the latest items of a history, by counts of transitions within a window.

    Two events of a sequence that are g steps apart, :math:`|g| \le` ``window``, are a transition. With :math:`w_g` for
    its weight and :math:`n_i` for the number of events of item i,

    .. math:: T_{ij} = \frac{\sum_{(i, j)} w_g}{(n_i + c)^e (n_j + c)^e}, \qquad
        W_{ij} = T_{ij} + \frac{m}{n_i + m} \sum_k T_{ik} \frac{T_{kj}}{\sum_l T_{kl}}

    and the score of item j for a history :math:`i_1, \dots, i_n` is

    .. math:: \hat r_j = \sum_{t=1}^{n} d^{\,n - t} \log(1 + N / N_{i_t}) \, W_{i_t j}

    where :math:`N_i` of the N users have item i. The weight of a transition falls with its gap. Transitions from a
    later event to an earlier one count with the weight ``backward``.

    Parameters
    ----------
    n_neighbors : int, optional
        Number of T_ij, and then of W_ij, to keep for each item i, the largest; None keeps all.
    window : int
        Largest gap of a transition, in steps.
    gap_weighting : {"power", "exponential", "linear"}
        w_g of a forward gap g, with the exponent x: g^−x, exp(−x (g − 1)), or (1 − (g − 1) / window)^x.
    gap_exponent : float
        x; 0 weights all gaps equally.
    gap_half_life : float, optional
        w_g is also halved for each ``gap_half_life`` of time between the two events: days if the times are datetime64,
        otherwise the unit of the times. None ignores times.
    backward : float
        Weight of a backward transition relative to a forward one; 1 ignores the direction, 0 reads it only forward.
    popularity_exponent : float
        e, the strength of the penalty on popular items.
    shrinkage : float
        c, a number of events that is added to the popularity of each item.
    idf : bool
        Weight each event by the rarity of its item, log(1 + N / N_i).
    smoothing : float
        m, a number of events: an item with few events borrows two-step transitions from the items that follow it. 0
        for none. Sparse data gain, and items with many events hardly change.
    decay : float
        d, the factor of an event for each later event of the history; 0 reads only the last event, 1 weights all
        equally.
    history_half_life : float, optional
        An event is also halved for each ``history_half_life`` of time before the last event of the history, in the unit
        of ``gap_half_life``. Histories then need times. None ignores times.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        W. Its diagonal holds the transitions from an item to itself, by which items of a session are listed again if
        ``exclude_seen=False``.
    sequences_ : Sequences
        Training data.

    See Also
    --------
    recokit.SessionKNN :
        Recommend the items of the most similar sessions, near the items that they share with the current
        session.
    recokit.SLIST : Predict the future of a sequence from its past by ridge regression, in closed form.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.

    Notes
    -----
    **Special cases.** All have ``popularity_exponent=0, idf=False, smoothing=0``:

    * a first-order Markov chain (without the normalisation of rows, which changes no list): ``window=1, backward=0,
      decay=0``;
    * sequential rules (SR): ``gap_exponent=1, backward=0, decay=0``;
    * association rules (AR) of pairs in a session: ``gap_exponent=0, backward=1, decay=0``, with a window as long as
      the sessions.

    **Cost.** A fit takes at most 2 × ``window`` additions for each event. Memory is 12 bytes for each event, 8 bytes
    for each kept weight, and one array of n_items sums for each thread. Two-step transitions take up to 10,000
    multiplications for each item, since they use the largest 100 weights of each.

    **Edge cases.** Sequences of one event have no transitions. A user without events, or whose items have no
    transitions, gets an empty list, and a score without transitions is 0. Events at equal times keep the order that
    `fit` states; baskets have no order of their own. Strengths count in the popularity of ``on_unknown="popular"``
    only.

    References
    ----------
    M. Ludewig and D. Jannach (2018). Evaluation of session-based recommendation algorithms. User Modeling and
    User-Adapted Interaction 28.

    S. Rendle, C. Freudenthaler and L. Schmidt-Thieme (2010). Factorizing personalized Markov chains for next-basket
    recommendation. WWW.

    Examples
    --------
    >>> from recokit import TransitionKNN
    >>> from recokit.data import Sequences
    >>> clicks = Sequences.from_lists(
    ...     {
    ...         "ann": ["kettle", "tea", "cup"],
    ...         "bob": ["kettle", "tea"],
    ...         "cy": ["tea", "cup"],
    ...     }
    ... )
    >>> model = TransitionKNN().fit(clicks)
    >>> [item for item, _ in model.recommend("bob")["bob"]]
    ['cup']
    >>> lists = model.recommend_for({"visitor": ["cup", "kettle", "cup"]})
    >>> [item for item, _ in lists["visitor"]]
    ['tea']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "window": COUNT,
        "gap_weighting": one_of("power", "exponential", "linear"),
        "gap_exponent": NON_NEGATIVE,
        "gap_half_life": OPTIONAL_POSITIVE,
        "backward": NON_NEGATIVE,
        "popularity_exponent": NON_NEGATIVE,
        "shrinkage": NON_NEGATIVE,
        "idf": BOOLEAN,
        "smoothing": NON_NEGATIVE,
        "decay": interval(0, 1, "both"),
        "history_half_life": OPTIONAL_POSITIVE,
    }

    def __init__(
        self,
        n_neighbors: int | None = 200,
        *,
        window: int = 50,
        gap_weighting: Literal["power", "exponential", "linear"] = "power",
        gap_exponent: float = 0.5,
        gap_half_life: float | None = None,
        backward: float = 0.4,
        popularity_exponent: float = 0.2,
        shrinkage: float = 2.0,
        idf: bool = True,
        smoothing: float = 5.0,
        decay: float = 0.7,
        history_half_life: float | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.window = window
        self.gap_weighting = gap_weighting
        self.gap_exponent = gap_exponent
        self.gap_half_life = gap_half_life
        self.backward = backward
        self.popularity_exponent = popularity_exponent
        self.shrinkage = shrinkage
        self.idf = idf
        self.smoothing = smoothing
        self.decay = decay
        self.history_half_life = history_half_life
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "window": [10, 20, 50, 100],
            "gap_exponent": [0.4, 0.5, 0.6, 0.75, 1.0],
            "backward": [0.2, 0.3, 0.4, 0.5],
            "popularity_exponent": [0.1, 0.15, 0.2, 0.3],
            "smoothing": [0.0, 5.0, 10.0, 30.0, 100.0],
            "decay": [0.4, 0.5, 0.6, 0.65, 0.7, 0.75],
        }

    def _stages(self, interactions: Interactions) -> Stages:
        rows, n_items = self.sequences_.rows, interactions.n_items
        counts = np.bincount(rows.codes, minlength=n_items)
        width = max(1, min(self.n_neighbors or n_items, n_items))
        weights = yield self._transitions(rows, counts, width)
        if self.smoothing > 0:
            weights = yield _smoothed(weights, self.smoothing / (counts + self.smoothing), width)
        self.item_weights_ = weights_matrix(weights)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        n, n_items = float(self.sequences_.n_events), self.interactions_.n_items
        plan.work("positions and gaps", 56.0 * n)
        plan.keep("events by item", 36.0 * n + 8.0 * n * (self.gap_half_life is not None))
        width = max(1, min(self.n_neighbors or n_items, n_items))
        n_cells = cells_of_related(self.interactions_, width, quick=plan.quick)
        plan.keep_lists(n_items, width, n_cells)
        plan.drop("events by item")
        if self.smoothing > 0:
            plan.work("shares of the transitions", 20.0 * n_cells)
            plan.keep("shares of the transitions", 4.0 * n_cells)
            n_smoothed = n_items * width if plan.quick else n_cells * _SMOOTHED_SHARE
            n_smoothed = min(n_smoothed, float(n_items * width))
            plan.keep_lists(n_items, width, n_smoothed)
            plan.drop("shares of the transitions")
            n_cells = n_smoothed
        plan.work("weights in order of code", 8.0 * n_cells)
        plan.drop("lists")
        plan.keep("item weights", 8.0 * n_cells)

    def _transitions(self, rows: Rows, counts: IntArray, width: int) -> Stage:
        """Return the stage that finds the largest weights of each item, best first."""
        item_indptr = read_only(bounds_from_lengths(counts))
        positions = read_only(order_by(rows.codes, item_indptr, np.arange(len(rows.codes))))
        places, lengths = np.arange(len(rows.codes)), rows.lengths
        before = np.minimum(places - np.repeat(rows.indptr[:-1], lengths), self.window).astype(np.int32)
        after = np.minimum(np.repeat(rows.indptr[1:], lengths) - 1 - places, self.window).astype(np.int32)
        half_life, scales = self.gap_half_life, self._scales(counts)
        ages = np.empty(0) if half_life is None else ages_in_half_lives(rows, half_life, "gap_half_life")
        events = (read_only(before[positions]), read_only(after[positions]), rows.codes)
        floats = (self._gap_weights(), ages, scales, scales.astype(np.float32)[rows.codes])
        args = (item_indptr, positions, *events, *map(read_only, floats))
        costs = (2 * self.window + 1) * counts + 1

        def fill(first_item: int, codes: CodeArray, values: FloatArray, runner: Runner) -> None:
            block = slice(first_item, first_item + len(codes))
            runner.rows(transition_rows, len(codes), (first_item, *args, codes, values), costs=costs[block])

        return rows_stage(len(counts), width, fill, costs)

    def _gap_weights(self) -> FloatArray:
        """Return the weights of the gaps from −window to window steps."""
        gaps = np.arange(1.0, self.window + 1)
        if self.gap_weighting == "power":
            weights = gaps**-self.gap_exponent
        elif self.gap_weighting == "exponential":
            weights = np.exp(-self.gap_exponent * (gaps - 1))
        else:
            weights = (1 - (gaps - 1) / self.window) ** self.gap_exponent
        both: FloatArray = np.concatenate([self.backward * weights[::-1], [0.0], weights])
        return both

    def _scales(self, counts: IntArray) -> FloatArray:
        """Return (n_i + c)^−e for each item with n_i > 0 events."""
        scales: FloatArray = np.where(counts > 0, counts + self.shrinkage, 1.0) ** -float(self.popularity_exponent)
        return scales

    def _weights_to(self, item_codes: CodeArray, item_code: int) -> FloatArray:
        weights: FloatArray = self.item_weights_[item_codes][:, [item_code]].toarray()[:, 0].astype(np.float64)
        return weights

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_weights_": Matrix("n_items", "n_items"),
        }

    def _profiles(self, histories: Rows) -> Rows:
        """Return the weight of each event in the profile."""
        weights = np.power(float(self.decay), steps_back(histories))
        if self.history_half_life is not None:
            weights *= np.exp2(-ages_in_half_lives(histories, self.history_half_life, "history_half_life"))
        if self.idf:
            weights *= self._derived("rarity", self.interactions_, _rarity)[histories.codes]
        return histories.with_values(weights)


def _rarity(interactions: Interactions) -> FloatArray:
    """Return log(1 + N / N_i) of each item: (n_items,) float64."""
    n_users = np.maximum(np.bincount(interactions.item_codes, minlength=interactions.n_items), 1)
    rarity: FloatArray = np.log1p(interactions.n_users / n_users)
    return rarity


def _smoothed(weights: Rows, smoothing: FloatArray, width: int) -> Stage:
    """Return the stage that finds the largest sums of weights and two-step transitions of each item, best first."""
    totals = weights.sums(weights.values)
    shares = read_only((weights.values / np.repeat(totals, weights.lengths)).astype(np.float32))
    args = (*weights.arrays, shares, _MAX_STEPS, read_only(smoothing))
    steps = np.minimum(weights.lengths, _MAX_STEPS)
    costs = weights.sums_of_lengths(steps) + 1

    def fill(first_item: int, codes: CodeArray, values: FloatArray, runner: Runner) -> None:
        block = slice(first_item, first_item + len(codes))
        runner.rows(smoothed_rows, len(codes), (first_item, *args, codes, values), costs=costs[block])

    return rows_stage(len(smoothing), width, fill, costs)
