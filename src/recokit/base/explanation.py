"""Explanation: the score of an item as a sum of terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.language import Language
from recokit.data._frames import Backend, to_frame
from recokit.data._labels import labels_of

__all__ = ["Explanation", "Term", "explanation_of"]

_TERMS = {
    "mean": ("the overall mean", "总体均值"),
    "user": ("the bias of the user", "该用户的评分习惯"),
    "item": ("the bias of the item", "该商品的整体水平"),
    "past_item": ("their interest in {}", "对商品 {} 的兴趣"),
    "neighbor": ("the similar user {}", "相似用户 {}"),
    "word": ("the word “{}”", "词语“{}”"),
    "feature": ("the feature “{}”", "特征“{}”"),
    "similar_item": ("its similarity to {}", "与商品 {} 相似"),
    "segment": ("its popularity in {}", "在“{}”中的热度"),
    "attribute": ("its {}", "其 {}"),
    "popularity": ("its popularity", "该商品的热度"),
    "field_word": ("the match “{}”", "匹配“{}”"),
    "clicks": ("the clicks of similar queries", "相似搜索词的点击"),
    "personal": ("the taste of the user", "该用户的偏好"),
    "part": ("the model {}", "模型 {}"),
    "clipping": ("the limits of the rating scale", "评分范围的限制"),
    "other": ("everything else", "其他因素"),
}
_OF_ITEMS = ("past_item", "similar_item")
_SHOWN, _SHOWN_IN_TABLE = 4, 10


@dataclass(frozen=True)
class Term:
    """One part of a score.

    Attributes
    ----------
    kind : str
        ``"mean"``, ``"user"``, ``"item"``, ``"past_item"``, ``"similar_item"``, ``"neighbor"``, ``"word"``,
        ``"feature"``, ``"attribute"``, ``"popularity"``, ``"segment"``, ``"part"``, ``"clipping"`` or ``"other"``; for
        a search also ``"field_word"``, ``"clicks"`` and ``"personal"``.
    subject : object
        Item, neighbour, word, feature, attribute, segment or part of a hybrid; None for kinds without one.
    contribution : float
        Contribution to the score.

    See Also
    --------
    recokit.Explanation : The score of an item for a user, as a sum of terms.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> model = ItemKNN().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")])
    >>> term = model.explain("ann", "cup").terms[0]
    >>> term.kind, term.subject
    ('past_item', 'tea')
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


