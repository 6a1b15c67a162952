"""Terms of texts: the words as they are written, and their stems."""

from collections.abc import Callable
from typing import NamedTuple

from recokit.content.analyzer import Stemming, Tokenizer, make_analyzer
from recokit.content.stemming import cached_singular
from recokit.content.stop_words import StopWords

__all__ = ["Terms", "make_terms"]


class Terms(NamedTuple):
    """The analysis of texts in two steps, because spelling is corrected before endings are removed.

    Attributes
    ----------
    words : callable
        Function from a text to its words.
    stem : callable
        Function from a word to the term that is indexed.
    """

    words: Callable[[str], list[str]]
    stem: Callable[[str], str]

    def __call__(self, text: str) -> list[str]:
        """Return the terms of a text, in order and with repetitions."""
        return [self.stem(word) for word in self.words(text)]


def make_terms(tokenizer: Tokenizer, stop_words: StopWords, stemming: Stemming) -> Terms:
    """Return the analysis of texts; the parameters are those of `recokit.content.analyzer.make_analyzer`.

    Examples
    --------
    >>> make_terms(None, "auto", "english")("The cases for iPhone15")
    ['case', 'iphone', '15']
    """
    return Terms(make_analyzer(tokenizer, stop_words=stop_words), cached_singular if stemming else str)
