"""Metric: a metric of recommended lists with its cut-off and conventions; and the registry of metrics."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, NamedTuple

from recokit._typing import FloatArray
from recokit.kernels import ranking
from recokit.metrics._context import Context
from recokit.metrics._hits import Hits
from recokit.metrics._lists import Lists
from recokit.metrics._parts import PARTS, Part

__all__ = [
    "REGISTRY",
    "AllListsMeasure",
    "Definition",
    "Denominator",
    "Gain",
    "HitMeasure",
    "ListMeasure",
    "Metric",
    "RankMeasure",
]

Denominator = Literal["k", "relevant", "min"]
Gain = Literal["binary", "linear", "exponential"]

DENOMINATORS = {"k": ranking.BY_K, "relevant": ranking.BY_RELEVANT, "min": ranking.BY_MIN}
GAINS = {"binary": ranking.BINARY, "linear": ranking.LINEAR, "exponential": ranking.EXPONENTIAL}


class RankMeasure(NamedTuple):
    """Computes a metric from the ranks and values of the hits, in the one pass of `ranking.measure_lists`.

    Attributes
    ----------
    kind : int
        Constant of the kernel.
    """

    kind: int


class HitMeasure(NamedTuple):
    """Computes a metric from the hits: one value for each user.

    Attributes
    ----------
    compute : callable
        ``compute(hits, context)`` returns an (n_users,) float64 array.
    """

    compute: Callable[[Hits, Context], FloatArray]


class ListMeasure(NamedTuple):
    """Computes a metric of each list, without the test set.

    Attributes
    ----------
    compute : callable
        ``compute(lists, k, context)`` returns an (n_lists,) float64 array, NaN for lists that are too short.
    """

    compute: Callable[[Lists, int | None, Context], FloatArray]


class AllListsMeasure(NamedTuple):
    """Computes one value of all lists together, without the test set.

    Attributes
    ----------
    compute : callable
        ``compute(lists, k, context)`` returns a float.
    """

    compute: Callable[[Lists, int | None, Context], float]


class Definition(NamedTuple):
    """Definition of a metric.

    Attributes
    ----------
    measure : RankMeasure, HitMeasure, ListMeasure or AllListsMeasure
        Computation of the metric.
    denominator : {"k", "relevant", "min"}, optional
        Default denominator; None for a metric without this parameter.
    gain : {"binary", "linear", "exponential"}, optional
        Default gain; None for a metric without this parameter.
    lower_is_better : bool
        Whether lower values are better.
    has_parts : bool
        Whether the metric can be limited to the repeat or the explore part of the relevant items.
    """

    measure: RankMeasure | HitMeasure | ListMeasure | AllListsMeasure
    denominator: Denominator | None = None
    gain: Gain | None = None
    lower_is_better: bool = False
    has_parts: bool = False


# The modules with the public functions of the metrics add their definitions: ranking, beyond_accuracy and business.
REGISTRY: dict[str, Definition] = {}

ALIASES = {
    "map": "average_precision",
    "mrr": "reciprocal_rank",
    "revenue_at_k": "revenue",
    "margin_at_k": "margin",
}

_SYNTAX = re.compile(r"(?P<name>\w+)(@(?P<k>\d+))?(\((?P<options>[^()]*)\))?")


@dataclass(frozen=True)
class Metric:
    """A metric of recommended lists, with its cut-off and conventions.

    The text form is ``"ndcg"``, ``"ndcg@10"`` or ``"ndcg@10(gain=exponential, denominator=relevant)"``, in upper or
    lower case. `parse` reads it, and ``str`` returns it.

    Parameters
    ----------
    name : str
        Name of a ranking, beyond-accuracy or business metric, in upper or lower case: the name of its function in
        `recokit.metrics`, or ``map`` for ``average_precision``, ``mrr`` for ``reciprocal_rank``, ``revenue`` and
        ``margin`` for ``revenue_at_k`` and ``margin_at_k``.
    k : int, optional
        Cut-off: number of places to evaluate. None: whole lists; a denominator of k is then the length of the longest.
    denominator : {"k", "relevant", "min"}, optional
        Denominator of a metric that has this parameter: the cut-off, the number of relevant items, or the smaller of
        the two. By default the default of the metric.
    gain : {"binary", "linear", "exponential"}, optional
        Gain of a hit with the value v, for a metric that has this parameter: 1, v, or 2^v − 1. By default the default
        of the metric.
    part : {"repeat", "explore"}, optional
        Part of the relevant items to evaluate, in text form ``"recall@10(part=repeat)"``: items in the history of the
        user, or items outside it. The lists stay the same. Users without relevant items in the part are skipped. By
        default all relevant items.

    Raises
    ------
    ValueError
        The name, the cut-off or a convention is invalid.

    See Also
    --------
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    Examples
    --------
    >>> Metric("ndcg", 10)
    Metric(name='ndcg', k=10, denominator='min', gain='binary', part=None)
    >>> str(Metric.parse("map@5(denominator=min)"))
    'average_precision@5(denominator=min)'
    >>> Metric.parse("NDCG@10") == Metric("ndcg", 10)
    True
    """

    name: str
    k: int | None = None
    denominator: Denominator | None = None
    gain: Gain | None = None
    part: Part | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ValueError(f"metric {self.name!r}: expected a name; the metrics are {', '.join(sorted(REGISTRY))}")
        name = ALIASES.get(self.name.lower(), self.name.lower())
        if name not in REGISTRY:
            known = ", ".join([*sorted(REGISTRY), *(f"{alias} (= {full})" for alias, full in ALIASES.items())])
            raise ValueError(f"unknown metric {self.name!r}; the metrics are {known}")
        object.__setattr__(self, "name", name)
        k: Any = self.k
        if k is not None and (isinstance(k, bool) or not isinstance(k, Integral) or int(k) < 1):
            raise ValueError(f"{name}: expected a cut-off k of at least 1, or None for whole lists, got {k!r}")
        self._resolve("denominator", DENOMINATORS)
        self._resolve("gain", GAINS)
        self._check_part()
        if self.gain not in (None, "binary") and self.denominator == "k":
            raise ValueError(f"{name}: denominator='k' has an ideal list of k hits, which needs gain='binary'")

    def _resolve(self, option: str, choices: dict[str, int]) -> None:
        """Check a convention, or set it to the default of the metric."""
        given, default = getattr(self, option), getattr(REGISTRY[self.name], option)
        if given is not None and default is None:
            raise ValueError(f"{self.name} has no parameter {option}, got {option}={given!r}")
        if given is not None and given not in choices:
            raise ValueError(f"{option}={given!r}: expected one of {', '.join(choices)}")
        object.__setattr__(self, option, given or default)

    def _check_part(self) -> None:
        if self.part is None:
            return
        if self.part not in PARTS:
            raise ValueError(f"part={self.part!r}: expected one of {', '.join(PARTS)}")
        if not REGISTRY[self.name].has_parts:
            with_parts = ", ".join(sorted(name for name, one in REGISTRY.items() if one.has_parts))
            raise ValueError(f"{self.name} has no parts, got part={self.part!r}; metrics with parts are {with_parts}")

    @classmethod
    def parse(cls, metric: "str | Metric") -> "Metric":
        """Return the metric with a text form; a `Metric` is returned as it is.

        Raises
        ------
        ValueError
            The text is invalid, or there is no such metric.

        Examples
        --------
        >>> Metric.parse("recall@20").k
        20
        """
        if isinstance(metric, Metric):
            return metric
        match = _SYNTAX.fullmatch(metric.strip().lower()) if isinstance(metric, str) else None
        if match is None:
            examples = "'ndcg', 'ndcg@10' or 'ndcg@10(gain=exponential)'"
            raise ValueError(
                f"invalid metric {metric!r}: expected {examples}; the names are {', '.join(sorted(REGISTRY))}"
            )
        k = None if match["k"] is None else int(match["k"])
        return cls(match["name"], k, **_parse_options(metric, match["options"]))

    @property
    def lower_is_better(self) -> bool:
        """Whether lower values are better, as for ``gini`` and ``popularity_bias``."""
        return REGISTRY[self.name].lower_is_better

    def __str__(self) -> str:
        defaults = REGISTRY[self.name]
        options = [
            f"{option}={getattr(self, option)}"
            for option in ("denominator", "gain")
            if getattr(self, option) != getattr(defaults, option)
        ]
        options += [] if self.part is None else [f"part={self.part}"]
        cut = "" if self.k is None else f"@{self.k}"
        return f"{self.name}{cut}" + (f"({', '.join(options)})" if options else "")


def _parse_options(metric: str, text: str | None) -> dict[str, Any]:
    options: dict[str, str] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        key, _, value = (word.strip() for word in part.partition("="))
        if key not in ("denominator", "gain", "part") or not value or key in options:
            raise ValueError(
                f"invalid option {part.strip()!r} of the metric {metric!r}: expected denominator=…, gain=… or part=…"
            )
        options[key] = value
    return options
