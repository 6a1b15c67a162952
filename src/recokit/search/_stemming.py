"""Terms of texts for search: the analysis of `recokit.content`, with English plurals reduced to singulars."""

from collections.abc import Callable
from typing import Any

from recokit.content.analyzer import Tokenizer, make_analyzer

__all__ = ["make_terms", "singular"]

_SIBILANTS = ("sses", "shes", "ches", "xes", "zes")


def singular(word: str) -> str:
    """Return the singular of a regular English plural, and other words unchanged.

    Words of fewer than four letters, or with other characters than a to z, do not change.

    References
    ----------
    Harman, "How effective is suffixing?", Journal of the American Society for Information Science 42, 1991.

    Examples
    --------
    >>> [singular(word) for word in ("batteries", "cases", "watches", "glass", "gps", "plus")]
    ['battery', 'case', 'watch', 'glass', 'gps', 'plus']
    """
    if len(word) < 4 or not word.endswith("s") or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(_SIBILANTS):
        return word[:-2]
    return word if word[-2] in "us" else word[:-1]


def make_terms(tokenizer: Tokenizer, stemming: bool) -> Callable[[str], list[str]]:
    """Return the function from a text to its terms.

    Parameters
    ----------
    tokenizer
        As in `recokit.content.analyzer.make_analyzer`.
    stemming : bool
        Whether to reduce English plurals to singulars.
    """
    analyze: Any = make_analyzer(tokenizer)
    if not stemming:
        return analyze  # type: ignore[no-any-return]

    def terms(text: str) -> list[str]:
        return [singular(term) for term in analyze(text)]

    return terms
