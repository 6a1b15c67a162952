"""Discrete Gaussian noise, drawn by OpenDP from the randomness of the operating system."""

import math
from typing import Any

import numpy as np

from recokit._typing import IntArray

__all__ = ["add_noise", "noise_scale", "require_opendp"]

_CHUNK = 100_000


def require_opendp() -> Any:
    """Return OpenDP's Python interface.

    Raises
    ------
    ImportError
        OpenDP is not installed.
    """
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise ImportError(
            'differentially private noise needs OpenDP; install it with pip install "recokit[privacy]"'
        ) from error
    dp.enable_features("contrib")
    return dp


def noise_scale(sensitivity: float, rho: float) -> float:
    """Return the standard deviation of Gaussian noise for ρ-zCDP: Δ / √(2ρ)."""
    return sensitivity / math.sqrt(2.0 * rho)


def add_noise(values: IntArray, sensitivity: float, rho: float) -> IntArray:
    """Return integers with independent discrete Gaussian noise.

    Parameters
    ----------
    values : integer array
    sensitivity : float
        Bound on the Euclidean norm of the change of all values by one user.
    rho : float
        Privacy loss of the release of all values, in zCDP.
    """
    dp = require_opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    release = dp.m.make_gaussian(*space, scale=noise_scale(sensitivity, rho) * (1 + 1e-12))
    if not release.map(sensitivity) <= rho:  # OpenDP's own bound on the loss, rounded upwards
        raise ArithmeticError(f"the noise does not give rho={rho}")
    flat = values.ravel()
    parts = [release(flat[start : start + _CHUNK].tolist()) for start in range(0, len(flat), _CHUNK)]
    return np.array([number for part in parts for number in part], dtype=np.int64).reshape(values.shape)
