"""Base class of models whose scores are sums over the events of a history."""

import numpy as np

from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.base import Term
from recokit.data.rows import Rows
from recokit.sequence._base import SequenceRecommender

__all__ = ["AdditiveSequenceRecommender", "steps_back"]


def steps_back(histories: Rows) -> IntArray:
    """Return the number of events after each event in its row: (n_events,) int64.

    Examples
    --------
    >>> steps_back(Rows.from_arrays([0, 2, 3], [4, 7, 5], ())).tolist()
    [1, 0, 0]
    """
    steps: IntArray = np.repeat(histories.indptr[1:], histories.lengths) - 1 - np.arange(len(histories.codes))
    return steps


class AdditiveSequenceRecommender(SequenceRecommender):
    """Base class of models with the scores X B, where a row of X holds a weight for each event of a history.

    A subclass implements `_fold_in`, which returns X, and `_weights_to`. An explanation then has one term per item of
    the history, the sum over its events.
    """

    def _weights_to(self, item_codes: CodeArray, item_code: int) -> FloatArray:
        """Return the entries of B from some items to one item: (n,) float64."""
        raise NotImplementedError

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return self._terms(self._user_profiles(np.array([user_code], dtype=np.int32)), item_code)

    def _explain_history(self, history: Rows, item_code: int) -> list[Term]:
        return self._terms(self._fold_in(history), item_code)

    def _terms(self, profile: Rows, item_code: int) -> list[Term]:
        """Return one term per item of a profile."""
        items, places = np.unique(profile.codes, return_inverse=True)
        parts = profile.values.astype(np.float64) * self._weights_to(profile.codes, item_code)
        sums: FloatArray = np.bincount(places, parts, minlength=len(items)).astype(np.float64)
        return self._past_item_terms(items, sums)
