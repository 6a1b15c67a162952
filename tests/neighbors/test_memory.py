"""What a fit takes: the data in both orders, its weighted values, and the neighbours; nothing of the size n × n."""

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
def test_a_fit_takes_the_data_its_weighted_values_and_the_neighbours(model):
    data = wide_log()
    model.fit(Interactions.from_arrays([0, 1, 1], [0, 0, 1], timestamps=[1, 2, 3], feedback="implicit"))  # compiles
    tracemalloc.start()
    model.fit(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n_rows = data.n_users if isinstance(model, UserKNN) else data.n_items
    decayed = 16 if model.half_life else 0
    cells = (24 + decayed) * data.n_interactions  # the other order; weights and weighted values of both
    lists = 3 * 8 * n_rows * 20  # the neighbours, best first, by code, and by neighbour
    assert peak < cells + lists + 15_000_000  # what is computed in float64, a part at a time
