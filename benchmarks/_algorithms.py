"""What is compared. One line here adds an algorithm."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from _tasks import Kind, Task

from recokit import Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.content import TfidfRecommender
from recokit.factorization import BPR, ImplicitALS, PureSVD, SGDMatrixFactorization
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.neighbors import ItemKNN, UserKNN

__all__ = ["ALGORITHMS", "Algorithm", "choose"]

_BOTH: tuple[Kind, ...] = ("ratings", "ranking")


class Algorithm(NamedTuple):
    """An estimator of recokit with the parameters that are not its defaults.

    Attributes
    ----------
    estimator : type
        Its class.
    kinds : tuple of {"ratings", "ranking"}
        The tables it belongs in.
    parameters : mapping
        What differs from the defaults.
    reads_text : bool
        Whether it learns from the texts of the items, so that it has no place where there are none.
    """

    estimator: type[Recommender]
    kinds: tuple[Kind, ...] = _BOTH
    parameters: Mapping[str, Any] = {}
    reads_text: bool = False

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.estimator.__name__

    @property
    def label(self) -> str:
        """The constructor as one writes it."""
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.parameters.items())})"

    def fits(self, task: Task) -> bool:
        """Tell whether it belongs in the table of a task."""
        return task.kind in self.kinds and (task.text is not None or not self.reads_text)

    def make(self, task: Task, seed: int, n_threads: int) -> Recommender:
        """Return the estimator, not fitted."""
        estimator = self.estimator(**self.parameters)
        run: dict[str, Any] = {"random_state": seed, "n_threads": n_threads}
        if self.reads_text:
            run["text"] = task.text
        return estimator.set_params(**{key: value for key, value in run.items() if key in estimator.get_params()})


ALGORITHMS = (
    Algorithm(Popularity, ("ranking",)),
    Algorithm(BiasBaseline, ("ratings",)),
    Algorithm(UserKNN, ("ratings",), {"centering": "baseline"}),
    Algorithm(UserKNN, ("ratings",), {"centering": "mean"}),
    Algorithm(UserKNN, ("ranking",)),
    Algorithm(UserKNN, ("ranking",), {"n_neighbors": 100}),
    Algorithm(ItemKNN, ("ratings",), {"centering": "baseline"}),
    Algorithm(ItemKNN, ("ratings",), {"centering": "mean"}),
    Algorithm(ItemKNN, ("ranking",)),
    Algorithm(ItemKNN, ("ranking",), {"n_neighbors": 100}),
    Algorithm(RP3beta, ("ranking",)),
    Algorithm(EASE, ("ranking",)),
    Algorithm(SLIM, ("ranking",)),
    Algorithm(PureSVD, ("ranking",)),
    Algorithm(ImplicitALS, ("ranking",)),
    Algorithm(BPR, ("ranking",)),
    Algorithm(SGDMatrixFactorization, ("ratings",)),
    Algorithm(TfidfRecommender, reads_text=True),
)


def choose(names: list[str] | None, *, quick: bool = False) -> tuple[Algorithm, ...]:
    """Return the algorithms that are named by class or by label, in any case.

    Where there are no names, all of them, or for a quick run the first of each class in each table.

    Raises
    ------
    ValueError
        A name is none of these; the message lists them.
    """
    if not names:
        return tuple(one for place, one in enumerate(ALGORITHMS) if not (quick and _is_variant(place)))
    wanted = [name.lower() for name in names]
    known = {text.lower() for one in ALGORITHMS for text in (one.name, one.label)}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        listed = ", ".join(dict.fromkeys(one.name for one in ALGORITHMS))
        raise ValueError(f"unknown algorithm {', '.join(map(repr, unknown))}: there are {listed}")
    return tuple(one for one in ALGORITHMS if one.name.lower() in wanted or one.label.lower() in wanted)


def _is_variant(place: int) -> bool:
    """Tell whether an algorithm of the same class comes before this one in the same table."""
    one = ALGORITHMS[place]
    return any(other.estimator is one.estimator and set(other.kinds) & set(one.kinds) for other in ALGORITHMS[:place])
