"""Content-based similarities of several columns, one pair at a time, from dictionaries of features."""

import math

from tests.naive import tfidf


def category_vector(value, sep):
    """Return the unit vector of a label, or of all levels of a path."""
    labels = [] if value is None else [value] if isinstance(value, str) else value
    features = {}
    for label in labels:
        levels = [label.strip()] if sep is None else [level.strip() for level in label.split(sep)]
        levels = [level for level in levels if level]
        for depth in range(1, len(levels) + 1):
            features[tuple(levels[:depth])] = 1.0
    return tfidf.unit(features)


def number_vector(value, bandwidth, scale):
    """Return the unit vector of a number: Hann windows around the multiples of bandwidth / 1.28."""
    if value is None or math.isnan(value) or (scale == "log" and value <= 0):
        return {}
    place = math.log(value) / math.log(bandwidth) if scale == "log" else value / bandwidth
    place *= 1.28
    features = {}
    for center in range(math.floor(place) - 5, math.floor(place) + 6):
        if abs(place - center) < 2:
            features[center] = math.cos(math.pi * (place - center) / 4) ** 2
    return tfidf.unit(features)


def dense_vector(value):
    """Return the unit vector of a list of numbers."""
    return {} if value is None else tfidf.unit({k: float(x) for k, x in enumerate(value)})


def bm25_vectors(documents, k=1.2, b=0.75):
    """Return the unit vectors of lists of terms with the weights of BM25."""
    n, lengths = len(documents), [len(document) for document in documents if document]
    mean = sum(lengths) / max(len(lengths), 1)
    result = []
    for document in documents:
        vector = {}
        for term in set(document):
            f, df = document.count(term), sum(term in other for other in documents)
            idf = math.log((1 + n) / (1 + df)) + 1
            vector[term] = idf * f * (k + 1) / (f + k * (1 - b + b * len(document) / mean))
        result.append(tfidf.unit(vector))
    return result


def dot(a, b):
    return sum(value * b.get(feature, 0.0) for feature, value in a.items())


def joint_cosine(blocks, weights, history, item, *, dense=()):
    """Return the cosine of an item and a history, a list of (item, weight); None without evidence.

    ``blocks`` holds the unit vectors of the items by each block, dictionaries that are empty for missing values.
    """
    total, profile_weight, item_weight, has_evidence = 0.0, 0.0, 0.0, False
    for place, (vectors, weight) in enumerate(zip(blocks, weights, strict=True)):
        profile = {}
        for other, strength in history:
            for feature, value in vectors[other].items():
                profile[feature] = profile.get(feature, 0.0) + strength * value
        norm = math.sqrt(sum(value * value for value in profile.values()))
        vanishes = norm <= 1e-6 * sum(abs(strength) for _, strength in history)
        profile_weight += 0.0 if vanishes else weight
        item_weight += weight if vectors[item] else 0.0
        if vanishes or not vectors[item]:
            continue
        if place in dense or set(profile) & set(vectors[item]):
            has_evidence = True
            total += weight * dot(profile, vectors[item]) / norm
    return total / math.sqrt(profile_weight * item_weight) if has_evidence else None
