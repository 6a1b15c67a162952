"""Explanation: the score of an item as a sum of terms."""

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Explanation", "Term"]

Language = Literal["en", "zh"]

_TERMS = {
    "mean": ("the overall mean", "总体均值"),
    "user": ("the bias of the user", "该用户的评分习惯"),
    "item": ("the bias of the item", "该商品的整体水平"),
    "past_item": ("their interest in {}", "对商品 {} 的兴趣"),
    "neighbor": ("the similar user {}", "相似用户 {}"),
    "word": ("the word “{}”", "词语“{}”"),
    "popularity": ("its popularity", "该商品的热度"),
    "clipping": ("the limits of the rating scale", "评分范围的限制"),
    "other": ("everything else", "其他因素"),
}
_SHOWN = 4


@dataclass(frozen=True)
class Term:
    """One part of a score.

    Attributes
    ----------
    kind : str
        ``"mean"``, ``"user"``, ``"item"``, ``"past_item"``, ``"neighbor"``, ``"word"``, ``"popularity"``,
        ``"clipping"`` or ``"other"``.
    subject : object
        Item, neighbour or word of the term; None for kinds without one.
    contribution : float
        Contribution to the score.
    """

    kind: str
    subject: Any
    contribution: float

    def label(self, language: Language = "en") -> str:
        """Return the name of the term in words.

        Examples
        --------
        >>> Term("past_item", "tea", 0.5).label()
        'their interest in tea'
        """
        return _TERMS[self.kind][language == "zh"].format(self.subject)


@dataclass(frozen=True)
class Explanation:
    """The score of an item for a user, as a sum of terms.

    Attributes
    ----------
    user, item : object
        Ids.
    score : float
        Score of the pair, as ``predict`` returns it.
    terms : tuple of Term
        Terms whose contributions add up to the score, largest first.
    language : {"en", "zh"}
        Language of ``str()``.

    Examples
    --------
    >>> why = Explanation("ann", "pot", 0.75, (Term("past_item", "tea", 0.5), Term("past_item", "cup", 0.25)))
    >>> print(why)
    pot scores 0.75 for ann because of their interest in tea (+0.5), their interest in cup (+0.25).
    >>> print(Explanation("安", "茶壶", 0.5, (Term("past_item", "茶叶", 0.5),), "zh"))
    商品 茶壶 对用户 安 的得分为 0.5，原因：对商品 茶叶 的兴趣（+0.5）。
    """

    user: Any
    item: Any
    score: float
    terms: tuple[Term, ...]
    language: Language = "en"

    def __str__(self) -> str:
        chinese = self.language == "zh"
        bracket = "{}（{:+.3g}）" if chinese else "{} ({:+.3g})"
        named = [term for term in self.terms if term.kind != "other"]
        rest = named[_SHOWN:] + [term for term in self.terms if term.kind == "other"]
        parts = [bracket.format(term.label(self.language), term.contribution) for term in named[:_SHOWN]]
        if rest:
            parts.append(bracket.format(_TERMS["other"][chinese], sum(term.contribution for term in rest)))
        if chinese:
            reason = "，原因：" + "、".join(parts) if parts else "，没有可说明的依据"
            return f"商品 {self.item} 对用户 {self.user} 的得分为 {self.score:.3g}{reason}。"
        reason = f" because of {', '.join(parts)}" if parts else ": there is no evidence"
        return f"{self.item} scores {self.score:.3g} for {self.user}{reason}."
