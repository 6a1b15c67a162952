"""Off-policy estimates of a policy's value from the log of another policy, term by term."""

import math


def weight(propensity, probability, clip=None):
    ratio = probability / propensity
    return ratio if clip is None else min(ratio, clip)


def ips_terms(rewards, propensities, probabilities, clip=None):
    return [r * weight(p, q, clip) for r, p, q in zip(rewards, propensities, probabilities, strict=True)]


def doubly_robust_terms(rewards, propensities, probabilities, predicted, expected, clip=None):
    columns = zip(rewards, propensities, probabilities, predicted, expected, strict=True)
    return [e + weight(p, q, clip) * (r - guess) for r, p, q, guess, e in columns]


def mean_and_error(terms):
    mean = sum(terms) / len(terms)
    if len(terms) == 1:
        return mean, math.nan
    return mean, math.sqrt(sum((term - mean) ** 2 for term in terms) / (len(terms) - 1) / len(terms))


def snips(rewards, propensities, probabilities, clip=None):
    weights = [weight(p, q, clip) for p, q in zip(propensities, probabilities, strict=True)]
    value = sum(w * r for w, r in zip(weights, rewards, strict=True)) / sum(weights)
    squares = sum((w * (r - value)) ** 2 for w, r in zip(weights, rewards, strict=True))
    return value, math.sqrt(squares) / sum(weights)


def effective_sample_size(propensities, probabilities, clip=None):
    weights = [weight(p, q, clip) for p, q in zip(propensities, probabilities, strict=True)]
    return sum(weights) ** 2 / sum(w * w for w in weights) if any(weights) else 0.0
