"""Sequence models with loops over events and dense matrices."""

import math

import numpy as np


def transitions(sequences, n_items, gap_weights, scales, times=None):
    """Return the weight of each pair of items: a nested list.

    ``gap_weights`` maps a gap in steps to its weight; ``times`` holds the time of each event in half-lives.
    """
    weights = [[0.0] * n_items for _ in range(n_items)]
    for row, items in enumerate(sequences):
        for first, item in enumerate(items):
            for second, other in enumerate(items):
                weight = gap_weights.get(second - first, 0.0)
                if times is not None:
                    weight *= 2.0 ** -abs(times[row][second] - times[row][first])
                weights[item][other] += weight * scales[item] * scales[other]
    return weights


def smoothed(weights, shares):
    """Return W + diag(c) W P, where P has the rows of W divided by their sums."""
    weights = np.asarray(weights, dtype=np.float64)
    totals = weights.sum(axis=1, keepdims=True)
    steps = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    return weights + np.asarray(shares)[:, None] * (weights @ steps)


def transition_scores(history, weights, decay, rarity):
    """Return the score of each item for a history of item codes."""
    scores = np.zeros(len(weights))
    for step, item in enumerate(reversed(history)):
        scores += decay**step * rarity[item] * np.asarray(weights[item])
    return scores


def rarity(sequences, n_items):
    """Return log(1 + N / N_i) of each item."""
    owners = [sum(item in items for items in sequences) for item in range(n_items)]
    return [math.log(1 + len(sequences) / max(1, n)) for n in owners]


def slist(sequences, n_items, l2, window, past_decay, future_decay, order_free, user_exponent, item_exponent):
    """Return the weights of SLIST."""
    gram, cross = np.zeros((n_items, n_items)), np.zeros((n_items, n_items))
    users = np.zeros(n_items)
    for items in sequences:
        for place in range(len(items) - 1):
            s, t = np.zeros(n_items), np.zeros(n_items)
            for back, item in enumerate(items[max(0, place - window + 1) : place + 1][::-1]):
                s[item] += past_decay**back
            for ahead, item in enumerate(items[place + 1 : place + 1 + window]):
                t[item] += future_decay**ahead
            weight = s.sum() ** -user_exponent
            gram += weight * np.outer(s, s)
            cross += weight * np.outer(s, t)
        x = np.zeros(n_items)
        x[list(items)] = 1
        users += x
        both = order_free * max(1, x.sum()) ** -user_exponent * np.outer(x, x)
        gram += both
        cross += both - np.diag(np.diag(both))
    diagonal = np.diag(gram)
    ridge = l2 * diagonal[diagonal > 0].mean() if np.any(diagonal > 0) else l2
    return np.linalg.solve(gram + ridge * np.eye(n_items), cross) * np.maximum(users, 1) ** -item_exponent
