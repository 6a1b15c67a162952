"""Session neighbours, straight from their definition, with dictionaries."""

import math
from collections import defaultdict


def session_scores(
    sessions,
    current,
    *,
    own=None,
    n_neighbors,
    n_recent,
    max_history,
    decay,
    gap_decay,
    backward,
    repeat,
    alignment,
    history_weight,
    expansion,
    idf_exponent,
    length_exponent,
    similarity_exponent,
    recency,
):
    """Return {item: score} for the current session. ``sessions`` are lists of items, the most recent first."""
    weights = step_weights(current, max_history, decay)
    similarity, latest = similarities(
        sessions, weights, own, n_recent, idf_exponent, length_exponent, similarity_exponent, recency
    )
    nearest = sorted(similarity, key=lambda n: (-similarity[n], n))[:n_neighbors]
    total = sum(similarity[n] for n in nearest)
    scores = defaultdict(float)
    for n in nearest:
        aligned = weights if alignment == "all" else {latest[n]: 1.0}
        for item, weight in aligned.items():
            if n in recent(sessions, item, n_recent):
                for other, gap in gaps(sessions[n], item, gap_decay, backward, repeat):
                    scores[other] += similarity[n] * weight * gap
    for item in weights:
        scores[item] += history_weight * total
    scores = {item: score for item, score in scores.items() if score > 0}
    best = sorted(scores, key=lambda item: (-scores[item], item))[:20] if expansion else []
    expanded = defaultdict(float, scores)
    for item in best:
        near = related(sessions, item, n_recent, gap_decay, backward, length_exponent, recency)
        for other, weight in near.items():
            expanded[other] += expansion * scores[item] * weight
    return {item: score for item, score in expanded.items() if score > 0}


def step_weights(current, max_history, decay):
    """Return {item: weight} of the distinct latest items, the latest first."""
    weights = {}
    for age, item in enumerate(current[::-1][:max_history]):
        weights.setdefault(item, decay**age)
    return weights


def recent(sessions, item, n_recent):
    """Return the ranks of the most recent sessions with an item."""
    return [n for n, items in enumerate(sessions) if item in items][:n_recent]


def session_weight(sessions, n, length_exponent, recency):
    return 2 ** (-recency * n / len(sessions)) * len(sessions[n]) ** -length_exponent


def similarities(sessions, weights, own, n_recent, idf_exponent, length_exponent, exponent, recency):
    """Return {rank: similarity} and {rank: latest shared item}."""
    sums, latest = defaultdict(float), {}
    for item, weight in weights.items():
        holders = recent(sessions, item, len(sessions))
        rarity = math.log1p(len(sessions) / max(1, len(holders))) ** idf_exponent
        for n in holders[:n_recent]:
            if n != own:
                sums[n] += weight * rarity
                latest.setdefault(n, item)
    return {n: s**exponent * session_weight(sessions, n, length_exponent, recency) for n, s in sums.items()}, latest


def gaps(session, item, gap_decay, backward, repeat):
    """Yield the items of a session with their gap weights from the last event of an item."""
    here = max(t for t, other in enumerate(session) if other == item)
    for t, other in enumerate(session):
        gap = abs(t - here)
        weight = repeat if gap == 0 else (1 if t > here else backward) * gap_decay ** (gap - 1)
        yield other, weight


def related(sessions, item, n_recent, gap_decay, backward, length_exponent, recency):
    """Return {other item: weight} of the 50 nearest items, scaled to a total of 1."""
    sums = defaultdict(float)
    for n in recent(sessions, item, n_recent):
        for other, gap in gaps(sessions[n], item, gap_decay, backward, 0.0):
            if other != item:
                sums[other] += session_weight(sessions, n, length_exponent, recency) * gap
    best = sorted((o for o in sums if sums[o] > 0), key=lambda other: (-sums[other], other))[:50]
    total = sum(sums[other] for other in best)
    return {other: sums[other] / total for other in best}
