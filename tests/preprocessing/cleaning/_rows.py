"""Generated rows with orders for tests of cleaning rules."""

import numpy as np
from hypothesis import strategies as st

from recokit import EventLog

KINDS = ("cart", "purchase", "return", "view")
SECOND = 1_000_000
START = np.datetime64("2024-01-01", "us")
NAMES = ("user", "item", "time", "event", "quantity", "price", "order")


def rows(max_size=14, last_second=12, quantities=(-2.0, -1.0, 0.0, 1.0, 2.0, 3.0), missing=True, kinds=KINDS):
    """Return lists of rows with few ids and times, in seconds, so that rows often match."""
    maybe = (lambda values: st.none() | values) if missing else (lambda values: values)
    return st.lists(
        st.fixed_dictionaries(
            {
                "user": maybe(st.sampled_from(["ann", "bob"])),
                "item": maybe(st.sampled_from(["cup", "tea", "pot"])),
                "time": maybe(st.integers(0, last_second)),
                "event": st.sampled_from(kinds),
                "quantity": maybe(st.sampled_from(quantities)),
                "price": maybe(st.sampled_from([1.0, 2.5])),
                "order": st.none() | st.sampled_from(["1", "2", "C3"]),
            }
        ),
        min_size=1,
        max_size=max_size,
    )


def make(given):
    """Return the log of rows."""
    times = [np.datetime64("NaT", "us") if row["time"] is None else START + row["time"] * SECOND for row in given]
    table = {f"{name}_id": [row[name] for row in given] for name in ("user", "item", "order")}
    table["timestamp"] = np.array(times, dtype="datetime64[us]")
    table |= {name: [row[name] for row in given] for name in ("event", "quantity", "price")}
    return EventLog.from_frame(table)


def read_back(log):
    """Return the rows of a log in its order."""
    table = log.to_frame("polars").rows(named=True)
    times = [None if np.isnat(time) else int((time - START).astype(int)) // SECOND for time in log.times]
    return [
        {
            "user": row["user_id"],
            "item": row["item_id"],
            "time": time,
            "event": row["event"],
            "quantity": None if row["quantity"] is None or row["quantity"] != row["quantity"] else row["quantity"],
            "price": None if row["price"] is None or row["price"] != row["price"] else row["price"],
            "order": row["order_id"],
        }
        for row, time in zip(table, times, strict=True)
    ]


def in_any_order(given):
    """Return rows in an order that does not depend on the given one."""
    return sorted(given, key=repr)


def result(rule, log):
    """Return the rows that a rule leaves, and its result."""
    made = rule.apply(log)
    return read_back(made.log) if len(made.log) else [], made
