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


def sessions(rows, gap):
    """Return the session of each row, numbered by first event; a session ends with a pause longer than the gap."""
    found, last, n = [], {}, 0
    for row in rows:  # in order of time
        if row["user"] is None or row["time"] is None:
            found.append(None)
            continue
        session, time = last.get(row["user"], (None, None))
        if session is None or row["time"] - time > gap:
            session, n = n, n + 1
        last[row["user"]] = session, row["time"]
        found.append(session)
    return found


def sequences(rows, owner):
    """Return the items of each owner in order of time."""
    found = {}
    for row in rows:
        if row[owner] is not None and row["item"] is not None:
            found.setdefault(row[owner], []).append(row["item"])
    return found


def baskets(rows, key):
    """Return the baskets of each user, in order of their first event: sorted distinct items with the same key."""
    found = {}
    for row in rows:
        if None not in (row["user"], row["item"], row[key]):
            found.setdefault(row["user"], {}).setdefault(row[key], set()).add(row["item"])
    return {user: [sorted(items) for items in of_user.values()] for user, of_user in found.items()}


def values(rows, weights, half_life=None, now=None, linear=False):
    """Return the sum of the values of the events of each pair."""
    sums = {}
    for row in rows:
        if row["user"] is None or row["item"] is None:
            continue
        pieces = 1 if row["quantity"] is None else row["quantity"]
        kind = "return" if row["event"] == "purchase" and pieces < 0 else row["event"]
        value = weights[kind] * (abs(pieces) if linear else 1)
        if half_life is not None:
            value *= 0.5 ** ((now - row["time"]) / half_life)
        pair = row["user"], row["item"]
        sums[pair] = sums.get(pair, 0) + value
    return sums


def followed(rows, kind, target):
    """Return the number of complete events of a kind, and of those that a later target event of the pair follows."""
    complete = [row for row in rows if row["user"] is not None and row["item"] is not None]
    complete = [row for row in complete if row["event"] != "purchase" or (row["quantity"] or 0) >= 0]
    of_kind = [row for row in complete if row["event"] == kind]

    def is_followed(row):
        return any(
            other["event"] == target
            and (other["user"], other["item"]) == (row["user"], row["item"])
            and other["time"] > row["time"]
            for other in complete
        )

    return len(of_kind), sum(map(is_followed, of_kind))
