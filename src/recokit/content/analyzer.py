"""Text to terms: words of alphabetic scripts, character bigrams of Chinese, Japanese and Korean."""

import functools
import importlib
import logging
import re
import unicodedata
from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any, Literal, TypeAlias

__all__ = ["Analyzer", "Tokenizer", "analyze", "make_analyzer"]

Analyzer: TypeAlias = Callable[[str], list[str]]
Tokenizer: TypeAlias = Literal["jieba"] | Analyzer | None

# Letters of scripts that are written without spaces, or (Korean) are best cut finer than at them.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_CJK = (
    _HAN + "\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\u3131-\u318e"  # Hangul
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b16f"  # kana
)
_ALL_HAN = re.compile(rf"[{_HAN}]+")


@functools.cache
def _pattern() -> re.Pattern[str]:
    r"""Return the pattern of a word (group 1) or of a run of CJK characters (group 2).

    Python's ``\w`` leaves out combining marks, without which words of Hindi, Thai and others fall to pieces.
    """
    candidates = chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # no script has marks elsewhere
    marks = "".join(chr(code) for code in candidates if unicodedata.category(chr(code))[0] == "M")
    letter = rf"[^\W_{_CJK}]"
    return re.compile(rf"((?:\d+\.(?=\d))*{letter}(?:{letter}|[{marks}])*)|([{_CJK}]+)")


def _bigrams(run: str) -> list[str]:
    return [a + b for a, b in pairwise(run)] or [run]


def _terms(text: str, cut: Analyzer) -> list[str]:
    terms: list[str] = []
    folded = unicodedata.normalize("NFKC", text).casefold()
    for word, run in _pattern().findall(folded):
        if word:
            terms.append(word)
        else:
            terms += cut(run)
    return terms


def analyze(text: str) -> list[str]:
    """Return the terms of a text that may mix scripts.

    The text is normalised (Unicode NFKC: full-width letters become ordinary ones) and case-folded. Then each run of
    letters and digits of alphabetic scripts is a term, a decimal number with it (``3.5mm``), and each run of Chinese,
    Japanese and Korean characters gives its overlapping character bigrams; a run of one character gives this character.
    Everything else separates.

    Parameters
    ----------
    text : str
        A title, a description.

    Returns
    -------
    list of str
        The terms in order, repetitions included.

    References
    ----------
    Bigrams find Chinese about as well as a dictionary does: Nie, Gao, Zhang & Zhou, "On the use of words and n-grams
    for Chinese information retrieval", IRAL 2000.

    Examples
    --------
    >>> analyze("Apple iPhone 15 手机壳, 3.5mm")
    ['apple', 'iphone', '15', '手机', '机壳', '3.5mm']
    >>> analyze("茶 TEA")
    ['茶', 'tea']
    """
    return _terms(text, _bigrams)


def _words_of_chinese(run: str) -> list[str]:
    """Cut a run that is all Chinese; jieba would cut Japanese and Korean into single characters."""
    if not _ALL_HAN.fullmatch(run):
        return _bigrams(run)
    words: list[str] = _jieba().lcut(run)
    return words


def _analyze_with_jieba(text: str) -> list[str]:
    return _terms(text, _words_of_chinese)


@functools.cache
def _jieba() -> Any:
    try:
        jieba = importlib.import_module("jieba")
    except ImportError:
        raise ImportError(
            "tokenizer='jieba' needs jieba: pip install 'recokit[zh]', or leave tokenizer=None for character bigrams"
        ) from None
    jieba.setLogLevel(logging.WARNING)  # it prints the loading of its dictionary otherwise
    return jieba


def make_analyzer(tokenizer: Tokenizer) -> Analyzer:
    """Return the function that turns a text into terms.

    Parameters
    ----------
    tokenizer : None, "jieba" or callable
        None: `analyze`. ``"jieba"``: as `analyze`, but runs of nothing but Chinese characters are cut into words
        by jieba and its dictionary. A callable takes the text as it is, not normalised, and returns the terms.

    Raises
    ------
    ImportError
        jieba is asked for and not installed.

    Examples
    --------
    >>> make_analyzer(str.split)("Green TEA")
    ['Green', 'TEA']
    """
    if callable(tokenizer):
        return tokenizer
    if tokenizer == "jieba":
        _jieba()  # fail before the work begins
        return _analyze_with_jieba
    return analyze
