"""What the docstrings of UserKNN and ItemKNN say in the same words, but for users and items."""

from collections.abc import Callable
from string import Template
from textwrap import indent
from typing import TypeVar

__all__ = ["shared_docs"]

_Class = TypeVar("_Class", bound=type)


def shared_docs(*, row: str, column: str) -> Callable[[_Class], _Class]:
    """Replace the lines ``$similar``, ``$scored``, ``$learned`` and ``$notes`` of a class's docstring by texts.

    Parameters
    ----------
    row, column : str
        What is compared, and the other side: "user" or "item".

    Examples
    --------
    >>> @shared_docs(row="user", column="item")
    ... class Alike:
    ...     \"\"\"Users who are alike.
    ...
    ...     $scored
    ...     \"\"\"
    >>> print(Alike.__doc__.splitlines()[2])
        half_life : float, optional
    """

    def fill(cls: _Class) -> _Class:
        doc = cls.__doc__ or ""
        for name, text in _TEXTS.items():
            names = {"row": row, "column": column, "a_row": "an item" if row == "item" else "a user"}
            told = Template(text).substitute(names, direction=_DIRECTION if row == "item" else "")
            doc = doc.replace(f"    ${name}\n", indent(told.lstrip("\n"), "    "))
        cls.__doc__ = doc
        return cls

    return fill


_SIMILAR = """
n_neighbors : int
    k, how many neighbours at most.
similarity : str or compiled function
    One of "cosine", "adjusted_cosine", "pearson", "pearson_baseline", "jaccard", "dice", "asymmetric_cosine",
    "tversky", "conditional_probability", "lift" and "log_likelihood", or a function of your own; see Notes.
shrinkage : float
    A similarity that rests on n common ${column}s is multiplied by n / (n + shrinkage); a correlation by
    (n − 1) / (n − 1 + shrinkage), since one common $column says nothing of it.
min_common : int
    Two ${row}s with fewer common ${column}s are not similar.
weighting : {None, "tfidf", "bm25"}
    Weighting of the values that "cosine", "asymmetric_cosine" and a function of your own are taken over: $a_row is
    a document, its ${column}s are the words, their values are how often these occur.
"""

_SCORED = """
half_life : float, optional
    Age at which an interaction counts half, its age being its distance from the latest timestamp of all: in days
    where the timestamps are datetime64, else in their own unit. None, the default, counts all alike. See Notes.
scoring : {"sum", "normalized_sum"}
    Of implicit feedback: the sum above, or that sum with each s^ρ divided by the sum of the s^ρ of that neighbour's
    own k neighbours, so that those add up to 1 and ${row}s that are like many count for less (Deshpande and Karypis
    2004).
amplification : float
    ρ. Above 1, the most similar count for more.
centering : {"baseline", "mean", "zscore", None}
    What the ratings of the neighbours are deviations from; of no effect on implicit feedback.
prediction_shrinkage : float
    γ: neighbours of little similarity in all move a rating little from b; of no effect on implicit feedback.
alpha, beta : float
    Of "asymmetric_cosine" (α) and "tversky" (α, β).
feedback : {"auto", "explicit", "implicit"}
    What the values are; "auto" leaves it to the data.
n_threads : int, optional
    Threads; what Numba has by default. The result is the same for any number.
verbose : bool
    Show progress.
"""

_LEARNED = """
neighbor_codes_, neighbor_scores_ : (n_${row}s, k) int32 and float32 arrays
    Implicit feedback only: the neighbours of each $row, best first, equal ones by code; −1 and 0 beyond their
    number. No wider than the longest can be.$direction
neighbor_counts_ : (n_${row}s,) int32 array
    The number of neighbours of each $row.
"""

_NOTES = r"""
With x and y the values of two ${row}s, A and B the sets of their ${column}s, n = \|A ∩ B\| and N ${column}s in all:

========================== ============================================================================
"cosine"                   Σ x y / √(Σ x² Σ y²), over all ${column}s, a missing value being 0
"asymmetric_cosine"        Σ x y / ((Σ x²)^α (Σ y²)^(1−α)), over all ${column}s
"pearson"                  correlation of x and y over A ∩ B
"adjusted_cosine"          Σ x y / √(Σ x² Σ y²) over A ∩ B, of values less the mean of their $column
"pearson_baseline"         the same, of values less their baseline μ + b_u + b_i
"jaccard", "dice"          n / \|A ∪ B\|; 2 n / (\|A\| + \|B\|)
"tversky"                  n / (n + α \|A − B\| + β \|B − A\|)
"conditional_probability"  n / \|A\|
"lift"                     n N / (\|A\| \|B\|)
"log_likelihood"           Dunning's G² of the 2 × 2 table; 0 where n is no more than chance makes expect
========================== ============================================================================

Only similarities above 0 make neighbours, for ratings too: a negative correlation of two ${row}s is rarely more than
noise. None is its own neighbour.

**A function of your own** is decorated with ``numba.njit`` and called as ``f(n, Σxy, |A|, |B|, Σx², Σy²)``, six
floats, for two ${row}s that have something in common; A is the one whose similarity to the other is asked for.
The last two are over all ${column}s of either. Sums of x, y and their squares over A ∩ B alone are not given: they
would double the work, and what takes them, a correlation, is there by name. What it returns is shrunk as other
similarities are. NaN stands for no similarity; infinity is refused. It is
compiled in each process anew, and a model that has one cannot be saved (pickle can).

**Old interactions.** With ``half_life``, each interaction weighs w = 2^(−age / half-life). What similarities are
taken over is multiplied by w: values, those of "pearson" less the mean of their $row; a set is taken for values
of 1, of which Σxy (at most the smaller of the others), Σx² and Σy² stand for n, \|A\| and \|B\|. Strengths add to
scores times w. Ratings do not fade: in the mean over neighbours, each counts w times (Ding and Li 2005). What
`recommend_for` is given is new.

**Memory.** Beyond the interactions, a fit of implicit feedback takes 8 bytes an interaction for the other order of
them, 16 more where values are weighted and 16 where they decay, 24 bytes × n_${row}s × k while the lists are made,
and for each thread 16 bytes × n_${row}s, for correlations 48.

**Edges.** A k larger than there are ${row}s takes all of them. A user or an item without interactions has no
neighbours and is none: its ratings are predicted as b, where its own bias is 0 and its own mean the mean of all;
of implicit feedback, its lists are empty, or it is in none. Where a variance is 0, as where all values are equal,
"pearson", "adjusted_cosine" and "pearson_baseline" are 0. With one $row there is nobody to ask: ratings are b,
lists of implicit feedback are empty. Ratings may be negative; a negative "cosine" makes no neighbours.

**Learning more.** `partial_fit` gives the neighbours of a refit. It computes again those of the ${row}s whose
values have changed, and those of which a neighbour has become less similar; others only take in what has changed.
Where all values change, as the idf of a new $row changes them, or N that of "lift", or a later interaction the
age of all, it is a refit; so it is where computing again would be half of one.

`support` tells how many neighbours a prediction rests on.
"""

_DIRECTION = """
    They go by the similarity of the neighbour to the item, s_ji; `similar_items` by that of the item to others."""

_TEXTS = {"similar": _SIMILAR, "scored": _SCORED, "learned": _LEARNED, "notes": _NOTES}
