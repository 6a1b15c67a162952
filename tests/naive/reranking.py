"""Greedy re-ranking of one list, straight from its definition, exhaustive search, and the shelves of a page."""

import itertools
import math


def greedy(values, n, *, caps=(), quotas=(), pins=None, similarity=None, mmr=0.0, dpp=0.0, category=None, target=None,
           calibration=0.0):  # fmt: skip
    """Return the chosen items.

    ``values`` are {item: value}, in the order of the model; ``caps`` are (group of item, k); ``quotas`` are (members,
    numbers needed among the first 1 … n items), the most important first; ``pins`` are {position from 0: item}.
    """
    wanted, pins, chosen = pins or {}, reserved(pins or {}, values, caps), []
    for place in range(n):
        if place in pins:
            chosen.append(pins[place])
            continue
        taken = [*chosen, *(item for later, item in pins.items() if later > place)]
        free = [item for item in values if item not in taken and item not in wanted.values()]
        allowed = [item for item in free if fits(item, taken, caps)]
        if not allowed:
            continue
        state = chosen, free, taken, caps, pins, place, n
        for some in disjoint_sets(quotas):
            members = demanded(some, *state)
            serving = [item for item in allowed if not members or item in members]
            lasting = [item for item in serving if leaves_enough(item, some, *state)]
            allowed = lasting or serving or allowed
        total = {
            item: values[item]
            - (mmr * max((similarity(item, other) for other in chosen), default=0.0) if mmr else 0.0)
            + dpp * 0.5 * (math.log(max(residual(item, chosen, similarity), 1e-6)) if dpp else 0.0)
            - calibration * growth(item, chosen, category, target)
            for item in allowed
        }
        chosen.append(max(total, key=lambda item: (total[item], -list(values).index(item))))
    return chosen


def reserved(pins, values, caps):
    """Return the pins that the caps allow together, the first position first."""
    kept = {}
    for place in sorted(pins):
        if pins[place] in values and fits(pins[place], list(kept.values()), caps):
            kept[place] = pins[place]
    return kept


def obtainable(members, free, taken, caps):
    """Return how many free members the caps allow together with the taken items, in order."""
    added = []
    for item in free:
        if item in members and fits(item, [*taken, *added], caps):
            added.append(item)
    return len(added)


def lacking(quota, chosen, pins, place, n):
    """Return how many members the quota lacks beyond the chosen and the pinned items."""
    members, needed = quota
    return max(
        needed[later]
        - sum(item in members for item in chosen)
        - sum(pins[k] in members for k in range(place + 1, later + 1) if k in pins)
        for later in range(place, n)
    )


def leaves_enough(item, quotas, chosen, free, taken, caps, pins, place, n):
    """Return whether the members that quotas lack, as far as there are any, are still there after an item is listed."""
    rest = [other for other in free if other != item]
    for members, needed in quotas:
        missing = min(lacking((members, needed), chosen, pins, place, n), obtainable(members, free, taken, caps))
        if obtainable(members, rest, [*taken, item], caps) < missing - (item in members):
            return False
    return True


def disjoint_sets(quotas):
    """Return successive quotas without common members in sets."""
    sets = []
    for members, needed in quotas:
        if sets and all(members.isdisjoint(others) for others, _ in sets[-1]):
            sets[-1].append((members, needed))
        else:
            sets.append([(members, needed)])
    return sets


def demanded(quotas, chosen, free, taken, caps, pins, place, n):
    """Return the members of which one must be next, since the quotas need all free places of a prefix; else none."""
    for later in range(place, n):
        coming = [pins[k] for k in range(place + 1, later + 1) if k in pins]
        room, urgent = later + 1 - place - len(coming), set()
        for members, needed in quotas:
            have = sum(item in members for item in [*chosen, *coming])
            missing = min(needed[later] - have, obtainable(members, free, taken, caps), room)
            if missing > 0:
                urgent |= members
                room -= missing
        if room == 0:
            return urgent
    return set()


def fits(item, chosen, caps):
    return all(
        group.get(item) is None or sum(group.get(other) == group[item] for other in chosen) < k for group, k in caps
    )


def residual(item, chosen, similarity):
    """Return the variance of an item that the chosen items leave unexplained, by Gaussian elimination."""
    items = [*chosen, item]
    matrix = [[1.0 if a == b else similarity(a, b) for b in items] for a in items]
    for k in range(len(chosen)):
        pivot = max(matrix[k][k], 1e-6)
        for row in range(k + 1, len(items)):
            factor = matrix[row][k] / pivot
            for column in range(k, len(items)):
                matrix[row][column] -= factor * matrix[k][column]
    return matrix[-1][-1]


def growth(item, chosen, category, target):
    """Return the growth of the divergence from the target if the item is added."""
    if target is None:
        return 0.0
    return divergence([*chosen, item], category, target) - divergence(chosen, category, target)


def divergence(items, category, target):
    total = 0.0
    for group, share in target.items():
        if share > 0:
            listed = sum(category.get(item) == group for item in items) / len(items) if items else 0.0
            total += share * math.log(share / (0.99 * listed + 0.01 * share))
    return total


def is_possible(items, n, caps, quotas):
    """Return whether some list of n items satisfies the caps and the quotas, by exhaustive search."""
    for order in itertools.permutations(items, n):
        sound = all(fits(item, order[:k], caps) for k, item in enumerate(order))
        if sound and all(
            sum(item in members for item in order[: p + 1]) >= needed[p] for members, needed in quotas for p in range(n)
        ):
            return True
    return False


def page_without_repeats(shelves, n):
    """Return {shelf: {user: items}} of {shelf: {user: candidates}}, each item once for each user."""
    shown, page = {}, {}
    for name, lists in shelves.items():
        page[name] = {}
        for user, candidates in lists.items():
            taken = page[name][user] = []
            for item in candidates:
                if len(taken) < n and item not in shown.setdefault(user, []):
                    taken.append(item)
                    shown[user].append(item)
    return page
