"""SessionKNN: nearest sessions, on an index of the most recent sessions of each item."""

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray, CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._lists import collect_rows
from recokit.base._memory import MemoryPlan, cells_of_related
from recokit.base._parameters import COUNT, NON_NEGATIVE, POSITIVE, interval, one_of
from recokit.base.explanation import Term
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.kernels.rows import order_by, row_starts
from recokit.kernels.sessions import SessionIndex, related_items, session_neighbors, session_scores
from recokit.sequence._base import SequenceRecommender

__all__ = ["SessionKNN"]

_SMALLEST_GAP_WEIGHT = 1e-3
_N_RELATED = 50
_STEPS_OF_REQUEST = 5_000  # of one history
_MAX_HISTORY = 10_000  # limit of the array of step weights


class _Prediction(NamedTuple):
    """Parameters of predictions at the time of the fit: changes by ``set_params`` take effect at the next one."""

    similarity_exponent: float
    n_recent: int
    n_neighbors: int
    repeat: float
    align_all: bool
    history_weight: float
    expansion: float


class _Profiles(NamedTuple):
    """Histories, and the rank of the session that is excluded from the neighbours of each; −1 for none."""

    histories: Rows
    own_ranks: CodeArray


class SessionKNN(SequenceRecommender):
    r"""Recommend the items of the most similar sessions, near the items that they share with the current session.

    The similarity of the current session s to a past session n is

    .. math:: \mathrm{sim}(s, n) = \Bigl(\sum_{i \in s \cap n} w_i \, q_i\Bigr)^{e} |n|^{-l} \, r_n, \qquad
        w_i = d^{\,\text{age of } i}, \quad q_i = \log(1 + N / N_i)^{p}

    over distinct items, where the age of an item is its number of steps from the end of s, N the number of sessions,
    :math:`N_i` the number of sessions with item i, and :math:`r_n = 2^{-\mathrm{recency} \cdot k / N}` for the session
    with k more recent ones. With the ``n_neighbors`` most similar sessions, the score of item j is

    .. math:: \hat r_{sj} = \sum_n \mathrm{sim}(s, n) \sum_{i \in s \cap n} w_i \, g(\mathrm{pos}_n(j) -
        \mathrm{pos}_n(i)) \; + \; h \, [j \in s] \sum_n \mathrm{sim}(s, n)

    where :math:`\mathrm{pos}_n` is the position in n, the gap weight g(t) is :math:`c^{t-1}` for the t-th step after
    i, ``backward`` times as much for steps before, and ``repeat`` for i itself. Only the ``n_recent`` most recent
    sessions of each item are searched, so a recommendation costs the same for any number of sessions.

    Items of few sessions have little such evidence. Therefore a share of the scores of the 20 best items passes to the
    items near them: ``expansion`` · :math:`\sum_k \hat r_{sk} m_{kj}` is added to the score of j, where
    :math:`m_{kj}` is proportional to :math:`\sum_n |n|^{-l} r_n \, g(\mathrm{pos}_n(j) - \mathrm{pos}_n(k))`, for the
    50 nearest items of k.

    Known methods are special cases, up to the form of the decays. SKNN is ``SessionKNN(decay=1, gap_decay=1,
    backward=1, alignment="last", history_weight=0, expansion=0, idf_exponent=0)``. VSKNN is SKNN with ``decay`` below 1
    and ``idf_exponent=1``. STAN is SKNN with ``decay`` and ``gap_decay`` below 1.

    Parameters
    ----------
    n_neighbors : int
        Number of most similar sessions.
    n_recent : int
        Number of sessions of each item that are searched, the most recent.
    max_history : int
        Number of latest events of the current session that are used, up to 10,000.
    decay : float
        d, the factor of each step back in the current session, in (0, 1].
    gap_decay : float
        c, the factor of each further step from a shared item in a similar session, from 0 to 1.
    backward : float
        Weight of steps before a shared item, relative to steps after it.
    repeat : float
        Gap weight of the shared item itself.
    alignment : {"all", "last"}
        Shared items from which the steps are counted: all, weighted by w, or only the latest, with weight 1.
    history_weight : float
        h, the share of the total similarity that is added to the score of each item of the current session.
    expansion : float
        Share of the scores of the best items that passes to the items near them; 0 for none.
    idf_exponent : float
        p, the weight of rare items.
    length_exponent : float
        l, the penalty on long sessions.
    similarity_exponent : float
        e; larger values give the most similar sessions more weight.
    recency : float
        The oldest session counts :math:`2^{-\mathrm{recency}}` times as much as the most recent one; 0 for no decay.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    See Also
    --------
    recokit.TransitionKNN :
        Recommend the items that follow the latest items of a history, by counts of transitions within a window.
    recokit.SLIST : Predict the future of a sequence from its past by ridge regression, in closed form.
    recokit.model_selection.evaluate_positions :
        Recommend at every position of each session, and compare the lists with the item that follows.

    Notes
    -----
    The rows (``users``) of the data are sessions, or the histories of users. A session of the training data is not a
    neighbour of itself. Sessions without times are ordered by their place: the last one is the most recent.

    Clicked items may be recommended again: the default of ``exclude_seen`` in `recommend` and `recommend_for` is False.

    A fit sorts the events and needs 20 bytes for each. A recommendation needs memory for the scores of all items.

    References
    ----------
    D. Jannach and M. Ludewig (2017). When recurrent neural networks meet the neighborhood for session-based
    recommendation. RecSys.

    D. Garg, P. Gupta, P. Malhotra, L. Vig and G. Shroff (2019). Sequence and time aware neighborhood for session-based
    recommendations: STAN. SIGIR.

    B. Kersbergen, O. Sprangers and S. Schelter (2022). Serenade: low-latency session-based recommendation in e-commerce
    at scale. SIGMOD.

    Examples
    --------
    >>> from recokit.data import Sequences
    >>> sessions = Sequences.from_lists(
    ...     [["tea", "cup", "pot"], ["tea", "cup"], ["mug", "pot"]]
    ... )
    >>> model = SessionKNN().fit(sessions)
    >>> [
    ...     item
    ...     for item, _ in model.recommend_for({"visitor": ["mug", "tea"]}, n=2)["visitor"]
    ... ]
    ['cup', 'tea']
    """

    _excludes_seen: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": COUNT,
        "n_recent": COUNT,
        "max_history": COUNT,
        "decay": interval(0, 1, "right"),
        "gap_decay": interval(0, 1, "both"),
        "backward": NON_NEGATIVE,
        "repeat": NON_NEGATIVE,
        "alignment": one_of("all", "last"),
        "history_weight": NON_NEGATIVE,
        "expansion": NON_NEGATIVE,
        "idf_exponent": NON_NEGATIVE,
        "length_exponent": NON_NEGATIVE,
        "similarity_exponent": POSITIVE,
        "recency": NON_NEGATIVE,
    }

    def __init__(
        self,
        n_neighbors: int = 500,
        *,
        n_recent: int = 1_000,
        max_history: int = 20,
        decay: float = 0.4,
        gap_decay: float = 0.6,
        backward: float = 0.5,
        repeat: float = 1.0,
        alignment: Literal["all", "last"] = "all",
        history_weight: float = 0.1,
        expansion: float = 0.5,
        idf_exponent: float = 0.75,
        length_exponent: float = 0.5,
        similarity_exponent: float = 1.0,
        recency: float = 1.0,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_recent = n_recent
        self.max_history = max_history
        self.decay = decay
        self.gap_decay = gap_decay
        self.backward = backward
        self.repeat = repeat
        self.alignment = alignment
        self.history_weight = history_weight
        self.expansion = expansion
        self.idf_exponent = idf_exponent
        self.length_exponent = length_exponent
        self.similarity_exponent = similarity_exponent
        self.recency = recency
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_neighbors": [100, 200, 500, 1_000, 2_000],
            "decay": [0.2, 0.4, 0.5, 0.6, 0.8],
            "gap_decay": [0.4, 0.5, 0.6, 0.7, 0.8],
            "backward": [0.1, 0.3, 0.5, 0.7],
            "history_weight": [0.0, 0.05, 0.1, 0.2],
            "expansion": [0.0, 0.2, 0.5, 1.0],
            "idf_exponent": [0.0, 0.5, 0.75, 1.0],
            "length_exponent": [0.0, 0.25, 0.5],
            "similarity_exponent": [1.0, 1.5, 2.0],
            "recency": [0.0, 1.0, 2.0, 4.0],
        }

    # ------------------------------------------------------------------ fitting

    def _fit(self, interactions: Interactions) -> None:
        rows = self.sequences_.rows
        by_recency = self._by_recency_of(rows)
        sessions = rows.take(by_recency)
        self._ranks = np.empty(rows.n_rows, dtype=np.int32)
        self._ranks[by_recency] = np.arange(rows.n_rows)
        self._by_recency = by_recency
        lengths = np.maximum(sessions.lengths, 1).astype(np.float64)
        recency = np.exp2(-self.recency * np.arange(rows.n_rows) / rows.n_rows)
        session_weights = recency * lengths ** -float(self.length_exponent)
        items, ranks, positions = _last_events(sessions, interactions.n_items)
        counts = np.bincount(items, minlength=interactions.n_items)
        rarity = np.log1p(rows.n_rows / np.maximum(counts, 1)) ** float(self.idf_exponent)
        arrays = (np.concatenate([[0], np.cumsum(counts)]), ranks, positions, *sessions[:2], session_weights, rarity)
        self._index = SessionIndex(*(read_only(array) for array in arrays))
        self._prediction = _Prediction(
            float(self.similarity_exponent),
            int(self.n_recent),
            int(self.n_neighbors),
            float(self.repeat),
            self.alignment == "all",
            float(self.history_weight),
            float(self.expansion),
        )
        self._set_weights(int(sessions.lengths.max()))
        self._related = self._related_items(interactions.n_items)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        n, n_items, n_users = float(self.sequences_.n_events), self.interactions_.n_items, self.interactions_.n_users
        plan.work("sessions in order of recency", 36.0 * n + 40.0 * n_users)
        plan.keep("sessions in order of recency", (4.0 + 8.0 * (self.sequences_.rows.times is not None)) * n)
        plan.keep("weights of sessions", 40.0 * n_users)
        plan.work("last events of pairs", 56.0 * n)
        plan.keep("index", 8.0 * n + 16.0 * n_items)
        if self.expansion:
            width = min(_N_RELATED, n_items)
            n_cells = cells_of_related(self.interactions_, width, quick=plan.quick)
            plan.keep_lists(n_items, width, n_cells)
        plan.drop("sessions in order of recency")
        plan.keep("sessions in order of recency", 4.0 * n)

    def _related_items(self, n_items: int) -> Rows:
        """Return the items near each item in past sessions."""
        if not self.expansion:
            return Rows.empty(n_items)
        runner, costs_of_items = self._runner(), self._costs_of_items()
        gaps = self.n_recent, self._forward, self._backward

        def fill(first_item: int, codes: CodeArray, values: FloatArray) -> None:
            costs = 1 + costs_of_items[first_item : first_item + len(codes)]
            runner.rows(related_items, len(codes), (first_item, self._index, *gaps, codes, values), costs=costs)

        with self._progress(n_items, "items") as bar:
            return collect_rows(n_items, min(_N_RELATED, n_items), fill, runner.reporting_to(bar.update))

    def _by_recency_of(self, rows: Rows) -> CodeArray:
        """Return the codes of the sessions, the most recent first."""
        if rows.times is None:
            return np.arange(rows.n_rows - 1, -1, -1, dtype=np.int32)
        filled, empty = np.flatnonzero(rows.lengths), np.flatnonzero(rows.lengths == 0)
        ends = rows.times[rows.indptr[filled + 1] - 1]
        return np.concatenate([filled[np.argsort(ends, kind="stable")][::-1], empty]).astype(np.int32)

    def _set_weights(self, longest: int) -> None:
        """Set the weights of steps in the current session and in similar sessions."""
        n_gaps = max(1, longest - 1)
        if self.gap_decay < 1:
            enough = np.log(_SMALLEST_GAP_WEIGHT) / np.log(max(self.gap_decay, _SMALLEST_GAP_WEIGHT))
            n_gaps = min(n_gaps, int(np.ceil(enough)))
        gaps = float(self.gap_decay) ** np.arange(n_gaps)
        self._step_weights = read_only(float(self.decay) ** np.arange(min(self.max_history, _MAX_HISTORY)))
        self._forward, self._backward = read_only(gaps), read_only(self.backward * gaps)

    def _restore(self) -> None:
        super()._restore()
        self._validate_params()
        self._fit(self.interactions_)

    # ------------------------------------------------------------------ scoring

    def _user_profiles(self, user_codes: CodeArray) -> _Profiles:
        ranks = np.where(user_codes >= 0, self._ranks[user_codes], -1)
        return _Profiles(self._training_sequences(user_codes), ranks.astype(np.int32))

    def _fold_in(self, histories: Rows) -> _Profiles:
        return _Profiles(histories, np.full(histories.n_rows, -1, dtype=np.int32))

    def _score_block(self, profiles: _Profiles) -> FloatArray:
        return self._contributions(profiles, np.full(profiles.histories.n_rows, -1, dtype=np.int32))

    def _contributions(self, profiles: _Profiles, places: CodeArray) -> FloatArray:
        """Return the scores of all items, or the contributions of the items at the given places of the histories."""
        histories = profiles.histories
        scores = np.empty((histories.n_rows, self.interactions_.n_items), dtype=np.float32)
        chosen = self._prediction
        parameters = (*chosen[:3], self._forward, self._backward, *chosen[3:])
        args = (*self._query(profiles), *parameters, *self._related.arrays, read_only(places), scores)
        self._runner().rows(session_scores, histories.n_rows, args, costs=self._costs(histories))
        return scores

    def _query(self, profiles: _Profiles) -> tuple[Any, ...]:
        histories, own_ranks = profiles
        return (*histories[:2], read_only(own_ranks), self._index, self._step_weights)

    def _costs(self, histories: Rows) -> AnyArray:
        """Return the elementary steps for each history; an estimate for a single one, which need not be exact."""
        if histories.n_rows == 1:
            return np.full(1, _STEPS_OF_REQUEST + self.interactions_.n_items)
        return histories.sums_of_lengths(self._costs_of_items()) + self.interactions_.n_items

    def _costs_of_items(self) -> AnyArray:
        """Return the elementary steps for each item: its sessions that are searched, and the events near it."""
        n_searched = np.minimum(np.diff(self._index.item_indptr), self._prediction.n_recent)
        half_of_mean = len(self._index.codes) // (2 * len(self._index.session_weights))
        return n_searched * (1 + min(len(self._forward), half_of_mean))

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the best items for a session with one event, except the item itself."""
        alone = Rows.from_arrays(np.arange(len(item_codes) + 1), item_codes, ())
        return self._top_block(self._fold_in(alone), n, EligibleItems(None, alone))

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        """Return the sessions most similar to each session."""
        profiles, top = self._user_profiles(user_codes), Top.empty(len(user_codes), n)
        args = (*self._query(profiles), *self._prediction[:2], top.codes, top.scores)
        self._runner().rows(session_neighbors, len(user_codes), args, costs=self._costs(profiles.histories))
        cells = top.codes < 0
        top.codes[:] = np.where(cells, -1, self._by_recency[top.codes])
        return top.drop(cells)

    # ------------------------------------------------------------------ explaining

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return self._terms(self._user_profiles(np.array([user_code], dtype=np.int32)), item_code)

    def _explain_history(self, history: Rows, item_code: int) -> list[Term]:
        return self._terms(self._fold_in(history), item_code)

    def _terms(self, profile: _Profiles, item_code: int) -> list[Term]:
        """Return one term per distinct item of the latest events, the latest first."""
        latest = profile.histories.codes[::-1][: len(self._step_weights)]
        items = np.array(list(dict.fromkeys(latest.tolist())), dtype=np.int32)
        rows = np.zeros(len(items), dtype=np.int32)
        copies = _Profiles(profile.histories.take(rows), profile.own_ranks[rows])
        parts = self._contributions(copies, np.arange(len(items), dtype=np.int32))[:, item_code]
        parts = np.where(np.isfinite(parts), parts, 0.0).astype(np.float64)
        score = float(self._score_block(profile)[0, item_code])
        rest = Term("other", None, (score if np.isfinite(score) else 0.0) - float(parts.sum()))
        return [*self._past_item_terms(items, parts), rest]


def _last_events(sessions: Rows, n_items: int) -> tuple[CodeArray, CodeArray, CodeArray]:
    """Return item, session and position of the last event of each pair, sorted by item and session."""
    positions = np.arange(len(sessions.codes)) - np.repeat(sessions.indptr[:-1], sessions.lengths)
    codes, n = read_only(sessions.codes), len(sessions.codes)
    order = chosen(order_by, n)(codes, chosen(row_starts, n)(codes, n_items), np.arange(n))
    items, ranks = sessions.codes[order], sessions.row_codes[order].astype(np.int32)
    is_last = np.ones(len(items), dtype=np.bool_)
    is_last[:-1] = (np.diff(items) != 0) | (np.diff(ranks) != 0)
    return items[is_last], ranks[is_last], positions[order][is_last].astype(np.int32)
