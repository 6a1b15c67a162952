"""Cleaning of logs: repeats within a window, returns against purchases, bursts of events, and the k-core."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["keep_first", "largest_burst", "match_returns", "peel"]

_NEGLIGIBLE = 1e-9  # quantity that counts as 0: sums of fractions are not exact


@njit(nogil=True, cache=True)
def keep_first(groups: IntArray, ticks: IntArray, window: int, keep: BoolArray) -> None:
    """Mark the rows that are the first of their group or more than a window after the last marked row.

    Parameters
    ----------
    groups : (n,) int64 array
        Group of each row; rows of a group are adjacent, in order of time.
    ticks : (n,) int64 array
        Times, not negative.
    window : int
    keep : (n,) bool array
        Output.
    """
    last = 0
    for row in range(len(groups)):
        keep[row] = row == 0 or groups[row] != groups[row - 1] or ticks[row] - ticks[last] > window
        if keep[row]:
            last = row


@njit(nogil=True, cache=True)
def match_returns(
    pairs: IntArray, is_return: BoolArray, amounts: FloatArray, left: FloatArray, previous: IntArray
) -> None:
    """Subtract each return from the earlier purchases of its pair, latest first.

    Parameters
    ----------
    pairs : (n,) int64 array
        Pair of user and item of each row; rows of a pair are adjacent, in order of time.
    is_return : (n,) bool array
    amounts : (n,) float64 array
        Quantities, not negative.
    left : (n,) float64 array
        Output: quantity of a purchase that is not returned, quantity of a return without purchase.
    previous : (n,) int64 array
        Output: for a return, the latest purchase that it reduced, or −1; for a purchase, the one below it on the stack.
    """
    top = -1  # latest purchase of the pair that is not yet returned completely
    for row in range(len(pairs)):
        if row == 0 or pairs[row] != pairs[row - 1]:
            top = -1
        left[row] = amounts[row]
        previous[row] = -1
        if not is_return[row]:
            previous[row] = top
            top = row
            continue
        while top >= 0 and left[row] > 0.0:
            if previous[row] < 0:
                previous[row] = top
            taken = min(left[row], left[top])
            left[row] -= taken
            left[top] -= taken
            if left[row] <= _NEGLIGIBLE:
                left[row] = 0.0
            if left[top] <= _NEGLIGIBLE:
                left[top] = 0.0
                top = previous[top]


@njit(nogil=True, cache=True)
def largest_burst(starts: IntArray, ticks: IntArray, window: int, largest: IntArray) -> None:
    """Count the most events of each user within a window of time.

    Parameters
    ----------
    starts : (n_users + 1,) int64 array
        Bounds of the events of each user, which are in order of time.
    ticks : (n,) int64 array
    window : int
        Events at most this far apart are in one window.
    largest : (n_users,) int64 array
        Output.
    """
    for user in range(len(largest)):
        first, most = starts[user], 0
        for row in range(starts[user], starts[user + 1]):
            while ticks[row] - ticks[first] > window:
                first += 1
            most = max(most, row - first + 1)
        largest[user] = most


@njit(nogil=True, cache=True)
def peel(
    users: CodeArray, items: CodeArray, least: tuple[int, int], user_counts: IntArray, item_counts: IntArray
) -> None:
    """Remove users and items with too few rows until none is left.

    Parameters
    ----------
    users, items : (n,) int32 arrays
        Codes of the rows.
    least : tuple of int
        Smallest number of rows of a user and of an item that stay.
    user_counts, item_counts : (n_users,), (n_items,) int64 arrays
        Rows of each user and item; at the end, the rows among users and items that stay.
    """
    alive = np.ones(len(users), dtype=np.bool_)
    removed = True
    while removed:
        removed = False
        for row in range(len(users)):
            if alive[row] and (user_counts[users[row]] < least[0] or item_counts[items[row]] < least[1]):
                alive[row] = False
                removed = True
                user_counts[users[row]] -= 1
                item_counts[items[row]] -= 1
