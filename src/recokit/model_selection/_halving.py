"""Halving: choose the next candidate and its resource."""

import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any

__all__ = ["Halving"]


class Halving:
    """Asynchronous successive halving: the best 1 / factor of the candidates on a rung move up to the next.

    The number of candidates and the time budget need not be known: at any moment, most time was spent on the best
    candidates. The choices depend only on the scores passed to `tell`.

    Parameters
    ----------
    candidates : iterator
        Candidates, such as parameters to try; may be infinite.
    n_rungs : int
        Number of levels of the resource; the last is the full resource.
    factor : int
        One in ``factor`` candidates moves up.
    group : callable, optional
        Returns the group of a candidate. With ``closing``, the first candidate of each group moves up before the other
        candidates, and then the best one of groups without a candidate on the last rung.

    Attributes
    ----------
    candidates : list
        Candidates so far.
    scores : list of dict of int to float
        For each rung, scores by number of candidate.
    first : dict of group to int
        Number of the first candidate of each group; empty without groups.

    References
    ----------
    L. Li et al. (2020). A system for massively parallel hyperparameter tuning. MLSys.

    Examples
    --------
    >>> search = Halving(iter([{"l2": 1}, {"l2": 2}, {"l2": 3}]), n_rungs=2, factor=3)
    >>> asked = []
    >>> for _ in range(4):
    ...     candidate, rung = search.ask()
    ...     asked.append((candidate, rung))
    ...     search.tell(candidate, rung, search.candidates[candidate]["l2"])
    >>> asked
    [(0, 0), (1, 0), (2, 0), (2, 1)]
    """

    def __init__(
        self,
        candidates: Iterator[Any],
        n_rungs: int,
        factor: int,
        group: Callable[[Any], Hashable] | None = None,
    ) -> None:
        self.candidates: list[Any] = []
        self.scores: list[dict[int, float]] = [{} for _ in range(n_rungs)]
        self.first: dict[Hashable, int] = {}
        self._new = candidates
        self._factor = factor
        self._group = group

    def ask(
        self, *, closing: bool = False, allow: Callable[[int, int], bool] = lambda candidate, rung: True
    ) -> tuple[int, int] | None:
        """Return the next candidate and its rung, or None if nothing is left to try.

        With ``closing``, or if there are no new candidates, the best candidates on the highest rung move up first, so
        that the search ends with candidates that had the full resource. Steps up that ``allow(candidate, rung)``
        rejects are skipped.
        """
        if not closing:
            for rung, waiting, n_best in self._waiting():
                if waiting and waiting[0] in self._ranked(rung)[:n_best] and allow(waiting[0], rung + 1):
                    return waiting[0], rung + 1
            new = next(self._new, None)
            if new is not None:
                self.candidates.append(new)
                number = len(self.candidates) - 1
                if self._group:
                    self.first.setdefault(self._group(new), number)
                return number, 0
        return next((step for step in self._last_steps() if allow(*step)), None)

    def _last_steps(self) -> Iterator[tuple[int, int]]:
        """Yield steps up: of the best candidate, of the first of each group, of groups below the last rung, of all."""
        steps = [(number, rung + 1) for rung, waiting, _ in self._waiting() for number in waiting]
        if not self.scores[-1]:
            yield from steps[:1]
        if self._group:
            first = set(self.first.values())
            yield from (step for step in steps if step[0] in first)
            finished = {self._group(self.candidates[number]) for number in self.scores[-1]}
            yield from (step for step in steps if self._group(self.candidates[step[0]]) not in finished)
        yield from steps

    def tell(self, candidate: int, rung: int, score: float) -> None:
        """Record the score of a candidate on a rung; −∞ marks a failure, and the candidate does not move up."""
        self.scores[rung][candidate] = score

    @property
    def top(self) -> int:
        """The highest rung with a scored candidate; −1 if there is none."""
        return max((rung for rung in range(len(self.scores)) if self._ranked(rung)), default=-1)

    @property
    def best(self) -> int:
        """The best candidate on the highest rung."""
        return self._ranked(self.top)[0]

    def _ranked(self, rung: int) -> list[int]:
        """Return the candidates with a score on a rung, best first."""
        scores = {number: score for number, score in self.scores[rung].items() if score > -math.inf}
        return sorted(scores, key=lambda number: (-scores[number], number))

    def _waiting(self) -> Iterator[tuple[int, list[int], int]]:
        """Yield each rung but the last, highest first, with the candidates still on it and the number to move up."""
        for rung in reversed(range(len(self.scores) - 1)):
            waiting = [number for number in self._ranked(rung) if number not in self.scores[rung + 1]]
            yield rung, waiting, len(self.scores[rung]) // self._factor
