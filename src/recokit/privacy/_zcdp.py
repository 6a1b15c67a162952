"""Conversion between zero-concentrated and approximate differential privacy.

References
----------
M. Bun and T. Steinke (2016). Concentrated differential privacy: simplifications, extensions, and lower bounds. TCC.

C. Canonne, G. Kamath and T. Steinke (2020). The discrete Gaussian for differential privacy. NeurIPS. (Proposition 12.)
"""

import math
from typing import Any

from scipy.optimize import minimize_scalar

__all__ = ["check_delta", "check_epsilon", "epsilon_of", "rho_of"]

_MAX_RHO = 1e6


def check_epsilon(epsilon: Any) -> float:
    """Return ε, a finite number above 0."""
    if isinstance(epsilon, bool) or not isinstance(epsilon, int | float) or not 0 < epsilon < math.inf:
        raise ValueError(f"epsilon={epsilon!r}: expected a number above 0")
    return float(epsilon)


def check_delta(delta: Any) -> float:
    """Return δ, a number between 0 and 1."""
    if isinstance(delta, bool) or not isinstance(delta, int | float) or not 0 < delta < 1:
        raise ValueError(f"delta={delta!r}: expected a number above 0 and below 1, at most 1 / number of users")
    return float(delta)


def epsilon_of(rho: float, delta: float) -> float:
    """Return the least known ε such that ρ-zCDP implies (ε, δ)-differential privacy.

    Every order of the Rényi divergence gives a valid ε; the search chooses the best one.

    Examples
    --------
    >>> round(epsilon_of(0.1, 1e-5), 2)
    1.91
    """
    if rho == 0:
        return 0.0

    def bound(log_excess: float) -> float:
        excess = math.exp(log_excess)  # the order minus 1
        order = 1.0 + excess
        return order * rho + (-math.log(delta) - excess * math.log1p(1.0 / excess) - math.log(order)) / excess

    found = minimize_scalar(bound, bounds=(-12.0, 16.0), method="bounded", options={"xatol": 1e-9})
    return max(float(found.fun), 0.0)


def rho_of(epsilon: float, delta: float) -> float:
    """Return the largest known ρ such that ρ-zCDP implies (ε, δ)-differential privacy.

    Examples
    --------
    >>> round(rho_of(2.0, 1e-5), 4)
    0.1083
    """
    low, high = 0.0, 1.0
    while epsilon_of(high, delta) < epsilon and high < _MAX_RHO:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon_of(middle, delta) <= epsilon else (low, middle)
    return low
