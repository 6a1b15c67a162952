"""A cluster of two processes with one thread each, for all tests of this folder."""

import subprocess
import sys
import warnings

import pytest

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


_COMPILE = """
import recokit, recokit.dask
recokit.warm_up([getattr(recokit, name)() for name in recokit.dask.__all__])
"""


@pytest.fixture(scope="session")
def client():
    """Return a client of the cluster; a killed worker starts again.

    The kernels are in the compile cache before, so that the workers do not compile them at the same time.
    """
    subprocess.run([sys.executable, "-c", _COMPILE], check=True, timeout=600)
    short = {"distributed.comm.timeouts.connect": "5s"}  # workers wait so long for the data of a killed worker
    with warnings.catch_warnings(), dask.config.set(short):
        warnings.simplefilter("ignore")  # ports in use
        cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as own:
        yield own
