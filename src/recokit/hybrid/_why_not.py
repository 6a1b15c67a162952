"""WhyNot: the stage of a hybrid where an item was lost."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.language import Language, check_language
from recokit._typing import BoolArray, FloatArray
from recokit.base import EligibleItems
from recokit.base._eligibility import Eligibility, excludes_seen
from recokit.data._inputs import known_codes

__all__ = ["PartRank", "Stage", "WhyNot", "explain_absence"]

Stage = Literal["unknown", "excluded", "seen", "candidates", "evidence", "rank", "listed"]

_TEXTS = {
    "unknown": (
        "{item} is not an item of the model: it is neither in the training data nor in a catalogue",
        "模型中没有商品 {item}：训练数据和商品目录中都没有它",
    ),
    "excluded": (
        "{item} is not listed for {user}: the candidates or exclusions of the request leave it out",
        "没有向用户 {user} 推荐商品 {item}：它被本次请求的候选范围或排除条件过滤掉了",
    ),
    "seen": (
        "{item} is not listed for {user}: it is in the history of the user, and exclude_seen is set",
        "没有向用户 {user} 推荐商品 {item}：它已在该用户的历史记录中（exclude_seen）",
    ),
    "candidates": (
        "{item} is not listed for {user}: no part has it among its first {limit} items",
        "没有向用户 {user} 推荐商品 {item}：没有任何模型把它排进前 {limit} 名候选",
    ),
    "evidence": (
        "{item} is not listed for {user}: no part with a weight has evidence for it",
        "没有向用户 {user} 推荐商品 {item}：没有任何有权重的模型能为它提供依据",
    ),
    "rank": (
        "{item} is not among the {n} items listed for {user}: the hybrid ranks it {rank}",
        "用户 {user} 的前 {n} 个推荐中没有商品 {item}：混合模型把它排在第 {rank} 位",
    ),
    "listed": (
        "{item} is listed for {user} at rank {rank}",
        "商品 {item} 在用户 {user} 的推荐列表中，排在第 {rank} 位",
    ),
}
_RANK = ("{name} ranks it {rank}", "{name} 排第 {rank} 位")
_NO_EVIDENCE = ("{name} has no evidence", "{name} 无依据")


@dataclass(frozen=True)
class PartRank:
    """Rank of an item in one part.

    Attributes
    ----------
    name : str
        Name of the part.
    rank : int or None
        Rank among the eligible items, from 1; None without evidence.
    score : float or None
        Score of the part; None without evidence.

    See Also
    --------
    recokit.hybrid.WhyNot : The stage of a hybrid where an item was lost. ``str`` returns a sentence.

    Examples
    --------
    >>> from recokit import ItemKNN, Popularity, WeightedHybrid
    >>> model = WeightedHybrid([ItemKNN(), Popularity()]).fit(
    ...     [("ann", "tea"), ("bob", "tea"), ("bob", "cup")]
    ... )
    >>> [(part.name, part.rank) for part in model.why_not("ann", "cup").parts]
    [('itemknn', 1), ('popularity', 1)]
    """

    name: str
    rank: int | None
    score: float | None


@dataclass(frozen=True, repr=False)
class WhyNot:
    """The stage of a hybrid where an item was lost. ``str`` returns a sentence.

    Attributes
    ----------
    user, item : ids
    stage : {"unknown", "excluded", "seen", "candidates", "evidence", "rank", "listed"}
        The first stage that applies: the item is no item of the model; the request excludes it; the user has it; no
        part of a cascade has it among its candidates; no part has evidence; the hybrid ranks it below the list; it is
        listed.
    n : int
        Length of the list.
    rank : int or None
        Rank in the hybrid, from 1; None if it has none.
    parts : tuple of PartRank
        Ranks in the parts; empty for the stages "unknown", "excluded" and "seen".
    limit : int or None
        Number of candidates of each part of a cascade.
    language : {"en", "zh"}

    See Also
    --------
    recokit.hybrid.PartRank : Rank of an item in one part.
    recokit.WeightedHybrid : Rank items by the weighted sum of the normalised scores of several recommenders.

    Examples
    --------
    >>> from recokit import FallbackRecommender, ItemKNN, Popularity
    >>> model = FallbackRecommender([ItemKNN(), Popularity()]).fit(
    ...     [("ann", "tea"), ("bob", "tea"), ("bob", "cup")]
    ... )
    >>> model.why_not("ann", "tea").stage
    'seen'
    """

    user: Any
    item: Any
    stage: Stage
    n: int
    rank: int | None = None
    parts: tuple[PartRank, ...] = ()
    limit: int | None = None
    language: Language = "en"

    def __str__(self) -> str:
        zh = self.language == "zh"
        values = {"user": self.user, "item": self.item, "n": self.n, "rank": self.rank, "limit": self.limit}
        text = _TEXTS[self.stage][zh].format(**values)
        ranks = [
            (_NO_EVIDENCE if part.rank is None else _RANK)[zh].format(name=part.name, rank=part.rank)
            for part in self.parts
        ]
        if not ranks:
            return text + ("。" if zh else ".")
        return f"{text}（{'，'.join(ranks)}）。" if zh else f"{text} ({', '.join(ranks)})."

    def __repr__(self) -> str:
        return f"WhyNot({str(self)[:-1]})"

    def _repr_html_(self) -> str:
        names = {"en": ["part", "rank", "score"], "zh": ["部分", "名次", "得分"]}[self.language]
        rows = [
            [part.name, "–" if part.rank is None else part.rank, "–" if part.score is None else f"{part.score:.3g}"]
            for part in self.parts
        ]
        return html_table(str(self), names, rows)


def explain_absence(
    hybrid: Any, user: Any, item: Any, n: int, exclude_seen: bool | None, candidates: Any, exclude: Any, language: str
) -> WhyNot:
    """Return the stage where a fitted hybrid lost an item; see `Hybrid.why_not`."""
    check_language(language)
    if not isinstance(n, int | np.integer) or n is True or n < 1:
        raise ValueError(f"n={n!r}: expected a whole number of at least 1")
    items, users = hybrid.interactions_.items, hybrid.interactions_.users
    user_code, item_code = known_codes(users, [user], "user"), int(items.codes([item])[0])
    common: dict[str, Any] = {"user": user, "item": item, "n": int(n), "language": language}
    if item_code < 0:
        return WhyNot(stage="unknown", **common)
    seen = hybrid._training_histories(user_code)
    without_seen = excludes_seen(exclude_seen, hybrid._excludes_seen)
    request = Eligibility(items, candidates, exclude)
    request.check_users(users, [user])
    if not _mask(request.of_users([user], None), len(items))[item_code]:
        return WhyNot(stage="excluded", **common)
    if without_seen and item_code in seen.codes:
        return WhyNot(stage="seen", **common)
    eligible = _mask(request.of_users([user], seen if without_seen else None), len(items))
    profiles = hybrid._user_profiles(user_code)
    parts = []
    for place, name in enumerate(hybrid.parts_):
        scores = hybrid._part_scores(place, profiles)[0]
        rank = _rank(scores, item_code, eligible)
        parts.append(PartRank(name, rank, None if rank is None else float(scores[item_code])))
    rank, limit = _rank(hybrid._score_block(profiles)[0], item_code, eligible), hybrid._candidate_limit()
    stage: Stage = "listed" if rank is not None and rank <= n else "rank"
    if rank is None:
        stage = "evidence" if limit is None or all(part.rank is None for part in parts) else "candidates"
    return WhyNot(stage=stage, rank=rank, parts=tuple(parts), limit=limit, **common)


def _mask(eligible: EligibleItems, n_items: int) -> BoolArray:
    """Return whether each item is eligible for the single user."""
    mask: BoolArray = np.ones(n_items, dtype=np.bool_) if eligible.allowed is None else eligible.allowed.copy()
    if eligible.candidates is not None and eligible.restricted is not None and eligible.restricted[0]:
        chosen = np.zeros(n_items, dtype=np.bool_)
        chosen[eligible.candidates.codes] = True
        mask &= chosen
    mask[eligible.excluded.codes] = False
    return mask


def _rank(scores: FloatArray, item_code: int, eligible: BoolArray) -> int | None:
    """Return the rank of an item among the eligible items, ties by code; None without evidence."""
    score = scores[item_code]
    if score == -np.inf:
        return None
    before = (scores > score) | ((scores == score) & (np.arange(len(scores)) < item_code))
    return 1 + int(np.count_nonzero(before & eligible))
