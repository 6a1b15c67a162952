"""Normalised scores, reciprocal rank fusion, hand-over and trees, one number at a time."""

import math


def ranking(scores, seen):
    """Return the unseen items with evidence, best first, ties by code."""
    items = [item for item, score in enumerate(scores) if score != -math.inf and item not in seen]
    return sorted(items, key=lambda item: (-scores[item], item))


def normalized(scores, seen, kind, depth, k):
    """Return the value of each item of one user on the common scale."""
    counted = [score for item, score in enumerate(scores) if score != -math.inf and item not in seen]
    low, high = (min(counted), max(counted)) if counted else (0.0, 0.0)
    filled = [low if score == -math.inf else score for score in scores]
    if kind == "none":
        return filled
    if kind == "minmax":
        if not counted or high == low:
            return [0.0 if score == -math.inf else 1.0 + (score - low) for score in scores]
        return [0.0 if score == -math.inf else (score - low) / (high - low) for score in scores]
    if kind == "zscore":
        unseen = [value for item, value in enumerate(filled) if item not in seen]
        if not unseen:
            return None  # nothing to compare with
        mean = sum(unseen) / len(unseen)
        spread = math.sqrt(sum((value - mean) ** 2 for value in unseen) / len(unseen))
        return [0.0 if spread == 0 else (value - mean) / spread for value in filled]
    order, depth = ranking(scores, seen), min(depth, len(scores))
    values = []
    for item, score in enumerate(scores):
        if item in seen:
            rank = 1 + sum(scores[other] > score for other in order)
        else:
            rank = 1 + order.index(item) if item in order else depth + 1
        if score == -math.inf or rank > depth:
            values.append(0.0)
        else:
            values.append(1 - (rank - 1) / depth if kind == "rank" else 1 / (k + rank))
    return values


def blend(score_lists, weights, seen, kind, depth, k):
    """Return the weighted sum for each item of one user; −∞ if no part with a weight has evidence."""
    total = []
    for item in range(len(score_lists[0])):
        used = [part for part, weight in enumerate(weights) if weight > 0]
        if all(score_lists[part][item] == -math.inf for part in used):
            total.append(-math.inf)
        else:
            total.append(
                sum(weights[part] * normalized(score_lists[part], seen, kind, depth, k)[item] for part in used)
            )
    return total


def hand_over(n_items, thresholds, smoothing):
    """Return the weight of each part for a user with ``n_items`` items."""
    weights, left = [], 1.0
    for threshold in thresholds:
        if smoothing == 0:
            reached = 1.0 if n_items >= threshold else 0.0
        else:
            reached = 1 / (1 + ((1 + threshold) / (1 + n_items)) ** (1 / smoothing))
        weights.append(left * (1 - reached))
        left *= reached
    return [*weights, left]


def best_switches(curve):
    """Return the largest sum over the lengths of the value of one part each, with parts in order."""
    n_parts, n_lengths = len(curve), len(curve[0])

    def best(length, part):
        if length == n_lengths:
            return 0.0
        return max(curve[other][length] + best(length + 1, other) for other in range(part, n_parts))

    return best(0, 0)


def tree_sum(row, trees):
    """Return the sum of the leaves that a row reaches; a tree is a number or (feature, threshold, left, right)."""
    total = 0.0
    for tree in trees:
        while isinstance(tree, tuple):
            feature, threshold, left, right = tree
            tree = left if row[feature] <= threshold else right
        total += tree
    return total
