"""Splits of sequences, positions of sessions, and parts of metrics, by plain loops."""

import math


def last_out(lists, least=1):
    """Return the training lists, the histories and the last item of each user with more than ``least`` items."""
    tested = {user: items for user, items in lists.items() if len(items) > least}
    train = {user: items[:-1] if user in tested else items for user, items in lists.items()}
    return train, {user: items[:-1] for user, items in tested.items()}, {u: items[-1] for u, items in tested.items()}


def last_basket_out(baskets, least=1):
    """Return the training baskets, the histories and the set of items of the last basket, unless it is empty."""
    tested = {user: given for user, given in baskets.items() if len(given) > least and given[-1]}
    train = {user: given[:-1] if user in tested else given for user, given in baskets.items()}
    return (
        train,
        {user: given[:-1] for user, given in tested.items()},
        {u: set(given[-1]) for u, given in tested.items()},
    )


def positions(lists):
    """Return the prefix and the next item of every position, by session and position of the last known item."""
    return {
        (session, place): (items[: place + 1], items[place + 1])
        for session, items in lists.items()
        for place in range(len(items) - 1)
    }


def next_item_metrics(ranked, target, k):
    """Return the hit rate, the reciprocal rank and the NDCG of one list with one relevant item."""
    for rank, item in enumerate(ranked[:k], start=1):
        if item == target:
            return 1.0, 1 / rank, 1 / math.log2(rank + 1)
    return 0.0, 0.0, 0.0


def recall_of_part(lists, test, histories, part, k):
    """Return the recall of the items that a user had before ("repeat") or of new ones, by user with such items."""
    values = {}
    for user, items in test.items():
        before = set(histories.get(user, ()))
        relevant = {item for item in items if (item in before) == (part == "repeat")}
        if relevant:
            values[user] = len(relevant & set(lists.get(user, ())[:k])) / len(relevant)
    return values


def ndcg_of_part(lists, test, histories, part, k):
    """Return the binary NDCG of the items that a user had before, or of new ones, by user with such items."""
    values = {}
    for user, items in test.items():
        before = set(histories.get(user, ()))
        relevant = {item for item in items if (item in before) == (part == "repeat")}
        if relevant:
            ranks = [rank for rank, item in enumerate(lists.get(user, ())[:k], start=1) if item in relevant]
            best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
            values[user] = sum(1 / math.log2(rank + 1) for rank in ranks) / best
    return values


def from_log(rows):
    """Return the items of each user from rows of user, item and time; equal times keep the order of the rows."""
    lists = {user: [] for user in sorted({user for user, _, _ in rows})}
    for user, item, _ in sorted(rows, key=lambda row: row[2]):
        lists[user].append(item)
    return lists


def from_orders(rows):
    """Return the baskets of each user from rows of user, item, time and order, by the earliest time of an order."""
    orders = {}
    for number, (user, item, time, order) in enumerate(rows):
        orders.setdefault((user, order), []).append((time, number, item))
    baskets = {user: [] for user in sorted({user for user, *_ in rows})}
    for (user, _), lines in sorted(orders.items(), key=lambda entry: min(entry[1])[:2]):
        baskets[user].append([item for _, _, item in sorted(lines)])
    return baskets
