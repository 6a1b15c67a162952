"""tune: the trials, the choice, and the time budget."""

import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core import event
from scipy.stats import loguniform, randint

from recokit import BPR, EASE, BiasBaseline, DataError, Interactions, LeakageWarning, Popularity, compare, evaluate
from recokit.datasets import example_interactions, make_shop
from recokit.factorization import SGDMatrixFactorization
from recokit.hybrid import FallbackRecommender
from recokit.model_selection import (
    LeaveLastOut,
    RandomHoldOut,
    UserKFold,
    as_pairs,
    leaderboard,
    ranking_scorer,
    split_interactions,
    split_log,
    train_test_split,
    tune,
    tuning,
)
from recokit.model_selection._halving import Halving
from recokit.model_selection._schedule import Clock
from recokit.model_selection.leaderboard import Trial
from recokit.neighbors import ItemKNN
from recokit.testing import all_recommenders
from tests.naive import model_selection as naive

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")
GRID = {"n_neighbors": [1, 3, 5], "shrinkage": [0.0, 10.0]}


class Counting(Popularity):
    """A recommender with a number of epochs that records the arguments of its fits."""

    fitted: list = []  # noqa: RUF012 (shared by the clones on purpose)

    def __init__(
        self, n_epochs=40, quality=0.0, seconds=0.0, *, half_life=None, feedback="auto", n_threads=None, verbose=False
    ):
        super().__init__(half_life=half_life, feedback=feedback, n_threads=n_threads, verbose=verbose)
        self.n_epochs, self.quality, self.seconds = n_epochs, quality, seconds

    def _fit(self, interactions):
        if self.quality == "bad":
            raise DataError("a bad candidate")
        time.sleep(self.seconds)
        self.fitted.append((self.n_epochs, self.quality, interactions))
        super()._fit(interactions)


def quality(model, X, y):
    """Return the parameter ``quality`` as the score, so that the best candidate is known."""
    return float(model.quality)


@pytest.fixture(autouse=True)
def _forget():
    Counting.fitted.clear()


def run_halving(scores, n_rungs, factor, n_asked=1000):
    """Run the search on candidates with known scores; return the search and the steps it asked for."""
    search = Halving(iter([{"score": score} for score in scores]), n_rungs, factor)
    asked = []
    while len(asked) < n_asked and (step := search.ask()) is not None:
        asked.append(step)
        search.tell(*step, search.candidates[step[0]]["score"])
    return search, asked


@given(
    scores=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    n_rungs=st.integers(1, 4),
    factor=st.integers(2, 4),
    n_asked=st.integers(1, 60),
)
def test_candidates_move_up_one_rung_at_a_time_and_only_the_best_share_before_the_last_candidate(
    scores, n_rungs, factor, n_asked
):
    _, asked = run_halving(scores, n_rungs, factor, n_asked)
    rungs = [{} for _ in range(n_rungs)]
    started = 0
    for candidate, rung in asked:
        assert candidate not in rungs[rung]
        if rung == 0:
            assert candidate == started
            started += 1
        else:
            below = rungs[rung - 1]
            better = [other for other in below if (-scores[other], other) < (-scores[candidate], candidate)]
            assert candidate in below
            if started < len(scores):
                assert len(better) < naive.halving_promotes(below, factor)
        rungs[rung][candidate] = scores[candidate]


@given(scores=st.lists(st.integers(0, 9), min_size=1, max_size=15), n_rungs=st.integers(1, 4), factor=st.integers(2, 4))
def test_with_unlimited_time_every_candidate_gets_the_full_resource_and_the_best_wins(scores, n_rungs, factor):
    search, asked = run_halving(scores, n_rungs, factor)
    assert sorted(asked) == [(candidate, rung) for candidate in range(len(scores)) for rung in range(n_rungs)]
    assert search.top == n_rungs - 1
    assert search.best == scores.index(max(scores))


def test_failed_candidates_do_not_move_up():
    search = Halving(iter([{}, {}]), n_rungs=2, factor=2)
    search.tell(*search.ask(), -np.inf)
    search.tell(*search.ask(), 1.0)
    assert search.ask() == (1, 1)
    search.tell(1, 1, -np.inf)
    assert search.ask() is None
    assert (search.top, search.best) == (0, 1)


def test_in_closing_the_best_move_up_and_no_new_candidate_starts():
    search = Halving(iter([{}] * 9), n_rungs=3, factor=9)
    for score in (1.0, 2.0):
        search.tell(*search.ask(), score)
    assert search.ask() == (2, 0)
    search.candidates.pop()
    assert search.ask(closing=True) == (1, 1)
    search.tell(1, 1, 2.0)
    assert search.ask(closing=True) == (1, 2)
    search.tell(1, 2, 2.0)
    assert search.ask(closing=True) == (0, 1)


