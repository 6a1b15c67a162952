"""Terms by character: a query of a single Chinese character finds the terms that contain it."""

import re
from collections.abc import Sequence

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.content.normalization import CJK

__all__ = ["TermsByCharacter"]

_CHARACTER = re.compile(f"[{CJK}]")
_MAX_TERMS = 1_000  # of a character, the most frequent


class TermsByCharacter:
    """The terms of two or more characters that contain each Chinese, Japanese or Korean character.

    Titles are split into bigrams or dictionary words, so that a single character is rarely a term: tea (茶) is in the
    terms 绿茶, 红茶 and 茶壶.

    Parameters
    ----------
    terms : sequence of str
        The vocabulary.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        found: dict[str, list[int]] = {}
        for code, term in enumerate(terms):
            if len(term) > 1 and not term.isascii():
                for character in set(_CHARACTER.findall(term)):
                    found.setdefault(character, []).append(code)
        self._codes: dict[str, IntArray] = {one: np.array(codes, dtype=np.int64) for one, codes in found.items()}

    def terms(self, character: str, df: IntArray, idf: FloatArray) -> list[tuple[int, float]]:
        """Return the codes and weights of the terms with a character; a frequent term has the weight 1.

        The weight is the IDF of the most frequent term over that of the term, so that no item gains from a rare one.

        Parameters
        ----------
        character : str
        df, idf : (n_terms,) arrays
            Number of items of each term, and its inverse document frequency.
        """
        codes = self._codes.get(character, np.empty(0, dtype=np.int64))
        codes = codes[df[codes] > 0]
        codes = codes[np.lexsort((codes, -df[codes]))][:_MAX_TERMS]
        weights = idf[codes[:1]] / idf[codes]
        return list(zip(codes.tolist(), weights.tolist(), strict=True))
