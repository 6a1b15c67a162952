"""Halving: which candidate to try next, and with how much."""

import math
from collections.abc import Iterator
from typing import Any

__all__ = ["Halving"]


class Halving:
    """Asynchronous successive halving: a rung is climbed by those among the best 1 / factor that have been on it.

    It needs to know neither the number of candidates nor the time there is: whenever it is stopped, the most has been
    spent on the best. What it asks for depends on the scores it is told alone.

    Parameters
    ----------
    candidates : iterator of dict
        Parameters to try, without end or not.
    n_rungs : int
        Steps of the resource; on the last it is full.
    factor : int
        One of how many climbs.

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

    def __init__(self, candidates: Iterator[dict[str, Any]], n_rungs: int, factor: int) -> None:
        self.candidates: list[dict[str, Any]] = []
        self.scores: list[dict[int, float]] = [{} for _ in range(n_rungs)]
        self._coming = candidates
        self._factor = factor

    def ask(self, *, closing: bool = False) -> tuple[int, int] | None:
        """Return the candidate to try next and its rung; None where everything has been tried.

        With ``closing``, or where no new candidates come, the best on the highest rung climb first, so that the search
        ends with candidates that have had the full resource.
        """
        if not closing:
            for rung, waiting, n_best in self._waiting():
                if waiting and waiting[0] in self._ranked(rung)[:n_best]:
                    return waiting[0], rung + 1
            new = next(self._coming, None)
            if new is not None:
                self.candidates.append(new)
                return len(self.candidates) - 1, 0
        return next(((waiting[0], rung + 1) for rung, waiting, _ in self._waiting() if waiting), None)

    def tell(self, candidate: int, rung: int, score: float) -> None:
        """Take in the score of a candidate on a rung; −∞ where it failed, which climbs no further."""
        self.scores[rung][candidate] = score

    @property
    def top(self) -> int:
        """The highest rung on which a candidate has a score, −1 for none."""
        return max((rung for rung in range(len(self.scores)) if self._ranked(rung)), default=-1)

    @property
    def best(self) -> int:
        """The best candidate on the highest rung."""
        return self._ranked(self.top)[0]

    def _ranked(self, rung: int) -> list[int]:
        """Return the candidates that have a score on a rung, the best first."""
        scores = {number: score for number, score in self.scores[rung].items() if score > -math.inf}
        return sorted(scores, key=lambda number: (-scores[number], number))

    def _waiting(self) -> Iterator[tuple[int, list[int], int]]:
        """Yield each rung but the last, from the top, those that have not climbed it, and how many should."""
        for rung in reversed(range(len(self.scores) - 1)):
            waiting = [number for number in self._ranked(rung) if number not in self.scores[rung + 1]]
            yield rung, waiting, len(self.scores[rung]) // self._factor
