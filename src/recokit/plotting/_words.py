"""Texts on the axes of plots, in English and Chinese."""

from typing import Any

from matplotlib.axes import Axes

from recokit._runtime.language import Language, check_language
from recokit.plotting._style import name_style

__all__ = ["Words"]

_CHINESE = {
    "interactions": "交互次数",
    "occurrences in lists": "在列表中出现的次数",
    "items, from the most popular": "商品（按热度从高到低）",
    "{head:,} of {n:,} items ({items:.0%}) make up {share:.0%}": (
        "{n:,} 个商品中的 {head:,} 个（{items:.0%}）占 {share:.0%}"
    ),
    "grey: dominated by another model": "灰色：被其他模型支配",
    "{metric}, with {level:.0%} intervals over {n:,} users": "{metric}，{n:,} 个用户的 {level:.0%} 置信区间",
    "grey: significantly worse than the best (Holm, α = {alpha:g})": "灰色：显著差于最佳模型（Holm，α = {alpha:g}）",
    "{n:,} user": "{n:,} 个用户",
    "{n:,} users": "{n:,} 个用户",
    "{metric}, with 95% intervals": "{metric}，95% 置信区间",
    "training interactions of a user": "用户的训练交互数",
    "epoch": "轮次",
    "training": "训练",
    "validation": "验证",
    " and ": "、",
    "cut-off k": "列表长度 k",
    "rating": "评分",
    "strength": "强度",
    "predicted rating": "预测评分",
    "score": "得分",
    "dot: training pair": "圆点：训练数据中的评分",
    "known": "已知",
    "predicted": "预测",
    "item": "商品",
    "user": "用户",
    "value, with {level:.0%} intervals": "指标值，{level:.0%} 置信区间",
    "relative uplift, with {level:.0%} intervals": "相对提升，{level:.0%} 置信区间",
    "grey: the interval contains 0": "灰色：区间包含 0",
    "ε (less private to the right)": "ε（越向右，隐私保护越弱）",
    "{name}: without privacy": "{name}：无隐私保护",
    "without privacy": "无隐私保护",
}


class Words:
    """Texts of a plot in one language.

    Parameters
    ----------
    language : {"en", "zh"}
        Language of the texts.

    Examples
    --------
    >>> Words("zh")("{n:,} users", n=1200)
    '1,200 个用户'
    """

    def __init__(self, language: Language) -> None:
        check_language(language)
        self._chinese = language == "zh"

    def __call__(self, text: str, **values: Any) -> str:
        """Return an English text or its translation, with the values filled in."""
        return (_CHINESE[text] if self._chinese else text).format(**values)

    def if_known(self, text: str) -> str:
        """Return the translation of a text, or the text itself if it has none, such as the name of a metric."""
        return _CHINESE.get(text, text) if self._chinese else text

    def on_axes(self, ax: Axes, x: str | None = None, y: str | None = None) -> None:
        """Write the labels of the axes, which are already in the language, in a font that has their characters."""
        if x is not None:
            ax.set_xlabel(x, **name_style([x]))
        if y is not None:
            ax.set_ylabel(y, **name_style([y]))
