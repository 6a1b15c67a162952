"""Tables of results in notebooks."""

from html import unescape

import pytest

from recokit import EASE, ItemKNN
from recokit.datasets import example_interactions
from recokit.model_selection import cross_validate, split_log, tune

LOG = {
    "user_id": ["ann", "ann", "bob", "ann", "bob", "eve"],
    "item_id": ["tea", "cup", "tea", "tea", "cup", "cup"],
    "timestamp": [1, 2, 3, 4, 5, 6],
}


def cells(html):
    return [unescape(cell.split("<")[0].rpartition(">")[2]) for cell in html.split("<td")[1:]]


def test_a_split_of_a_log_is_a_table():
    html = split_log(LOG, at=4, repeats=True)._repr_html_()
    assert cells(html) == ["training", "3", "2", "2", "test", "2", "2", "2"]
    assert "1 later pair(s) also occur in training: tested" in html


def test_a_cross_validation_is_a_table_of_the_printed_cells():
    result = cross_validate([ItemKNN(), EASE()], example_interactions("implicit"), metrics="ndcg@5")
    shown = cells(result._repr_html_())
    assert len(shown) == 2 * 4
    assert all(cell in str(result) for cell in shown)


@pytest.mark.parametrize("models", [ItemKNN(), [ItemKNN(), EASE()]], ids=["trials", "leaderboard"])
def test_a_search_is_a_table_of_the_printed_cells(models):
    space = {"shrinkage": [0.0, 10.0]} if isinstance(models, ItemKNN) else None
    found = tune(models, example_interactions("implicit"), space, budget_seconds=0.3)
    html = found._repr_html_()
    assert all(cell in str(found) for cell in cells(html))
    assert f"{found.best_score:.4f}" in html
    assert html.count("<td") % html.count("<th>") == 0
    assert html.count("<tr>") - 1 == len(found.trials if isinstance(models, ItemKNN) else found.leaderboard)
