"""Features of users and items, RFM scores and quantiles, event by event."""

import itertools
import math
import statistics

DAY = 86_400


def quantile(value, values):
    """Return the share of smaller values plus half the share of equal ones."""
    smaller = sum(other < value for other in values)
    equal = sum(other == value for other in values)
    return (smaller + equal / 2) / len(values)


def mean(values):
    return sum(values) / len(values) if values else math.nan


def ratio(numerator, denominator):
    return numerator / denominator if denominator else math.nan


def is_purchase(event):
    return event["event"] == "purchase" and event["quantity"] >= 0


def is_return(event):
    return event["event"] == "return" or (event["event"] == "purchase" and event["quantity"] < 0)


def order_of(event):
    """Return the key of the order of a purchase."""
    return ("order", event["order"]) if event["order"] is not None else ("day", event["second"] // DAY)


def money(event):
    sign = 1 if is_purchase(event) else -1 if is_return(event) else 0
    return sign * abs(event["quantity"]) * event["price"]


def orders_of(purchases):
    """Return the time of the first event of each order."""
    first = {}
    for event in purchases:
        key = order_of(event)
        first[key] = min(first.get(key, math.inf), event["second"])
    return sorted(first.values())


def user_features(events, categories, now):
    """Return the features of each user from all events, at the moment ``now`` in seconds."""
    users = sorted({event["user"] for event in events})
    return {user: _user(user, events, categories, now) for user in users}


def _user(user, events, categories, now):
    own = [event for event in events if event["user"] == user]
    bought = [event for event in events if is_purchase(event)]
    mine = [event for event in own if is_purchase(event)]
    returned = [event for event in own if is_return(event)]
    views = [event for event in own if event["event"] == "view"]
    orders = orders_of(mine)
    gaps = [(later - earlier) / DAY for earlier, later in itertools.pairwise(orders)]
    paid = {}
    for event in bought:
        paid.setdefault(categories.get(event["item"]), []).append(event["price"])
    hours = [event["second"] // 3600 % 24 for event in mine]
    weekdays = [(event["second"] // DAY + 3) % 7 for event in mine]
    found = {
        "recency": min((now - event["second"] for event in mine), default=math.nan) / DAY,
        "tenure": max(now - event["second"] for event in own) / DAY,
        "interval_mean": mean(gaps),
        "interval_std": statistics.stdev(gaps) if len(gaps) > 1 else math.nan,
        "frequency": len(orders),
        "n_items": len({event["item"] for event in mine}),
        "n_events": len(own),
        "active_days": len({event["second"] // DAY for event in own}),
        "monetary": sum(map(money, own)),
        "order_value": ratio(sum(map(money, mine)), len(orders)),
        "price_level": mean([quantile(event["price"], paid[categories.get(event["item"])]) for event in mine]),
        "conversion": ratio(len(mine), len(views)),
        "return_rate": ratio(
            sum(abs(event["quantity"]) for event in returned), sum(event["quantity"] for event in mine)
        ),
        "weekend_share": mean([day >= 5 for day in weekdays]),
    }
    for place, part in enumerate(("night", "morning", "afternoon", "evening")):
        found[f"{part}_share"] = mean([hour // 6 == place for hour in hours])
    known = [categories[event["item"]] for event in mine if event["item"] in categories]
    for name in set(categories.values()):
        found[f"category={name}"] = mean([one == name for one in known])
    for name in {event["source"] for event in events}:
        found[f"source={name}"] = mean([event["source"] == name for event in own])
    return found


def item_features(events, categories, now, window):
    """Return the features of each item from all events, at the moment ``now`` in seconds."""
    items = sorted({event["item"] for event in events})
    found = {item: _item(item, events, now, window) for item in items}
    for item in items:
        peers = [other for other in items if categories.get(other) == categories.get(item)]
        prices = [found[other]["price"] for other in peers if not math.isnan(found[other]["price"])]
        price = found[item]["price"]
        found[item]["price_quantile"] = math.nan if math.isnan(price) else quantile(price, prices)
    return found


def _item(item, events, now, window):
    own = [event for event in events if event["item"] == item]
    mine = [event for event in own if is_purchase(event)]
    views = [event for event in own if event["event"] == "view"]
    ages = [(now - event["second"]) / DAY for event in mine]
    age = max(now - event["second"] for event in own) / DAY
    recent = sum(one <= window for one in ages)
    earlier = len(ages) - recent
    buyers = {event["user"] for event in mine}
    orders = {user: {order_of(event) for event in mine if event["user"] == user} for user in buyers}
    return {
        "popularity": len(mine),
        "n_users": len(buyers),
        "n_views": len(views),
        "revenue": sum(map(money, own)),
        "trend": ((recent + 1) / window) / ((earlier + 1) / (age - window)) if age > window else math.nan,
        "repeat_rate": mean([len(keys) >= 2 for keys in orders.values()]),
        "conversion": ratio(len(mine), len(views)),
        "return_rate": ratio(
            sum(abs(event["quantity"]) for event in own if is_return(event)), sum(event["quantity"] for event in mine)
        ),
        "price": mean([event["price"] for event in mine]),
        "recency": min(ages, default=math.nan),
        "age": age,
    }


def scores(values, bins):
    """Return 1 plus the rounded-down share of smaller values, in bins."""
    return [1 + bins * sum(other < value for other in values) // len(values) for value in values]


def rfm_segment(recency, value):
    """Return the segment of scores 1 to 5."""
    if recency >= 4 and value >= 4:
        return "Champions" if recency == 5 else "Loyal"
    if recency == 3 and value >= 4:
        return "Loyal"
    if recency >= 4 and value >= 2:
        return "Potential Loyalists"
    if recency >= 4:
        return "New Customers" if recency == 5 else "Promising"
    if recency == 3:
        return "Need Attention" if value == 3 else "About To Sleep"
    if value == 5:
        return "Cannot Lose Them"
    if value >= 3:
        return "At Risk"
    return "Hibernating" if recency == 2 else "Lost"