def test_a_small_space_is_searched_completely_and_the_best_candidate_is_refitted_on_all_data():
    found = tune(ItemKNN(), IMPLICIT, GRID, metric="ndcg@5", budget_seconds=600)
    assert len(found.trials) == 7
    assert found.trials[0].params == {"n_neighbors": ItemKNN().n_neighbors, "shrinkage": ItemKNN().shrinkage}
    train, test = train_test_split(IMPLICIT)
    scores = [ranking_scorer("ndcg@5")(ItemKNN(**trial.params).fit(train), test) for trial in found.trials]
    assert [trial.score for trial in found.trials] == scores
    assert found.best_score == max(scores)
    assert found.best_params == found.trials[int(np.argmax(scores))].params
    assert found.best_estimator.interactions_ == IMPLICIT
    assert {name: found.best_estimator.get_params()[name] for name in GRID} == found.best_params


def test_the_number_of_users_grows_by_the_factor_and_each_step_includes_the_users_of_the_last():
    found = tune(
        Counting(), IMPLICIT, {"quality": [1, 2, 3]}, metric=quality, resource="users", min_resource=6, factor=2
    )
    assert sorted({trial.resource for trial in found.trials}) == [6, 12, 25]
    assert found.best_params == {"quality": 3}
    users = {}
    for trial, (_, _, data) in zip(found.trials, Counting.fitted, strict=False):
        users.setdefault(trial.resource, set()).add(frozenset(np.unique(data.user_codes).tolist()))
    assert all(len(sets) == 1 for sets in users.values())
    few, more, all_users = (next(iter(users[level])) for level in (6, 12, 25))
    assert few < more < all_users
    assert (len(few), len(more), len(all_users)) == (6, 12, 25)


def test_scores_of_a_step_are_computed_on_the_users_of_the_step():
    options = {"metric": "recall@5", "min_resource": 12, "factor": 2}
    found = tune(Counting(), IMPLICIT, {"quality": [0.0]}, resource="users", **options)
    few = Counting.fitted[0][2]
    _, test = train_test_split(IMPLICIT)
    chosen = np.isin(test.user_codes, few.user_codes)
    assert 0 < chosen.sum() < len(chosen)
    expected = ranking_scorer("recall@5")(Popularity().fit(few), test.select(chosen))
    assert found.trials[0].score == expected
    assert found.trials[0].resource == 12


def test_epochs_are_the_resource_if_the_estimator_has_them():
    found = tune(Counting(n_epochs=40), IMPLICIT, {"quality": [1, 2]}, metric=quality)
    assert found.resource == "n_epochs"
    assert [trial.resource for trial in found.trials[:5]] == [4, 13, 40, 4, 4]  # its own parameters go first
    assert {epochs for epochs, _, _ in Counting.fitted} == {4, 13, 40}
    assert found.best_estimator.n_epochs == 40
    assert all(data.n_interactions < IMPLICIT.n_interactions for _, _, data in Counting.fitted[:-1])
    by_users = tune(Counting(), IMPLICIT, {"n_epochs": [5, 6]}, metric=quality)
    assert by_users.resource == "users"


def test_the_search_ends_in_time_with_a_candidate_that_had_the_full_resource():
    start = time.perf_counter()
    space = {"quality": loguniform(1e-3, 1)}
    found = tune(Counting(seconds=0.02), IMPLICIT, space, metric=quality, budget_seconds=1.5)
    assert time.perf_counter() - start < 10
    assert sum(trial.seconds for trial in found.trials) < 3
    assert len(found.trials) > 3
    full = [trial for trial in found.trials if trial.resource == 40]
    assert found.best_score == max(trial.score for trial in full)


@pytest.mark.parametrize("budget", [0.7, 0.8, 0.9, 1.0, 1.3, 1.7, 2.5])
def test_the_best_candidate_gets_the_full_resource_within_the_time_budget(monkeypatch, budget):
    now = 0.0

    def later(model, X, y):
        nonlocal now
        now += model.n_epochs / 100
        return float(model.quality)

    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    rising = [{"quality": float(number)} for number in range(1000)]
    monkeypatch.setattr(tuning, "candidates", lambda *_: iter(rising))
    found = tune(Counting(), IMPLICIT, {"quality": [1.0]}, metric=later, budget_seconds=budget)
    assert budget - 0.45 < now <= budget + 1e-9
    assert [trial.seconds for trial in found.trials] == pytest.approx([t.resource / 100 for t in found.trials])
    assert found.best_score == max(trial.score for trial in found.trials if trial.resource == 40)
    assert found.best_score >= 2.0


