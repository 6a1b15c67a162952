"""Text normalization: one form for the spellings of the same words, measures and model numbers."""

import functools
import html
import re
import unicodedata
from itertools import chain

from recokit.content._simplified import SIMPLIFIED
from recokit.content._units import CHINESE_UNITS, UNITS, unit_patterns

__all__ = ["CJK", "HAN", "normalize"]

# Letters of scripts without spaces between words, and of Korean, where units finer than words work better.
HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
CJK = (
    HAN + "\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\u3131-\u318e"  # Hangul
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b16f"  # kana
)

_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]+\d*);")

_INVISIBLE = "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_APOSTROPHES = "‘’′＇´｀"
_DOUBLE_QUOTES = "“”″＂"
# NFKC would turn these into letters, digits or commas: ™, ℠, ordinals, keycaps, CJK punctuation, emoji with letters.
_SEPARATORS = "™℠ºªⓂℹ㊗㊙\u20e3，；：\U0001f100-\U0001f265"
_CAREFUL = re.compile(
    f"([{_INVISIBLE}])|([{_APOSTROPHES}])|([{_DOUBLE_QUOTES}])|[{_SEPARATORS}]|(?<![mM])[⁰¹²³⁴-⁹]|([¼½¾])"
)
_FRACTIONS = {"¼": ".25", "½": ".5", "¾": ".75"}

_ACCENTED = re.compile(
    "[\u00e0-\u024f\u0390\u03ac-\u03ce\u0451\u1e00-\u1fff][\u0300-\u036f]*|(?<=[a-zα-ω])[\u0300-\u036f]+"
)
_UNDECOMPOSED = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i"}

_QUOTED = re.compile(r'(?<!\w)"(?=\w)([^"]*)"')
_INCH_MARK = re.compile(r"""(?<=\d)(?:"|'')""")
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])'s(?![^\W_])")
_APOSTROPHE_INSIDE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_TIMES = re.compile(r"(?<=\w)\s?[*×]\s?(?=\d)")
_THOUSANDS = re.compile(r"(?<![\w.,-])[1-9]\d{0,2}(?:,\d{3})+(?![\d,]|-\d)")  # not in lists, as in "cz50,128gb"
_PLURAL_POSSESSIVE = re.compile(r"(?<![^\W_])(men|women|children)s(?![^\W_])")
_MARK_CATEGORIES = frozenset(("Mn", "Mc", "Me"))
_LONG = 1_000  # shorter texts need no limit on the number of marks
_VARIANTS = "ti|xt"  # of graphics cards: "1080ti" is "1080 ti"
_JOINTS = ("-", ".")  # between a letter and its number, as in "M.2"
_COMPOUND = re.compile(r"(?<!\S)(?:t shirts?|wi fi|type c|blu ray)(?!\S)")


def normalize(text: str) -> str:
    """Return the normal form of a text: its words, measures and numbers, separated by single spaces.

    Spellings of the same product get the same form:

    - HTML tags and entities, emoji, invisible characters and punctuation are removed.
    - Full-width and other compatibility characters become ordinary ones (Unicode NFKC; ™, ordinals and superscripts do
      not become letters), upper case becomes lower case, and Latin and Greek letters lose their accents.
    - Traditional Chinese characters become simplified, one character at a time, by a table from OpenCC that is part
      of recokit: the form depends on no other installation.
    - A number and its unit form one word: "500 ML", "500-ml" and "500毫升" become "500ml"; "15.6 inches" and ``15.6"``
      become "15.6in". Values are not converted: "1kg" and "1000g" stay apart.
    - Letters and digits are separated in model numbers: "iPhone15" and "iPhone-15" become "iphone 15". A single letter
      stays with the number that follows ("S24", "B-12"), and one or two letters with the number before ("5s", "2nd").
    - Possessives lose their ending, and other apostrophes inside a word vanish: "men's" and "mens" become "men",
      "L'Oréal" becomes "loreal".
    - "T-shirt", "Wi-Fi", "Type-C" and "Blu-ray" become one word. Other hyphens separate words.
    - Commas between thousands vanish; decimal numbers stay whole.

    The function is idempotent, and accepts any string, also one with lone surrogates.

    Parameters
    ----------
    text : str
        Title, description or query.

    Returns
    -------
    str
        Empty if the text has no letter and no digit.

    Raises
    ------
    TypeError
        The text is not a string.

    See Also
    --------
    recokit.content.analyze : Return the terms of a text that may mix scripts.
    recokit.content.make_analyzer : Return the function that splits a text into terms.

    References
    ----------
    Unicode Standard Annex #15, "Unicode normalization forms".

    Examples
    --------
    >>> normalize("Men's T-Shirt &amp; Cap, 2 pcs ✨")
    'men tshirt cap 2pcs'
    >>> normalize("無線藍牙耳機 500 毫升"), normalize("iPhone15Pro 128 GB")
    ('无线蓝牙耳机 500ml', 'iphone 15 pro 128gb')
    """
    if not isinstance(text, str):
        raise TypeError(f"expected a text, got {text!r}; replace missing texts by empty ones")
    if "&" in text or "<" in text:
        text = _without_html(text)
    text = text.lower() if text.isascii() else _folded(text)
    if "'" in text or '"' in text or "`" in text:
        text = _without_quotes(text)
    if "*" in text or "×" in text:
        text = _TIMES.sub(" x ", text)
    if "," in text:
        text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    form = " ".join(_words(text))
    if "ens" in form:
        form = _PLURAL_POSSESSIVE.sub(r"\1", form)
    return _COMPOUND.sub(lambda match: match[0].replace(" ", ""), form)


