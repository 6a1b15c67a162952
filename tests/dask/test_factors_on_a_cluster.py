import os
import signal
import time

import dask.dataframe
import distributed
import numpy as np
import pandas as pd
import pytest

import recokit
import recokit.dask
from recokit import Interactions
from recokit.dask import als
from tests.dask.eager import assert_same_bits
from tests.dask.test_factors import interactions


@pytest.fixture
def log(tmp_path):
    """A log on disk in four files."""
    data = interactions(400, 100, 6000)
    frame = pd.DataFrame({"user_id": data.user_codes, "item_id": [f"item {code}" for code in data.item_codes]})
    for part, rows in enumerate(np.array_split(np.random.default_rng(0).permutation(len(frame)), 4)):
        frame.iloc[rows].to_parquet(tmp_path / f"{part}.parquet")
    return tmp_path, frame


def fitted_locally(client, name, parameters, data):
    """Return a model fitted by the local estimator, in a process with the code of the workers."""
    return client.submit(_fit, name, parameters, data, pure=False).result()


def _fit(name, parameters, data):
    return getattr(recokit, name)(**parameters).fit(data)


def kept_stages(client, model):
    """Return the stages whose results workers still hold after a fit."""
    distributed.wait([model._fitted.model, *model._fitted.parts, *model._data.blocks])
    for _ in range(50):  # workers learn of released results a little later
        kept = client.run_on_scheduler(_stages_in_memory)
        if len(kept) == 4:
            break
        time.sleep(0.1)
    return kept


def _stages_in_memory(dask_scheduler):
    """Return the stages of ImplicitALS whose results workers hold."""
    prefixes = {task.prefix.name for task in dask_scheduler.tasks.values() if task.state == "memory"}
    return {name.removeprefix("ImplicitALS-") for name in prefixes if name.startswith("ImplicitALS-")}


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("ImplicitALS", {"n_factors": 8, "n_epochs": 2, "random_state": 0}, {"strengths": True}),
        ("SGDMatrixFactorization", {"n_factors": 8, "n_epochs": 2, "random_state": 0}, {"ratings": True}),
        ("BPR", {"n_factors": 8, "n_epochs": 2, "random_state": 0}, {"n_items": 1200, "n": 20_000}),
        ("EASE", {}, {}),
        ("SLIM", {"n_neighbors": 20}, {}),
    ],
)
def test_two_processes_give_the_bits_of_a_local_fit(client, name, parameters, kind):
    data = interactions(**kind)
    local = fitted_locally(client, name, parameters, data)
    assert_same_bits(local, getattr(recokit.dask, name)(client, **parameters).fit(data).to_local())


def test_lists_of_a_model_on_a_cluster_are_those_of_the_local_model(client, log):
    path, frame = log
    model = recokit.dask.ImplicitALS(client, n_factors=8, n_epochs=2, random_state=0)
    model.fit(dask.dataframe.read_parquet(path))
    assert kept_stages(client, model) == {"block", "merge-ids", "finish", "users"}
    lists = model.recommend(n=5).compute()
    local = model.to_local()
    parameters = {"n_factors": 8, "n_epochs": 2, "random_state": 0}
    expected = fitted_locally(client, "ImplicitALS", parameters, Interactions.from_frame(frame))
    assert_same_bits(expected, local)
    expected = local.recommend(local.interactions_.users.ids, 5).to_frame()
    pd.testing.assert_frame_equal(lists.reset_index(drop=True), expected, check_dtype=False)


def test_a_worker_killed_in_the_middle_of_a_fit_changes_nothing(client, log, monkeypatch):
    path, frame = log
    killed = []
    check = als._Alternation._check_range

    def kill_once(self, number):
        if not killed:  # the first epoch is done
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)
        check(self, number)

    monkeypatch.setattr(als._Alternation, "_check_range", kill_once)
    model = recokit.dask.ImplicitALS(client, n_factors=8, n_epochs=3, random_state=0)
    fitted = model.fit(dask.dataframe.read_parquet(path)).to_local()
    assert killed
    assert killed[0] not in client.run(os.getpid).values()
    parameters = {"n_factors": 8, "n_epochs": 3, "random_state": 0}
    expected = fitted_locally(client, "ImplicitALS", parameters, Interactions.from_frame(frame))
    assert_same_bits(expected, fitted)