class Compiling(Counting):
    """A recommender whose fit compiles a kernel, and a callee within it, in 0.2 seconds each."""

    def _fit(self, interactions):
        with event.trigger_event("numba:compile"):
            time.sleep(0.2)
            with event.trigger_event("numba:compile"):
                time.sleep(0.2)
        super()._fit(interactions)


def test_the_seconds_of_a_trial_do_not_count_the_compilation_of_kernels():
    start = time.perf_counter()
    found = tune(Compiling(), IMPLICIT, {"quality": [0.0]}, metric=quality, budget_seconds=600)
    total = time.perf_counter() - start
    assert total > 0.4 * len(found.trials)
    assert sum(trial.seconds for trial in found.trials) < total - 0.4 * len(found.trials) + 1e-6


def test_the_fastest_trial_of_a_rung_is_the_estimate_for_the_next():
    clock = Clock([4, 12, 40])
    assert clock.estimate_climb(0) == 0.0
    clock.record(0, Trial(0, {}, 4, 1.0, 9.0))
    clock.record(0, Trial(1, {}, 4, 1.0, 2.0))
    clock.record(0, Trial(2, {}, 4, -np.inf, 0.1, "it failed"))
    assert [clock.estimate(rung) for rung in range(3)] == [2.0, 6.0, 20.0]
    clock.record(1, Trial(1, {}, 12, 1.0, 3.0))
    assert clock.estimate_climb(0) == 2.0 + 3.0 + 10.0
    assert clock.estimate_climb(3) == 0.0


def test_seconds_that_grow_faster_than_the_resource_are_extrapolated_by_their_growth():
    clock = Clock([4, 12, 36])
    clock.record(0, Trial(0, {}, 4, 1.0, 1.0))
    clock.record(1, Trial(0, {}, 12, 1.0, 9.0))
    assert clock.estimate(2) == pytest.approx(81.0)
    clock.record(1, Trial(0, {}, 12, 1.0, 1.5))  # slower than in proportion, as for a fixed cost
    assert clock.estimate(2) == pytest.approx(4.5)


def test_the_estimators_own_parameters_are_not_tried_twice():
    found = tune(ItemKNN(n_neighbors=3, shrinkage=10.0), IMPLICIT, GRID)
    assert len({str(trial.params) for trial in found.trials}) == len(found.trials) == 6


def test_the_first_trial_runs_even_in_a_tiny_budget():
    found = tune(Counting(seconds=0.01), IMPLICIT, {"quality": [1, 2]}, metric=quality, budget_seconds=1e-6)
    assert [trial.params for trial in found.trials] == [{"quality": 0.0}]


def test_the_trials_follow_the_seed():
    space = {"n_neighbors": randint(1, 9), "shrinkage": loguniform(1, 100)}

    def tried(seed):
        found = tune(ItemKNN(), IMPLICIT, space, budget_seconds=1.0, random_state=seed)
        return [(trial.params, trial.score) for trial in found.trials]

    first, again, other = tried(0), tried(0), tried(1)
    n = min(len(first), len(again), len(other))
    assert n > 1
    assert first[:n] == again[:n] != other[:n]


def test_ratings_are_tuned_by_their_error():
    space = {"n_factors": [2, 8], "l2": [0.01, 0.3]}
    model = SGDMatrixFactorization(n_epochs=12, random_state=0)
    found = tune(model, EXPLICIT, space, metric="rmse", splitter=RandomHoldOut(0.3))
    assert found.metric == "-rmse"
    assert found.resource == "n_epochs"
    assert -2 < found.best_score < 0
    same = tune(model, EXPLICIT, space, metric="neg_root_mean_squared_error", splitter=RandomHoldOut(0.3))
    assert same.best_score == found.best_score


def test_metrics_to_minimize_are_minimized():
    found = tune(ItemKNN(), IMPLICIT, GRID, metric="gini@5", budget_seconds=600)
    assert found.metric == "-gini@5"
    train, test = train_test_split(IMPLICIT)
    users = test.users.take(np.unique(test.user_codes))

    def gini(params):
        lists = ItemKNN(**params).fit(train).recommend(users, 5, on_unknown="popular")
        return evaluate(lists, test, ["gini@5"], train=train)["gini@5"]

    values = [gini(trial.params) for trial in found.trials]
    assert [trial.score for trial in found.trials] == [-value for value in values]
    assert gini(found.best_params) == min(values) < max(values)


