"""Titles with half a surrogate pair, such as of an emoji that was cut."""

import pytest

from recokit import ContentRecommender, TfidfRecommender, load


@pytest.mark.parametrize("model", [TfidfRecommender(), ContentRecommender()])
def test_a_cut_emoji_in_a_title_is_replaced_and_the_model_can_be_saved(model, tmp_path):
    titles = {1: "green tea \ud83d", 2: "green cup", 3: "pot"}
    model.fit([("ann", 1), ("bob", 3)], catalogue=titles)
    assert [item for item, _ in model.recommend("ann")["ann"]] == [2]
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").recommend("ann")["ann"] == model.recommend("ann")["ann"]
