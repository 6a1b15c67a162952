import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recokit._runtime.threads import Runner
from recokit.data import Rows
from recokit.kernels.item_sets import extend_sets
from tests.naive.baskets import frequent_sets

N_ITEMS = 6
BASKETS = st.lists(st.sets(st.integers(0, N_ITEMS - 1), min_size=1), min_size=1, max_size=9)


def extended(sets, baskets, min_support, runner):
    rows = Rows.from_arrays(np.cumsum([0, *map(len, baskets)]), [item for b in baskets for item in sorted(b)], ())
    columns, sets = rows.transposed(N_ITEMS), np.array(sets, dtype=np.int32)
    arrays = sets, *columns.arrays[:2], *rows.arrays[:2], min_support
    bounds, size = np.zeros(len(sets) + 1, dtype=np.int64), sets.shape[1]
    for write in (False, True):
        found = np.empty((bounds[-1], size + 1), dtype=np.int32), np.empty(bounds[-1], dtype=np.int32)
        runner.rows(extend_sets, len(sets), (*arrays, write, bounds, *found), min_cost=0)
        bounds = bounds if write else np.cumsum(bounds)
    return found


@given(BASKETS, st.integers(1, 3), st.integers(1, 3))
def test_extensions_of_the_frequent_sets_are_the_frequent_sets_of_the_next_size(baskets, size, min_support):
    sets = list(frequent_sets(baskets, size, min_support))
    if not sets:
        return
    codes, supports = extended(sets, baskets, min_support, Runner())
    expected = frequent_sets(baskets, size + 1, min_support)
    assert list(zip(map(tuple, codes.tolist()), supports.tolist(), strict=True)) == list(expected.items())
    for one, other in zip(extended(sets, baskets, min_support, Runner(3)), (codes, supports), strict=True):
        assert_array_equal(one, other)


def test_a_set_of_all_items_touches_every_item_without_leaving_the_array():
    codes, supports = extended([[0]], [set(range(N_ITEMS))] * 3, 3, Runner())
    assert codes.tolist() == [[0, item] for item in range(1, N_ITEMS)]
    assert supports.tolist() == [3] * (N_ITEMS - 1)
