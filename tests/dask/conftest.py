"""A cluster of two processes with one thread each, for all tests of this folder."""

import warnings

import pytest

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="session")
def client():
    """Return a client of the cluster; a killed worker starts again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ports in use
        cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as own:
        yield own
