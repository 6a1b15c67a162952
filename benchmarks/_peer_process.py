"""How libraries are measured beside each other: each in a process of its own, several times, medians."""

import importlib.util
import multiprocessing
import time
import warnings
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _memory import PeakMemory

__all__ = ["Run", "Work", "measure"]

_MB = 2**20


class Run(NamedTuple):
    """What a library has prepared.

    Attributes
    ----------
    call : callable
        What is timed.
    quality : callable, optional
        Takes what ``call`` returned, and returns further figures by name; not timed.
    """

    call: Callable[[], Any]
    quality: Callable[[Any], Mapping[str, float]] | None = None


class Work(NamedTuple):
    """Something that several libraries do.

    Attributes
    ----------
    about : str
        What it is, for the reader of the table.
    make : callable
        Writes the input into a folder, once for all libraries. May raise ``datasets.DatasetNotFoundError``.
    libraries : dict
        For each module that can be imported, perhaps with a variant after a colon, what prepares a `Run` from the
        folder and the number of threads.
    """

    about: str
    make: Callable[[Path], None]
    libraries: Mapping[str, Callable[[Path, int], Run]]


def _measure(
    prepare: Callable[[Path, int], Run], folder: Path, n_threads: int, repeats: int, sender: Connection
) -> None:
    warnings.simplefilter("ignore")  # peers warn each time of what they convert or would like to have
    try:
        run = prepare(folder, n_threads)
        result = run.call()  # compiles, and fills caches
        figures = {} if run.quality is None else dict(run.quality(result))
        del result
        times, peaks = [], []
        for _ in range(repeats):
            memory, start, cpu = PeakMemory(), time.perf_counter(), time.process_time()
            result = run.call()
            times.append((time.perf_counter() - start, time.process_time() - cpu))
            peaks.append(memory.read())
            del result
        seconds, cpu_seconds = np.median(times, axis=0)
        row: dict[str, Any] = {"seconds": round(float(seconds), 4), "cpu_seconds": round(float(cpu_seconds), 4)}
        row["peak_mb"] = None if None in peaks else round(float(np.median(peaks)) / _MB)
        sender.send(row | {name: float(figure) for name, figure in figures.items()})
    except Exception as error:  # a peer's failure is a finding, not ours
        sender.send({"failed": f"{type(error).__name__}: {error}"})


def measure(library: str, work: Work, folder: Path, n_threads: int, repeats: int) -> dict[str, Any]:
    """Return the medians of a library, or under ``failed`` why there are none."""
    module = library.partition(":")[0]
    if importlib.util.find_spec(module) is None:
        return {"failed": f"{module} is not installed"}
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    arguments = (work.libraries[library], folder, n_threads, repeats, sender)
    process = context.Process(target=_measure, args=arguments)
    process.start()
    sender.close()
    try:
        row: dict[str, Any] = receiver.recv()
    except EOFError:
        row = {}
    process.join()
    return row or {"failed": f"the process ended with exit status {process.exitcode}"}
