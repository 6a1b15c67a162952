"""private_popularity: the number of users of each item, with noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from recokit._runtime.arguments import check_count
from recokit._runtime.html import html_table
from recokit._typing import FloatArray, IntArray
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.privacy._noise import add_noise, noise_scale, require_opendp
from recokit.privacy._zcdp import check_delta, check_epsilon, rho_of
from recokit.privacy.accountant import PrivacyAccountant
from recokit.privacy.contributions import limit_contributions

__all__ = ["PrivateCounts", "private_popularity", "threshold_of"]

_N_SHOWN = 10  # items in a notebook


@dataclass(frozen=True, eq=False)
class PrivateCounts:
    """Numbers of users of items, with noise.

    Attributes
    ----------
    items : IdIndex
        The released items.
    counts : (n_items,) int64 array
        Number of users of each item plus noise; values below 0 are possible for a public catalogue.
    noise : float
        Standard deviation of the noise.
    threshold : float
        Least count of a released item; −∞ for a public catalogue.

    See Also
    --------
    recokit.privacy.private_popularity :
        Return the number of users of each item with (ε, δ)-differential privacy for users.

    Examples
    --------
    >>> from recokit import Interactions
    >>> from recokit.privacy import private_popularity
    >>> data = Interactions.from_arrays(range(1000), ["tea"] * 1000)
    >>> counts = private_popularity(data, epsilon=5, delta=1e-6, max_items=1)
    >>> counts.items.ids.tolist(), counts.noise > 0
    (['tea'], True)
    >>> counts.to_frame()["item_id"].tolist()
    ['tea']
    """

    items: IdIndex
    counts: IntArray
    noise: float
    threshold: float

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns item_id and count, the most popular items first."""
        order = np.argsort(-self.counts, kind="stable")
        return to_frame({"item_id": self.items.take(order), "count": self.counts[order]}, backend)

    def __repr__(self) -> str:
        return f"PrivateCounts({len(self.items):,} items, noise of standard deviation {self.noise:.3g})"

    def _repr_html_(self) -> str:
        order = np.argsort(-self.counts, kind="stable")[:_N_SHOWN]
        rows = [[item, f"{n:,}"] for item, n in zip(self.items.take(order), self.counts[order].tolist(), strict=True)]
        note = f"the {len(rows)} most popular items" if len(rows) < len(self.items) else ""
        return html_table(repr(self), ["item", "users, with noise"], rows, note)


def threshold_of(noise: float, largest: FloatArray, extra_delta: float) -> float:
    r"""Return the least noisy value of a released item, such that ids of few users are unlikely to be released.

    A user with k items that no other user has changes the set of ids. If each of these values is at most
    :math:`v_k`, none of them is released with a probability of at least 1 − δ if the threshold is
    :math:`\max_k v_k + \sigma \Phi^{-1}((1 - \delta)^{1/k})`.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise.
    largest : (max_items,) float array
        :math:`v_k` for k = 1, 2, …
    extra_delta : float

    References
    ----------
    B. Wilkins, D. Kifer, D. Zhang and B. Karrer (2024). Exact privacy analysis of the Gaussian sparse histogram
    mechanism. Journal of Privacy and Confidentiality 14(1).
    """
    numbers = np.arange(1, len(largest) + 1)
    # 1 − (1 − δ)^(1/k), without cancellation for a small δ
    tails = -np.expm1(np.log1p(-extra_delta) / numbers)
    return float(np.max(largest + noise * norm.isf(tails)))


def private_popularity(
    interactions: Interactions,
    *,
    epsilon: float,
    delta: float,
    max_items: int = 50,
    items: Any = None,
    random_state: Any = None,
    accountant: PrivacyAccountant | None = None,
) -> PrivateCounts:
    """Return the number of users of each item with (ε, δ)-differential privacy for users.

    The result for two data sets that differ by all data of one user is almost the same. At most ``max_items`` items of
    a user count, chosen at random, and discrete Gaussian noise in proportion to the square root of this number is
    added.

    Parameters
    ----------
    interactions : Interactions
        Values and timestamps are not used.
    epsilon, delta : float
        ε above 0, and δ between 0 and 1, less than 1 / number of users.
    max_items : int
        Maximum number of items of a user that count.
    items : array-like of ids, optional
        A public catalogue: all its items are released, and items outside it do not count. By default the ids themselves
        are protected: only items whose noisy count exceeds a threshold are released, and half of δ is spent on it.
    random_state : int, RandomState or None
        Seed of the choice of the items. The noise has no seed, since a known seed would remove its protection.
    accountant : PrivacyAccountant, optional
        Records the release, or refuses it if the budget is used up.

    Raises
    ------
    ValueError
        A number is out of range.
    PrivacyBudgetError
        The budget of the accountant is used up.
    DataError
        No item exceeds the threshold.
    ImportError
        OpenDP is not installed: ``pip install "recokit[privacy]"``.

    See Also
    --------
    recokit.privacy.PrivateCounts : Numbers of users of items, with noise.
    recokit.privacy.PrivacyAccountant : The budget of privacy loss of a data set, and its use by releases.
    recokit.privacy.limit_contributions : Return at most ``max_items`` interactions of each user, chosen at random.

    Examples
    --------
    >>> from recokit import Interactions
    >>> from recokit.privacy import private_popularity
    >>> data = Interactions.from_arrays(range(1000), ["tea"] * 1000)
    >>> counts = private_popularity(data, epsilon=5, delta=1e-6, max_items=1)
    >>> bool(950 < counts.counts[0] < 1050)
    True
    """
    epsilon, delta, max_items = check_epsilon(epsilon), check_delta(delta), check_count(max_items, "max_items")
    require_opendp()
    catalogue = None if items is None else IdIndex.from_ids(items)
    extra_delta = delta / 2 if catalogue is None else 0.0
    if accountant is not None:
        accountant.spend("popularity", epsilon=epsilon, delta=delta, extra_delta=extra_delta)
    rho, sensitivity = rho_of(epsilon, delta - extra_delta), float(np.sqrt(max_items))
    noise = noise_scale(sensitivity, rho)
    index, codes = _codes_in(
        limit_contributions(_in_catalogue(interactions, catalogue), max_items, random_state), catalogue
    )
    counts = add_noise(np.bincount(codes, minlength=len(index)), sensitivity, rho)
    if catalogue is not None:
        return PrivateCounts(index, counts, noise, float("-inf"))
    threshold = threshold_of(noise, np.ones(max_items), extra_delta) + 1
    released = np.flatnonzero(counts >= threshold)
    if len(released) == 0:
        raise DataError(
            f"no item has a noisy count of at least {threshold:.0f}; raise epsilon, lower max_items={max_items}, or "
            "give a public catalogue as items"
        )
    return PrivateCounts(index.select(released), counts[released], noise, threshold)


def _in_catalogue(interactions: Interactions, catalogue: IdIndex | None) -> Interactions:
    """Return the interactions with items of the catalogue."""
    if catalogue is None:
        return interactions
    return interactions.select((catalogue.codes(interactions.items) >= 0)[interactions.item_codes])


def _codes_in(interactions: Interactions, catalogue: IdIndex | None) -> tuple[IdIndex, IntArray]:
    """Return the index of the items, and the item of each interaction in it."""
    if catalogue is None:
        return interactions.items, interactions.item_codes.astype(np.int64)
    return catalogue, catalogue.codes(interactions.items)[interactions.item_codes].astype(np.int64)
