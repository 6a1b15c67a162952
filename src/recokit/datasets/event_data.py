"""EventData: the published events of a shop, with its catalogue."""

from dataclasses import dataclass, field

from recokit.datasets._data import Columns, Licensed, Tables
from recokit.preprocessing.event_log import EventLog

__all__ = ["EventData"]

_LOG_COLUMNS = ("user_id", "item_id", "event", "timestamp", "quantity", "price", "order_id", "session_id", "query")


@dataclass(frozen=True, eq=False)
class EventData(Licensed):
    """Events of a shop as published, with the catalogue and the known properties of users.

    Attributes
    ----------
    events : mapping of str to (n_events,) array
        One row for each event: user_id, item_id, event ("view", "cart", "purchase", "return", …), timestamp, and, where
        published, quantity, price (of a piece), order_id, session_id and further columns.
    items, users : mapping of str to (n,) array
        Items and users by column, ``item_id`` and ``user_id`` first; ``users`` is empty if nothing is known about them.
    description : str
        Source, sizes, and changes of the data.
    tables : mapping of str to mapping
        Further published tables by name.
    license : str
        Licence or terms of use, shortened.
    citation : str
        Publication to cite.

    See Also
    --------
    recokit.datasets.fetch_online_retail :
        Download and read UCI Online Retail: all raw invoice lines of a gift shop, with cancellations and
        services.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> from recokit import EventLog
    >>> from recokit.datasets import fetch_retailrocket
    >>> data = fetch_retailrocket()  # doctest: +SKIP
    >>> EventLog.from_frame(data.events)  # doctest: +SKIP
    """

    events: Columns = field(repr=False)
    items: Columns = field(repr=False)
    users: Columns = field(repr=False)
    description: str
    tables: Tables = field(default_factory=dict, repr=False)

    def log(self) -> EventLog:
        """Return the events as a log, ready for cleaning, splitting and counting."""
        return EventLog.from_frame({name: self.events[name] for name in _LOG_COLUMNS if name in self.events})
