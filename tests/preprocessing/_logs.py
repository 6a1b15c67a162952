"""Generated logs for property tests."""

import numpy as np
from hypothesis import strategies as st

from recokit import EventLog

KINDS = ("cart", "purchase", "return", "view")
HOUR = 3_600_000_000


def rows(max_size=25, missing=True):
    """Return lists of rows with few ids, times and prices, so that rows are often tied; all times are present."""
    maybe = (lambda values: st.none() | values) if missing else (lambda values: values)
    return st.lists(
        st.fixed_dictionaries(
            {
                "user": maybe(st.sampled_from(["ann", "bob", "eve"])),
                "item": maybe(st.sampled_from(["cup", "pot", "tea"])),
                "time": st.integers(0, 80),
                "event": st.sampled_from(KINDS),
                "quantity": maybe(st.sampled_from([-1.0, 0.0, 1.0, 2.0])),
                "price": maybe(st.sampled_from([1.0, 2.5])),
            }
        ),
        min_size=1,
        max_size=max_size,
    )


def columns(given):
    """Return the columns of rows; times are hours since 2024."""
    start = np.datetime64("2024-01-01", "us")
    times = [np.datetime64("NaT", "us") if row["time"] is None else start + row["time"] * HOUR for row in given]
    table = {f"{name}_id": [row[name] for row in given] for name in ("user", "item")}
    table["timestamp"] = np.array(times, dtype="datetime64[us]")
    return table | {name: [row[name] for row in given] for name in ("event", "quantity", "price")}


def make(given):
    return EventLog.from_frame(columns(given))


def read_back(log):
    """Return the rows of a log."""
    start = np.datetime64("2024-01-01", "us")
    users, items = ([*index, None] for index in (log.users, log.items))
    times = [None if np.isnat(time) else int((time - start).astype(int)) // HOUR for time in log.times]
    numbers = [[None if value != value else value for value in each] for each in (log.quantities, log.prices)]
    return [
        {"user": users[user], "item": items[item], "time": time, "event": log.kinds[event], "quantity": q, "price": p}
        for user, item, time, event, q, p in zip(
            log.user_codes, log.item_codes, times, log.event_codes, *numbers, strict=True
        )
    ]
