"""Tasks that run at once in this process, and prove that each is a pure function."""

import pickle
from typing import Any

import numpy as np
from scipy import sparse

from recokit.base._learner import _DERIVED
from recokit.dask._draft import joined_model
from recokit.dask._reading import read_local


class Done:
    """The result of a task that has run."""

    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value


class EagerTasks:
    """Run every task when it is submitted, on arguments that have been pickled as for another worker.

    A task that changes its arguments fails, because another worker may use them again.
    """

    def __init__(self, n_threads):
        self.n_threads = n_threads
        self.client = None
        self.stages: dict[str, int] = {}

    def submit(self, stage, function, *args):
        self.stages[stage] = self.stages.get(stage, 0) + 1
        found = [_resolved(each) for each in args]
        before = pickle.dumps((function, found), protocol=5)
        result = function(*found)
        assert pickle.dumps((function, found), protocol=5) == before, f"{stage} changes its arguments"
        return Done(result)

    def submit_to_all(self, stage, function, *args):
        return [self.submit(stage, function, *args)]

    def split(self, stage, function, n_parts, *args):
        whole = self.submit(stage, function, *args).result()
        assert len(whole) == n_parts
        return [Done(part) for part in whole]

    def merge(self, stage, function, values):
        return Done(function([_resolved(each) for each in values]))

    def gather(self, futures):
        return _resolved(futures)


def _resolved(value: Any) -> Any:
    if isinstance(value, Done):
        return value.value
    if type(value) in (list, tuple):
        return type(value)(_resolved(each) for each in value)
    if isinstance(value, dict):
        return {key: _resolved(each) for key, each in value.items()}
    return value


def fit_eagerly(model, data, n_threads, **side):
    """Return the local estimator of a fit on a cluster with this many threads, and its tasks."""
    tasks = EagerTasks(n_threads)
    template = model._template()
    model._check_supported(side)
    blocks = read_local(data, None, template, tasks)
    fitted = model._fit_blocks(blocks, **side)
    return joined_model(template, fitted.model.result(), data, tasks.gather(fitted.parts)), tasks


def assert_same_bits(first, second):
    """Assert that two fitted estimators have the same attributes to the last bit."""
    kept = {_DERIVED}  # of earlier requests
    assert set(vars(first)) - kept == set(vars(second)) - kept
    for name in set(vars(first)) - kept:
        value = getattr(first, name)
        other = getattr(second, name)
        if sparse.issparse(value):
            for part in ("indptr", "indices", "data"):
                np.testing.assert_array_equal(getattr(value, part), getattr(other, part), err_msg=name)
        elif isinstance(value, np.ndarray):
            assert value.dtype == other.dtype, name
            np.testing.assert_array_equal(value, other, err_msg=name)
        elif name.endswith("_") and name not in ("interactions_", "client_"):
            assert value == other, name
