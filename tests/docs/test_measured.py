"""Plots of the page on performance read their figures from its tables."""

import pytest

from tests.docs._tools import load

measured = load("docs/_ext/measured.py")


def test_rows_are_read_by_the_headings_of_the_table():
    rows = measured.table("performance", "ratings", "factors")
    assert list(rows[0])[:3] == ["ratings", "users", "factors"]
    assert all(measured.number(row["seconds / epoch"]) > 0 for row in rows)


def test_ratios_are_the_quotients_of_the_seconds():
    for row in measured.table("performance", "task", "ratio"):
        quotient = measured.number(row["other"]) / measured.number(row["recokit"])
        assert measured.number(row["ratio"]) == pytest.approx(quotient, rel=0.12), row["task"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("2.6 s, 305 MB", 2.6), ("1.0 million", 1e6), ("20,000,000", 2e7), ("4.1e8", 4.1e8), ("9.6 million", 9.6e6)],
)
def test_numbers_are_read_from_cells(cell, value):
    assert measured.number(cell) == value


def test_a_missing_table_or_number_is_an_error():
    with pytest.raises(ValueError, match="no table"):
        measured.table("performance", "nothing")
    with pytest.raises(ValueError, match="expected a number"):
        measured.number("none")
