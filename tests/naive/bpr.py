"""Loss and gradient of one step of Bayesian personalized ranking."""

import math

import numpy as np


def loss(user, positive, negative, positive_bias, negative_bias, l2, l2_bias):
    """Return the loss of one step: the negative log-likelihood plus the penalties."""
    x = positive_bias - negative_bias + float(user @ (positive - negative))
    penalty = l2 / 2 * float(user @ user + positive @ positive + negative @ negative) + l2_bias / 2 * (
        positive_bias**2 + negative_bias**2
    )
    return math.log1p(math.exp(-x)) + penalty


def gradient(parameters, l2, l2_bias, step=1e-6):
    """Return the gradient of the loss by central differences.

    ``parameters`` holds the factors of the user, the positive and the negative item, then the two item biases.
    """
    size = (len(parameters) - 2) // 3

    def shifted_loss(values):
        return loss(values[:size], values[size : 2 * size], values[2 * size : 3 * size], *values[-2:], l2, l2_bias)

    shifts = np.eye(len(parameters)) * step
    return np.array(
        [(shifted_loss(parameters + shift) - shifted_loss(parameters - shift)) / (2 * step) for shift in shifts]
    )