@dataclass(frozen=True, repr=False)
class Explanation:
    """The score of an item for a user, as a sum of terms.

    Attributes
    ----------
    user, item : object
        Ids. The user is None for a user outside the training data.
    score : float
        Score of the pair, as ``predict`` returns it.
    terms : tuple of Term
        Terms whose contributions add up to the score, largest first.
    language : {"en", "zh"}
        Language of ``str()`` and of the table that a notebook shows.
    labels : mapping of item ids to labels
        Titles of items, shown in place of their ids.

    See Also
    --------
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.
    recokit.base.Term : One part of a score.

    Examples
    --------
    >>> why = Explanation(
    ...     "ann",
    ...     "pot",
    ...     0.75,
    ...     (Term("past_item", "tea", 0.5), Term("past_item", "cup", 0.25)),
    ... )
    >>> print(why)
    pot scores 0.75 for ann because of their interest in tea (+0.5), their interest in cup (+0.25).
    >>> print(Explanation("安", "茶壶", 0.5, (Term("past_item", "茶叶", 0.5),), "zh"))
    商品 茶壶 对用户 安 的得分为 0.5，原因：对商品 茶叶 的兴趣（+0.5）。
    >>> Explanation(
    ...     1, 7, 0.5, (Term("past_item", 8, 0.5),), labels={7: "teapot", 8: "green tea"}
    ... )
    Explanation(teapot scores 0.5 for 1 because of their interest in green tea (+0.5))
    """

    user: Any
    item: Any
    score: float
    terms: tuple[Term, ...]
    language: Language = "en"
    labels: Mapping[Any, Any] = field(default_factory=dict, compare=False)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns kind, subject, label and contribution, one row per term.

        ``subject`` is the item (or its title), neighbour or word of a term as text, and missing for kinds without a
        subject. ``label`` is the term in words.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.

        Examples
        --------
        >>> why = Explanation(
        ...     "ann", "pot", 0.75, (Term("mean", None, 0.5), Term("past_item", "tea", 0.25))
        ... )
        >>> why.to_frame("polars").rows()
        [('mean', None, 'the overall mean', 0.5), ('past_item', 'tea', 'their interest in tea', 0.25)]
        """
        terms = [self._titled(term) for term in self.terms]
        columns = {
            "kind": [term.kind for term in terms],
            "subject": [None if term.subject is None else str(term.subject) for term in terms],
            "label": [term.label(self.language) for term in terms],
        }
        texts = {name: np.array(values, dtype=object) for name, values in columns.items()}
        return to_frame(texts | {"contribution": np.array([term.contribution for term in terms], float)}, backend)

    def _user(self) -> str:
        """Return the user in words."""
        if self.language == "zh":
            return "该用户" if self.user is None else f"用户 {self.user} "
        return "this user" if self.user is None else str(self.user)

    def _titled(self, term: Term) -> Term:
        """Return a term with the title of its item as subject."""
        if term.kind not in _OF_ITEMS:
            return term
        return Term(term.kind, self.labels.get(term.subject, term.subject), term.contribution)

    def _parts(self, n: int) -> list[tuple[str, float]]:
        """Return the first n terms in words and their contributions, and the sum of the others."""
        named = [self._titled(term) for term in self.terms if term.kind != "other"]
        rest = named[n:] + [term for term in self.terms if term.kind == "other"]
        parts = [(term.label(self.language), term.contribution) for term in named[:n]]
        if rest:
            parts.append((Term("other", None, 0.0).label(self.language), sum(term.contribution for term in rest)))
        return parts

    def __repr__(self) -> str:
        return f"Explanation({str(self)[:-1]})"  # without the full stop

    def __str__(self) -> str:
        chinese = self.language == "zh"
        bracket = "{}（{:+.3g}）" if chinese else "{} ({:+.3g})"
        parts = [bracket.format(*part) for part in self._parts(_SHOWN)]
        item = self.labels.get(self.item, self.item)
        if chinese:
            reason = "，原因：" + "、".join(parts) if parts else "，没有可说明的依据"
            return f"商品 {item} 对{self._user()}的得分为 {self.score:.3g}{reason}。"
        reason = f" because of {', '.join(parts)}" if parts else ": there is no evidence"
        return f"{item} scores {self.score:.3g} for {self._user()}{reason}."

    def _repr_html_(self) -> str:
        item, score = self.labels.get(self.item, self.item), f"{self.score:.3g}"
        if self.language == "zh":
            caption, columns = f"商品 {item} 对{self._user()}的得分为 {score}", ("原因", "贡献")
        else:
            caption, columns = f"{item} scores {score} for {self._user()}", ("term", "contribution")
        rows = [(label, f"{contribution:+.3g}") for label, contribution in self._parts(_SHOWN_IN_TABLE)]
        return html_table(caption, columns, rows)


def explanation_of(
    user: Any, item: Any, score: float, terms: list[Term], language: Language, labels: Any
) -> Explanation:
    """Return an explanation with the terms that are not 0, largest first, and with the titles of its items.

    Parameters
    ----------
    user, item, score, terms, language
        As in `Explanation`.
    labels : mapping of item ids to titles, or callable, optional
    """
    terms = sorted((term for term in terms if term.contribution != 0), key=lambda term: -abs(term.contribution))
    items = [item, *(term.subject for term in terms if term.kind in _OF_ITEMS)]
    titles = {one: title for one, title in zip(items, labels_of(items, labels), strict=True) if title is not one}
    return Explanation(user, item, score, tuple(terms), language, titles)
