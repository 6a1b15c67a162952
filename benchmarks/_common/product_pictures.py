"""Generated product pictures, features of their pixels, and shoppers with a taste for looks that titles do not name."""

from typing import Any, NamedTuple

import numpy as np

from recokit import Interactions

__all__ = ["PictureShop", "make_picture_shop", "pixel_features"]

_SIZE = 24
_SHAPES = ("cup", "plate", "vase", "lamp", "cushion", "bowl")
_MATERIALS = ("ceramic", "wooden", "glass", "linen", "metal", "recycled")
_BRANDS = ("Alva", "Borea", "Cumo", "Dalen", "Ebro")
_COLOURS = np.array([[200, 40, 40], [40, 90, 200], [40, 160, 80], [230, 190, 40], [150, 60, 170], [90, 90, 90]]) / 255
_N_PATTERNS = 4  # plain, stripes, checks, dots


class PictureShop(NamedTuple):
    """A generated shop with pictures.

    Attributes
    ----------
    catalogue : dict
        Columns item_id, title, brand, price and image, the (n, d) features of the pixels.
    pictures : (n, 24, 24, 3) float32 array
        Colours from 0 to 1.
    interactions : Interactions
    """

    catalogue: dict[str, Any]
    pictures: np.ndarray
    interactions: Interactions


def make_picture_shop(n_items: int = 1000, n_users: int = 1000, random_state: int = 0) -> PictureShop:
    """Generate products with a shape, a colour and a pattern, and users who prefer a shape and a look.

    Titles name the shape and the material. The look (colour and pattern) is only in the picture.
    """
    rng = np.random.default_rng(random_state)
    shapes, colours = rng.integers(0, len(_SHAPES), n_items), rng.integers(0, len(_COLOURS), n_items)
    patterns = rng.integers(0, _N_PATTERNS, n_items)
    materials, brands = rng.integers(0, len(_MATERIALS), n_items), rng.integers(0, len(_BRANDS), n_items)
    pictures = np.stack([_draw(*look, rng) for look in zip(shapes, colours, patterns, strict=True)])
    catalogue = {
        "item_id": np.arange(n_items),
        "title": [f"{_MATERIALS[m]} {_SHAPES[s]}" for m, s in zip(materials, shapes, strict=True)],
        "brand": [_BRANDS[brand] for brand in brands],
        "price": np.exp(rng.normal(3, 0.7, n_items)).round(2),
        "image": pixel_features(pictures),
    }
    users, items = [], []
    for user in range(n_users):
        appeal = 1.5 * (shapes == rng.integers(len(_SHAPES))) + 1.5 * (colours == rng.integers(len(_COLOURS)))
        appeal = appeal + 1.0 * (patterns == rng.integers(_N_PATTERNS)) + rng.gumbel(size=n_items)
        bought = np.argsort(-appeal)[: 4 + rng.poisson(4)]
        users += [user] * len(bought)
        items += bought.tolist()
    return PictureShop(catalogue, pictures, Interactions.from_arrays(users, items))


def _draw(shape: int, colour: int, pattern: int, rng: np.random.Generator) -> np.ndarray:
    """Return a picture on a light background, with noise and a random place, size and light."""
    y, x = np.mgrid[0:_SIZE, 0:_SIZE] / _SIZE - 0.5
    x, y = x + rng.uniform(-0.1, 0.1), y + rng.uniform(-0.1, 0.1)
    radius = rng.uniform(0.25, 0.4)
    masks = (
        (np.abs(x) < radius * 0.7) & (np.abs(y) < radius),
        x**2 + y**2 < radius**2,
        np.abs(x) < radius * (0.4 + np.abs(y)),
        (np.abs(x) < radius * (y + 0.6)) & (np.abs(y) < radius),
        (np.abs(x) < radius) & (np.abs(y) < radius),
        (x**2 + y**2 < radius**2) & (y > -0.05),
    )
    phase = rng.uniform(0, np.pi)
    waves = np.sin(30 * x + phase) > 0, (np.sin(30 * x + phase) > 0) ^ (np.sin(30 * y + phase) > 0)
    light = (np.zeros_like(x), waves[0], waves[1], np.sin(25 * x + phase) * np.sin(25 * y + phase) > 0.4)[pattern]
    tint = np.clip(_COLOURS[colour] + rng.normal(0, 0.06, 3), 0, 1)
    product = np.where(light[..., None], 0.5 + 0.5 * tint, tint)
    picture = np.where(masks[shape][..., None], product, 0.95)
    return np.clip(picture * rng.uniform(0.8, 1.0) + rng.normal(0, 0.03, picture.shape), 0, 1).astype(np.float32)


def pixel_features(pictures: np.ndarray, n_levels: int = 4) -> np.ndarray:
    """Return features of pictures: shares of colours, and shares of the directions of edges.

    Parameters
    ----------
    pictures : (n, height, width, 3) array
        Colours from 0 to 1.
    n_levels : int
        Levels of red, green and blue.

    Returns
    -------
    (n, n_levels ** 3 + 8) float32 array
    """
    n = len(pictures)
    levels = np.minimum((pictures * n_levels).astype(int), n_levels - 1)
    colours = (levels @ [n_levels**2, n_levels, 1]).reshape(n, -1)
    rows = np.arange(n)[:, None]
    histogram = np.zeros((n, n_levels**3))
    np.add.at(histogram, (rows, colours), 1)
    gray = pictures.mean(axis=3)
    dy, dx = np.gradient(gray, axis=(1, 2))
    angles = (np.arctan2(dy, dx) % np.pi / np.pi * 8).astype(int) % 8
    edges = np.zeros((n, 8))
    np.add.at(edges, (rows, angles.reshape(n, -1)), np.hypot(dx, dy).reshape(n, -1))
    parts = [np.sqrt(part / part.sum(axis=1, keepdims=True)) for part in (histogram, edges + 1e-9)]
    return np.concatenate(parts, axis=1).astype(np.float32)
