"""Users are removed from models with side information, and from models made of models."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recokit import (
    EASE,
    CascadeHybrid,
    ContentRecommender,
    FallbackRecommender,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    SwitchingHybrid,
    WeightedHybrid,
    load,
)
from recokit.content import Category, Text

GONE = [7_770_001, 7_770_002]
RARE = 8_880_001  # an item of the forgotten users only
RNG = np.random.default_rng(0)
USERS = [*range(1000, 1040), *GONE]
PAIRS = [(user, 5000 + item) for user in USERS for item in range(15) if RNG.random() < 0.4] + [(GONE[0], RARE)]
ITEMS = sorted({item for _, item in PAIRS} - {RARE})
COLD = 5999  # an item of the side information only
WORDS = ["green tea", "black tea", "tea pot", "cup"]
CATALOGUE = {
    "item_id": [*ITEMS, COLD],
    "title": [WORDS[item % 4] for item in [*ITEMS, COLD]],
    "brand": ["Ming" if item % 3 else "Qing" for item in [*ITEMS, COLD]],
}


def data_of(*, without):
    users, items = np.array([pair for pair in PAIRS if not (without and pair[0] in GONE)]).T
    return Interactions.from_arrays(users, items, timestamps=np.arange(len(users)))


def item_features(*, without):
    del without  # items have features in any case
    return {"item_id": CATALOGUE["item_id"], "is_tea": [float("tea" in title) for title in CATALOGUE["title"]]}


def user_features(*, without):
    users = [user for user in USERS if not (without and user in GONE)]
    return {"user_id": users, "is_even": [float(user % 2 == 0) for user in users]}


def dislikes(*, without):
    pairs = [(user, 5000 + user % 4) for user in USERS if not (without and user in GONE)]
    return pairs if without else [*pairs, (GONE[1], RARE)]


def similarity(*, without):
    ids = CATALOGUE["item_id"]
    pairs = [(a, b) for a in ids for b in ids if a != b and a % 4 == b % 4]
    return {"item_id": [a for a, _ in pairs], "similar_item_id": [b for _, b in pairs], "score": [1.0] * len(pairs)}


EXACT = [
    (lambda: ContentRecommender([Text("title"), Category("brand")]), {"catalogue": lambda without: CATALOGUE}),
    (lambda: ContentRecommender(half_life=20), {"catalogue": lambda without: CATALOGUE}),
    (
        lambda: ContentRecommender(),
        {"catalogue": lambda without: CATALOGUE, "dislikes": lambda without: dislikes(without=without)},
    ),
    (lambda: Popularity(by="brand"), {"catalogue": lambda without: CATALOGUE}),
    (lambda: Popularity(by="brand", shrinkage=2.0), {"catalogue": lambda without: CATALOGUE}),
    (lambda: EASE(l2=2.0), {"item_similarity": lambda without: similarity(without=without)}),
    (lambda: WeightedHybrid([ItemKNN(), Popularity()], weights=[2, 1]), {}),
    (lambda: SwitchingHybrid([Popularity(), ItemKNN()], thresholds=[3]), {}),
    (lambda: FallbackRecommender([ItemKNN(), Popularity()]), {}),
    (lambda: CascadeHybrid([ItemKNN(), Popularity()], EASE(l2=2.0)), {}),
]
ALS = [
    {"item_features": item_features},
    {"user_features": user_features},
    {"item_features": item_features, "user_features": user_features},
]


def fitted(make, side, *, without):
    return make().fit(data_of(without=without), **{name: given(without=without) for name, given in side.items()})


def assert_same_lists(found, expected, rtol=1e-4):
    assert found.interactions_.equals(expected.interactions_)
    mine, theirs = (model.recommend(n=6, exclude_seen=False) for model in (found, expected))
    assert mine.counts.tolist() == theirs.counts.tolist()
    assert_allclose(mine.scores, theirs.scores, rtol=rtol, atol=1e-6)


@pytest.mark.parametrize(("make", "side"), EXACT)
def test_forget_equals_a_fit_without_the_users(make, side, tmp_path):
    model = fitted(make, side, without=False)
    assert RARE in model.interactions_.items
    model.forget(GONE)
    assert_same_lists(model, fitted(make, side, without=True))
    assert RARE not in model.interactions_.items
    assert (COLD in model.interactions_.items) == bool(side)
    model.save(tmp_path / "model")
    assert_same_lists(load(tmp_path / "model"), model, rtol=1e-7)
    content = (tmp_path / "model").read_bytes()
    assert not any(int(key).to_bytes(8, "little") in content for key in [*GONE, RARE])


@pytest.mark.parametrize("side", ALS, ids=lambda side: " and ".join(side))
def test_forget_removes_users_from_features_and_a_refit_is_a_fit_without_them(side):
    def make():
        return ImplicitALS(4, random_state=0)

    expected = fitted(make, side, without=True)
    assert_same_lists(fitted(make, side, without=False).forget(GONE, refit=True), expected)
    model = fitted(make, side, without=False).forget(GONE)
    assert model.interactions_.equals(expected.interactions_)
    assert len(model.user_factors_) == len(USERS) - 2
    if "user_features" in side:
        assert model.user_features_.shape == (len(USERS) - 2, 1)
        np.testing.assert_array_equal(model.user_features_.toarray(), expected.user_features_.toarray())


def test_a_user_known_by_features_only_stays_until_it_is_forgotten_itself():
    cold, features = 7_779_999, user_features(without=False)
    features = {"user_id": [*features["user_id"], cold], "is_even": [*features["is_even"], 1.0]}
    model = ImplicitALS(4, random_state=0).fit(
        data_of(without=False),
        user_features=features,
        item_features={"item_id": CATALOGUE["item_id"], "one": np.ones(len(CATALOGUE["item_id"]))},
    )
    model.forget(GONE)
    assert model.user_features_.shape[0] == len(USERS) - 2 + 1
    assert np.any(model.item_factors_[model.interactions_.items.codes([COLD])])
    model.forget(cold)
    assert model.user_features_.shape[0] == len(USERS) - 2 == model.interactions_.n_users


def test_hybrids_refit_their_parts():
    model = fitted(lambda: WeightedHybrid([ItemKNN(), ImplicitALS(4, random_state=0)]), {}, without=False)
    model.forget(GONE, refit=True)
    expected = fitted(lambda: WeightedHybrid([ItemKNN(), ImplicitALS(4, random_state=0)]), {}, without=True)
    assert_same_lists(model.parts_["itemknn"], expected.parts_["itemknn"])
    assert model.parts_["implicitals"].interactions_.equals(expected.parts_["implicitals"].interactions_)
