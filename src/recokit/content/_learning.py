"""Learning the weights of blocks from held-out interactions."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.content._fitted_block import FittedBlock
from recokit.content._profiles import Profiles
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError

__all__ = ["learned_weights", "optimal_weights"]

_MAX_USERS, _N_RANDOM = 2_000, 100
_L2 = 1e-3  # keeps the weights finite if the held-out items are always above the random ones
_ROUNDS = 3  # solutions with the scales of missing values from the round before; the weights then change by under 1%


def learned_weights(
    blocks: list[FittedBlock],
    given: FloatArray,
    interactions: Interactions,
    profiles_of: Callable[[CodeArray], Profiles],
    random_state: Any,
) -> FloatArray:
    """Return weights of blocks that rank held-out interactions above random items: (n_blocks,) float64, not negative.

    Parameters
    ----------
    blocks : list of FittedBlock
    given : (n_blocks,) float64 array
        Weights to start from; blocks of weight 0 stay at 0.
    interactions : Interactions
        Training data. One interaction of each of up to 2,000 users is held out.
    profiles_of : callable
        Function from user codes to profiles.
    random_state : int, Generator or None

    Raises
    ------
    DataError
        No user has two items with a vector.

    Warns
    -----
    UserWarning
        No block ranks the held-out items above random items; the given weights are returned.
    """
    rng = np.random.default_rng(random_state)
    has_any = np.any([block.has_vector for block in blocks], axis=0)
    users, held_out = _hold_out(interactions, has_any, rng)
    profiles = profiles_of(users.astype(np.int32)).items
    items = profiles.select(profiles.codes != held_out[profiles.row_codes])
    negatives = rng.choice(np.flatnonzero(has_any), size=(len(users), _N_RANDOM))
    choices = np.concatenate([held_out[:, None], negatives], axis=1)
    cosines, on_both_sides = _choice_cosines(blocks, items, choices)
    is_choice = ~_in_history(profiles, choices, interactions.n_items)
    is_choice[:, 0] = True
    weights = optimal_weights(cosines, on_both_sides, is_choice, given)
    if weights.sum() > 0:
        return weights
    warnings.warn(
        "weights='learn': no block ranks the held-out items of users above random items; the given weights are used",
        stacklevel=levels_inside(),
    )
    return given


def _hold_out(data: Interactions, has_vector: BoolArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Return users and one held-out item of each: the latest, or a random one among the items that the user liked."""
    rows, values = data.rows.row_codes, data.values.astype(np.float64)
    usable = has_vector[data.item_codes]
    n_usable = np.bincount(rows[usable], minlength=data.n_users)
    if data.feedback == "explicit":
        usable &= values >= data.rows.means(0.0)[rows]
    liked = np.bincount(rows[usable], minlength=data.n_users)
    users = np.flatnonzero((n_usable >= 2) & (liked >= 1))
    if len(users) == 0:
        raise DataError(
            "weights='learn' needs users with at least two items of the catalogue, to hold one out; there are none: "
            "give weights"
        )
    users = np.sort(rng.choice(users, size=min(_MAX_USERS, len(users)), replace=False))
    order = rng.permutation(data.n_interactions)
    if data.timestamps is not None:
        order = order[np.argsort(data.timestamps[order], kind="stable")]
    last = np.full(data.n_users, -1, dtype=np.int64)
    order = order[usable[order]]
    last[rows[order]] = data.item_codes[order]
    return users, last[users]


def _choice_cosines(blocks: list[FittedBlock], items: Rows, choices: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the cosines of profiles and their choices by each block, and whether both sides have the block.

    Returns
    -------
    cosines : (n_blocks, n_users, n_choices) float64 array
    has : (n_blocks, 2, n_users, n_choices) float64 array
        Whether the profile, and the choice, has a vector in the block.
    """
    rows = np.repeat(np.arange(len(choices)), choices.shape[1])
    codes = choices.ravel().astype(np.int32)
    cosines = np.stack([block.vectors.pair_cosines(items, rows, codes).reshape(choices.shape) for block in blocks])
    profiles = [np.repeat(block.vectors.has_profile(items)[:, None], choices.shape[1], axis=1) for block in blocks]
    has = [[profile, block.has_vector[choices]] for profile, block in zip(profiles, blocks, strict=True)]
    return cosines, np.array(has, dtype=np.float64)


def _in_history(histories: Rows, choices: IntArray, n_items: int) -> BoolArray:
    """Return whether each choice is in the history of its user."""
    keys = histories.row_codes * n_items + histories.codes
    return np.isin(np.arange(len(choices))[:, None] * n_items + choices, keys)


def optimal_weights(cosines: FloatArray, has: FloatArray, is_choice: BoolArray, start: FloatArray) -> FloatArray:
    """Return the weights that minimize the cross-entropy of the first choice of each user: (n_blocks,) float64.

    Parameters
    ----------
    cosines, has
        See `_choice_cosines`.
    is_choice : (n_users, n_choices) bool array
        Whether each choice takes part.
    start : (n_blocks,) float64 array
        Blocks of weight 0 stay at 0.

    Examples
    --------
    >>> cosines = np.array([[[0.9, 0.1]], [[0.2, 0.2]]])
    >>> weights = optimal_weights(
    ...     cosines, np.ones((2, 2, 1, 2)), np.ones((1, 2), bool), np.ones(2)
    ... )
    >>> bool(weights[0] > 0), float(weights[1])
    (True, 0.0)
    """
    from scipy.optimize import minimize  # slow to import

    used = np.flatnonzero(start > 0)
    cosines, has, weights = cosines[used], has[used], start[used] / start[used].sum()
    for _ in range(_ROUNDS if np.any(has == 0) else 1):
        totals = np.tensordot(weights, has, axes=1)
        scales = 1 / np.sqrt(np.prod(np.where(totals > 0, totals, 1.0), axis=0))

        def loss(w: FloatArray, scaled: FloatArray = cosines * scales) -> tuple[float, FloatArray]:
            logits = np.where(is_choice, np.tensordot(w, scaled, axes=1), -np.inf)
            logits -= logits.max(axis=1, keepdims=True)
            odds = np.exp(logits)
            shares = odds / odds.sum(axis=1, keepdims=True)
            value = -np.mean(logits[:, 0] - np.log(odds.sum(axis=1))) + _L2 * w @ w / 2
            gradient = (np.einsum("uc,buc->b", shares, scaled) - scaled[:, :, 0].sum(axis=1)) / len(logits)
            return float(value), gradient + _L2 * w

        found = minimize(loss, weights, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(used)).x
        if found.sum() <= 0:
            return np.zeros(len(start))
        weights = found / found.sum()
    result = np.zeros(len(start))
    result[used] = np.where(weights < 1e-6, 0.0, weights)
    return result
