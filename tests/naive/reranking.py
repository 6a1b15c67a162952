"""Greedy re-ranking of one list, straight from its definition, with dictionaries, and exhaustive search."""

import itertools
import math


def greedy(values, n, *, caps=(), quotas=(), pins=None, similarity=None, mmr=0.0, dpp=0.0, category=None, target=None,
           calibration=0.0):  # fmt: skip
    """Return the chosen items.

    ``values`` are {item: value}, in the order of the model; ``caps`` are (group of item, k); ``quotas`` are (members,
    numbers needed among the first 1 … n items), the most important first; ``pins`` are {position from 0: item}.
    """
    pins = dict(pins or {})
    chosen = []
    for place in range(n):
        free = [item for item in values if item not in chosen and item not in pins.values()]
        open_items = [item for item in free if fits(item, chosen, caps)]
        pinned = pins.get(place)
        if pinned in values and fits(pinned, chosen, caps):
            chosen.append(pinned)
            continue
        if not open_items:
            continue
        allowed = open_items
        for members, needed in quotas:
            have = sum(item in members for item in chosen)
            urgent = any(needed[later] - have > later - place for later in range(place, n))
            if urgent and any(item in members for item in allowed):
                allowed = [item for item in allowed if item in members]
        total = {
            item: values[item]
            - (mmr * max((similarity(item, other) for other in chosen), default=0.0) if mmr else 0.0)
            + dpp * 0.5 * (math.log(max(residual(item, chosen, similarity), 1e-6)) if dpp else 0.0)
            - calibration * growth(item, chosen, category, target)
            for item in allowed
        }
        chosen.append(max(total, key=lambda item: (total[item], -list(values).index(item))))
    return chosen


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
