"""Full-text search for pages with English and Chinese words.

Chinese text has no spaces. Both the index and the query are cut into pairs of neighbouring characters, so that the
search finds a word inside a sentence without a dictionary. English words are stemmed as in Sphinx's English search.
"""

import re
from typing import Any

from sphinx.search.en import SearchEnglish

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")
_HAN_RUN = re.compile(rf"[{_HAN}]+")

# The same function for the query, in the browser.
_SPLIT_QUERY = rf"""
var splitQuery = (query) => {{
  const words = query.match(/[{_HAN}]+|[^\s{_HAN}]+/gu) || [];
  const parts = [];
  for (const word of words) {{
    if (!/^[{_HAN}]/u.test(word)) {{
      parts.push(...word.split(/[^\p{{Letter}}\p{{Number}}_]+/gu).filter((part) => part));
    }} else if (word.length < 3) {{
      parts.push(word);
    }} else {{
      for (let i = 0; i + 1 < word.length; i++) parts.push(word.slice(i, i + 2));
    }}
  }}
  return parts;
}};
"""


def split_words(text: str) -> list[str]:
    """Return the words of a text; a run of Chinese characters gives all its pairs of neighbours."""
    parts: list[str] = []
    for word in _WORDS.findall(text):
        if len(word) > 2 and _HAN_RUN.fullmatch(word):
            parts += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            parts.append(word)
    return parts


class _EnglishAndChinese(SearchEnglish):
    js_splitter_code = _SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        return split_words(input)


class _ChinesePages(_EnglishAndChinese):
    lang = "zh"
    # Sphinx takes the name of the stemmer in the browser from it; Chinese words have no stems.


def setup(app: Any) -> dict[str, Any]:
    """Register the search for English and Chinese builds."""
    app.add_search_language(_EnglishAndChinese)
    app.add_search_language(_ChinesePages)
    return {"parallel_read_safe": True}
