from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.html import html_table


class Reader(HTMLParser):
    """Collects the texts of the cells, and fails if tags are not nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in ("th", "td"):
            self.texts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["th"], ["td"]):
            self.texts[-1] += data


TEXTS = st.text(st.sampled_from("<>&\"' a茶$"))


@given(TEXTS, TEXTS, TEXTS)
def test_texts_are_escaped(caption, name, cell):
    assert Reader(html_table(caption, [name], [[cell]], caption)).texts == [name, cell]


def test_numbers_are_aligned_to_the_right():
    html = html_table("", ["item", "score"], [["tea", 0.5]], "two columns")
    assert '<td style="text-align: left">tea</td><td style="text-align: right">0.5</td>' in html
    assert html.endswith("<div>two columns</div></div>")
