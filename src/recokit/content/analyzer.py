"""Text analysis: words of alphabetic scripts, character bigrams of Chinese, Japanese and Korean."""

import functools
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from recokit.content.normalization import CJK, HAN, normalize
from recokit.content.stemming import cached_singular
from recokit.content.stop_words import StopWords, stop_word_set

__all__ = ["Analyzer", "Stemming", "Tokenizer", "analyze", "make_analyzer"]

Analyzer: TypeAlias = Callable[[str], list[str]]
Tokenizer: TypeAlias = Literal["jieba"] | Analyzer | None
Stemming: TypeAlias = Literal["english"] | None

_STARTS_WITH_CJK = re.compile(f"[{CJK}]")
_ALL_HAN = re.compile(f"[{HAN}]+")


def analyze(text: str) -> list[str]:
    """Return the terms of a text that may mix scripts.

    The text is brought to its normal form, see `normalize`. Each word of an alphabetic script, number and measure is
    then one term. Each run of Chinese, Japanese and Korean characters is split into its overlapping bigrams; a run of
    one character is one term.

    Parameters
    ----------
    text : str
        Title or description, for example.

    Returns
    -------
    list of str
        The terms in order, with repetitions.

    See Also
    --------
    recokit.content.make_analyzer : Return the function that splits a text into terms.
    recokit.content.normalize :
        Return the normal form of a text: its words, measures and numbers, separated by single spaces.

    References
    ----------
    Nie, Gao, Zhang & Zhou, "On the use of words and n-grams for Chinese information retrieval", IRAL 2000: bigrams
    retrieve Chinese texts about as well as words from a dictionary.

    Examples
    --------
    >>> analyze("Apple iPhone15 手机壳, 3.5 mm")
    ['apple', 'iphone', '15', '手机', '机壳', '3.5mm']
    >>> analyze("茶 TEA")
    ['茶', 'tea']
    """
    return _terms(text, _bigrams)


def make_analyzer(tokenizer: Tokenizer = None, *, stop_words: StopWords = None, stemming: Stemming = None) -> Analyzer:
    """Return the function that splits a text into terms.

    Parameters
    ----------
    tokenizer : None, "jieba" or callable
        None: `analyze`. ``"jieba"``: like `analyze`, but runs of only Chinese characters are segmented into dictionary
        words by rjieba, an implementation of jieba. A callable takes the text, not normalized, and returns the terms.
    stop_words : {"english", "chinese", "auto"}, collection of str or None
        Terms to leave out; "auto" stands for English and Chinese.
    stemming : {"english"} or None
        ``"english"`` removes plural endings of English words, after the stop words are left out.

    Returns
    -------
    callable
        Function from a text to the list of its terms, in order and with repetitions. It can be pickled unless the
        tokenizer cannot.

    Raises
    ------
    ImportError
        jieba is requested but rjieba is not installed.
    ValueError, TypeError
        A parameter has another value.

    See Also
    --------
    recokit.content.analyze : Return the terms of a text that may mix scripts.
    recokit.content.normalize :
        Return the normal form of a text: its words, measures and numbers, separated by single spaces.

    Examples
    --------
    >>> make_analyzer(stop_words="english", stemming="english")("The cases for iPhone15")
    ['case', 'iphone', '15']
    >>> make_analyzer(str.split)("Green TEA")
    ['Green', 'TEA']
    """
    if stemming not in ("english", None):
        raise ValueError(f'stemming: expected "english" or None, got {stemming!r}')
    split: Analyzer
    if callable(tokenizer):
        split = tokenizer
    elif tokenizer == "jieba":
        _rjieba()  # raise before any text is analyzed
        split = _analyze_with_jieba
    elif tokenizer is None:
        split = analyze
    else:
        raise ValueError(f'tokenizer: expected None, "jieba" or a function, got {tokenizer!r}')
    left_out = stop_word_set(stop_words)
    return _Filtered(split, left_out, stemming is not None) if left_out or stemming else split


@dataclass(frozen=True)
class _Filtered:
    """An analyzer without stop words, and with singulars in place of plurals."""

    split: Analyzer
    stop_words: frozenset[str]
    stems: bool

    def __call__(self, text: str) -> list[str]:
        terms = [term for term in self.split(text) if term not in self.stop_words]
        return [cached_singular(term) for term in terms] if self.stems else terms


def _terms(text: str, split_run: Analyzer) -> list[str]:
    """Return the words of a text, with each run of CJK characters split by ``split_run``."""
    form = normalize(text)
    if form.isascii():
        return form.split()
    terms: list[str] = []
    for word in form.split():
        if word.isascii() or not _STARTS_WITH_CJK.match(word):
            terms.append(word)
        else:
            terms += split_run(word)
    return terms


def _bigrams(run: str) -> list[str]:
    return [a + b for a, b in pairwise(run)] or [run]


def _segment_chinese(run: str) -> list[str]:
    """Return the words of a Chinese run, and the bigrams of others: jieba splits these into single characters."""
    if not _ALL_HAN.fullmatch(run):
        return _bigrams(run)
    words: list[str] = _rjieba().cut(run)
    return words


def _analyze_with_jieba(text: str) -> list[str]:
    return _terms(text, _segment_chinese)


@functools.cache
def _rjieba() -> Any:
    try:
        return importlib.import_module("rjieba")
    except ImportError:
        raise ImportError(
            "tokenizer='jieba' needs rjieba: pip install 'recokit[zh]', or use tokenizer=None for character bigrams"
        ) from None
