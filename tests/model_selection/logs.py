"""Generated logs, and their parts as lists of (user, item, time)."""

import numpy as np
from hypothesis import strategies as st

from recokit import Interactions


@st.composite
def logs(draw, min_size=1, max_size=30, n_users=5, n_items=7, last_time=9):
    """Draw distinct (user, item) pairs in any order; many of the times are equal."""
    cells = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    pairs = draw(st.lists(cells, min_size=min_size, max_size=max_size, unique=True))
    times = draw(st.lists(st.integers(0, last_time), min_size=len(pairs), max_size=len(pairs)))
    return [(user + 100, item + 10, time) for (user, item), time in zip(pairs, times, strict=True)]


def as_interactions(log, *, times=True):
    users, items, stamps = zip(*log, strict=True)
    return Interactions.from_arrays(users, items, timestamps=stamps if times else None)


def as_columns(log):
    """Return the pairs as X, and the times as groups."""
    table = np.array(log)
    return table[:, :2], table[:, 2]


def rows_of(log, positions):
    return [log[position] for position in positions]


def of_interactions(data):
    """Return the interactions as a log, with time 0 if there are no timestamps."""
    users, items = data.users.take(data.user_codes).tolist(), data.items.take(data.item_codes).tolist()
    times = [0] * len(users) if data.timestamps is None else data.timestamps.tolist()
    return list(zip(users, items, times, strict=True))
