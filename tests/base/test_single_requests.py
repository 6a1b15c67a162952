"""The request of one user takes no work in proportion to all users or all data."""

import tracemalloc

import numpy as np
import pytest

from recokit import EASE, ImplicitALS, ItemKNN, Popularity, RP3beta, SessionKNN, TransitionKNN, UserKNN
from recokit._runtime.small_work import preferring_kernels
from recokit.data import Sequences

N_USERS, N_ITEMS, LENGTH = 30_000, 40, 5
MODELS = [
    Popularity(),
    ItemKNN(),
    UserKNN(n_neighbors=5),
    RP3beta(),
    EASE(),
    ImplicitALS(n_factors=4, n_epochs=1, random_state=0),
    TransitionKNN(),
    SessionKNN(n_recent=50),
]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(N_USERS), LENGTH)
    return Sequences.from_arrays(users, rng.integers(0, N_ITEMS, len(users)), np.arange(len(users)))


def peak_of(request):
    tracemalloc.start()
    request()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_request_allocates_no_array_with_one_number_for_each_user(model, data):
    model.fit(data)
    requests = {
        "recommend": lambda: model.recommend([7]),
        "recommend_for": lambda: model.recommend_for([[1, 2, 3]]),
        "fill": lambda: model.recommend([7], n=N_ITEMS, fill="popular"),
    }
    if isinstance(model, UserKNN):
        del requests["recommend_for"]  # the search for neighbours has a sum for each user
    with preferring_kernels():
        for name, request in requests.items():
            request()  # what is kept for later requests
            assert peak_of(request) < N_USERS, name


@pytest.mark.parametrize("model", [Popularity(), TransitionKNN()], ids=lambda model: type(model).__name__)
def test_what_is_kept_for_later_requests_follows_the_fitted_data(model, data):
    model.fit(data)
    first = model.recommend([7])[7]
    model.fit(Sequences.from_lists({7: ["tea"], 8: ["tea", "cup"], 9: ["cup", "tea"]}))
    refitted = model.recommend([7])[7]
    assert refitted != first
    fresh = type(model)().fit(model.sequences_ if hasattr(model, "sequences_") else model.interactions_)
    assert fresh.recommend([7])[7] == refitted
