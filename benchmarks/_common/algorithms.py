"""The compared algorithms: one line of ``ALGORITHMS`` adds one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from recokit import Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.content import TfidfRecommender
from recokit.factorization import BPR, ImplicitALS, PureSVD, SGDMatrixFactorization
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.neighbors import ItemKNN, UserKNN

from .tasks import Kind, Task

__all__ = ["ALGORITHMS", "TEXTBOOK_COSINE", "Algorithm", "choose"]

TEXTBOOK_COSINE: dict[str, Any] = {"shrinkage": 0.0, "weighting": None, "user_exponent": 0.0}
"""Parameters of `ItemKNN` that compute the plain cosine, as other libraries do."""

_BOTH: tuple[Kind, ...] = ("ratings", "ranking")


class Algorithm(NamedTuple):
    """An estimator of recokit and its parameters.

    Attributes
    ----------
    estimator : type
        The class.
    kinds : tuple of {"ratings", "ranking"}
        The tables that include it.
    parameters : mapping
        Parameters that differ from the defaults.
    reads_text : bool
        Whether it needs item texts; tables of data without texts leave it out.
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
        """The constructor call, such as ``ItemKNN(n_neighbors=100)``."""
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.parameters.items())})"

    def fits(self, task: Task) -> bool:
        """Return whether the table of a task includes the algorithm."""
        return task.kind in self.kinds and (task.text is not None or not self.reads_text)

    def make(self, task: Task, seed: int, n_threads: int) -> Recommender:
        """Return an unfitted estimator."""
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
    """Return the algorithms with the given class names or labels; case is ignored.

    Without names, return all algorithms, or for a quick run the first variant of each class in each table.

    Raises
    ------
    ValueError
        A name is unknown; the message lists the known classes.
    """
    if not names:
        return tuple(one for position, one in enumerate(ALGORITHMS) if not (quick and _is_later_variant(position)))
    wanted = [name.lower() for name in names]
    known = {text.lower() for one in ALGORITHMS for text in (one.name, one.label)}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        classes = ", ".join(dict.fromkeys(one.name for one in ALGORITHMS))
        raise ValueError(f"unknown algorithm {', '.join(map(repr, unknown))}: expected one of {classes}")
    return tuple(one for one in ALGORITHMS if one.name.lower() in wanted or one.label.lower() in wanted)


def _is_later_variant(position: int) -> bool:
    """Return whether an earlier algorithm has the same class in the same table."""
    one, earlier = ALGORITHMS[position], ALGORITHMS[:position]
    return any(other.estimator is one.estimator and set(other.kinds) & set(one.kinds) for other in earlier)
