"""Results as small tables in notebooks: complete, escaped, and readable on light and dark backgrounds."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from recokit import Popularity, datasets
from recokit.data import Sequences
from recokit.experiments import ips, uplift
from recokit.hybrid import WeightedHybrid
from recokit.model_selection import check_split, leave_last_out
from recokit.preprocessing import EventLog
from recokit.privacy import PrivacyAccountant, k_anonymous

ODD = "<b>&tea</b>"
LOG = {
    "user_id": ["ann", "bob", "ann", "cy", "bob"],
    "item_id": [ODD, ODD, "cup", "cup", "pot"],
    "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-04", "2024-05-05"],
}
PAIRS = [("ann", ODD), ("bob", ODD), ("ann", "cup"), ("cy", "pot")]


def absence():
    hybrid = WeightedHybrid([("popular", Popularity()), ("again", Popularity())]).fit(PAIRS)
    return hybrid.why_not("cy", ODD, n=1)


def accountant():
    made = PrivacyAccountant(epsilon=2.0, delta=1e-5)
    made.spend(f"best sellers {ODD}", epsilon=0.5, delta=1e-6)
    return made


def rating_data():
    ratings = datasets.example_interactions("explicit")
    tables = {"links": {"item_id": np.arange(3), "imdb": np.arange(3)}}
    return datasets.RatingData(ratings, {"item_id": np.arange(18)}, {}, f"ratings {ODD}", tables=tables, license="none")


RESULTS = {
    "uplift": lambda: uplift((200, 4000), (260, 4000)),
    "policy": lambda: ips([1, 0, 1, 1], [0.5] * 4, [0.4] * 4),
    "absence": absence,
    "split": lambda: check_split(PAIRS[:2], PAIRS[2:], k=1),
    "log parts": lambda: EventLog.from_frame(LOG).split(at="2024-05-04"),
    "sequence split": lambda: leave_last_out(Sequences.from_lists({ODD: ["a", "b", "a"], "x": ["a", "b"]})),
    "sequences": lambda: Sequences.from_lists({ODD: ["tea"] * 30, **{f"user {n}": ["cup"] for n in range(30)}}),
    "k-anonymous": lambda: k_anonymous({"age": [30, 30, 31, 31], ODD: list("aabb")}, 2, ["age", ODD], user=None),
    "accountant": accountant,
    "ratings": rating_data,
    "shop": lambda: datasets.make_shop(20, 15, 400),
    "catalogue": datasets.load_retail_demo_store,
    "split of a shop": lambda: datasets.make_shop(60, 30, 4_000).temporal_split("purchase"),
}


@pytest.fixture(params=RESULTS)
def result(request):
    return RESULTS[request.param]()


def test_tables_are_well_formed_and_their_rows_are_as_wide_as_their_heads(result):
    table = ElementTree.fromstring(result._repr_html_()).find("table")
    width = len(table.findall("thead/tr/th"))
    assert width
    assert all(len(row.findall("td")) == width for row in table.findall("tbody/tr"))


def test_tables_have_no_colours_so_that_they_suit_dark_backgrounds(result):
    styles = re.findall(r'style="([^"]*)"', result._repr_html_())
    assert {style.partition(":")[0] for style in styles} <= {"text-align"}
    assert "class=" not in result._repr_html_()


def test_ids_names_and_descriptions_are_escaped(result):
    assert "<b>" not in result._repr_html_()


def text_of(name):
    return " ".join(ElementTree.fromstring(RESULTS[name]()._repr_html_()).itertext())


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("uplift", ["0.065", "4,000 visitors", "+30.0%", "p = 0.00396"]),
        ("policy", ["value", "effective sample size", "95% interval"]),
        ("absence", ["popular", "again"]),
        ("split", ["training", "no duplicates; leaks of the future"]),
        ("log parts", ["split at 2024-05-04", "test users"]),
        ("sequences", [ODD, "30", "…", "the first 10 of 31 users"]),
        ("k-anonymous", ["2-anonymous", "age", "dropped"]),
        ("accountant", [ODD, "of 2 at"]),
        ("ratings", [f"ratings {ODD}", "links", "3 rows: item_id, imdb", "licence: none", "25 users"]),
        ("shop", ["catalogue", "15 rows", "array of 20 × 8"]),
        ("catalogue", ["2,465 rows", "MIT-0"]),
        ("split of a shop", ["train", "test"]),
    ],
)
def test_tables_say_the_same_as_the_text(name, texts):
    found = text_of(name)
    for text in texts:
        assert text in found


def test_private_counts_show_the_most_popular_items():
    pytest.importorskip("opendp")
    from recokit.privacy import private_popularity

    counts = private_popularity(datasets.example_interactions("implicit"), epsilon=1.0, delta=1e-6, items=range(200))
    assert "the 10 most popular items" in counts._repr_html_()
