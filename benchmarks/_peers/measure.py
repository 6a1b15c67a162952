"""Measurement of a workload: each library runs in a separate process, several times; medians are reported."""

import importlib.util
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _common.memory import PeakMemory
from _common.process import call_in_new_process

__all__ = ["Run", "Workload", "measure"]

_MB = 2**20


class Run(NamedTuple):
    """A library's prepared run of a workload.

    Attributes
    ----------
    call : callable
        The timed call.
    quality : callable, optional
        Function that takes the result of ``call`` and returns further figures by name; not timed.
    """

    call: Callable[[], Any]
    quality: Callable[[Any], Mapping[str, float]] | None = None


class Workload(NamedTuple):
    """A computation that several libraries perform on the same input.

    Attributes
    ----------
    about : str
        Description for the reader of the table.
    make : callable
        Function that writes the input into a folder, once for all libraries. May raise
        ``datasets.DatasetNotFoundError``.
    libraries : dict
        Functions that prepare a `Run` from the folder and the number of threads. A key is an importable module,
        optionally followed by a colon and a variant.
    """

    about: str
    make: Callable[[Path], None]
    libraries: Mapping[str, Callable[[Path, int], Run]]


def measure(library: str, workload: Workload, folder: Path, n_threads: int, repeats: int) -> dict[str, Any]:
    """Return the median figures of a library, or the reason of a failure under ``failed``."""
    module = library.partition(":")[0]
    if importlib.util.find_spec(module) is None:
        return {"failed": f"{module} is not installed"}
    try:
        return call_in_new_process(_measure, workload.libraries[library], folder, n_threads, repeats)
    except RuntimeError as error:
        return {"failed": str(error)}


def _measure(prepare: Callable[[Path, int], Run], folder: Path, n_threads: int, repeats: int) -> dict[str, Any]:
    warnings.simplefilter("ignore")  # some libraries warn on every call
    try:
        return _median_figures(prepare(folder, n_threads), repeats)
    except Exception as error:  # the failure of a library is reported in its row
        return {"failed": f"{type(error).__name__}: {error}"}


def _median_figures(run: Run, repeats: int) -> dict[str, Any]:
    result = run.call()  # compiles code and fills caches
    figures = {} if run.quality is None else dict(run.quality(result))
    del result
    times, peaks = [], []
    for _ in range(repeats):
        memory, start, cpu_start = PeakMemory(), time.perf_counter(), time.process_time()
        result = run.call()
        times.append((time.perf_counter() - start, time.process_time() - cpu_start))
        peaks.append(memory.read())
        del result
    seconds, cpu_seconds = np.median(times, axis=0)
    row: dict[str, Any] = {"seconds": round(float(seconds), 4), "cpu_seconds": round(float(cpu_seconds), 4)}
    row["peak_mb"] = None if None in peaks else round(float(np.median(peaks)) / _MB)
    return row | {name: float(figure) for name, figure in figures.items()}
