"""Compare lists from one order of the items with a plain loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.data.rows import Rows
from recokit.kernels.ordered_lists import ordered_top

lists = st.lists(st.integers(0, 5), max_size=8)  # in any order, possibly repeated


@given(
    st.permutations(range(6)), st.integers(0, 6), st.lists(st.tuples(lists, st.booleans(), lists), max_size=5),
    st.integers(1, 7),
)  # fmt: skip
def test_each_user_gets_the_first_eligible_items_of_the_order(order, n_allowed, users, n):
    order, scores = order[:n_allowed], np.arange(6, dtype=np.float32)
    ranks = np.array([order.index(item) if item in order else -1 for item in range(6)], dtype=np.int32)
    excluded, candidates = (as_rows([user[part] for user in users]) for part in (0, 2))
    restricted = np.array([user[1] for user in users], dtype=np.bool_)
    codes, values = np.empty((len(users), n), np.int32), np.empty((len(users), n), np.float32)
    counts = np.empty(len(users), np.int32)
    args = (np.array(order, dtype=np.int32), ranks, scores, *excluded[:2], restricted, *candidates[:2])
    for start, stop in ((0, len(users) // 2), (len(users) // 2, len(users))):
        ordered_top(start, stop, *args, codes, values, counts)
    for row, (hidden, is_restricted, own) in enumerate(users):
        expected = [i for i in order if i not in hidden and (i in own or not is_restricted)][:n]
        assert counts[row] == len(expected)
        assert codes[row].tolist() == expected + [-1] * (n - len(expected))
        assert values[row][: len(expected)].tolist() == expected
        assert np.isnan(values[row][len(expected) :]).all()


def as_rows(lists_by_user):
    lengths = np.cumsum([0, *map(len, lists_by_user)])
    return Rows.from_arrays(lengths, [code for part in lists_by_user for code in part], ())