def _without_html(text: str) -> str:
    for _ in range(2):  # entities are often escaped twice
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return _TAG.sub(" ", _SCRIPT.sub(" ", text)) if "<" in text else text


def _folded(text: str) -> str:
    """Return a text in lower case without compatibility characters, accents and traditional characters."""
    if len(text) > _LONG:
        text = _many_marks().sub(r"\1", text)
    text = unicodedata.normalize("NFKC", _CAREFUL.sub(_careful, text))
    text = unicodedata.normalize("NFKC", text.casefold()).replace("ʼ", "'")
    text = _traditional().sub(lambda match: SIMPLIFIED[match[0]], _ACCENTED.sub(_without_accent, text))
    return text.replace("家俱", "家具")  # 傢俱; the other words need no context


@functools.cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(SIMPLIFIED)}]")


@functools.cache
def _marks() -> str:
    r"""Return all combining marks, as ranges for a class of characters in a pattern.

    Python's ``\w`` does not match them, so on its own it would split words of Hindi, Thai and others.
    """
    code_points = chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # no script has marks elsewhere
    marks = [code for code in code_points if unicodedata.category(chr(code)) in _MARK_CATEGORIES]
    ends = [place for place in range(1, len(marks)) if marks[place] != marks[place - 1] + 1]
    bounds = zip([0, *ends], [*ends, len(marks)], strict=True)
    return "".join(f"{chr(marks[first])}-{chr(marks[stop - 1])}" for first, stop in bounds)


@functools.cache
def _many_marks() -> re.Pattern[str]:
    """Return the pattern of more than 30 marks, the limit of Unicode's stream-safe text; NFKC is quadratic in them."""
    return re.compile(f"([{_marks()}]{{30}})[{_marks()}]+")


def _careful(match: re.Match[str]) -> str:
    invisible, apostrophe, double, fraction = match.groups()
    if invisible:
        return ""
    if fraction:
        after_digit = match.start() > 0 and match.string[match.start() - 1].isdigit()
        return _FRACTIONS[fraction] if after_digit else f" 0{_FRACTIONS[fraction]}"
    return "'" if apostrophe else '"' if double else " "


def _without_accent(match: re.Match[str]) -> str:
    return _plain_letter(match[0])


@functools.lru_cache(4096)
def _plain_letter(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return "".join(_UNDECOMPOSED.get(part, part) for part in parts if not "\u0300" <= part <= "\u036f")


def _without_quotes(text: str) -> str:
    text = text.replace("`", "'")
    text = _INCH_MARK.sub("in ", _QUOTED.sub(r" \1 ", text))
    return _APOSTROPHE_INSIDE.sub("", _POSSESSIVE.sub("", text))


def _words(text: str) -> list[str]:
    """Return the words of a folded text."""
    words = []
    for number, chinese, unit, unit_before_x, word in _pattern().findall(text):
        if word:
            words.append(word[0] + word[2:] if word[1:2] in _JOINTS and word[0].isalpha() else word)
        elif chinese:
            words.append(number + CHINESE_UNITS[chinese])
        else:
            words.append(number + UNITS[_squeezed(unit or unit_before_x)])
    return words


def _squeezed(unit: str) -> str:
    return unit if unit.isalnum() else "floz"


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of a number with a unit (groups 1 to 4), or of another word (group 5).

    Possessive quantifiers keep the time linear in the length of the text.
    """
    marks = _marks()
    number = r"\d++(?:\.\d++)*+"
    letter = rf"[^\W\d_{CJK}]"
    no_letter = rf"(?!{letter}|[{marks}])"
    end = rf"{no_letter}(?!\d|\.\d)"
    gap = r"[\W_]*+"
    chinese, long, short = unit_patterns()
    units = rf"(?:{long}|fl{gap}oz){no_letter}|{short}{end}"
    return re.compile(
        rf"({number})(?:{gap}(?:({chinese})|({units}))|({long}|{short})(?=x\d))"
        rf"|({number}(?!(?:{_VARIANTS}){end}){letter}{{1,2}}{end}|(?!x){letter}[-.]?{number}|x(?={gap}\d)|{number}"
        rf"|{letter}(?:{letter}|[{marks}])*+|[{CJK}]++)"
    )
