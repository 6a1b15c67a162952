"""Reasons for customers, in their language."""

from recokit._runtime.language import Language
from recokit.base.explanation import Explanation, Term

__all__ = ["popular", "reason_of", "say"]

_SHOWN = 2
_WORDS: dict[str, tuple[str, str]] = {
    "interest": ("because of your interest in {}", "因为您对{}感兴趣"),
    "neighbor": ("because customers with a similar taste like it", "因为品味相近的顾客喜欢它"),
    "popularity": ("because it is popular", "因为它很受欢迎"),
    "word": ("because of the words {}", "因为词语{}"),
    "match": ("because of {}", "因为{}"),
    "other": ("because it fits your history", "因为它符合您的历史记录"),
    "none": ("there is no evidence", "没有可说明的依据"),
    "similar": ("similar to {}", "与{}相似"),
    "and": (" and ", "和"),
    "corrected": ("“{}” was read as “{}”", "“{}”已按“{}”搜索"),
    "nearest": ("no item has these words; the items have similar words", "没有商品包含这些词语；以下商品的词语相近"),
    "popular": ("no item matches; these are popular items", "没有匹配的商品；以下是热门商品"),
    "empty": ("no item meets the conditions", "没有符合条件的商品"),
}


def say(key: str, language: Language, *values: str) -> str:
    """Return a sentence in a language.

    Examples
    --------
    >>> say("similar", "en", "green tea"), say("similar", "zh", "绿茶")
    ('similar to green tea', '与绿茶相似')
    """
    return _WORDS[key][language == "zh"].format(*values)


def popular(language: Language) -> str:
    """Return the reason for a popular item."""
    return say("popularity", language)


def reason_of(explanation: Explanation, language: Language) -> str:
    """Return the reason for a score: its largest positive terms. Other users are not named.

    Examples
    --------
    >>> terms = (
    ...     Term("past_item", 7, 0.5),
    ...     Term("past_item", 8, 0.4),
    ...     Term("popularity", None, 0.1),
    ... )
    >>> reason_of(Explanation(1, 9, 1.0, terms, labels={7: "green tea", 8: "cups"}), "en")
    'because of your interest in “green tea” and “cups”'
    >>> reason_of(Explanation(1, 9, 0.2, (Term("neighbor", 3, 0.2),)), "zh")
    '因为品味相近的顾客喜欢它'
    """
    terms = [term for term in explanation.terms if term.contribution > 0]
    if not terms:
        return say("none", language)
    named = [term for term in terms if term.subject is not None and term.kind != "neighbor"]
    first = next((term for term in terms if term.kind != "other"), terms[0])
    kinds = {"past_item": "interest", "word": "word", "neighbor": "neighbor", "popularity": "popularity"}
    if first.subject is None or first.kind == "neighbor":
        return say(kinds.get(first.kind, "other"), language)
    alike = [term for term in named if term.kind == first.kind][:_SHOWN]
    key = kinds.get(first.kind, "match")
    joined = say("and", language).join(_subject(term, explanation, language, key) for term in alike)
    return say(key, language, joined)


def _subject(term: Term, explanation: Explanation, language: Language, key: str) -> str:
    """Return the subject of a term in words."""
    if key == "interest":
        return f"“{explanation.labels.get(term.subject, term.subject)}”"
    return f"“{term.subject}”" if key == "word" else term.label(language)