def test_the_score_is_the_mean_over_the_splits():
    cv = UserKFold(3)
    found = tune(ItemKNN(), IMPLICIT, {"n_neighbors": [3]}, metric=ranking_scorer("recall@5", given=0.5), splitter=cv)
    scorer = ranking_scorer("recall@5", given=0.5)
    scores = [scorer(ItemKNN(n_neighbors=3).fit(train), test) for train, test in split_interactions(IMPLICIT, cv)]
    assert found.trials[1].score == pytest.approx(np.mean(scores), abs=1e-15)


def test_timestamps_stay_with_the_data():
    timed = replace(IMPLICIT, timestamps=np.arange(IMPLICIT.n_interactions) * 7 % 100)
    found = tune(Popularity(), timed, {"half_life": [1.0, 50.0]}, metric="ndcg@5", splitter=LeaveLastOut(2))
    assert all(trial.error is None for trial in found.trials)


def test_failed_candidates_are_recorded_and_the_search_continues():
    found = tune(Counting(), IMPLICIT, {"quality": ["bad", 1.0, 2.0]}, metric=quality)
    failed = [trial for trial in found.trials if trial.error]
    assert [trial.error for trial in failed] == ["DataError: a bad candidate"]
    assert failed[0].score == -np.inf
    assert found.best_params == {"quality": 2.0}
    assert "failed" in str(found)


def test_a_search_ends_early_if_all_trials_fail_and_raises_the_first_error():
    options = {"budget_seconds": 600, "metric": lambda model, X, y: float("nan")}
    with pytest.raises(ValueError, match="all 10 trials failed, the first with ValueError: the score is NaN"):
        tune(Popularity(), IMPLICIT, {"half_life": loguniform(1, 2)}, **options)
    with pytest.raises(ValueError, match="all 3 trials failed") as caught:
        tune(Popularity(), IMPLICIT, {"feedback": ["x", "y"]}, fit_params={"colour": 1})
    assert isinstance(caught.value.__cause__, TypeError)


def test_the_record_is_a_table():
    found = tune(Counting(), IMPLICIT, {"quality": [1, 2.5], "half_life": [None]}, metric=quality)
    frame = found.to_frame()
    assert list(frame.columns) == [
        "candidate", "param_quality", "param_half_life", "resource", "score", "seconds", "error"
    ]  # fmt: skip
    assert frame["score"].tolist() == [trial.score for trial in found.trials]
    assert found.to_frame("polars").shape == found.to_frame("pyarrow").shape == frame.shape
    text = str(found).splitlines()
    assert text[0] == "quality 2.5000 with quality=2.5, half_life=None"
    assert text[1].startswith("best of 3 candidates in 9 trials")
    assert [line.split()[0] for line in text[3:]] == ["40", "40", "40", "13", "13", "13", "4", "4", "4"]
    assert repr(found) == "Tuning(quality=2.5000, quality=2.5, half_life=None, 9 trials)"
    many = tune(Counting(), IMPLICIT, {"quality": list(range(9))}, metric=quality)
    assert str(many).endswith(f"… and {len(many.trials) - 10:,} more")


def test_verbose_shows_a_progress_bar(capsys):
    tune(Counting(), IMPLICIT, {"quality": [1]}, metric=quality, verbose=True)
    assert "tune" in capsys.readouterr().err
    tune(Counting(), IMPLICIT, {"quality": [1]}, metric=quality)
    assert capsys.readouterr().err == ""


