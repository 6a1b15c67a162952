"""Generated shop data: users, products, events and ratings with a known structure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.datasets._data import Columns, Split
from recokit.datasets._html import html_of_data
from recokit.datasets._lines import to_objects
from recokit.datasets._shop_catalogue import N_FACTORS, Customers, Products, make_customers, make_products
from recokit.datasets._shop_events import Ratings, make_events, make_ratings
from recokit.datasets._shop_planted import PURCHASE, RETURN, Lines, Plan, in_time_order, n_bots, plant, with_bots
from recokit.datasets._shop_segments import SEGMENTS
from recokit.datasets._splits import temporal_split
from recokit.datasets.shop_truth import ShopTruth

__all__ = ["ShopData", "make_shop"]

_KINDS = ("view", "cart", "purchase", "return")
_LANGUAGES = ("mixed", "en", "zh")


@dataclass(frozen=True, eq=False)
class ShopData:
    """Data of a generated shop. Columns are NumPy arrays by name, which every frame library accepts directly.

    Attributes
    ----------
    users : mapping of str to (n_users,) array
        user_id (1 … n_users), joined_at (datetime64[ms]), segment ("budget", "middle", "premium"), the price level.
        Planted bots follow the customers.
    catalogue : mapping of str to (n_items,) array
        item_id ("P000001", …, in order of arrival), title, category, brand, price, added_at (datetime64[ms]).
    events : mapping of str to (n_events,) array
        user_id, item_id, event ("view", "cart", "purchase"), timestamp (datetime64[ms]), in order of time. With orders,
        also the event "return", order_id ("O000001", …; returns have "C000001", …), quantity and price (of a unit),
        which are None and NaN for views and carts.
    rated : mapping of str to (n_ratings,) array
        user_id, item_id, rating (1 … 5), timestamp (datetime64[ms]), in order of time.
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
        Generated taste: the inner product is the preference of a user for an item. Not for training, but to judge
        models by. Rows of bots are 0.
    truth : ShopTruth
        Planted bots, segments, returns and duplicates.

    See Also
    --------
    recokit.datasets.make_shop : Generate a year of data of a shop: users, products with titles, events and ratings.
    recokit.datasets.ShopTruth : Planted properties of a generated shop, for tests of methods that detect them.

    Examples
    --------
    >>> from recokit.datasets import make_shop
    >>> shop = make_shop(n_users=50, n_items=40, n_events=2_000, random_state=0)
    >>> list(shop.events)
    ['user_id', 'item_id', 'event', 'timestamp']
    >>> shop.ratings().feedback
    'explicit'
    """

    users: Columns
    catalogue: Columns
    events: Columns
    rated: Columns = field(repr=False)
    user_factors: FloatArray = field(repr=False)
    item_factors: FloatArray = field(repr=False)
    truth: ShopTruth = field(repr=False)

    def __repr__(self) -> str:
        sizes = (len(self.users["user_id"]), len(self.catalogue["item_id"]), len(self.events["event"]))
        return "ShopData({:,} users, {:,} items, {:,} events, {:,} ratings)".format(*sizes, len(self.rated["rating"]))

    def _repr_html_(self) -> str:
        return html_of_data(self)

    def interactions(self, kind: str | Sequence[str] = "purchase") -> Interactions:
        """Return the events of one kind, or of several, as implicit feedback.

        Parameters
        ----------
        kind : {"view", "cart", "purchase", "return"} or sequence of these
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
        kind : {"view", "cart", "purchase", "return"} or sequence of these
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
    orders: bool = False,
    returns: float = 0.0,
    duplicates: float = 0.0,
    bots: float = 0,
    segments: int = 0,
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

    *Planted properties*, for tests of the cleaning and of segments; `ShopData.truth` holds them. Bots are users in
    addition to ``n_users``, and their events, returns and duplicates are events in addition to ``n_events``. Bots are
    crawlers, which view the catalogue in order every few seconds; monitors, which view the same products around the
    clock; and scalpers, which view and cart a few products within seconds. A return follows 1 to 30 days after the
    purchase; half of the returns of several units are partial. Another 6 % of the returns precede their purchase or
    have none. Half of the duplicates have the same time as their original; the others are one or two seconds later.
    Users of a planted segment share two favourite categories, a price level and a preference for weekdays or weekends.

    Parameters
    ----------
    n_users, n_items, n_events : int
        Sizes, at least 1. Events are views (56 %), carts (26 %) and purchases (18 %); ratings come on top.
    language : {"mixed", "en", "zh"}
        Language of the titles. "mixed": half are English, half Chinese with the brand in both scripts. Only the words
        depend on it.
    orders : bool
        Add the columns order_id, quantity and price to the events. Purchases of a user on a day are one order.
    returns : float
        Share of the purchases that are returned, 0 to 0.5. Returns need orders, which are added.
    duplicates : float
        Share of the events that occur twice, 0 to 1.
    bots : int or float
        Number of bots, or below 1 their share of ``n_users``.
    segments : int
        Number of planted segments, 0 to 5, the first of "weekend families", "premium electronics", "home and garden",
        "fashion and beauty" and "active outdoors".
    random_state : int
        Seed. The same arguments give the same bits.

    Returns
    -------
    ShopData

    Raises
    ------
    ValueError
        A size is less than 1, the language is unknown, or a share is out of range.

    See Also
    --------
    recokit.datasets.ShopData :
        Data of a generated shop. Columns are NumPy arrays by name, which every frame library accepts directly.
    recokit.datasets.example_interactions :
        Return interactions of 25 users with 18 items; each user prefers one half of the items.

    Examples
    --------
    >>> shop = make_shop(n_users=100, n_items=80, n_events=5_000)
    >>> shop
    ShopData(100 users, 80 items, 5,000 events, 442 ratings)
    >>> shop.catalogue["title"][1]
    'Halden insulated lightweight backpack white'
    """
    for name, size in (("n_users", n_users), ("n_items", n_items), ("n_events", n_events)):
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"{name}={size!r}: expected a whole number of at least 1")
    if language not in _LANGUAGES:
        raise ValueError(f"language={language!r}: expected one of {', '.join(_LANGUAGES)}")
    if segments not in range(len(SEGMENTS) + 1):
        raise ValueError(f"segments={segments!r}: expected a whole number from 0 to {len(SEGMENTS)}")
    plan = Plan(orders or returns > 0, returns, duplicates, n_bots(bots, n_users))
    rng = np.random.default_rng(random_state)
    products, taste = make_products(n_items, language, rng, segments)
    customers = make_customers(n_users, taste, rng, segments)
    events = make_events(n_events, customers, products, rng)
    ratings = make_ratings(events, customers, products, rng)
    planted = np.random.default_rng([random_state, 1])  # planted properties do not change the other events
    lines, bot_kinds = plant(events, plan, customers, products, planted)
    return _shop(customers, products, lines, ratings, bot_kinds, plan)


def _shop(
    customers: Customers, products: Products, lines: Lines, ratings: Ratings, bot_kinds: list[str], plan: Plan
) -> ShopData:
    """Return the tables of a shop."""
    lines, is_duplicate, purchase_rows = in_time_order(lines)
    n_users, users = len(customers.days), with_bots(customers.columns, plan.n_bots)
    names = to_objects([*(segment.name for segment in SEGMENTS), None])[customers.groups]
    truth = ShopTruth(
        bots=users["user_id"][n_users:],
        bot_kinds=to_objects(bot_kinds),
        segments=np.concatenate([names, to_objects([None] * plan.n_bots)]),
        is_bot=lines.users >= n_users,
        is_duplicate=is_duplicate,
        purchase_rows=purchase_rows,
    )
    user_ids, item_ids = users["user_id"], products.columns["item_id"]
    log = {"user_id": user_ids[lines.users], "item_id": item_ids[lines.items]}
    log |= {"event": to_objects(_KINDS)[lines.kinds], "timestamp": lines.times}
    if plan.orders:
        log |= _order_columns(lines, products)
    rated = {"user_id": user_ids[ratings.users], "item_id": item_ids[ratings.items]}
    rated |= {"rating": ratings.values, "timestamp": ratings.times}
    no_taste = np.zeros((plan.n_bots, N_FACTORS), dtype=np.float32)
    factors = np.concatenate([customers.factors, no_taste])
    return ShopData(users, products.columns, log, rated, factors, products.factors, truth)


def _order_columns(lines: Lines, products: Products) -> dict[str, AnyArray]:
    """Return the columns order_id, quantity and price."""
    n_orders, is_return = int(lines.orders.max(initial=-1)) + 1, lines.kinds == RETURN
    names = {letter: to_objects(f"{letter}{number:06d}" for number in range(1, n_orders + 1)) for letter in "OC"}
    order_ids = np.full(len(lines.orders), None, dtype=object)
    for rows, letter in ((lines.kinds == PURCHASE, "O"), (is_return, "C")):
        order_ids[rows] = names[letter][lines.orders[rows]]
    prices = np.where(lines.orders >= 0, products.columns["price"][lines.items], np.nan)
    return {"order_id": order_ids, "quantity": lines.quantities, "price": prices}
