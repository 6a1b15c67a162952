"""Units of measure: canonical names, and the pattern of a number with a unit."""

from collections.abc import Sequence

__all__ = ["CHINESE_UNITS", "UNITS", "unit_patterns"]

_SPELLINGS = {
    "ml": "ml mls milliliter milliliters millilitre millilitres",
    "l": "l ltr liter liters litre litres",
    "floz": "floz",
    "mg": "mg milligram milligrams",
    "g": "g gram grams gramme grammes",
    "kg": "kg kgs kilo kilos kilogram kilograms",
    "oz": "oz ounce ounces",
    "lb": "lb lbs pound pounds",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "m": "m meter meters metre metres",
    "km": "km",
    "in": "inch inches",
    "ft": "ft foot feet",
    "w": "w watt watts",
    "kw": "kw",
    "v": "v volt volts",
    "mah": "mah",
    "mb": "mb",
    "gb": "gb",
    "tb": "tb",
    "hz": "hz",
    "khz": "khz",
    "mhz": "mhz",
    "ghz": "ghz",
    "dpi": "dpi",
    "rpm": "rpm",
    "pcs": "pcs",
}

UNITS: dict[str, str] = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
"""Canonical name of each spelling, in lower case. "in" is no spelling: "2 in 1" has no unit."""

CHINESE_UNITS: dict[str, str] = {
    "毫升": "ml",
    "升": "l",
    "毫克": "mg",
    "克": "g",
    "公斤": "kg",
    "千克": "kg",
    "斤": "斤",
    "毫米": "mm",
    "厘米": "cm",
    "公分": "cm",
    "平方米": " m2",
    "平米": " m2",
    "米": "m",
    "英寸": "in",
    "寸": "in",
    "吋": "in",
    "瓦": "w",
    "毫安时": "mah",
    "毫安": "mah",
}
"""Canonical name of each Chinese unit in simplified characters; 斤 (500 g) has no Latin name."""

_NOT_BEFORE = {"升": "级降温值学职", "克": "拉力罗莱斯隆重服", "米": "粉饭色白黄兰奇老其", "瓦": "片楞"}


def unit_patterns() -> tuple[str, str, str]:
    """Return the patterns of Chinese units, of units of several letters, and of units of one letter.

    A Chinese unit does not count before a character that makes it part of another word, as in 升级 (upgrade).
    """
    chinese = [unit + (f"(?![{_NOT_BEFORE[unit]}])" if unit in _NOT_BEFORE else "") for unit in CHINESE_UNITS]
    return (
        _any_of(chinese),
        _any_of([unit for unit in UNITS if len(unit) > 1]),
        _any_of([unit for unit in UNITS if len(unit) == 1]),
    )


def _any_of(patterns: Sequence[str]) -> str:
    return f"(?:{'|'.join(sorted(patterns, key=len, reverse=True))})"
