"""Names of segments in words: the features in which a segment differs from all users."""

from collections.abc import Sequence
from typing import NamedTuple

from recokit.preprocessing.features import Feature

__all__ = ["Trait", "distinct_names", "traits_of"]

_NOTABLE, _SLIGHT = 0.4, 0.15  # differences from all users in standard deviations
_MAX_ADJECTIVES = 2
_MAX_CATEGORIES = 2
# Features that say nearly the same; a name has one of them.
_ASPECTS = dict.fromkeys(("frequency", "n_items", "n_events", "active_days", "monetary"), "volume")
_ASPECTS |= {"interval_mean": "rhythm", "interval_std": "rhythm", "recency": "recency", "tenure": "tenure"}

# Words for low and high values: (English, Chinese). The order is that of the adjectives in a name.
_ADJECTIVES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "tenure": (("new", "新近加入"), ("long-standing", "长期")),
    "recency": (("recently active", "近期活跃"), ("lapsed", "久未购买")),
    "frequency": (("occasional", "低频"), ("frequent", "高频")),
    "active_days": (("rarely active", "较少活跃"), ("very active", "十分活跃")),
    "n_events": (("rarely visiting", "较少访问"), ("often visiting", "经常访问")),
    "n_items": (("narrow-range", "品种单一"), ("wide-range", "品种多样")),
    "interval_mean": (("quickly returning", "复购间隔短"), ("slowly returning", "复购间隔长")),
    "interval_std": (("regular", "购买规律"), ("irregular", "购买不规律")),
    "monetary": (("low-spending", "低消费"), ("high-spending", "高消费")),
    "order_value": (("small-order", "小额订单"), ("large-order", "大额订单")),
    "conversion": (("browsing", "多看少买"), ("decisive", "看后常买")),
    "return_rate": (("rarely refunding", "很少退货"), ("often refunding", "常退货")),
    "price_level": (("price-sensitive", "价格敏感"), ("premium", "偏好高价")),
}
_TIMES: dict[str, tuple[tuple[str, str] | None, tuple[str, str]]] = {
    "weekend_share": (("weekday", "工作日"), ("weekend", "周末")),
    "night_share": (None, ("night", "夜间")),
    "morning_share": (None, ("morning", "上午")),
    "afternoon_share": (None, ("afternoon", "下午")),
    "evening_share": (None, ("evening", "晚间")),
}


class Trait(NamedTuple):
    """A feature in which a segment differs from all users.

    Attributes
    ----------
    feature : Feature
    difference : float
        Mean of the segment minus mean of all users, in standard deviations.
    """

    feature: Feature
    difference: float

    @property
    def is_high(self) -> bool:
        """Whether the segment is above all users."""
        return self.difference > 0

    @property
    def role(self) -> str:
        """Part of the name: "adjective", "time", "category", "source" or "other"."""
        if self.feature.name in _ADJECTIVES:
            return "adjective"
        if self.feature.name in _TIMES:
            return "time"
        return self.feature.family if self.feature.family in ("category", "source") else "other"

    @property
    def is_sayable(self) -> bool:
        """Whether a name can contain the trait: a low share of a category or a time of day is no trait."""
        if self.role == "time":
            return self.is_high or _TIMES[self.feature.name][0] is not None
        return self.is_high or self.role in ("adjective", "other")


def traits_of(columns: Sequence[Feature], differences: Sequence[float]) -> list[Trait]:
    """Return the notable traits of a segment, largest difference first, one of each aspect but two categories.

    Without a notable trait, the largest slight one is returned, such as for a segment of most users.
    """
    traits = [Trait(column, float(value)) for column, value in zip(columns, differences, strict=True)]
    slight = [trait for trait in traits if abs(trait.difference) >= _SLIGHT and trait.is_sayable]
    slight.sort(key=lambda trait: -abs(trait.difference))
    notable = [trait for trait in slight if abs(trait.difference) >= _NOTABLE]
    chosen: list[Trait] = []
    counts: dict[str, int] = {}
    for trait in notable or slight[:1]:
        aspect = _ASPECTS.get(trait.feature.name) or trait.feature.family or trait.feature.name
        if counts.get(aspect, 0) < (_MAX_CATEGORIES if aspect == "category" else 1):
            counts[aspect] = counts.get(aspect, 0) + 1
            chosen.append(trait)
    return chosen


