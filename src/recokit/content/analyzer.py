"""Text analysis: words of alphabetic scripts, character bigrams of Chinese, Japanese and Korean."""

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

# Letters of scripts without spaces between words, and of Korean, where units finer than words work better.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_CJK = (
    _HAN + "\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\u3131-\u318e"  # Hangul
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b16f"  # kana
)
_ALL_HAN = re.compile(rf"[{_HAN}]+")


@functools.cache
def _pattern() -> re.Pattern[str]:
    r"""Return the pattern of a word (group 1) or of a run of CJK characters (group 2).

    Python's ``\w`` does not match combining marks, so on its own it would split words of Hindi, Thai and others.
    """
    code_points = chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # no script has marks elsewhere
    marks = "".join(chr(code) for code in code_points if unicodedata.category(chr(code))[0] == "M")
    letter = rf"[^\W_{_CJK}]"
    return re.compile(rf"((?:\d+\.(?=\d))*{letter}(?:{letter}|[{marks}])*)|([{_CJK}]+)")


def _bigrams(run: str) -> list[str]:
    return [a + b for a, b in pairwise(run)] or [run]


def _terms(text: str, split_run: Analyzer) -> list[str]:
    """Return the words of a normalized text, with each run of CJK characters split by ``split_run``."""
    terms: list[str] = []
    folded = unicodedata.normalize("NFKC", text).casefold()
    for word, run in _pattern().findall(folded):
        if word:
            terms.append(word)
        else:
            terms += split_run(run)
    return terms


def analyze(text: str) -> list[str]:
    """Return the terms of a text that may mix scripts.

    The text is normalized (Unicode NFKC, which maps full-width letters to ordinary letters) and case-folded. Each run
    of letters and digits of alphabetic scripts is then one term, including a decimal number (``3.5mm``). Each run of
    Chinese, Japanese and Korean characters is split into its overlapping bigrams; a run of one character is one term.
    All other characters are separators.

    Parameters
    ----------
    text : str
        Title or description, for example.

    Returns
    -------
    list of str
        The terms in order, with repetitions.

    References
    ----------
    Nie, Gao, Zhang & Zhou, "On the use of words and n-grams for Chinese information retrieval", IRAL 2000: bigrams
    retrieve Chinese texts about as well as words from a dictionary.

    Examples
    --------
    >>> analyze("Apple iPhone 15 手机壳, 3.5mm")
    ['apple', 'iphone', '15', '手机', '机壳', '3.5mm']
    >>> analyze("茶 TEA")
    ['茶', 'tea']
    """
    return _terms(text, _bigrams)


def _segment_chinese(run: str) -> list[str]:
    """Return the words of a Chinese run, and the bigrams of others: jieba splits these into single characters."""
    if not _ALL_HAN.fullmatch(run):
        return _bigrams(run)
    words: list[str] = _jieba().lcut(run)
    return words


def _analyze_with_jieba(text: str) -> list[str]:
    return _terms(text, _segment_chinese)


@functools.cache
def _jieba() -> Any:
    try:
        jieba = importlib.import_module("jieba")
    except ImportError:
        raise ImportError(
            "tokenizer='jieba' needs jieba: pip install 'recokit[zh]', or use tokenizer=None for character bigrams"
        ) from None
    jieba.setLogLevel(logging.WARNING)  # otherwise it reports the loading of its dictionary
    return jieba


def make_analyzer(tokenizer: Tokenizer) -> Analyzer:
    """Return the function that splits a text into terms.

    Parameters
    ----------
    tokenizer : None, "jieba" or callable
        None: `analyze`. ``"jieba"``: like `analyze`, but jieba segments runs of only Chinese characters into
        dictionary words. A callable takes the text, not normalized, and returns the terms.

    Raises
    ------
    ImportError
        jieba is requested but not installed.

    Examples
    --------
    >>> make_analyzer(str.split)("Green TEA")
    ['Green', 'TEA']
    """
    if callable(tokenizer):
        return tokenizer
    if tokenizer == "jieba":
        _jieba()  # raise before any text is analyzed
        return _analyze_with_jieba
    return analyze
