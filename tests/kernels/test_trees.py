import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.trees import tree_sums
from tests.naive.hybrid import tree_sum

NUMBER = st.integers(-4, 4).map(float)
TREES = st.recursive(NUMBER, lambda part: st.tuples(st.integers(0, 2), NUMBER, part, part), max_leaves=6)


def flattened(trees):
    """Return the arrays of trees, each node before its children."""
    roots, features, thresholds, children, values = [], [], [], [], []

    def add(tree):
        node = len(features)
        inner = isinstance(tree, tuple)
        features.append(tree[0] if inner else -1)
        thresholds.append(tree[1] if inner else 0.0)
        values.append(0.0 if inner else tree)
        children.append([0, 0])
        if inner:
            children[node] = [add(tree[2]), add(tree[3])]
        return node

    for tree in trees:
        roots.append(add(tree))
    return (
        np.array(roots, np.int64),
        np.array(features, np.int32),
        np.array(thresholds, np.float64),
        np.array(children, np.int64).reshape(-1, 2),
        np.array(values, np.float64),
    )


@given(st.lists(TREES, max_size=4), st.lists(st.lists(NUMBER, min_size=3, max_size=3), min_size=1, max_size=5))
def test_sums_are_those_of_the_naive_reference(trees, rows):
    sums = np.full(len(rows), np.nan)
    tree_sums(0, len(rows), np.array(rows), *flattened(trees), sums)
    assert sums.tolist() == [tree_sum(row, trees) for row in rows]
