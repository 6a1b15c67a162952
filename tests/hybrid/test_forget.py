import numpy as np
import pytest

from recokit import (
    CascadeHybrid,
    ItemKNN,
    Popularity,
    SwitchingHybrid,
    TfidfRecommender,
    TransitionKNN,
    UnknownIdError,
    WeightedHybrid,
)
from recokit.datasets import example_interactions
from recokit.testing import CHECKS, Subject

(CHECK,) = [check for check in CHECKS if "forget" in check.__name__]
DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()


@pytest.mark.parametrize(
    "model",
    [
        WeightedHybrid([ItemKNN(), Popularity()], weights="learn"),
        SwitchingHybrid([Popularity(), ItemKNN()], thresholds="learn"),
        CascadeHybrid([ItemKNN(), Popularity()]),
        CascadeHybrid([ItemKNN()], Popularity()),
        WeightedHybrid([TransitionKNN(), WeightedHybrid([Popularity()])], weights="learn"),
    ],
    ids=str,
)
def test_a_refit_without_users_learns_again_and_exact_parts_stay_exact(model):
    CHECK(Subject(model, DATA, None))


def test_every_part_forgets_and_items_of_a_catalogue_stay():
    titles = {item: f"tea {item}" for item in ITEMS} | {999: "tea 100"}
    model = WeightedHybrid([Popularity(), TfidfRecommender()]).fit(DATA, catalogue=titles)
    parts, gone = dict(model.parts_), DATA.users.ids[:2].tolist()
    model.forget(gone)
    for part in model.parts_.values():
        assert np.all(part.interactions_.users.codes(gone) < 0)
    assert all(gone[0] in part.interactions_.users for part in parts.values())  # earlier copies are unchanged
    assert 999 in model.interactions_.items
    with pytest.raises(UnknownIdError):
        model.forget(gone)
