"""Cleaning of logs row by row. Rows are dictionaries with user, item, time, event, quantity, price and order."""

from collections import Counter
from itertools import groupby


def drop_missing(rows, columns):
    """Return the rows with a value in all columns."""
    return [row for row in rows if all(row[name] is not None for name in columns)]


def drop_duplicates(rows, window):
    """Return the rows without an equal row that is kept and at most a window earlier.

    Rows without a user or a time are compared within an order only.
    """
    kept = []
    for row in rows:
        comparable = None not in (row["user"], row["time"]) or row["order"] is not None
        if not comparable or not any(
            _same(row, other) and _close(row["time"], other["time"], window) for other in kept
        ):
            kept.append(row)
    return kept


def _same(row, other):
    return all(row[name] == other[name] for name in row if name != "time")


def _close(time, earlier, window):
    if time is None or earlier is None:
        return time is earlier
    return time - earlier <= window


def is_return(row, prefix):
    """Return whether a row is a return by kind, by order prefix or by a negative quantity."""
    if row["event"] == "return":
        return True
    by_order = prefix is not None and row["order"] is not None and row["order"].startswith(prefix)
    return row["event"] == "purchase" and (by_order or (row["quantity"] is not None and row["quantity"] < 0))


def net_returns(rows, prefix):
    """Return the rows after returns, and a status for each return in order.

    Every unit of a return looks for the latest earlier purchase with units left.
    """
    rows = [dict(row, left=_amount(row)) for row in rows]
    last = max((row["time"] for row in rows if row["time"] is not None), default=0) + 1
    order = sorted(rows, key=lambda row: (last if row["time"] is None else row["time"], is_return(row, prefix)))
    for place, row in enumerate(order):
        if is_return(row, prefix) and None not in (row["user"], row["item"]):
            for other in reversed([one for one in order[:place] if _can_be_returned(one, row, prefix)]):
                taken = min(row["left"], other["left"])
                row["left"] -= taken
                other["left"] -= taken
    statuses = [_status(row, order, prefix) for row in rows if is_return(row, prefix)]
    kept = []
    for row in rows:
        left = row.pop("left")
        if is_return(row, prefix) or (row["event"] == "purchase" and left == 0 < _amount(row)):
            continue
        kept.append(dict(row, quantity=left) if row["event"] == "purchase" and left < _amount(row) else row)
    return kept, statuses


def _amount(row):
    return 1 if row["quantity"] is None else abs(row["quantity"])


def _can_be_returned(one, returned, prefix):
    same = (one["user"], one["item"]) == (returned["user"], returned["item"])
    return same and one["event"] == "purchase" and not is_return(one, prefix) and _amount(one) > 0


def _status(row, order, prefix):
    if _amount(row) == 0:
        return "quantity 0"
    if None in (row["user"], row["item"]):
        return "without user or item"
    if row["left"] < _amount(row):
        return "netted" if row["left"] == 0 else "netted in part"
    place = next(place for place, other in enumerate(order) if other is row)
    if any(_can_be_returned(other, row, prefix) for other in order[:place]):
        return "exceeds purchases"
    if any(_can_be_returned(other, row, prefix) for other in order[place:]):
        return "before purchase"
    return "without purchase"


def k_core(rows, user, item, distinct):
    """Return the rows after removing users and items with too few counterparts until none is left."""
    while True:
        pairs = [(row["user"], row["item"]) for row in rows if None not in (row["user"], row["item"])]
        pairs = sorted(set(pairs)) if distinct else pairs
        users, items = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
        kept = [
            row
            for row in rows
            if (row["user"] is None or users[row["user"]] >= user)
            and (row["item"] is None or items[row["item"]] >= item)
        ]
        if len(kept) == len(rows):
            return kept
        rows = kept


def clip(rows, limit):
    """Return the rows with absolute quantities of at most a limit."""
    return [
        row if row["quantity"] is None else dict(row, quantity=max(-limit, min(limit, row["quantity"]))) for row in rows
    ]


def quantile(values, share):
    """Return the smallest value that at least a share of the values does not exceed."""
    values = sorted(values)
    return next(value for k, value in enumerate(values, 1) if k >= share * len(values) - 1e-9)


def actions(rows):
    """Return the rows of one user with a time, with purchases at the same time or in the same order as one."""
    kept, last = [], None
    for row in rows:
        if row["time"] is None:
            continue
        if row["event"] in ("purchase", "return"):
            known = last is not None and row["order"] is not None and row["order"] == last["order"]
            same = last is not None and (row["time"] == last["time"] or known)
            last = row
            if same:
                continue
        kept.append(row)
    return kept


def bot_signals(rows, hour, second):
    """Return the actions, rate, burst, breadth and quiet share of the rows of one user."""
    rows = actions(rows)
    hours = {row["time"] // hour for row in rows}
    seconds = sorted({row["time"] // second for row in rows})
    burst = max((sum(start <= other < start + 60 for other in seconds) for start in seconds), default=0)
    browsed = [row for row in rows if row["event"] not in ("purchase", "return") and row["item"] is not None]
    browsed.sort(key=lambda row: row["time"])
    days = [{row["item"] for row in group} for _, group in groupby(browsed, lambda row: row["time"] // (24 * hour))]
    breadth = sum(map(len, days)) / len(days) if days else 0
    counts = Counter(one % 24 for one in hours)
    quiet = min(sum(counts[(start + k) % 24] for k in range(6)) for start in range(24)) / max(len(hours), 1)
    return len(rows), len(rows) / max(len(hours), 1), burst, breadth, quiet if len(hours) >= 24 else None
