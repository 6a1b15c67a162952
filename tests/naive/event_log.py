"""Logs of events as lists of rows, by the definitions.

A row is a dictionary with the keys user, item, time, event, quantity and price; missing values are None.
"""


def sort_key(row):
    """Return the key of the order of rows: time, user, item, event, quantity, price; missing times come last."""
    last = float("inf")
    numbers = (last if row[name] is None else row[name] for name in ("quantity", "price"))
    ids = ("" if row[name] is None else row[name] for name in ("user", "item"))
    return (last if row["time"] is None else row["time"], *ids, row["event"], *numbers)


def in_order(rows):
    return sorted(rows, key=sort_key)


def revenue(row):
    if row["event"] not in ("purchase", "return") or row["price"] is None:
        return 0.0
    pieces = 1 if row["quantity"] is None else row["quantity"]
    return row["price"] * (pieces if row["event"] == "purchase" else -abs(pieces))
