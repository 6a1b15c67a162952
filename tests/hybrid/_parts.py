"""Recommenders for tests of hybrids."""

import numpy as np

from recokit import Recommender


class Fixed(Recommender):
    """Scores of a table, the same for all users; NaN marks items without evidence."""

    def __init__(self, table=None, *, feedback="auto", n_threads=None, verbose=False):
        self.table = table
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions):
        table = self.table or {}
        self.scores_ = np.array([table.get(item, -np.inf) for item in interactions.items.ids.tolist()], np.float32)

    def _score_block(self, profiles):
        return np.tile(self.scores_, (profiles.n_rows, 1))


class WithExtraItems(Fixed):
    """A model whose catalogue has more items than the interactions, like a model of texts."""

    def _prepare(self, interactions, extra=()):
        return interactions.reindex(items=interactions.items.union(type(interactions.items)(list(extra))))


class Broken(Fixed):
    def _fit(self, interactions):
        raise ZeroDivisionError("out of cups")


class KnowsFewUsers(Fixed):
    """A model that forgets all users but the first."""

    def _prepare(self, interactions):
        mask = interactions.user_codes == 0
        users = type(interactions.users)(interactions.users.ids[:1].tolist())
        return interactions.select(mask).reindex(users=users)
