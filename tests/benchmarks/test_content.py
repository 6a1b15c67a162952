import numpy as np
from _common.product_pictures import make_picture_shop, pixel_features

from recokit.content import ContentRecommender, Embedding


def test_features_of_pixels_are_square_roots_of_shares():
    red, blue = np.zeros((2, 8, 8, 3))
    red[..., 0], blue[..., 2] = 1.0, 1.0
    features = pixel_features(np.stack([red, blue, red]))
    assert features.shape == (3, 72)
    np.testing.assert_allclose((features[:, :64] ** 2).sum(axis=1), 1.0)
    np.testing.assert_array_equal(features[0], features[2])
    assert features[0, :64] @ features[1, :64] == 0


def test_the_picture_shop_is_reproducible_and_users_buy_by_looks():
    shop, again = make_picture_shop(150, 100, 1), make_picture_shop(150, 100, 1)
    np.testing.assert_array_equal(shop.pictures, again.pictures)
    assert shop.interactions.n_interactions == again.interactions.n_interactions
    model = ContentRecommender([Embedding("image", center=True)]).fit(shop.interactions, catalogue=shop.catalogue)
    pairs = shop.interactions.to_pairs()[0]
    rng = np.random.default_rng(0)
    others = np.column_stack([pairs[:, 0], rng.integers(0, 150, len(pairs))])
    assert model.predict(pairs).mean() > model.predict(others).mean() + 0.05
