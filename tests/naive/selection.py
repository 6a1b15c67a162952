"""The best columns of a row, by sorting all columns."""

import math
from fractions import Fraction


def best(scores, n):
    """Return (column, score) of the n best columns, ties by column, without scores of −∞."""
    ranked = sorted((-score, column) for column, score in enumerate(scores) if score != -math.inf)
    return [(column, -negative) for negative, column in ranked[:n]]


def without(scores, columns):
    return [-math.inf if column in columns else score for column, score in enumerate(scores)]


def only(scores, columns):
    return [score if column in columns else -math.inf for column, score in enumerate(scores)]


def inner_product(p, q):
    """Return p·q without rounding errors."""
    return sum((Fraction(x) * Fraction(y) for x, y in zip(p, q, strict=True)), Fraction(0))
