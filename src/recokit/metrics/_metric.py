"""Metric: the name of a measure of lists, its cut-off and its conventions; and the registry of all of them."""

import re
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, NamedTuple

from recokit.kernels import ranking
from recokit.metrics import _hit_measures, _list_measures

__all__ = ["REGISTRY", "Denominator", "Gain", "Metric"]

Denominator = Literal["k", "relevant", "min"]
Gain = Literal["binary", "linear", "exponential"]
Scope = Literal["counts", "hits", "list", "lists"]

DENOMINATORS = {"k": ranking.BY_K, "relevant": ranking.BY_RELEVANT, "min": ranking.BY_MIN}
GAINS = {"binary": ranking.BINARY, "linear": ranking.LINEAR, "exponential": ranking.EXPONENTIAL}


class Definition(NamedTuple):
    """What there is to know of a metric before it is computed.

    Attributes
    ----------
    measure : int or function
        What computes it: a kind of measure in the one pass over the users, or a function.
    scope : {"counts", "hits", "list", "lists"}
        What it looks at: counts and ranks of a user's hits, in the one pass; the hits themselves; a list, whether it
        hits or not; or all lists together.
    denominator : str, optional
        The default denominator; None where there is no choice.
    gain : str, optional
        The default gain; None where there is no choice.
    lower_is_better : bool
        Whether less of it is what is wanted.
    """

    measure: Any
    scope: Scope = "counts"
    denominator: Denominator | None = None
    gain: Gain | None = None
    lower_is_better: bool = False

    @property
    def is_by_user(self) -> bool:
        """Whether it is a mean over users."""
        return self.scope != "lists"


REGISTRY = {
    "precision": Definition(ranking.HITS, denominator="k"),
    "recall": Definition(ranking.HITS, denominator="relevant"),
    "hit_rate": Definition(ranking.HIT_RATE),
    "ndcg": Definition(ranking.NDCG, denominator="min", gain="binary"),
    "average_precision": Definition(ranking.AVERAGE_PRECISION, denominator="relevant"),
    "reciprocal_rank": Definition(ranking.RECIPROCAL_RANK),
    "auc": Definition(ranking.AUC),
    "coverage": Definition(_list_measures.coverage, "lists"),
    "gini": Definition(_list_measures.gini, "lists", lower_is_better=True),
    "personalization": Definition(_list_measures.personalization, "lists"),
    "novelty": Definition(_list_measures.novelty, "list"),
    "popularity_bias": Definition(_list_measures.popularity_bias, "list", lower_is_better=True),
    "diversity": Definition(_list_measures.diversity, "list"),
    "serendipity": Definition(_hit_measures.serendipity, "hits"),
    "revenue": Definition(_hit_measures.revenue, "hits"),
    "margin": Definition(_hit_measures.margin, "hits"),
}

ALIASES = {
    "map": "average_precision",
    "mrr": "reciprocal_rank",
    "revenue_at_k": "revenue",
    "margin_at_k": "margin",
}

_SYNTAX = re.compile(r"(?P<name>\w+)(@(?P<k>\d+))?(\((?P<options>[^()]*)\))?")


