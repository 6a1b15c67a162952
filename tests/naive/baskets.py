"""Models of baskets from their formulas, on lists of lists of items, with dictionaries and sets."""

import math
from itertools import combinations


def without_empty(baskets):
    return [set(basket) for basket in baskets if basket]


def repeat_frequency(baskets_by_user, user, *, popularity_weight, decay, window, size_exponent):
    """Return the score of each item, 0 for items without evidence."""
    every = [basket for baskets in baskets_by_user.values() for basket in without_empty(baskets)]
    own = without_empty(baskets_by_user[user])
    scores = {}
    for item in set().union(*every):
        score = popularity_weight * sum(item in basket for basket in every) / len(every)
        for age, basket in enumerate(reversed(own)):
            if item in basket and (window is None or age < window):
                score += decay**age / len(basket) ** size_exponent
        scores[item] = score
    return scores


def user_vector(baskets, *, group_size, basket_decay, group_decay):
    """Return the decayed number of baskets with each item, and of all baskets."""
    vector, total = {}, 0.0
    for age, basket in enumerate(reversed(without_empty(baskets))):
        weight = basket_decay ** (age % group_size) * group_decay ** (age // group_size)
        total += weight
        for item in basket:
            vector[item] = vector.get(item, 0.0) + weight
    return vector, total


def cosine(x, y, weights):
    product = sum(weights[item] ** 2 * x[item] * y[item] for item in x if item in y)
    norms = [math.sqrt(sum((weights[item] * value) ** 2 for item, value in v.items())) for v in (x, y)]
    return product / (norms[0] * norms[1]) if product else 0.0


def tifu(
    baskets_by_user, user, *, n_neighbors, shrinkage, own_weight, amplification, popularity_share, tfidf, **decays
):
    """Return the score of each item."""
    users = list(baskets_by_user)
    vectors = {one: user_vector(baskets_by_user[one], **decays) for one in users}
    items = {item for vector, _ in vectors.values() for item in vector}
    n_buyers = {item: sum(item in vector for vector, _ in vectors.values()) for item in items}
    weights = {item: math.log(1 + len(users) / n_buyers[item]) if tfidf else 1.0 for item in items}
    own, total = vectors[user]
    similarities = {one: cosine(own, vectors[one][0], weights) for one in users}
    near = [one for one in users if 0 < similarities[one] < 1 - 1e-6]
    near = sorted(near, key=lambda one: -similarities[one])[:n_neighbors]
    alpha = total / (total + shrinkage) if own_weight is None else own_weight
    divisor = sum(similarities[one] ** amplification * vectors[one][1] for one in near)
    kappa = 1.0 if popularity_share and not near else popularity_share
    every = [basket for baskets in baskets_by_user.values() for basket in without_empty(baskets)]
    scores = {}
    for item in items:
        score = alpha * own[item] / total if item in own else 0.0
        for one in near:
            share = similarities[one] ** amplification * vectors[one][0].get(item, 0.0) / divisor
            score += (1 - alpha) * (1 - kappa) * share
        score += (1 - alpha) * kappa * sum(item in basket for basket in every) / len(every)
        scores[item] = score
    return scores


def complement(baskets, first, second, *, measure, min_support, shrinkage, view_weight, views):
    """Return the weight of the item ``second`` for a basket with the item ``first``."""
    baskets = without_empty(baskets)
    n, n_first, n_second = len(baskets), sum(first in b for b in baskets), sum(second in b for b in baskets)
    n_both = sum(first in b and second in b for b in baskets)
    if n_both < max(1, min_support):
        return 0.0
    if measure == "confidence":
        value = n_both / n_first
    elif measure == "lift":
        value = n_both * n / (n_first * n_second)
    else:
        value = log_likelihood(n_both, n_first, n_second, n)
    seen = [sum(item in view for view in views) for item in (first, second)]
    both_seen = sum(first in view and second in view for view in views)
    similar = both_seen / math.sqrt(seen[0] * seen[1]) if both_seen else 0.0
    return value * n_both / (n_both + shrinkage) * (1 - view_weight * similar)


def log_likelihood(n_both, n_first, n_second, n):
    """Return Dunning's ratio, 0 for pairs that are no more frequent than by chance."""
    if n_both * n <= n_first * n_second:
        return 0.0
    table = [
        (n_both, n_first, n_second),
        (n_first - n_both, n_first, n - n_second),
        (n_second - n_both, n - n_first, n_second),
        (n - n_first - n_second + n_both, n - n_first, n - n_second),
    ]
    return 2 * sum(cell * math.log(cell * n / (row * column)) for cell, row, column in table if cell)


def swing(baskets, first, second):
    """Return the Swing score of two items."""
    score = 0.0
    for one, other in combinations([set(basket) for basket in baskets], 2):
        if {first, second} <= one and {first, second} <= other:
            score += 1 / math.sqrt(len(one) * len(other)) / (1 + len(one & other))
    return score


def frequent_sets(baskets, size, min_support):
    """Return the item sets of a size with their numbers of baskets."""
    baskets = without_empty(baskets)
    items = sorted(set().union(*baskets)) if baskets else []
    counts = {chosen: sum(set(chosen) <= basket for basket in baskets) for chosen in combinations(items, size)}
    return {chosen: count for chosen, count in counts.items() if count >= min_support}


def rules(baskets, max_size, min_support, min_confidence):
    """Return support, confidence and lift of each rule, by antecedent and consequent."""
    baskets, found = without_empty(baskets), {}
    for size in range(2, max_size + 1):
        for chosen, count in frequent_sets(baskets, size, min_support).items():
            for n in range(1, size):
                for antecedent in combinations(chosen, n):
                    consequent = tuple(item for item in chosen if item not in antecedent)
                    confidence = count / sum(set(antecedent) <= basket for basket in baskets)
                    share = sum(set(consequent) <= basket for basket in baskets) / len(baskets)
                    if confidence >= min_confidence:
                        found[antecedent, consequent] = (count / len(baskets), confidence, confidence / share)
    return found
