"""Products and customers of the generated shop, with their taste factors."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.datasets._data import Columns
from recokit.datasets._lines import to_objects
from recokit.datasets._shop_segments import apart, segment_budgets, segment_categories
from recokit.datasets._shop_words import BRANDS, CATEGORIES, FINISHES, Category, Word

__all__ = ["N_DAYS", "N_FACTORS", "Customers", "Products", "Taste", "after", "make_customers", "make_products"]

_FIRST_DAY = np.datetime64("2024-01-01", "ms")  # the coarsest unit that pandas, Polars and PyArrow all take
N_DAYS = 364
N_FACTORS = 8

_NEW_PRODUCTS, _NEW_CUSTOMERS = 0.3, 0.35  # shares that arrive during the year
_CATEGORIES_PER_BRAND = 3  # on average
_SEGMENT_SHARES = np.array([0.5, 0.35, 0.05])  # of the favourite categories of a customer in a planted segment
_LONG_TAIL = 1.0  # standard deviation of the logarithm of popularity


class Products(NamedTuple):
    """Products: the public columns, and the generated properties.

    Attributes
    ----------
    columns : mapping
        The catalogue.
    factors : (n_items, N_FACTORS) float32 array
    appeal : (n_items,) float64 array
        Popularity of an item apart from taste, positive.
    categories : (n_items,) int64 array
        Position in CATEGORIES.
    days : (n_items,) int64 array
        Day of arrival; negative for products that are sold from the first day.
    """

    columns: Columns
    factors: FloatArray
    appeal: FloatArray
    categories: IntArray
    days: IntArray


class Customers(NamedTuple):
    """Customers: the public columns, and the generated properties.

    Attributes
    ----------
    columns : mapping
        The users.
    factors : (n_users, N_FACTORS) float32 array
    activity : (n_users,) float64 array
        Relative number of visits, positive.
    days : (n_users,) int64 array
        Day of joining; visits are later.
    groups : (n_users,) int64 array
        Position of the planted segment in SEGMENTS; −1 without planted segments.
    """

    columns: Columns
    factors: FloatArray
    activity: FloatArray
    days: IntArray
    groups: IntArray


class Taste(NamedTuple):
    """Directions in the space of factors: of each category, noun, brand and attribute, and of a high price."""

    categories: FloatArray
    nouns: tuple[FloatArray, ...]
    brands: FloatArray
    attributes: tuple[FloatArray, ...]
    price: FloatArray


def after(seconds: IntArray) -> AnyArray:
    """Return the moments these numbers of seconds after the start of the first day."""
    moments: AnyArray = _FIRST_DAY + seconds * np.timedelta64(1_000, "ms")
    return moments


def make_products(n_items: int, language: str, rng: Generator, n_segments: int = 0) -> tuple[Products, Taste]:
    """Return the products, with ids in order of arrival, and the directions of taste."""
    taste = _make_taste(rng)
    if n_segments:
        taste = taste._replace(categories=apart(taste.categories))
    days = np.sort(_arrivals(n_items, _NEW_PRODUCTS, rng))
    categories = rng.integers(len(CATEGORIES), size=n_items)
    brands_by_category = rng.permuted(np.tile(np.arange(len(BRANDS)), (len(CATEGORIES), 1)), axis=1)
    brands_by_category = brands_by_category[:, : _CATEGORIES_PER_BRAND * len(BRANDS) // len(CATEGORIES)]
    brands = brands_by_category[categories, rng.integers(brands_by_category.shape[1], size=n_items)]
    nouns = _choose(rng, [len(category.nouns) for category in CATEGORIES], categories)
    attributes = _choose_two(rng, [len(category.attributes) for category in CATEGORIES], categories)
    brand_prices = rng.normal(0.0, 0.35, len(BRANDS))
    price_levels = brand_prices[brands] + rng.normal(0.0, 0.35, n_items)  # logarithms, relative to the category
    base = np.array([category.price for category in CATEGORIES])[categories]
    words = _Words(categories, nouns, brands, attributes, rng.integers(len(FINISHES), size=n_items))
    columns = {
        "item_id": to_objects(f"P{number:06d}" for number in range(1, n_items + 1)),
        "title": to_objects(_titles(words, _languages(n_items, language, rng))),
        "category": _names([category.name for category in CATEGORIES], language)[categories],
        "brand": _names(BRANDS, language)[brands],
        "price": np.maximum(0.5, np.round(base * np.exp(price_levels), 1)),
        "added_at": _moments(days, rng),
    }
    factors = taste.categories[categories] + 0.5 * taste.brands[brands]
    for row, (category, noun, (first, second)) in enumerate(zip(categories, nouns, attributes, strict=True)):
        factors[row] += 0.5 * taste.nouns[category][noun]
        factors[row] += 0.35 * (taste.attributes[category][first] + taste.attributes[category][second])
    factors += np.outer(price_levels, taste.price) + 0.35 * _directions(n_items, rng)
    appeal = np.exp(rng.normal(0.0, _LONG_TAIL, n_items))
    return Products(columns, _unit(factors), appeal, categories, days), taste


def make_customers(n_users: int, taste: Taste, rng: Generator, n_segments: int = 0) -> Customers:
    """Return customers with three favourite categories, three favourite brands and a price level each.

    With planted segments, two favourite categories and the price level are those of the customer's segment.
    """
    shares = rng.dirichlet([1.5, 1.0, 0.6], size=n_users)
    favourites = _distinct(rng, n_users, len(CATEGORIES), 3)
    brands = _distinct(rng, n_users, len(BRANDS), 3)
    budgets = rng.normal(0.0, 1.0, n_users)
    groups = np.full(n_users, -1)
    if n_segments:
        groups = rng.integers(n_segments, size=n_users)
        favourites = np.column_stack([segment_categories(groups), favourites[:, 0]])
        shares, budgets = _SEGMENT_SHARES + 0.1 * shares, segment_budgets(groups) + 0.3 * budgets
    factors = 0.35 * _directions(n_users, rng) + np.outer(0.7 * budgets, taste.price)
    for place in range(3):
        factors += 1.6 * shares[:, place, None] * taste.categories[favourites[:, place]]
        factors += 0.35 * taste.brands[brands[:, place]]
    days = _arrivals(n_users, _NEW_CUSTOMERS, rng)
    columns = {
        "user_id": np.arange(1, n_users + 1, dtype=np.int64),
        "joined_at": _moments(days, rng),
        "segment": to_objects(["budget", "middle", "premium"])[np.searchsorted([-0.6, 0.6], budgets)],
    }
    return Customers(columns, _unit(factors), np.exp(rng.normal(0.0, 0.8, n_users)), days, groups)


class _Words(NamedTuple):
    """Words of the title of each product, as positions in the vocabulary."""

    categories: IntArray
    nouns: IntArray
    brands: IntArray
    attributes: IntArray
    finishes: IntArray


def _titles(words: _Words, languages: AnyArray) -> list[str]:
    rows = zip(*words, languages, strict=True)
    return [
        _title(CATEGORIES[category], noun, BRANDS[brand], attributes, FINISHES[finish], language)
        for category, noun, brand, attributes, finish, language in rows
    ]


def _title(category: Category, noun: int, brand: Word, attributes: IntArray, finish: Word, language: str) -> str:
    """Return a title in the style of online shops; for "both", a Chinese title with the brand in both scripts."""
    words = [category.attributes[number] for number in attributes]
    if language == "en":
        return " ".join([brand.en, *(word.en for word in words), category.nouns[noun].en, finish.en])
    name = brand.zh if language == "zh" else f"{brand.en}/{brand.zh}"
    return f"{name} {''.join(word.zh for word in words)}{category.nouns[noun].zh} {finish.zh}"


def _languages(n_items: int, language: str, rng: Generator) -> AnyArray:
    """Return the language of each title; "both" is Chinese with the brand in both scripts."""
    is_english = rng.random(n_items) < 0.5  # drawn for every language, so that later random numbers are the same
    return np.where(is_english, "en", "both") if language == "mixed" else np.full(n_items, language)


def _names(words: tuple[Word, ...] | list[Word], language: str) -> AnyArray:
    return to_objects(word.zh if language == "zh" else word.en for word in words)


def _directions(n: int, rng: Generator) -> FloatArray:
    """Return n random directions of expected squared length 1."""
    return rng.normal(0.0, N_FACTORS**-0.5, (n, N_FACTORS))


def _unit(factors: FloatArray) -> FloatArray:
    """Return factors scaled to length 1, so that preferences depend on the direction only."""
    units: FloatArray = (factors / np.linalg.norm(factors, axis=1, keepdims=True)).astype(np.float32)
    return units


def _make_taste(rng: Generator) -> Taste:
    return Taste(
        categories=_directions(len(CATEGORIES), rng),
        nouns=tuple(_directions(len(category.nouns), rng) for category in CATEGORIES),
        brands=_directions(len(BRANDS), rng),
        attributes=tuple(_directions(len(category.attributes), rng) for category in CATEGORIES),
        price=_directions(1, rng)[0],
    )


def _choose(rng: Generator, sizes: list[int], groups: IntArray) -> IntArray:
    """Return for each element a random number below the size of its group."""
    numbers: IntArray = np.floor(rng.random(len(groups)) * np.array(sizes)[groups]).astype(np.int64)
    return numbers


def _choose_two(rng: Generator, sizes: list[int], groups: IntArray) -> IntArray:
    """Return for each element two different random numbers below the size of its group."""
    first = _choose(rng, sizes, groups)
    step = 1 + _choose(rng, [size - 1 for size in sizes], groups)
    return np.stack([first, (first + step) % np.array(sizes)[groups]], axis=1)


def _distinct(rng: Generator, n: int, n_choices: int, n_chosen: int) -> IntArray:
    """Return n rows of distinct random numbers below ``n_choices``."""
    return np.argsort(rng.random((n, n_choices)), axis=1)[:, :n_chosen]


def _arrivals(n: int, share_new: float, rng: Generator) -> IntArray:
    """Return days of arrival: a share during the year, the others in the year before; the first is always before."""
    days = np.where(rng.random(n) < share_new, rng.integers(0, N_DAYS, n), -rng.integers(1, N_DAYS, n))
    days[0] = min(days[0], -1)
    return days


def _moments(days: IntArray, rng: Generator) -> AnyArray:
    """Return a random moment of each day."""
    return after(days * 86_400 + rng.integers(0, 86_400, len(days)))
