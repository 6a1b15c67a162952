"""English stemming: plural endings only."""

from functools import lru_cache

__all__ = ["cached_singular", "singular"]

_LONGEST_CACHED = 64  # letters: a query may hold words of any length, and the cache outlives it
_SHORTEST = 4  # shorter words often are no plurals: bus, gas, gps
_IRREGULAR = {
    "feet": "foot",
    "geese": "goose",
    "halves": "half",
    "knives": "knife",
    "leaves": "leaf",
    "lens": "lens",
    "lenses": "lens",
    "mice": "mouse",
    "movies": "movie",
    "cookies": "cookie",
    "scarves": "scarf",
    "series": "series",
    "shelves": "shelf",
    "teeth": "tooth",
    "wolves": "wolf",
}
_SIBILANTS = ("sses", "shes", "ches", "xes", "zzes")


def singular(word: str) -> str:
    """Return an English word without its plural ending.

    The rules are these of the S stemmer of Harman (1991), with *-es* removed after a sibilant and a few irregular
    plurals. Words with other characters than letters a to z, and words of fewer than four letters, stay as they are.

    Parameters
    ----------
    word : str
        In lower case.

    References
    ----------
    Harman, "How effective is suffixing?", Journal of the American Society for Information Science 42, 1991.

    Examples
    --------
    >>> [
    ...     singular(word)
    ...     for word in ["cases", "dresses", "batteries", "glass", "bus", "500ml"]
    ... ]
    ['case', 'dress', 'battery', 'glass', 'bus', '500ml']
    """
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith(_SIBILANTS):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


_cached = lru_cache(65_536)(singular)


def cached_singular(word: str) -> str:
    """Return `singular` of a word from a cache, which holds no long words."""
    return _cached(word) if len(word) <= _LONGEST_CACHED else singular(word)
