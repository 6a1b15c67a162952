"""ShopTruth: the planted properties of a generated shop."""

from dataclasses import dataclass

from recokit._typing import AnyArray, BoolArray, IntArray

__all__ = ["ShopTruth"]


@dataclass(frozen=True, eq=False)
class ShopTruth:
    """Planted properties of a generated shop, for tests of methods that detect them.

    Attributes
    ----------
    bots : (n_bots,) int64 array
        User ids of the bots.
    bot_kinds : (n_bots,) array of str
        "crawler", "monitor" or "scalper".
    segments : (n_users,) array of str or None
        Name of the planted segment of each user in ``users``; None for bots and without planted segments.
    is_bot : (n_events,) bool array
        Events of bots.
    is_duplicate : (n_events,) bool array
        Repeated events: the same user, item, kind, order and quantity at most 2 seconds after an event that is no
        duplicate.
    purchase_rows : (n_events,) int64 array
        For a return, the row of the purchase in ``events``; −1 for other events and for returns without purchase.

    See Also
    --------
    recokit.datasets.make_shop : Generate a year of data of a shop: users, products with titles, events and ratings.
    recokit.datasets.ShopData :
        Data of a generated shop. Columns are NumPy arrays by name, which every frame library accepts directly.

    Examples
    --------
    >>> from recokit.datasets import make_shop
    >>> shop = make_shop(100, 80, 5_000, bots=2, returns=0.1, duplicates=0.01)
    >>> shop.truth.bots
    array([101, 102])
    >>> returns = shop.truth.purchase_rows >= 0
    >>> bool((shop.events["event"][returns] == "return").all())
    True
    """

    bots: IntArray
    bot_kinds: AnyArray
    segments: AnyArray
    is_bot: BoolArray
    is_duplicate: BoolArray
    purchase_rows: IntArray

    def __repr__(self) -> str:
        n_returns, n_duplicates = int((self.purchase_rows >= 0).sum()), int(self.is_duplicate.sum())
        return f"ShopTruth({len(self.bots):,} bots, {n_returns:,} returns, {n_duplicates:,} duplicates)"
