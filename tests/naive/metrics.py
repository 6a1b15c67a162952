"""Metrics of recommendation lists, by their definitions.

``listed`` is one user's list of items, best first; ``relevant`` is a dictionary from relevant items to their values.
"""

import math


def hits(listed, relevant, k):
    """Return 1 for each of the first k ranks with a relevant item that is not listed above, else 0."""
    return [int(item in relevant and item not in listed[:place]) for place, item in enumerate(listed[:k])]


def divisor(denominator, k, relevant):
    return {"k": k, "relevant": len(relevant), "min": min(k, len(relevant))}[denominator]


def precision(listed, relevant, k, denominator="k"):
    return sum(hits(listed, relevant, k)) / divisor(denominator, k, relevant)


def recall(listed, relevant, k, denominator="relevant"):
    return precision(listed, relevant, k, denominator)


def hit_rate(listed, relevant, k):
    return float(any(item in relevant for item in listed[:k]))


def reciprocal_rank(listed, relevant, k):
    for rank, item in enumerate(listed[:k], start=1):
        if item in relevant:
            return 1 / rank
    return 0.0


def average_precision(listed, relevant, k, denominator="relevant"):
    hit = hits(listed, relevant, k)
    precisions = [sum(hit[: rank + 1]) / (rank + 1) for rank in range(len(hit)) if hit[rank]]
    return sum(precisions) / divisor(denominator, k, relevant)


def gain_of(value, gain):
    return {"binary": 1.0, "linear": value, "exponential": 2.0**value - 1}[gain]


def ndcg(listed, relevant, k, denominator="min", gain="binary"):
    hit = hits(listed, relevant, k)
    gains = [gain_of(relevant[item], gain) if hit[rank] else 0.0 for rank, item in enumerate(listed[:k])]
    ideal = sorted((gain_of(value, gain) for value in relevant.values()), reverse=True)
    if denominator == "k":
        ideal = [1.0] * k
    elif denominator == "min":
        ideal = ideal[:k]
    best = sum(g / math.log2(rank + 2) for rank, g in enumerate(ideal))
    return sum(g / math.log2(rank + 2) for rank, g in enumerate(gains)) / best if best > 0 else 0.0


def auc(listed, relevant, k, items):
    """Compare every relevant item with every other item of the catalogue; listed items come first."""
    listed = listed[:k]
    others = [item for item in items if item not in relevant]
    if not others:
        return 0.0
    place = {item: rank for rank, item in reversed(list(enumerate(listed)))}
    right = 0.0
    for good in relevant:
        for other in others:
            a, b = place.get(good, math.inf), place.get(other, math.inf)
            right += 1.0 if a < b else 0.5 if a == b else 0.0
    return right / (len(relevant) * len(others))


def mean_over_users(metric, lists, test, k, missing="skip", **options):
    """Average a metric over users; lists and test are dictionaries by user."""
    values = []
    for user in {**lists, **test}:
        relevant = test.get(user, {})
        if relevant:
            values.append(metric(lists.get(user, []), relevant, k, **options))
        elif missing == "zero":
            values.append(0.0)
    return sum(values) / len(values)


def coverage(lists, catalogue, k):
    return len({item for listed in lists.values() for item in listed[:k]} & set(catalogue)) / len(set(catalogue))


def mse(y_true, y_pred, weights=None):
    weights = [1.0] * len(y_true) if weights is None else weights
    return sum(w * (t - p) ** 2 for t, p, w in zip(y_true, y_pred, weights, strict=True)) / sum(weights)


def mae(y_true, y_pred, weights=None):
    weights = [1.0] * len(y_true) if weights is None else weights
    return sum(w * abs(t - p) for t, p, w in zip(y_true, y_pred, weights, strict=True)) / sum(weights)


def gini(lists, catalogue, k):
    """Return the Gini index from the differences of the counts of all pairs of items."""
    counts = [sum(listed[:k].count(item) for listed in lists.values()) for item in set(catalogue)]
    return sum(abs(a - b) for a in counts for b in counts) / (2 * len(counts) * sum(counts))


def share_of_takers(item, train):
    return sum(item in taken for taken in train.values()) / len(train)


def popularity_bias(lists, train, k):
    means = [sum(share_of_takers(i, train) for i in row[:k]) / len(row[:k]) for row in lists.values() if row]
    return sum(means) / len(means)


def novelty(lists, train, k):
    def bits(item):
        return -math.log2(max(share_of_takers(item, train), 1 / len(train)))

    means = [sum(bits(item) for item in row[:k]) / len(row[:k]) for row in lists.values() if row]
    return sum(means) / len(means)


def personalization(lists, k):
    sets = [set(listed[:k]) for listed in lists.values() if listed]
    pairs = [(a, b) for row, a in enumerate(sets) for b in sets[:row]]
    return 1 - sum(len(a & b) / math.sqrt(len(a) * len(b)) for a, b in pairs) / len(pairs)


def permutation_p_value(differences):
    """Return the exact p-value over all sign flips."""
    n = len(differences)
    observed = abs(sum(differences))
    flipped = [sum(d if (flips >> row) & 1 else -d for row, d in enumerate(differences)) for flips in range(2**n)]
    return sum(abs(total) >= observed - 1e-9 for total in flipped) / 2**n


def holm(p_values):
    """Multiply the ascending p-values by n, n − 1, …, 1, and make the results monotone."""
    adjusted, highest = {}, 0.0
    for place, row in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[row] * (len(p_values) - place)))
        adjusted[row] = highest
    return [adjusted[row] for row in range(len(p_values))]


def cosine(a, b):
    norms = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norms if norms else 0.0


def diversity(lists, vectors, k):
    """Return the mean dissimilarity of all pairs of items of each list."""
    values = []
    for listed in lists.values():
        pairs = [(a, b) for place, a in enumerate(listed[:k]) for b in listed[:k][:place]]
        if pairs:
            values.append(sum(1 - cosine(vectors[a], vectors[b]) for a, b in pairs) / len(pairs))
    return sum(values) / len(values)


def serendipity(lists, relevant, train, k):
    """Return the mean number of hits outside each user's list of the most popular items, divided by k."""
    items = sorted({item for taken in train.values() for item in taken})
    by_popularity = sorted(items, key=lambda item: (-sum(item in taken for taken in train.values()), item))
    values = []
    for user, relevant_items in relevant.items():
        if not relevant_items:
            continue
        obvious = [item for item in by_popularity if item not in train.get(user, ())][:k]
        hits = set(lists.get(user, [])[:k]) & set(relevant_items)
        values.append(len(hits - set(obvious) - set(train.get(user, ()))) / k)
    return sum(values) / len(values)
