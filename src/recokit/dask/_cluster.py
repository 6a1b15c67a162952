"""The cluster: connecting to it, starting one, checking its versions and submitting tasks."""

import sys
import weakref
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeAlias
from uuid import uuid4

import dask
from distributed import Client, Future, LocalCluster, get_client

from recokit.exceptions import DataError

__all__ = ["AnyFuture", "Tasks", "check_open", "check_versions", "connect"]

AnyFuture: TypeAlias = "Future[Any]"

_PACKAGES = ("recokit", "numpy", "scipy", "numba", "dask", "distributed")  # the results depend on these
_LARGE = "distributed.admin.large-graph-warning-threshold"


def connect(client: Client | None, owner: object) -> tuple[Client, Callable[[], object] | None]:
    """Return the given client, the current one, or that of a new cluster on this machine, and a function to close it.

    A new cluster closes with its owner, at the latest at the end of the process.

    Raises
    ------
    TypeError
        The client is of another class.
    RuntimeError
        The client is closed.
    """
    if client is not None:
        if not isinstance(client, Client):
            raise TypeError(
                f"client: expected a distributed.Client, got {type(client).__name__}; make one with Client(cluster) or "
                "Client(address)"
            )
        check_open(client, "make a new one, and set the attribute client")
        return client, None
    try:
        return get_client(), None
    except ValueError:
        pass
    cluster = LocalCluster(dashboard_address=":0", threads_per_worker=1)
    own = Client(cluster)  # the current client, so that dataframes of lists are computed on it

    def close() -> None:
        own.close()
        cluster.close()

    return own, weakref.finalize(owner, close)


def check_open(client: Client, remedy: str) -> None:
    """Raise RuntimeError if a client has been closed."""
    if client.status in ("closed", "closing"):
        raise RuntimeError(f"the client of this estimator is closed; {remedy}")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on, in this process."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # recokit in a source tree
            found[name] = getattr(sys.modules.get(name), "__version__", "unknown")
    return found


def check_versions(client: Client) -> None:
    """Refuse a cluster whose workers have other versions than this process.

    Raises
    ------
    RuntimeError
        A version differs, a worker lacks recokit, or there are no workers.
    """
    if not client.nthreads():
        raise RuntimeError("the cluster has no workers yet; wait for some with client.wait_for_workers(n)")
    mine = versions()
    try:
        theirs = client.run(versions)
    except ModuleNotFoundError as error:
        raise RuntimeError(
            f"the workers cannot import recokit ({error}); install recokit {mine['recokit']} on every worker"
        ) from error
    different = [
        f"{name} {found[name]} on {worker} and {mine[name]} here"
        for worker, found in theirs.items()
        for name in mine
        if found[name] != mine[name]
    ]
    if different:
        raise RuntimeError(
            f"the workers have other versions than this process, so that results could differ: "
            f"{'; '.join(different[:4])}{'; …' * (len(different) > 4)}; install the same versions everywhere"
        )


class Tasks:
    """Submits the tasks of one estimator to a cluster.

    A task is a pure function of this package, its arguments and the results of other tasks. If a worker dies, the
    scheduler runs the lost tasks again on another one, with the same result. No data are scattered, because scattered
    data cannot be computed again.

    Parameters
    ----------
    client : distributed.Client
    name : str
        The estimator; dashboards and progress bars show tasks by its name and a stage.
    """

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self._name = name

    def key(self, stage: str) -> str:
        """Return the key of a new task."""
        return f"{self._name}-{stage}-{uuid4().hex}"

    def submit(self, stage: str, function: Callable[..., Any], *args: Any, worker: str | None = None) -> AnyFuture:
        """Run a function on a worker; futures among the arguments are replaced by their results.

        Parameters
        ----------
        stage : str
        function : callable
        *args
        worker : str, optional
            Address of the worker to prefer.
        """
        where = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
        with dask.config.set({_LARGE: "1TiB"}):  # the scheduler keeps local data, so that lost tasks can run again
            return self.client.submit(function, *args, key=self.key(stage), pure=False, **where)

    def compute(self, graphs: Sequence[Any]) -> list[AnyFuture]:
        """Run Dask's delayed objects as one graph; return a future for each."""
        with dask.config.set({_LARGE: "1TiB"}):
            futures: list[AnyFuture] = self.client.compute(list(graphs))
        return futures

    def submit_to_all(self, stage: str, function: Callable[..., Any], *args: Any) -> list[AnyFuture]:
        """Run a function once on each worker, so that each one prepares and keeps the same data."""
        return [self.submit(stage, function, *args, worker=worker) for worker in self.client.nthreads()]

    def split(self, stage: str, function: Callable[..., Any], n_parts: int, *args: Any) -> list[AnyFuture]:
        """Run a function that returns a list of ``n_parts`` values; return one future for each value."""
        whole = self.submit(stage, function, *args)
        return [self.submit(f"{stage}-part", _item, whole, part) for part in range(n_parts)]

    def merge(self, stage: str, function: Callable[[Sequence[Any]], Any], values: Sequence[AnyFuture]) -> AnyFuture:
        """Merge the results of tasks by a tree; the function merges a few results, in order."""
        if not values:
            raise DataError("the data have no partitions")
        level = list(values)
        while True:
            level = [self.submit(stage, _merged, function, *level[k : k + 8]) for k in range(0, len(level), 8)]
            if len(level) == 1:
                return level[0]

    def gather(self, futures: Any) -> Any:
        """Return the results of tasks."""
        return self.client.gather(futures)

    @property
    def n_threads(self) -> int:
        """Number of threads of all workers."""
        n_threads: int = sum(self.client.nthreads().values())
        return max(1, n_threads)


def _item(values: Sequence[Any], position: int) -> Any:
    return values[position]


def _merged(function: Callable[[Sequence[Any]], Any], *values: Any) -> Any:
    return function(values)
