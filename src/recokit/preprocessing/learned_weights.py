"""learn_weights: weights of kinds of events from the purchases that follow them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._runtime.arguments import check_number
from recokit._runtime.html import html_table
from recokit._runtime.text import text_table
from recokit._typing import BoolArray
from recokit.data._frames import Backend, to_frame
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._rows import required_times
from recokit.preprocessing._sequences import event_rows
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["KindWeight", "LearnedWeights", "learn_weights"]

_RETURN = "return"


@dataclass(frozen=True)
class KindWeight:
    """Weight of a kind of event and the counts behind it.

    Attributes
    ----------
    kind : str
    n_events : int
        Events of the kind with a user, an item and a time, without purchases of a negative quantity, which are returns.
    n_followed : int
        Events that a purchase of the same item by the same user follows.
    probability : float
        Smoothed share of events that a purchase follows.
    odds_ratio : float
        Odds of a purchase after the event, relative to those of any user and item.
    weight : float

    See Also
    --------
    recokit.preprocessing.LearnedWeights :
        Weights of kinds of events; ``print`` shows them as a table, and so does a notebook.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> from recokit.preprocessing import learn_weights
    >>> weight = learn_weights(log, "purchase").kinds[1]
    >>> weight.kind, weight.n_events, weight.n_followed
    ('view', 2, 1)
    """

    kind: str
    n_events: int
    n_followed: int
    probability: float
    odds_ratio: float
    weight: float


@dataclass(frozen=True, repr=False)
class LearnedWeights:
    """Weights of kinds of events; ``print`` shows them as a table, and so does a notebook.

    Attributes
    ----------
    kinds : tuple of KindWeight
        One for each kind of event, the largest weight first.
    target : str
        Kind of event whose weight is 1.
    base_probability : float
        Share of all (user, item) pairs with an event of the target kind.

    See Also
    --------
    recokit.preprocessing.learn_weights : Learn the weight of each kind of event from the purchases that follow.
    recokit.preprocessing.KindWeight : Weight of a kind of event and the counts behind it.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> from recokit.preprocessing import learn_weights
    >>> learned = learn_weights(log, "purchase")
    >>> [kind.kind for kind in learned.kinds]
    ['purchase', 'view']
    >>> len(learned.to_frame())
    2
    """

    kinds: tuple[KindWeight, ...]
    target: str
    base_probability: float

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each kind of event, for `EventLog.interactions`."""
        return {each.kind: each.weight for each in self.kinds}

    def _table(self) -> tuple[list[str], list[list[Any]]]:
        columns = ["event", "events", f"followed by {self.target}", "odds ratio", "weight"]
        rows = [
            [e.kind, e.n_events, f"{100 * e.probability:.2f}%", f"{e.odds_ratio:,.1f}", f"{e.weight:.4f}"]
            for e in self.kinds
        ]
        return columns, rows

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each kind of event.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns = {"event": np.array([each.kind for each in self.kinds], dtype=object)}
        for name in ("n_events", "n_followed", "probability", "odds_ratio", "weight"):
            columns[name] = np.array([getattr(each, name) for each in self.kinds])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        return text_table(*self._table())

    def _repr_html_(self) -> str:
        return html_table("Learned weights", *self._table())

    def __repr__(self) -> str:
        return f"LearnedWeights({', '.join(f'{kind} {weight:.4g}' for kind, weight in self.weights.items())})"


def learn_weights(log: "EventLog", target: str = "purchase", *, smoothing: float = 10.0) -> LearnedWeights:
    r"""Learn the weight of each kind of event from the purchases that follow.

    An event is followed if the same user purchases the same item at a later time; events at the time of the purchase do
    not count, so that only the past of each purchase is used. With :math:`n_k` events of kind k, of which
    :math:`m_k` are followed, and the share :math:`p_0` of all pairs of a user and an item with a purchase,

    .. math:: p_k = \frac{m_k + \alpha p_0}{n_k + \alpha}, \qquad w_k = \max\left(0, \frac{p_k - p_0}{1 - p_0}\right)

    The weight is the rise of the probability of a purchase through the event, where a purchase itself has the weight 1:
    a view with the weight 0.04 counts as 0.04 purchases. The weight grows with the odds ratio
    :math:`\frac{p_k / (1 - p_k)}{p_0 / (1 - p_0)}`, which the table shows, too. The purchase is the reference: it has
    the weight 1 and not that of a repeat purchase. A "return" takes a purchase back and has the weight −1.

    Parameters
    ----------
    log : EventLog
        Training events with times; keep the test period out of them.
    target : str
        Kind of event to predict.
    smoothing : float
        Number α of events with the probability :math:`p_0` that are added to each kind.

    Returns
    -------
    LearnedWeights

    Raises
    ------
    DataError
        The log has no times or no event of the target kind.

    See Also
    --------
    recokit.preprocessing.LearnedWeights :
        Weights of kinds of events; ``print`` shows them as a table, and so does a notebook.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> from recokit import EventLog
    >>> from recokit.datasets import make_shop
    >>> log = EventLog.from_frame(
    ...     make_shop(n_users=200, n_items=100, n_events=20_000).events
    ... )
    >>> learned = learn_weights(log)
    >>> list(learned.weights)
    ['purchase', 'cart', 'view']
    """
    smoothing = check_number(smoothing, "smoothing", above=0)
    times = required_times(log, "learn_weights")
    usable = event_rows(log, None) & (log.user_codes >= 0) & (log.item_codes >= 0) & ~missing_times(times)
    bought = log.is_kind(target) & usable
    if not np.any(bought):
        raise DataError(f"target={target!r}: no such event in the log; its kinds are {first_few(log.kinds)}")
    followed, n_pairs = _followed(log, bought)
    base = n_pairs / (log.n_users * log.n_items)
    kinds = []
    for kind in log.kinds:
        of_kind = log.is_kind(kind) & usable
        n, m = int(np.count_nonzero(of_kind)), int(np.count_nonzero(of_kind & followed))
        probability = (m + smoothing * base) / (n + smoothing)
        rise = max(0.0, (probability - base) / (1 - base)) if base < 1 else 1.0
        ratio = _odds(probability) / _odds(base)
        weight = 1.0 if kind == target else -1.0 if kind == _RETURN else rise
        kinds.append(KindWeight(kind, n, m, probability, ratio, weight))
    return LearnedWeights(tuple(sorted(kinds, key=lambda each: -each.weight)), target, base)


def _odds(probability: float) -> float:
    return probability / max(1 - probability, np.finfo(np.float64).tiny)


def _followed(log: "EventLog", bought: BoolArray) -> tuple[BoolArray, int]:
    """Return whether a later target event of the same pair follows each event, and the number of pairs with any."""
    times = required_times(log, "learn_weights").view(np.int64)
    pairs = log.user_codes.astype(np.int64) * log.n_items + log.item_codes
    rows = np.flatnonzero(bought)[::-1]
    keys, first = np.unique(pairs[rows], return_index=True)  # rows are in time order, so this is the latest purchase
    latest = times[rows[first]]
    places = np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)
    return (keys[places] == pairs) & (times < latest[places]), len(keys)
