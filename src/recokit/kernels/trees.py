"""Sums of regression trees."""

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["tree_sums"]


@njit(nogil=True, cache=True)
def tree_sums(
    start: int,
    stop: int,
    inputs: FloatArray,
    roots: IntArray,
    features: CodeArray,
    thresholds: FloatArray,
    children: IntArray,
    values: FloatArray,
    sums: FloatArray,
) -> None:
    """Add up the values of the leaves that each row reaches.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    inputs : (n_rows, n_features) float64 array
        Without NaN.
    roots : (n_trees,) int64 array
        First node of each tree.
    features : (n_nodes,) int32 array
        Feature that an inner node compares; −1 for a leaf.
    thresholds : (n_nodes,) float64 array
        A row goes left if its feature is at most the threshold.
    children : (n_nodes, 2) int64 array
        Left and right child of each inner node.
    values : (n_nodes,) float64 array
        Values of the leaves.
    sums : (n_rows,) float64 array
        Output: sum over the trees, in order.
    """
    for row in range(start, stop):
        total = 0.0
        for tree in range(len(roots)):
            node = roots[tree]
            while features[node] >= 0:
                side = 0 if inputs[row, features[node]] <= thresholds[node] else 1
                node = children[node, side]
            total += values[node]
        sums[row] = total