@dataclass(frozen=True)
class Metric:
    """A measure of recommended lists: its name, cut-off and conventions.

    Written ``"ndcg"``, ``"ndcg@10"`` or ``"ndcg@10(gain=exponential, denominator=k)"``; ``str`` writes it so.

    Parameters
    ----------
    name : str
        A key of the registry: ``precision``, ``recall``, ``hit_rate``, ``ndcg``, ``average_precision`` (also ``map``),
        ``reciprocal_rank`` (also ``mrr``), ``auc``, ``coverage``, ``gini``, ``personalization``, ``novelty``,
        ``popularity_bias``, ``diversity``, ``serendipity``, ``revenue`` (also ``revenue_at_k``), ``margin`` (also
        ``margin_at_k``).
    k : int, optional
        How many places of each list count; all by default, and a denominator of k is then the length of the longest.
    denominator : {"k", "relevant", "min"}, optional
        What hits are divided by, where the metric leaves a choice: the cut-off, the number of relevant items, or the
        lesser of the two. The metric's own default otherwise.
    gain : {"binary", "linear", "exponential"}, optional
        What a hit is worth, where the metric leaves a choice: 1, its value v, or 2^v − 1.

    Raises
    ------
    ValueError
        A name, cut-off or convention that there is not.

    Examples
    --------
    >>> Metric("ndcg", 10)
    Metric(name='ndcg', k=10, denominator='min', gain='binary')
    >>> str(Metric.parse("map@5(denominator=min)"))
    'average_precision@5(denominator=min)'
    """

    name: str
    k: int | None = None
    denominator: Denominator | None = None
    gain: Gain | None = None

    def __post_init__(self) -> None:
        name = ALIASES.get(self.name, self.name)
        if name not in REGISTRY:
            known = ", ".join([*REGISTRY, *(f"{alias} (= {full})" for alias, full in ALIASES.items())])
            raise ValueError(f"unknown metric {self.name!r}; there are {known}")
        object.__setattr__(self, "name", name)
        k: Any = self.k
        if k is not None and (isinstance(k, bool) or not isinstance(k, Integral) or int(k) < 1):
            raise ValueError(f"{name}: the cut-off k must be a whole number from 1, or None for whole lists, got {k!r}")
        self._settle("denominator", DENOMINATORS)
        self._settle("gain", GAINS)
        if self.gain not in (None, "binary") and self.denominator == "k":
            raise ValueError(f"{name}: denominator='k' takes k hits for the ideal list, which needs gain='binary'")

    def _settle(self, option: str, choices: dict[str, int]) -> None:
        """Check a convention, or take the metric's own."""
        given, default = getattr(self, option), getattr(REGISTRY[self.name], option)
        if given is not None and default is None:
            raise ValueError(f"{self.name} has no {option} to choose, got {option}={given!r}")
        if given is not None and given not in choices:
            raise ValueError(f"{option}={given!r}: expected one of {', '.join(choices)}")
        object.__setattr__(self, option, given or default)

    @classmethod
    def parse(cls, metric: "str | Metric") -> "Metric":
        """Return the metric that is written so.

        Raises
        ------
        ValueError
            It cannot be read, or there is no such metric.

        Examples
        --------
        >>> Metric.parse("recall@20").k
        20
        """
        if isinstance(metric, Metric):
            return metric
        match = _SYNTAX.fullmatch(metric.strip()) if isinstance(metric, str) else None
        if match is None:
            example = "'ndcg', 'ndcg@10' or 'ndcg@10(gain=exponential)'"
            raise ValueError(
                f"cannot read the metric {metric!r}; write {example}, the names being {', '.join(REGISTRY)}"
            )
        k = None if match["k"] is None else int(match["k"])
        return cls(match["name"], k, **_options(metric, match["options"]))

    @property
    def lower_is_better(self) -> bool:
        """Whether less of it is what is wanted, as of ``gini`` and ``popularity_bias``."""
        return REGISTRY[self.name].lower_is_better

    def __str__(self) -> str:
        own = REGISTRY[self.name]
        options = [
            f"{option}={getattr(self, option)}"
            for option in ("denominator", "gain")
            if getattr(self, option) != getattr(own, option)
        ]
        cut = "" if self.k is None else f"@{self.k}"
        return f"{self.name}{cut}" + (f"({', '.join(options)})" if options else "")


def _options(metric: str, text: str | None) -> dict[str, Any]:
    options: dict[str, str] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        key, _, value = (word.strip() for word in part.partition("="))
        if key not in ("denominator", "gain") or not value or key in options:
            raise ValueError(f"cannot read {part.strip()!r} of the metric {metric!r}: expected denominator=… or gain=…")
        options[key] = value
    return options
