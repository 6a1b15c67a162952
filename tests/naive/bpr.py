"""One step of Bayesian personalised ranking, from the formulas."""

import math

import numpy as np


def loss(user, liked, other, liked_bias, other_bias, l2, l2_bias):
    """What a step lowers: the negative log-likelihood and the penalties."""
    x = liked_bias - other_bias + float(user @ (liked - other))
    penalty = l2 / 2 * float(user @ user + liked @ liked + other @ other) + l2_bias / 2 * (
        liked_bias**2 + other_bias**2
    )
    return math.log1p(math.exp(-x)) + penalty


def gradient(parameters, l2, l2_bias, step=1e-6):
    """The gradient of the loss by differences; parameters are user, liked, other and the two biases in one array."""
    size = (len(parameters) - 2) // 3

    def at(values):
        return loss(values[:size], values[size : 2 * size], values[2 * size : 3 * size], *values[-2:], l2, l2_bias)

    shifts = np.eye(len(parameters)) * step
    return np.array([(at(parameters + shift) - at(parameters - shift)) / (2 * step) for shift in shifts])