def distinct_names(traits: Sequence[Sequence[Trait]], language: str) -> list[str]:
    """Return a distinct name for each segment, with as few adjectives as distinct names need.

    Parameters
    ----------
    traits : sequence of sequences of Trait
        Traits of each segment, largest first.
    language : {"en", "zh"}

    Examples
    --------
    >>> toys = Trait(Feature("category=toys", family="category"), 1.5)
    >>> cheap, weekend = (
    ...     Trait(Feature("price_level"), -0.8),
    ...     Trait(Feature("weekend_share"), 0.9),
    ... )
    >>> distinct_names([[toys, weekend, cheap], []], "en")
    ['price-sensitive weekend buyers of toys', 'average buyers']
    >>> distinct_names([[toys, weekend, cheap], []], "zh")
    ['价格敏感、周末购买 toys 的用户', '普通用户']
    """
    limit = max([_MAX_ADJECTIVES, *map(len, traits)])
    for n_adjectives in range(_MAX_ADJECTIVES, limit + 1):
        names = [_name(own, n_adjectives, language) for own in traits]
        if len(set(names)) == len(names):
            return names
    numbered, seen = [], dict[str, int]()
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered


def _name(traits: Sequence[Trait], n_adjectives: int, language: str) -> str:
    place = int(language == "zh")
    spoken = [trait for trait in traits if trait.role in ("adjective", "other")][:n_adjectives]
    order = list(_ADJECTIVES)
    spoken_adjectives = sorted(
        (trait for trait in spoken if trait.role == "adjective"), key=lambda trait: order.index(trait.feature.name)
    )
    adjectives = [_ADJECTIVES[trait.feature.name][trait.is_high][place] for trait in spoken_adjectives]
    others = [_other(trait, place) for trait in spoken if trait.role == "other"]
    timed = sorted(
        (trait for trait in traits if trait.role == "time"), key=lambda trait: list(_TIMES).index(trait.feature.name)
    )
    times = [(_TIMES[trait.feature.name][trait.is_high] or ("", ""))[place] for trait in timed]
    categories = [_value(trait) for trait in traits if trait.role == "category"]
    sources = [_value(trait) for trait in traits if trait.role == "source"]
    compose = _in_chinese if place else _in_english
    return compose(adjectives, others, times, categories, sources)


def _value(trait: Trait) -> str:
    """Return the category or source of a share, without the name of its family."""
    return trait.feature.name.partition("=")[2]


def _other(trait: Trait, place: int) -> str:
    name = trait.feature.name
    return f"{name} {'偏高' if trait.is_high else '偏低'}" if place else f"{'high' if trait.is_high else 'low'} {name}"


def _in_english(
    adjectives: list[str], others: list[str], times: list[str], categories: list[str], sources: list[str]
) -> str:
    words = [*adjectives, *times] or ([] if others or categories or sources else ["average"])
    name = " ".join([*words, "buyers"])
    name += f" of {' and '.join(categories)}" if categories else ""
    name += f" on {sources[0]}" if sources else ""
    return name + (f" with {' and '.join(others)}" if others else "")


def _in_chinese(
    adjectives: list[str], others: list[str], times: list[str], categories: list[str], sources: list[str]
) -> str:
    bought = "和".join(_spaced(category) for category in categories)
    habit = f"{''.join(times)}购买{bought}" if times or categories else ""
    words = [*adjectives, *others, *([habit] if habit else []), *([f"来自{_spaced(sources[0])}"] if sources else [])]
    return f"{'、'.join(words)}的用户" if words else "普通用户"


def _spaced(name: str) -> str:
    """Return a name with the space that separates Latin from Chinese text."""
    return f" {name} " if name.isascii() else name
