"""The cluster: lost workers, other versions, and clusters that an estimator starts itself."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import recokit
import recokit.dask
from recokit import Interactions
from recokit.dask import _cluster
from tests.dask.data import assert_same_lists, assert_same_model, events, partitioned

EVENTS = events()
TIMED = {"timestamp": "timestamp", "duplicates": "sum"}


def kill_a_worker(client):
    """End the process of a worker that holds data; its nanny starts another one."""
    holders = client.has_what()
    victim = max(holders, key=lambda worker: len(holders[worker]))
    pids = client.run(os.getpid)
    os.kill(pids[victim], signal.SIGKILL)


def test_a_worker_that_is_killed_in_the_middle_of_a_fit_changes_nothing(client, tmp_path, monkeypatch):
    submitted, submit = [], _cluster.Tasks.submit

    def submit_and_kill(self, stage, *args, **where):
        future = submit(self, stage, *args, **where)
        submitted.append(stage)
        if submitted.count("rows-1") == 5:
            submitted.append("killed")
            kill_a_worker(self.client)
        return future

    monkeypatch.setattr(_cluster.Tasks, "submit", submit_and_kill)
    model = recokit.dask.RP3beta(client).fit(partitioned(EVENTS), **TIMED)
    assert "killed" in submitted
    assert submitted.index("killed") < len(submitted) - 5
    expected = recokit.RP3beta().fit(Interactions.from_frame(EVENTS.drop(columns="rating"), **TIMED))
    assert_same_model(model.to_local(), expected, tmp_path)
    kill_a_worker(client)
    assert_same_lists(model.recommend(n=5), expected.recommend(n=5))


def test_workers_with_other_versions_are_refused(client, monkeypatch):
    mine = {**_cluster.versions(), "recokit": "9.9"}
    theirs = client.run(_cluster.versions)
    assert all(found != mine for found in theirs.values())
    monkeypatch.setattr(_cluster, "versions", lambda: mine)
    monkeypatch.setattr(type(client), "run", lambda self, function: theirs)
    with pytest.raises(RuntimeError, match=r"recokit .* and 9\.9 here.*install the same versions"):
        recokit.dask.RP3beta(client).fit(partitioned(EVENTS), **TIMED)


SCRIPT = """
import recokit.dask
from distributed import default_client

def main():
    with recokit.dask.Popularity() as model:
        model.fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")])
        assert model.client_ is default_client()
        print(model.recommend(["ann"]).compute()["item_id"].tolist(), len(model.client_.nthreads()) > 0)
        client = model.client_
    print(client.status, hasattr(model, "client_"))

if __name__ == "__main__":
    main()
"""


def test_without_a_client_a_cluster_is_started_and_closed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=False)
    assert ended.stdout.splitlines() == ["['cup'] True", "closed False"], ended.stderr
