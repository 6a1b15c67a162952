"""Accuracy of descent in grid order, compared with serial descent in random order."""

import numpy as np
import pytest

from recokit import Interactions, SGDMatrixFactorization
from recokit.factorization import sgd
from recokit.factorization._descent import Descent

_TOLERANCE = 0.002


class RandomOrder(Descent):
    """Descent on one block of all ratings, reshuffled before every epoch, from the same initial factors."""

    def _epoch(self, epoch):
        grid, order = self._grid, self._rng.permutation(len(self._grid.values))
        shuffled = {name: getattr(grid, name)[order] for name in ("user_rows", "item_rows", "values")}
        starts, stops = np.zeros_like(grid.starts), np.zeros_like(grid.stops)
        stops[0, 0] = len(order)
        self._grid = grid._replace(**shuffled, starts=starts, stops=stops)
        return super()._epoch(epoch)


def generated_ratings(n_users=3_000, n_items=1_000, n_ratings=400_000):
    """Return users, items and ratings from biases, four factors and noise; few items have most ratings."""
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, n_users, n_ratings), (n_items * rng.random(n_ratings) ** 2).astype(int)
    users, items = np.divmod(np.unique(users * n_items + items), n_items)
    biases = (rng.normal(0, 0.4, n)[codes] for n, codes in ((n_users, users), (n_items, items)))
    p, q = (rng.normal(0, 0.6, (n, 4))[codes] for n, codes in ((n_users, users), (n_items, items)))
    return users, items, 3.5 + sum(biases) + np.sum(p * q, axis=1) + rng.normal(0, 0.8, len(users))


def held_out_rmse():
    users, items, ratings = generated_ratings()
    test = np.random.default_rng(1).random(len(ratings)) < 0.2
    model = SGDMatrixFactorization(32, n_epochs=20, learning_rate=0.05, learning_rate_decay=0.9, random_state=0)
    model.fit(Interactions.from_arrays(users[~test], items[~test], ratings[~test]))
    predicted = model.predict(np.column_stack([users, items])[test])
    return np.sqrt(np.mean((predicted - ratings[test]) ** 2))


def test_grid_order_predicts_held_out_ratings_as_well_as_random_order(monkeypatch):
    in_the_grid = held_out_rmse()
    monkeypatch.setattr(sgd, "Descent", RandomOrder)
    at_random = held_out_rmse()
    assert in_the_grid < 0.9  # the ratings have standard deviation 1.23, the noise 0.8
    assert in_the_grid != at_random  # the orders differ
    assert in_the_grid == pytest.approx(at_random, abs=_TOLERANCE)
