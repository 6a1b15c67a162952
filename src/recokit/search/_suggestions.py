"""Suggestions: phrases of titles and logged queries that begin with a prefix."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.content.normalization import CJK, normalize
from recokit.persistence import storable

__all__ = ["Suggestions"]

_MAX_WORDS = 3
_LETTERS = range(2, 7)  # lengths of the phrases of scripts without spaces
_MIN_COUNT = 2
_MAX_PHRASES = 200_000
_LAST = "\U0010ffff"  # sorts after every letter
_HAS_CJK = re.compile(f"[{CJK}]")
_STRINGS = np.dtypes.StringDType()


@storable("recokit.search.Suggestions")
class Suggestions:
    """Phrases and how often they occur.

    Parameters
    ----------
    counts : mapping of str to float
        Weight of each phrase, in its normal form.
    """

    def __init__(self, counts: Mapping[str, float]) -> None:
        phrases = sorted(counts)
        self._phrases: AnyArray = np.array(phrases, dtype=_STRINGS)
        self._list = phrases
        self._weights: FloatArray = np.array([counts[phrase] for phrase in phrases], dtype=np.float64)

    @classmethod
    def from_texts(
        cls, titles: Iterable[str], names: Iterable[str], queries: Mapping[str, float], stop_words: frozenset[str]
    ) -> "Suggestions":
        """Return the phrases of titles, the names of brands and categories, and the logged queries.

        A phrase of a title is a run of one to three words, or of two to six Chinese, Japanese or Korean characters. It
        occurs in two titles or more, does not end in a stop word, and is not always continued in the same way.
        """
        counts: Counter[str] = Counter()
        longer: dict[str, int] = {}
        for title in titles:
            counts.update(set(_phrases(normalize(title))))
        for phrase, count in counts.items():
            shorter = _shortened(phrase)
            longer[shorter] = max(longer.get(shorter, 0), count)
        kept = {
            phrase: float(count)
            for phrase, count in counts.items()
            if count >= _MIN_COUNT and longer.get(phrase, 0) < count and stop_words.isdisjoint(_ends(phrase))
        }
        for name, count in Counter(map(normalize, names)).items():
            if name and len(name) <= 40:
                kept[name] = max(kept.get(name, 0.0), float(count))
        largest = max(kept.values(), default=0.0)
        for text, weight in queries.items():  # queries of users come before phrases of titles
            phrase = normalize(text)
            kept[phrase] = kept.get(phrase, 0.0) + largest + weight
        if len(kept) > _MAX_PHRASES:
            kept = dict(sorted(kept.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_PHRASES])
        return cls(kept)

    def starting_with(self, prefix: str, n: int) -> list[tuple[str, float]]:
        """Return the n most frequent phrases that begin with a prefix, and their weights."""
        text = normalize(prefix)
        if prefix[-1:].isspace() and text and not _HAS_CJK.search(text[-1]):
            text += " "
        if not text.strip():
            return []
        start, stop = bisect_left(self._list, text), bisect_left(self._list, text + _LAST)
        order = np.lexsort((np.arange(start, stop), -self._weights[start:stop]))[:n] + start
        return [(self._list[place], float(self._weights[place])) for place in order.tolist()]

    def _to_state(self) -> dict[str, Any]:
        return {"phrases": self._phrases, "weights": self._weights}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "Suggestions":
        return cls(dict(zip(state["phrases"].tolist(), state["weights"].tolist(), strict=True)))


def _phrases(form: str) -> Iterable[str]:
    """Yield the phrases of a text in its normal form."""
    words = form.split()
    for place, word in enumerate(words):
        if _HAS_CJK.match(word):
            for length in _LETTERS:
                yield from (word[k : k + length] for k in range(len(word) - length + 1))
            continue
        for stop in range(place + 1, min(place + _MAX_WORDS, len(words)) + 1):
            if _HAS_CJK.match(words[stop - 1]):
                break
            yield " ".join(words[place:stop])


def _shortened(phrase: str) -> str:
    """Return a phrase without its last word or character."""
    return phrase[:-1] if _HAS_CJK.match(phrase) else phrase.rpartition(" ")[0]


def _ends(phrase: str) -> tuple[str, str]:
    words = phrase.split()
    return words[0], words[-1]
