"""The command ``benchmarks/search.py``."""

import random

import numpy as np
import pytest
import search
from _common.search_data import Judged, SearchTask, misspelt, ndcg


def test_ndcg_has_the_gain_of_the_definition():
    grades = {"a": 3, "b": 1, "c": 0}
    ideal = 7 + 1 / np.log2(3)
    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1)
    assert ndcg(["c", "a"], grades) == pytest.approx(7 / np.log2(3) / ideal)
    assert ndcg(["unknown"], grades) == 0


def test_judged_items_are_ranked_among_themselves():
    task = SearchTask({"item_id": ["a", "b", "x"]}, {"tea": {"a": 1, "b": 0}})
    found = Judged.of(lambda query, candidates: ["x", "a"] if candidates is None else ["a", "b"], task)
    assert found.judged.tolist() == [1.0]
    assert found.whole.tolist() == pytest.approx([1 / np.log2(3)])


def test_a_misspelling_is_at_most_one_edit():
    rng = random.Random(0)
    lengths = {len(misspelt("laptop", rng)) - len("laptop") for _ in range(50)}
    assert lengths == {-1, 0, 1}


def test_times_are_measured_beside_bm25s(capsys):
    pytest.importorskip("bm25s")
    search.main(["--speed", "--items", "200", "--queries", "5"])
    shown = capsys.readouterr().out
    assert "200 generated products, 5 queries" in shown
    assert "bm25s" in shown
