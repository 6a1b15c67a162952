import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit import FallbackRecommender, ItemKNN, Popularity
from recokit.datasets import example_interactions
from tests.hybrid._parts import Fixed

DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()
TABLES = st.dictionaries(st.sampled_from(ITEMS), st.integers(-8, 8).map(float), min_size=1)


@settings(deadline=None, max_examples=30)
@given(st.lists(TABLES, min_size=1, max_size=3), st.integers(1, 18))
def test_lists_are_those_of_the_parts_one_after_the_other(tables, n):
    model = FallbackRecommender([Fixed(table) for table in tables]).fit(DATA)
    for row, (_, entries) in enumerate(model.recommend(n=n)):
        seen = set(DATA.items.take(DATA.item_codes[slice(*DATA.indptr[row : row + 2])]).tolist())
        expected = []
        for table in tables:
            ranked = sorted(table, key=lambda item: (-table[item], item))
            expected += [item for item in ranked if item not in seen and item not in expected]
        assert [item for item, _ in entries] == expected[:n]


def test_lists_are_filled_as_by_the_argument_fill():
    model = FallbackRecommender([ItemKNN(2), Popularity()]).fit(DATA)
    first, second = ItemKNN(2).fit(DATA), Popularity().fit(DATA)
    assert np.any(first.recommend(n=10).counts < 10)
    filled = first.recommend(n=10, fill=second)
    assert model.recommend(n=10).items.tolist() == filled.items.tolist()


def test_the_explanation_names_the_part_that_gave_the_item():
    model = FallbackRecommender([("few", Fixed({ITEMS[0]: 1.0})), ("all", Popularity())]).fit(DATA)
    user = DATA.users.ids[1]
    assert model.explain(user, ITEMS[0]).terms[0].subject == "few"
    assert model.explain(user, ITEMS[1]).terms[0].subject == "all"
    assert model.explain(user, ITEMS[1]).score == pytest.approx(model.predict([(user, ITEMS[1])])[0])
