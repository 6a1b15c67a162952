import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recokit import Recommendations, UnknownIdError


def lists(**options):
    arguments = {
        "users": ["ann", "bob"],
        "items": [["tea", "cup"], ["pot", "tea"]],
        "scores": [[2, 1], [5, 4]],
        "counts": [2, 1],
    }
    return Recommendations(**{**arguments, **options})


def test_a_list_ends_at_its_count():
    assert lists()["ann"] == [("tea", 2.0), ("cup", 1.0)]
    assert lists()["bob"] == [("pot", 5.0)]
    assert np.isnan(lists().scores[1, 1])
    assert lists(counts=[0, 0])["ann"] == []
    assert list(lists()) == [("ann", [("tea", 2.0), ("cup", 1.0)]), ("bob", [("pot", 5.0)])]
    assert len(lists()) == 2


def test_by_default_scores_are_negative_ranks_and_lists_are_full():
    made = Recommendations(users=[1, 2], items=np.array([[5, 6], [7, 8]]))
    assert made.scores.tolist() == [[-1, -2], [-1, -2]]
    assert made.counts.tolist() == [2, 2]
    assert (made.scores.dtype, made.counts.dtype) == (np.float32, np.int32)


@pytest.mark.parametrize(
    "form", [list, tuple, np.array, pd.Series, pl.Series, lambda ids: np.array(ids, dtype=np.dtypes.StringDType())]
)
def test_user_ids_of_every_form_are_found(form):
    made = lists(users=form(["ann", "bob"]))
    assert made["bob"] == [("pot", 5.0)]
    assert made.users.tolist() == ["ann", "bob"]


def test_ids_may_be_tuples_and_integers_of_any_size():
    made = Recommendations(users=[("a", 1), ("b", 2)], items=[[(1, 2), (3, 4)], [(5, 6), (7, 8)]])
    assert made[("b", 2)] == [((5, 6), -1.0), ((7, 8), -2.0)]
    assert Recommendations(users=[2**70], items=[[2**65]])[2**70] == [(2**65, -1.0)]
    assert Recommendations(users=[3], items=[[4]]).users.dtype == np.int64


def test_a_duplicated_user_has_the_first_list():
    assert lists(users=["ann", "ann"])["ann"] == [("tea", 2.0), ("cup", 1.0)]


def test_a_user_without_a_list_is_unknown():
    with pytest.raises(UnknownIdError, match=r"1 unknown user id\(s\): 'cy'"):
        lists()["cy"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"counts": [3, 1]}, "counts: expected 2 numbers from 0 to 2"),
        ({"counts": [-1, 1]}, "counts: expected 2 numbers from 0 to 2"),
        ({"counts": [1]}, "counts: expected 2 numbers from 0 to 2"),
        ({"scores": [[1], [2]]}, r"scores: expected the shape of items \(2, 2\), got \(2, 1\)"),
        ({"items": [["tea"]]}, "items: expected 2 lists, one per user, got 1"),
        ({"items": [["tea"], ["tea", "cup"]]}, "expected lists of equal length; pad them"),
    ],
)
def test_inconsistent_arrays_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        lists(**options)


@pytest.mark.parametrize(
    ("backend", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)]
)
def test_a_frame_has_one_row_per_listed_item(backend, kind):
    frame = lists().to_frame(backend)
    assert isinstance(frame, kind)
    columns = frame.to_pydict() if backend == "pyarrow" else {name: list(frame[name]) for name in frame.columns}
    assert columns == {
        "user_id": ["ann", "ann", "bob"], "item_id": ["tea", "cup", "pot"], "rank": [1, 2, 1], "score": [2.0, 1.0, 5.0],
    }  # fmt: skip


def test_empty_recommendations_give_an_empty_frame():
    frame = Recommendations(users=[], items=np.empty((0, 3), dtype=np.int64)).to_frame()
    assert frame.shape == (0, 4)


def test_the_given_arrays_are_not_modified():
    scores = np.ones((2, 2), dtype=np.float32)
    lists(scores=scores)
    assert scores.tolist() == [[1, 1], [1, 1]]


def test_repr_shows_the_size():
    assert repr(lists()) == "Recommendations(2 users × up to 2 items, 3 in total; 1 short)"


def test_repr_counts_empty_and_short_lists_and_fillers():
    made = lists(counts=[0, 1])
    assert repr(made) == "Recommendations(2 users × up to 2 items, 1 in total; 1 empty, 1 short)"
    assert repr(lists(n_scored=[1, 1])).endswith("3 in total; 1 short, 1 fillers)")


def test_repr_names_the_rows_of_similar_items():
    made = lists(columns=("item_id", "similar_item_id"))
    assert repr(made) == "Recommendations(2 items × up to 2 similar items, 3 in total; 1 short)"
    assert "<th>item_id</th><th>1</th><th>2</th>" in made._repr_html_()


def test_print_shows_the_first_lists():
    assert str(lists(counts=[2, 0])).splitlines()[1:] == ["ann: tea (2), cup (1)", "bob: (empty)"]
    many = Recommendations(users=range(6), items=[range(7)] * 6)
    assert str(many).splitlines()[1] == "0: 0 (-1), 1 (-2), 2 (-3), 3 (-4), 4 (-5), …"
    assert str(many).splitlines()[5:] == ["4: 0 (-1), 1 (-2), 2 (-3), 3 (-4), 4 (-5), …", "…"]


def test_a_notebook_shows_the_first_lists():
    html = lists(users=["ann", "<b>"])._repr_html_()
    assert re.findall("<td[^>]*>([^<]*)</td>", html) == ["ann", "tea (2)", "cup (1)", "&lt;b&gt;", "pot (5)", ""]
    many = Recommendations(users=range(6), items=[range(7)] * 6)._repr_html_()
    assert many.count("<tr>") == 1 + 5
    assert many.count("…") == 1 + 5
    assert "the first 5 of 6 lists" in many
    assert "<tbody></tbody>" in Recommendations(users=[], items=np.empty((0, 3), dtype=np.int64))._repr_html_()
