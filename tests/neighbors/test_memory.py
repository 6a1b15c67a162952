"""Memory of a fit: the data in both orders, weighted values and neighbours, but no n × n matrix."""

import tracemalloc

import numpy as np
import pytest

from recokit import Interactions, ItemKNN, UserKNN


def wide_log():
    rng = np.random.default_rng(0)
    n_items, n_users, n = 36_000, 20_000, 1_000_000
    popularity = np.arange(1, n_items + 1) ** -0.7
    items = rng.choice(n_items, n, p=popularity / popularity.sum())
    times = rng.integers(0, 100, n)
    users = rng.integers(0, n_users, n)
    return Interactions.from_arrays(users, items, timestamps=times, duplicates="sum", feedback="implicit")


@pytest.mark.parametrize(
    "model",
    [
        ItemKNN(20),
        ItemKNN(20, weighting="bm25", user_exponent=0.5),
        ItemKNN(20, similarity="jaccard", half_life=30.0, user_exponent=0.5),
        UserKNN(20, weighting="tfidf"),
    ],
)
def test_the_peak_memory_of_a_fit_is_that_of_the_data_its_weighted_values_and_the_neighbours(model):
    data = wide_log()
    model.fit(
        Interactions.from_arrays([0, 1, 1], [0, 0, 1], timestamps=[1, 2, 3], feedback="implicit")
    )  # compile first
    tracemalloc.start()
    model.fit(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n_rows = data.n_users if isinstance(model, UserKNN) else data.n_items
    decayed = 16 if model.half_life else 0
    cells = (24 + decayed) * data.n_interactions  # the transposed copy; weights and weighted values in both orders
    lists = 3 * 8 * n_rows * 20  # the neighbours of each row, their weights, and their transpose
    assert peak < cells + lists + 15_000_000  # temporary float64 arrays of one part of the data