def test_a_hidden_progress_bar_is_not_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # warns in notebooks without ipywidgets
    tune(Counting(), IMPLICIT, {"quality": [1]}, metric=quality)
    with pytest.raises(ImportError):
        tune(Counting(), IMPLICIT, {"quality": [1]}, metric=quality, verbose=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"param_space": {"n_neighbours": [1]}}, "ItemKNN has no parameter n_neighbours; it has .*n_neighbors"),
        ({"param_space": {}}, "^param_space is empty"),
        ({"param_space": {"n_neighbors": []}}, "n_neighbors has no values"),
        ({"budget_seconds": 0}, "^budget_seconds=0"),
        ({"factor": 1}, "^factor=1"),
        ({"random_state": None}, "^random_state=None"),
        ({"min_resource": 0}, "^min_resource=0"),
        ({"resource": "n_neighbors"}, "is in param_space"),
        ({"resource": "verbose"}, "a parameter whose value is a whole number"),
        ({"resource": "epochs"}, "a parameter whose value is a whole number"),
        ({"metric": "ndgc@10"}, "unknown metric"),
        ({"metric": ranking_scorer(["ndcg@5", "recall@5"])}, "one metric to maximize, got several: ndcg@5, recall@5"),
        ({"metric": ["ndcg@5", "recall@5"]}, "one metric to maximize, got several: ndcg@5, recall@5"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        tune(ItemKNN(), IMPLICIT, **{"param_space": {"n_neighbors": [1, 2]}, **options})


@pytest.mark.parametrize("shrinkage", [[0.0, 5.0], loguniform(1, 10)], ids=["values", "distribution"])
def test_parameters_are_shown_in_the_order_of_the_space(shrinkage):
    space = {"weighting": [None, "bm25"], "shrinkage": shrinkage, "n_neighbors": [2, 4]}
    found = tune(ItemKNN(), IMPLICIT, space, budget_seconds=0.3)
    assert len(found.trials) > 1
    assert {tuple(trial.params) for trial in found.trials} == {("weighting", "shrinkage", "n_neighbors")}


def test_pairs_and_interactions_give_the_same_trials():
    rows, _ = as_pairs(IMPLICIT)
    found, expected = (tune(ItemKNN(), data, {"n_neighbors": [2]}, budget_seconds=600) for data in (rows, IMPLICIT))
    assert [trial.score for trial in found.trials] == [trial.score for trial in expected.trials]
    assert found.best_estimator.interactions_.n_interactions == IMPLICIT.n_interactions


def test_several_spaces_can_be_searched():
    found = tune(ItemKNN(), IMPLICIT, [{"n_neighbors": [2]}, {"shrinkage": [7.0]}])
    assert {"n_neighbors": 2} in [trial.params for trial in found.trials]
    assert {"shrinkage": 7.0} in [trial.params for trial in found.trials]


# ---------------------------------------------------------------------- search spaces


@pytest.mark.parametrize("kind", all_recommenders())
def test_every_value_of_a_search_space_can_be_fitted(kind):
    for feedback in kind._supported_feedback:
        data = example_interactions(feedback)
        timed = replace(data, timestamps=np.arange(data.n_interactions) * 7 % 100)
        space = kind().search_space(feedback)
        assert set(space) <= set(kind().get_params())
        assert bool(space) == (kind is not FallbackRecommender)  # its only choice is that of the models
        for name, values in space.items():
            assert len(set(values)) == len(values) > 1
            for value in values:
                small = {"n_epochs": 1} if "n_epochs" in kind().get_params() else {}
                kind(**{name: value}, **small).fit(timed, **kind._example_side(data))


@pytest.mark.parametrize("kind", all_recommenders())
def test_a_search_space_is_a_new_dict_of_lists_in_ranges_around_the_default(kind):
    model = kind()
    space = model.search_space()
    for values in space.values():
        values.clear()
    assert all(values for values in model.search_space().values())
    for name, values in model.search_space().items():
        default = model.get_params()[name]
        if isinstance(default, float) or type(default) is int:
            assert min(values) <= default <= max(values)
        elif default not in (None, "auto"):  # chosen for the data
            assert default in values


def test_the_feedback_of_a_search_space_is_that_of_the_data_or_the_parameter():
    implicit, explicit = (ItemKNN().search_space(feedback) for feedback in ("implicit", "explicit"))
    assert "weighting" in implicit
    assert "prediction_shrinkage" in explicit
    assert ItemKNN().search_space() == ItemKNN(feedback="implicit").search_space() == implicit
    assert ItemKNN(feedback="explicit").search_space() == ItemKNN().fit(EXPLICIT).search_space() == explicit
    assert ItemKNN(feedback="implicit").fit(EXPLICIT).search_space() == implicit
    with pytest.raises(ValueError, match="feedback='both': expected 'explicit' or 'implicit'"):
        ItemKNN().search_space("both")


# ---------------------------------------------------------------------- several models


class Other(Counting):
    """A second model with a known quality."""


SEVERAL = {"budget_seconds": 600, "metric": "recall@5", "min_resource": 12, "factor": 2}
TWO_SPACES = {"ItemKNN": {"n_neighbors": [1, 3]}, "Popularity": {"half_life": [None]}}


def test_the_best_of_several_models_and_its_parameters_are_found():
    models = {"low": Counting(), "high": Other(quality=1.0)}
    spaces = {"low": {"quality": [0.5]}, "high": {"quality": [2.0, 1.5]}}
    found = tune(models, IMPLICIT, spaces, metric=quality, budget_seconds=600)
    assert (found.best_model, found.best_params, found.best_score) == ("high", {"quality": 2.0}, 2.0)
    assert type(found.best_estimator) is Other
    assert found.best_estimator.interactions_.n_interactions == IMPLICIT.n_interactions
    assert [(row.model, row.score) for row in found.leaderboard] == [("high", 2.0), ("low", 0.5)]
    assert found.resource == "users"


def test_the_first_candidates_are_the_models_with_their_own_parameters():
    found = tune([ItemKNN(n_neighbors=7), Popularity()], IMPLICIT, TWO_SPACES, **SEVERAL)
    own = {trial.candidate: (trial.model, trial.params) for trial in found.trials if trial.candidate < 2}
    assert own == {0: ("ItemKNN", {"n_neighbors": 7}), 1: ("Popularity", {"half_life": None})}


def test_with_unlimited_time_every_candidate_of_every_model_gets_the_full_resource():
    found = tune([ItemKNN(), Popularity()], IMPLICIT, TWO_SPACES, **SEVERAL)
    full = {(trial.model, str(trial.params)) for trial in found.trials if trial.resource == 25}
    assert full == {(trial.model, str(trial.params)) for trial in found.trials}
    assert found.best_score == max(trial.score for trial in found.trials if trial.resource == 25)


def test_the_leaderboard_has_the_best_full_trial_of_each_model_with_intervals_and_ties():
    models = {"near": ItemKNN(), "same": ItemKNN(), "popular": Popularity()}
    spaces = {"near": {"n_neighbors": [60]}, "same": {"n_neighbors": [60]}, "popular": {"half_life": [None]}}
    shop = make_shop(n_users=150, n_items=60, n_events=10_000, random_state=0)
    split = shop.temporal_split("view")
    found = tune(models, split.train, spaces, splitter=[(split.train, split.test)], budget_seconds=600)
    rows = {row.model: row for row in found.leaderboard}
    assert [row.verdict for row in found.leaderboard[:2]] == ["best", "ties with the best"]
    assert {row.model for row in found.leaderboard[:2]} == {"near", "same"}
    for name, model in models.items():
        result = evaluate(model.fit(split.train).recommend(split.test.users, 10), split.test, ["ndcg@10"])
        assert rows[name].score == pytest.approx(result["ndcg@10"], rel=1e-12)
        assert (rows[name].low, rows[name].high) == pytest.approx(result.intervals["ndcg@10"], rel=1e-12)
    compared = compare({"near": evaluate_all(models["near"], split), "popular": evaluate_all(models["popular"], split)})
    assert rows["popular"].verdict == ("worse" if compared.significant else "ties with the best")


def evaluate_all(model, split):
    return evaluate(model.recommend(split.test.users, 10), split.test, ["ndcg@10"])


def test_a_model_that_is_significantly_worse_does_not_tie():
    users = [user for user in range(40) for _ in range(6)]
    items = [10 * (user % 4) + (user + step) % 10 for user in range(40) for step in range(6)]  # four groups
    data = Interactions.from_arrays(users, items)
    found = tune([Popularity(), ItemKNN()], data, {"ItemKNN": {"n_neighbors": [60]}}, budget_seconds=600)
    assert [(row.model, row.verdict) for row in found.leaderboard] == [("ItemKNN", "best"), ("Popularity", "worse")]


def test_ratings_have_intervals_of_their_error():
    models = [BiasBaseline(), BiasBaseline(l2_user=100.0)]
    found = tune(models, EXPLICIT, metric="rmse", budget_seconds=600, splitter=RandomHoldOut(0.3, n_splits=2), factor=9)
    for row in found.leaderboard:
        assert row.low < row.score < row.high < 0
    assert found.leaderboard[0].verdict == "best"


def test_metrics_that_are_no_means_over_users_have_no_intervals():
    for metric in ("coverage@5", quality):
        found = tune([Counting(), Other()], IMPLICIT, {"Counting": {"quality": [1]}}, metric=metric, budget_seconds=600)
        assert [row.verdict for row in found.leaderboard] == ["best", "not compared"]
        assert all(np.isnan([row.low, row.high]).all() for row in found.leaderboard)


def test_a_model_that_fails_is_dropped_and_shown():
    space = {"ItemKNN": {"n_neighbors": [3]}, "BiasBaseline": {"l2_user": [1.0]}}
    options = {"budget_seconds": 600, "factor": 9, "splitter": RandomHoldOut(0.3)}
    found = tune([ItemKNN(), BPR(), BiasBaseline()], EXPLICIT, space, **options)
    assert sum(trial.model == "BPR" for trial in found.trials) == 1
    last = found.leaderboard[-1]
    assert (last.model, last.score) == ("BPR", -np.inf)
    assert last.verdict.startswith("failed: DataError: BPR is fitted to implicit feedback only")
    assert "failed: DataError" in str(found)
    with pytest.raises(ValueError, match="all 2 trials failed, the first with DataError"):
        tune([BPR(), EASE()], EXPLICIT, budget_seconds=600)


class Slow(Counting):
    """A model that takes ten times as long."""


@pytest.mark.parametrize("budget", [1.0, 2.0, 3.0, 6.0])
def test_several_models_share_the_time_and_end_on_the_full_resource(monkeypatch, budget):
    now = 0.0

    def later(model, X, y):
        nonlocal now
        now += len(np.unique(X.data.user_codes)) / 400 * (10 if isinstance(model, Slow) else 1)
        return float(model.quality)

    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    models = {"slow": Slow(), "fast": Counting(), "other": Other()}
    spaces = {name: {"quality": list(np.random.default_rng(len(name)).random(200))} for name in models}
    found = tune(models, IMPLICIT, spaces, metric=later, budget_seconds=budget, min_resource=3)
    assert now <= budget + 1e-9
    full = {trial.model for trial in found.trials if trial.resource == 25}
    assert found.best_model in full
    assert full == set(models)
    assert found.best_score == max(trial.score for trial in found.trials if trial.resource == 25)
    if budget >= 3.0:
        assert len({trial.candidate for trial in found.trials if trial.model == "fast"}) > 3


def test_own_parameters_that_seem_bad_on_few_users_are_not_replaced_by_worse_ones(monkeypatch):
    now = 0.0

    def late(model, X, y):
        nonlocal now
        users = len(np.unique(X.data.user_codes))
        now += users / 400
        return float(model.quality) + (model.quality == 1.0 and users > 12) * 10

    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    space = {"quality": np.linspace(1.1, 2, 500)}
    found = tune(
        Counting(quality=1.0), IMPLICIT, space, metric=late, budget_seconds=4.0, resource="users", min_resource=3
    )
    assert found.best_params == {"quality": 1.0}


def test_a_model_that_seems_bad_on_few_users_gets_all_users_with_its_own_parameters(monkeypatch):
    now = 0.0

    def late(model, X, y):
        nonlocal now
        users = len(np.unique(X.data.user_codes))
        now += users / 400
        return float(model.quality) + (isinstance(model, Other) and users > 12) * 10

    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    models = {"early": Counting(quality=1.0), "late": Other()}
    spaces = {"early": {"quality": np.linspace(1, 2, 500)}, "late": {"quality": [0.1, 0.2]}}
    found = tune(models, IMPLICIT, spaces, metric=late, budget_seconds=4.0, min_resource=3)
    assert (found.best_model, found.best_params) == ("late", {"quality": 0.0})


def test_models_that_are_too_slow_for_all_users_do_not_end_the_search_of_the_others(monkeypatch):
    now = 0.0

    def later(model, X, y):
        nonlocal now
        now += len(np.unique(X.data.user_codes)) / 400 * (200 if isinstance(model, Slow) else 1)
        return float(model.quality)

    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    models = {"fast": Counting(), "slow": Slow()}
    spaces = {"fast": {"quality": list(np.random.default_rng(0).random(500))}, "slow": {"quality": [0.0]}}
    found = tune(models, IMPLICIT, spaces, metric=later, budget_seconds=6.0, min_resource=3)
    fast = [trial for trial in found.trials if trial.model == "fast"]
    assert 25 not in {trial.resource for trial in found.trials if trial.model == "slow"}
    assert sum(trial.resource == 25 for trial in fast) < len({trial.candidate for trial in fast}) / 2


def test_without_time_only_the_first_model_is_tried_and_the_others_are_named():
    models = [Counting(), Other(seconds=9), Popularity()]
    with pytest.warns(UserWarning, match="no time was left to try Other, Popularity within budget_seconds=1e-06"):
        found = tune(models, IMPLICIT, metric=quality, budget_seconds=1e-6)
    assert [trial.model for trial in found.trials] == ["Counting"]
    assert len(found.leaderboard) == 1
    assert found.untried == ("Other", "Popularity")
    assert "no time was left for Other, Popularity" in str(found)
    assert "no time was left for Other, Popularity" in found._repr_html_()


def test_the_result_of_several_models_is_a_leaderboard():
    found = tune([ItemKNN(), Popularity()], IMPLICIT, TWO_SPACES, **SEVERAL)
    assert found.untried == ()
    lines = str(found).splitlines()
    assert (
        lines[0] == f"recall@5 {found.best_score:.4f} with {found.best_model}({leaderboard._shown(found.best_params)})"
    )
    assert lines[1].startswith(f"best of 4 candidates of 2 models in {len(found.trials)} trials, ")
    assert lines[2].split() == ["model", "recall@5", "95%", "interval", "seconds", "users", "parameters"]
    for line, row in zip(lines[3:], found.leaderboard, strict=True):
        assert line.startswith(row.model)
        assert [f"{row.score:.4f}", f"[{row.low:.4f},", f"{row.high:.4f}]"] == line.split()[1:4]
        assert line.endswith(f"{row.verdict}: {leaderboard._shown(row.params)}")
    assert repr(found).startswith(f"Tuning(recall@5={found.best_score:.4f}, {found.best_model}, ")
    frame = found.leaderboard_frame()
    assert list(frame.columns) == ["model", "score", "low", "high", "seconds", "resource", "verdict", "params"]
    assert frame["model"].tolist() == [row.model for row in found.leaderboard]
    assert list(found.to_frame().columns)[:2] == ["model", "candidate"]
    assert found.to_frame("polars").shape[0] == len(found.trials)


def test_a_search_needs_no_grid():
    found = tune(ItemKNN(), IMPLICIT, budget_seconds=1.0)
    assert set(found.best_params) == set(ItemKNN().search_space("implicit"))
    assert found.trials[0].params == {name: ItemKNN().get_params()[name] for name in found.best_params}
    several = tune([ItemKNN(), Popularity()], IMPLICIT, budget_seconds=0.5)
    assert next(trial.params for trial in several.trials if trial.model == "Popularity") == {}  # no times


def test_half_lives_are_searched_only_for_dates():
    days = np.datetime64("2024-01-01") + np.arange(IMPLICIT.n_interactions) * 7 % 100
    for times, expected in ((days, {"half_life"}), (days.astype(np.int64), set()), (None, set())):
        found = tune(Popularity(), replace(IMPLICIT, timestamps=times), budget_seconds=600)
        assert {name for trial in found.trials for name in trial.params} == expected


def test_splits_of_a_log_can_be_given_for_validation():
    shop = make_shop(n_users=100, n_items=40, n_events=6_000, random_state=0)
    outer = split_log(shop.events, at="2024-11-01")
    inner = split_log(shop.events, at="2024-10-01", until="2024-11-01")
    with warnings.catch_warnings():
        warnings.simplefilter("error", LeakageWarning)
        found = tune(ItemKNN(n_neighbors=3), outer.train, {"n_neighbors": [9]}, splitter=inner, min_resource=10**6)
    assert found.best_estimator.interactions_.equals(outer.train)
    for trial in found.trials:
        lists = ItemKNN(**trial.params).fit(inner.train).recommend(inner.test.users, 10)
        assert trial.score == pytest.approx(evaluate(lists, inner.test, ["ndcg@10"])["ndcg@10"], rel=1e-12)
    with pytest.warns(LeakageWarning, match="split_log"):
        tune(ItemKNN(), outer.train, {"n_neighbors": [9]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": []}, "at least one recommender"),
        ({"estimator": [ItemKNN(), ItemKNN()]}, r"ItemKNN\(\) is given twice"),
        ({"resource": "n_neighbors"}, "resource='n_neighbors': expected 'users', since several models share it"),
        (
            {"param_space": {"n_neighbors": [1]}},
            "dict of names of models to spaces; the models are ItemKNN, P",
        ),
        ({"param_space": [{"n_neighbors": [1]}]}, "expected a dict of names of models to spaces"),
        ({"param_space": {"Popularity": {"n_neighbors": [1]}}}, "Popularity has no parameter n_neighbors"),
        ({"fit_params": {"catalogue": {}}}, "expected a dict of model names to arguments of fit, got 'catalogue'"),
    ],
)
def test_bad_options_for_several_models_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        tune(**{"estimator": [ItemKNN(), Popularity()], "data": IMPLICIT, **options})


def test_estimators_of_other_kinds_are_refused():
    with pytest.raises(TypeError, match="expected recommenders, got the class ItemKNN; call the class to make one"):
        tune(ItemKNN, IMPLICIT)


@given(
    scores=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=15),
    n_rungs=st.integers(2, 4),
    n_before=st.integers(1, 30),
)
def test_at_the_end_the_first_of_every_group_moves_up_before_the_others(scores, n_rungs, n_before):
    search = Halving(iter(scores), n_rungs, 3, lambda candidate: candidate[0])
    for _ in range(n_before):
        step = search.ask()
        if step is None:
            return
        search.tell(*step, search.candidates[step[0]][1])
    while (step := search.ask(closing=True)) is not None:
        groups = [group for group, _ in search.candidates]
        first = {groups.index(group) for group in groups}
        if search.scores[-1] and not first <= search.scores[-1].keys():
            assert step[0] in first
        search.tell(*step, search.candidates[step[0]][1])
    assert len(search.scores[-1]) == len(search.candidates)


def test_steps_that_are_not_allowed_are_skipped():
    search = Halving(iter([1, 2]), 2, 2)
    for _ in range(2):
        step = search.ask()
        search.tell(*step, search.candidates[step[0]])
    assert search.ask(closing=True, allow=lambda candidate, rung: candidate == 0) == (0, 1)
    assert search.ask(closing=True, allow=lambda candidate, rung: False) is None
