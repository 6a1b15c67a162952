"""Generated shop data: users, products, events and ratings with a known structure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recokit._typing import FloatArray
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, Split
from recokit.datasets._lines import to_objects
from recokit.datasets._shop_catalogue import make_customers, make_products
from recokit.datasets._shop_events import make_events, make_ratings
from recokit.datasets._splits import temporal_split

__all__ = ["ShopData", "make_shop"]

_KINDS = ("view", "cart", "purchase")
_LANGUAGES = ("mixed", "en", "zh")


@dataclass(frozen=True, eq=False)
class ShopData:
    """Data of a generated shop. Columns are NumPy arrays by name, which every frame library accepts directly.

    Attributes
    ----------
    users : mapping of str to (n_users,) array
        user_id (1 … n_users), joined_at (datetime64[ms]), segment ("budget", "middle", "premium").
    catalogue : mapping of str to (n_items,) array
        item_id ("P000001", …, in order of arrival), title, category, brand, price, added_at (datetime64[ms]).
    events : mapping of str to (n_events,) array
        user_id, item_id, event ("view", "cart", "purchase"), timestamp (datetime64[ms]), in order of time.
    rated : mapping of str to (n_ratings,) array
        user_id, item_id, rating (1 … 5), timestamp (datetime64[ms]), in order of time.
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
        Generated taste: the inner product is the preference of a user for an item. Not for training, but to judge
        models by.
    """

    users: Columns
    catalogue: Columns
    events: Columns
    rated: Columns = field(repr=False)
    user_factors: FloatArray = field(repr=False)
    item_factors: FloatArray = field(repr=False)

    def __repr__(self) -> str:
        sizes = (len(self.users["user_id"]), len(self.catalogue["item_id"]), len(self.events["event"]))
        return "ShopData({:,} users, {:,} items, {:,} events, {:,} ratings)".format(*sizes, len(self.rated["rating"]))

    def interactions(self, kind: str | Sequence[str] = "purchase") -> Interactions:
        """Return the events of one kind, or of several, as implicit feedback.

        Parameters
        ----------
        kind : {"view", "cart", "purchase"} or sequence of these
            Events to use.

        Returns
        -------
        Interactions
            Values are the numbers of events of the pairs, timestamps the times of the latest.

        Raises
        ------
        ValueError
            A kind is unknown.

        Examples
        --------
        >>> make_shop(n_users=50, n_items=40, n_events=2_000).interactions("view").feedback
        'implicit'
        """
        log = self._log(kind)
        ones = np.ones(len(log["user_id"]), dtype=np.float32)
        return Interactions.from_arrays(
            log["user_id"], log["item_id"], ones, log["timestamp"], feedback="implicit", duplicates="sum"
        )

    def ratings(self) -> Interactions:
        """Return the ratings as explicit feedback, with timestamps."""
        rated = self.rated
        return Interactions.from_arrays(rated["user_id"], rated["item_id"], rated["rating"], rated["timestamp"])

    def temporal_split(self, kind: str | Sequence[str] = "purchase", *, test_fraction: float = 0.2) -> Split:
        """Split the events at a moment into training and test data.

        Parameters
        ----------
        kind : {"view", "cart", "purchase"} or sequence of these
            Events to use, in both parts.
        test_fraction : float
            Share of the events in the test, which holds the latest.

        Returns
        -------
        Split
            Values are 1. The test has the new pairs of users in the training data, including new items.

        Examples
        --------
        >>> split = make_shop(n_users=50, n_items=40, n_events=2_000).temporal_split()
        >>> bool(split.train.timestamps.max() < split.test.timestamps.min())
        True
        """
        log = self._log(kind)
        split = temporal_split(log["user_id"], log["item_id"], log["timestamp"], test_fraction)
        kinds = kind if isinstance(kind, str) else ", ".join(kind)
        return Split(split.train, split.test, self.catalogue, f"{self!r}, generated; {kinds}: {split.protocol}")

    def _log(self, kind: str | Sequence[str]) -> Columns:
        kinds = [kind] if isinstance(kind, str) else list(kind)
        if not kinds or not set(kinds) <= set(_KINDS):
            raise ValueError(f"kind={kind!r}: expected one or more of {', '.join(_KINDS)}")
        rows = np.isin(self.events["event"].astype(str), kinds)
        return {name: values[rows] for name, values in self.events.items()}


def make_shop(
    n_users: int = 2_000,
    n_items: int = 1_000,
    n_events: int = 400_000,
    *,
    language: Literal["mixed", "en", "zh"] = "mixed",
    random_state: int = 0,
) -> ShopData:
    """Generate a year of data of a shop: users, products with titles, events and ratings.

    *Taste.* Each category, brand, noun and attribute of the titles has a direction in a space of 8 factors, and so has
    a high price. An item's factors q are the sum of its directions and noise. A user's factors p are the sum of the
    directions of favourite categories and brands, a price level, and noise. Both are scaled to length 1.

    *Events.* At each visit, a user sees 16 products, drawn by popularity (a long tail, times the season of the
    category, times the novelty of the product), and views the one with the largest ``5 p·q`` + Gumbel noise. The views
    with the largest ``2 p·q`` + logistic noise lead to carts and purchases. 30 % of the items and 35 % of the users
    arrive during the year; visits grow by 60 %, vary by weekday and hour, and peak before the holidays.

    *Ratings.* ``3.6 + b_u + b_i + 0.9 z + noise``, rounded and clipped to 1 … 5, where z is ``p·q`` standardized over
    the rated pairs, the biases have standard deviation 0.35 and the noise 0.5; 80 % of the purchased pairs are rated,
    once.

    Parameters
    ----------
    n_users, n_items, n_events : int
        Sizes, at least 1. Events are views (56 %), carts (26 %) and purchases (18 %); ratings come on top.
    language : {"mixed", "en", "zh"}
        Language of the titles. "mixed": half are English, half Chinese with the brand in both scripts. Only the words
        depend on it.
    random_state : int
        Seed. The same arguments give the same bits.

    Returns
    -------
    ShopData

    Raises
    ------
    ValueError
        A size is less than 1, or the language is unknown.

    Examples
    --------
    >>> shop = make_shop(n_users=100, n_items=80, n_events=5_000)
    >>> shop
    ShopData(100 users, 80 items, 5,000 events, 442 ratings)
    >>> shop.catalogue["title"][1]
    'Halden insulated lightweight backpack white'
    """
    for name, size in (("n_users", n_users), ("n_items", n_items), ("n_events", n_events)):
        if size < 1:
            raise ValueError(f"{name}={size!r}: expected at least 1")
    if language not in _LANGUAGES:
        raise ValueError(f"language={language!r}: expected one of {', '.join(_LANGUAGES)}")
    rng = np.random.default_rng(random_state)
    products, taste = make_products(n_items, language, rng)
    customers = make_customers(n_users, taste, rng)
    events = make_events(n_events, customers, products, rng)
    ratings = make_ratings(events, customers, products, rng)
    user_ids, item_ids = customers.columns["user_id"], products.columns["item_id"]
    log = {"user_id": user_ids[events.users], "item_id": item_ids[events.items]}
    log |= {"event": to_objects(_KINDS)[events.kinds], "timestamp": events.times}
    rated = {"user_id": user_ids[ratings.users], "item_id": item_ids[ratings.items]}
    rated |= {"rating": ratings.values, "timestamp": ratings.times}
    return ShopData(customers.columns, products.columns, log, rated, customers.factors, products.factors)
