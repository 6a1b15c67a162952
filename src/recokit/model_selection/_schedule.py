"""Schedule: the time budget of a search, and estimates of the duration of trials."""

import math
import time
from collections.abc import Sequence

from recokit.model_selection._halving import Halving
from recokit.model_selection.leaderboard import Trial

__all__ = ["Clock", "Schedule"]

_MAX_GROWTH = 2.0  # of the seconds with the resource; the weights between items may take its square
_UNCHARGED = 1 / 50  # of the budget: a first trial may be that long, since it also loads kernels


class Clock:
    """Estimates of the duration of a trial of each model."""

    def __init__(self, levels: Sequence[int]) -> None:
        self._levels = levels
        self._fastest: dict[str, dict[int, float]] = {}
        self._growths: dict[str, dict[int, float]] = {}  # of the seconds of a candidate from the rung below
        self._seconds: dict[tuple[str, int, int], float] = {}

    def knows(self, model: str) -> bool:
        """Return whether a trial of the model has succeeded."""
        return model in self._fastest

    def record(self, rung: int, trial: Trial) -> None:
        """Record the duration of a trial; the fastest of a rung counts, since the first one loads kernels."""
        if trial.error is None:
            fastest = self._fastest.setdefault(trial.model, {})
            fastest[rung] = min(trial.seconds, fastest.get(rung, math.inf))
            self._seconds[trial.model, trial.candidate, rung] = trial.seconds
            below = self._seconds.get((trial.model, trial.candidate, rung - 1))
            if below:
                growths = self._growths.setdefault(trial.model, {})
                growths[rung] = min(trial.seconds / below, growths.get(rung, math.inf))

    def estimate(self, rung: int, model: str = "") -> float:
        """Return the seconds of a trial on a rung, extrapolated from the highest lower rung with a trial.

        The seconds grow in proportion to the resource, or faster if those of a candidate did from the rung below.
        """
        fastest, growths = self._fastest.get(model, {}), self._growths.get(model, {})
        below = [recorded for recorded in fastest if recorded <= rung]
        if not below:
            return 0.0
        last, exponent = max(below), 1.0
        if growths.get(last, 0.0) > 0:
            step = math.log(self._levels[last] / self._levels[last - 1])
            exponent = min(max(math.log(growths[last]) / step, 1.0), _MAX_GROWTH)
        return fastest[last] * math.pow(self._levels[rung] / self._levels[last], exponent)

    def estimate_climb(self, rung: int, model: str = "") -> float:
        """Return the seconds of one trial on each rung from this one to the last."""
        return sum(self.estimate(step, model) for step in range(rung, len(self._levels)))


class Schedule:
    """The time budget, and the steps that it allows.

    Attributes
    ----------
    spent : dict of str to float
        Seconds spent on the first rung, by model, without a short first trial: a model that seems slow because it
        loads kernels gets a second trial early.
    """

    def __init__(self, budget: float, clock: "Clock", models: list[str]) -> None:
        self.budget = budget
        self.clock = clock
        self._models = models
        self.spent = dict.fromkeys(models, 0.0)
        self._tried: set[str] = set()
        self._dropped: set[str] = set()
        self._end = math.inf

    def start(self) -> None:
        """Start the time."""
        self._end = time.perf_counter() + self.budget

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._end - time.perf_counter()

    def is_open(self, model: str) -> bool:
        """Return whether there is time for another candidate of one of several models."""
        if len(self._models) == 1 or not self._tried:
            return True
        return model not in self._dropped and self.left >= max(self.clock.estimate(0, model), 0.0)

    def own_step(self, search: Halving) -> tuple[int, int] | None:
        """Return the next step up of a model with its own parameters, if all its steps take a small part of the budget.

        They go first: the result is then no worse than the model on the validation data, and the duration of a trial
        with the full resource is known.
        """
        most = min(self.budget / max(4, 2 * len(self._models)), self.left)
        for model in self._models:
            rung = _reached(search, model) + 1
            if 0 < rung < len(search.scores) and self.clock.estimate_climb(rung, model) <= most:
                return search.first[model], rung
        return None

    def is_closing(self, search: Halving) -> bool:
        """Return whether the time left is needed for the best candidates to reach the last rung.

        After one more trial of the longest kind, the best candidate must still be able to reach it. Up to half of the
        budget is kept for the models with their own parameters, but none for a model that is too slow to reach it.
        Models that were not tried go first.
        """
        climb = self.clock.estimate_climb(search.top + 1, self._best_model(search))
        if len(self._tried) < len(self._models):
            return self.left < climb
        own = {model: self.clock.estimate_climb(_reached(search, model) + 1, model) for model in self._models}
        feasible = {model: seconds for model, seconds in own.items() if seconds <= self.left}
        reserve = min(sum(feasible.values()), self.budget / 2)
        others = feasible if len(self._models) > 1 else self._models
        longest = max((self.clock.estimate(max(search.top, 0), model) for model in others), default=0.0)
        return self.left < longest + max(climb, reserve)

    def allows(self, search: Halving, number: int, rung: int, *, closing: bool) -> bool:
        """Return whether a candidate can move up: in time to reach the last rung, or for the best to reach it."""
        model = search.candidates[number].model
        if number == search.best:
            return self.left >= self.clock.estimate(rung, model)
        if closing:
            return self.left >= self.clock.estimate_climb(rung, model)
        climb = self.clock.estimate_climb(search.top + 1, self._best_model(search))
        return self.left >= self.clock.estimate(rung, model) + climb

    def record(self, rung: int, trial: Trial) -> None:
        """Record a trial; drop a model whose first trial failed."""
        if trial.error is not None and not self.clock.knows(trial.model):
            self._dropped.add(trial.model)
        is_uncharged = trial.model not in self._tried and trial.seconds <= self.budget * _UNCHARGED
        self._tried.add(trial.model)
        if rung == 0 and not is_uncharged:
            self.spent[trial.model] += trial.seconds
        self.clock.record(rung, trial)

    def _best_model(self, search: Halving) -> str:
        return search.candidates[search.best].model if search.top >= 0 else self._models[0]


def _reached(search: Halving, model: str) -> int:
    """Return the highest rung of a model with its own parameters; the last one if they failed."""
    own = search.first.get(model, -1)
    scores = [scores[own] for scores in search.scores if own in scores]
    return (len(search.scores) if -math.inf in scores else len(scores)) - 1
