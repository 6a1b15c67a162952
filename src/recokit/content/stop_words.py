"""Stop words: frequent words that say nothing about a product."""

from collections.abc import Collection
from typing import Literal, TypeAlias

from recokit.content.normalization import normalize
from recokit.exceptions import first_few

__all__ = ["CHINESE", "ENGLISH", "StopWords", "stop_word_set"]

StopWords: TypeAlias = Literal["english", "chinese", "auto"] | Collection[str] | None

_ENGLISH = """
a about after all also am an and any are as at be because been before being between both but by did do does doing
during each for from had has have having he her here hers him his how i if in into is it its itself just me more most
my of on once only or other our ours own she so some such than that the their theirs them then there these they this
those through to too under until up upon very was we were what when where which while who whom whose why will with
would you your yours
"""
_CHINESE = """
的 了 和 与 及 或 在 是 有 为 之 也 都 就 而 但 把 被 让 给 从 对 向 于 以 其 此 这 那 我 你 您 他 她 它 们 吗 呢 吧 啊
我们 你们 他们 她们 它们 这个 那个 这些 那些 这样 那样 这种 以及 及其 并且 而且 或者 因为 所以 如果 但是 以上 以下
可以 就是 还是 不是 没有 已经 非常 什么 怎么 一个 一种 一些 自己 等等 对于 关于 由于 通过 其他 其它 还有 只是 只有
"""

ENGLISH = frozenset(_ENGLISH.split())
"""English function words. Words that distinguish products stay: no, not, without, off, over, down, out, can, same."""

CHINESE = frozenset(_CHINESE.split())
"""Chinese function words, in simplified characters."""

_NAMED = {"english": ENGLISH, "chinese": CHINESE, "auto": ENGLISH | CHINESE}


def stop_word_set(stop_words: StopWords) -> frozenset[str]:
    """Return stop words as a set, in normal form.

    Parameters
    ----------
    stop_words : {"english", "chinese", "auto"}, collection of str or None
        "auto" stands for both languages: they share no word. The words of a collection are normalized; None stands for
        no stop words.

    Raises
    ------
    ValueError
        The name is unknown.
    TypeError
        The collection contains something other than strings.

    Examples
    --------
    >>> "the" in stop_word_set("english"), "的" in stop_word_set("auto")
    (True, True)
    >>> sorted(stop_word_set(["Sale", "包郵"]))
    ['sale', '包邮']
    """
    if stop_words is None:
        return frozenset()
    if isinstance(stop_words, str):
        if stop_words not in _NAMED:
            raise ValueError(f'stop_words: expected "english", "chinese", "auto", a list or None, got {stop_words!r}')
        return _NAMED[stop_words]
    if not isinstance(stop_words, Collection):
        raise TypeError(f"stop_words: expected a name, a list of words or None, got {type(stop_words).__name__}")
    not_text = [word for word in stop_words if not isinstance(word, str)]
    if not_text:
        raise TypeError(f"stop_words: {len(not_text)} value(s) are not text: {first_few(not_text)}")
    return frozenset(word for entry in stop_words for word in normalize(entry).split())
