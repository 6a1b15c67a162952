"""Cosine top-100 of binary data, beside the libraries that are known for it.

    python benchmarks/peers.py                          # all sets, two threads
    python benchmarks/peers.py --sets wide --threads 1 --libraries recokit similaripy

Each library runs on each set in a process of its own, once to warm up (compile, fill caches) and then a few times, of
which the medians are reported: seconds, CPU seconds of all threads, and what the process held at its peak beyond its
input. recokit is measured as `ItemKNN.fit` or `UserKNN.fit`, which also prepares recommending. A library that is not
installed, or that fails, is said so and passed over.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _memory import PeakMemory
from scipy import sparse

from recokit import Interactions, ItemKNN, UserKNN, datasets

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
_K = 100
_MB = 2**20


class _Set(NamedTuple):
    """A set of data: what it is, how the users × items matrix is made, and whether users are compared."""

    about: str
    make: Callable[[], sparse.csr_array]
    users: bool = False


def _generate(n_users: int, n_items: int, n: int, weights: np.ndarray, spread: float) -> sparse.csr_array:
    """Return users of log-normal activity who choose items by weight, none twice."""
    rng = np.random.default_rng(0)
    activity = rng.lognormal(0.0, spread, n_users)
    wanted = np.minimum(np.maximum(3, activity * n / activity.sum()), n_items // 3).astype(np.int64)
    shares, keys, have = np.cumsum(weights) / weights.sum(), np.empty(0, dtype=np.int64), np.zeros(n_users, np.int64)
    for _ in range(5):  # what was drawn twice is drawn again, elsewhere
        users = np.repeat(np.arange(n_users), np.maximum(wanted - have, 0))
        items = np.minimum(np.searchsorted(shares, rng.random(len(users))), n_items - 1)
        keys = np.sort(np.concatenate([keys, users * n_items + items]))
        keys = keys[np.append(True, keys[1:] != keys[:-1])]
        have = np.bincount(keys // n_items, minlength=n_users)
    items = rng.permutation(n_items)[keys % n_items].astype(np.int32)
    indptr = np.append(0, np.cumsum(have))
    matrix = sparse.csr_array((np.ones(len(items), dtype=np.float32), items, indptr), shape=(n_users, n_items))
    matrix.sort_indices()
    return matrix


def _popular() -> sparse.csr_array:
    # A stretched exponential through the numbers of ratings of MovieLens 20M's items by rank.
    return _generate(138_000, 27_000, 20_000_000, np.exp(-0.116 * np.arange(27_000) ** 0.45), 1.1)


def _wide() -> sparse.csr_array:
    return _generate(300_000, 200_000, 10_000_000, (np.arange(200_000) + 20.0) ** -0.9, 1.0)


def _movielens() -> sparse.csr_array:
    beside = None if "RECOKIT_DATA" in os.environ or not _BESIDE_THE_CHECKOUT.is_dir() else _BESIDE_THE_CHECKOUT
    return datasets.load_movielens_1m_implicit(beside).train.matrix


_SETS = {
    "popular": _Set("items, generated: 138,000 users × 27,000 items, 20 M, popularity as in MovieLens 20M", _popular),
    "wide": _Set("items, generated: 300,000 users × 200,000 items, 10 M", _wide),
    "ml-1m-items": _Set("items of MovieLens 1M, implicit, the published training split", _movielens),
    "ml-1m-users": _Set("users of the same", _movielens, users=True),
}


def _recokit(matrix: sparse.csr_array, users: bool, n_threads: int) -> Callable[[], object]:
    data = Interactions.from_matrix(matrix, feedback="implicit")
    data.transposed()
    return lambda: (UserKNN if users else ItemKNN)(_K, n_threads=n_threads).fit(data)


def _similaripy(matrix: sparse.csr_array, users: bool, n_threads: int) -> Callable[[], object]:
    import similaripy

    rows = _rows(matrix, users)
    return lambda: similaripy.cosine(rows, k=_K, num_threads=n_threads, verbose=False)


def _implicit(matrix: sparse.csr_array, users: bool, n_threads: int) -> Callable[[], object]:
    from implicit.nearest_neighbours import CosineRecommender

    columns = _rows(matrix, not users)
    return lambda: CosineRecommender(K=_K, num_threads=n_threads).fit(columns, show_progress=False)


def _sparse_dot_topn(matrix: sparse.csr_array, users: bool, n_threads: int) -> Callable[[], object]:
    from sparse_dot_topn import sp_matmul_topn

    rows = _rows(matrix, users)
    rows.data /= np.repeat(np.sqrt(np.maximum(np.diff(rows.indptr), 1)), np.diff(rows.indptr)).astype(np.float32)
    columns = rows.T.tocsr()
    return lambda: sp_matmul_topn(rows, columns, top_n=_K + 1, n_threads=n_threads)  # each row is nearest to itself


_LIBRARIES = {
    "recokit": _recokit,
    "similaripy": _similaripy,
    "implicit": _implicit,
    "sparse_dot_topn": _sparse_dot_topn,
}


def _rows(matrix: sparse.csr_array, users: bool) -> sparse.csr_matrix:
    """Return the rows to be compared, with the 32-bit indices that the peers take."""
    rows = sparse.csr_matrix(matrix if users else matrix.T.tocsr())
    rows.indptr, rows.indices = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    return rows


def _measure(library: str, path: Path, users: bool, n_threads: int, repeats: int, sender: Connection) -> None:
    warnings.simplefilter("ignore")  # implicit says each time that it converts what it was given
    try:
        run = _LIBRARIES[library](sparse.csr_array(sparse.load_npz(path)), users, n_threads)
        run()
        times, peaks = [], []
        for _ in range(repeats):
            memory, start, cpu = PeakMemory(), time.perf_counter(), time.process_time()
            result = run()
            times.append((time.perf_counter() - start, time.process_time() - cpu))
            peaks.append(memory.read())
            del result
        seconds, cpu_seconds = np.median(times, axis=0)
        row: dict[str, Any] = {"seconds": round(float(seconds), 3), "cpu_seconds": round(float(cpu_seconds), 3)}
        row["peak_mb"] = None if None in peaks else round(float(np.median(peaks)) / _MB)
        sender.send(row)
    except Exception as error:  # a peer's failure is a finding, not ours
        sender.send({"failed": f"{type(error).__name__}: {error}"})


def measure(library: str, path: Path, users: bool, n_threads: int, repeats: int) -> dict[str, Any]:
    """Return the medians of a library on a set, or under ``failed`` why there are none."""
    if importlib.util.find_spec(library) is None:
        return {"failed": f"not installed (pip install {library})"}
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(library, path, users, n_threads, repeats, sender))
    process.start()
    sender.close()
    try:
        row: dict[str, Any] = receiver.recv()
    except EOFError:
        row = {}
    process.join()
    return row or {"failed": f"the process ended with exit status {process.exitcode}"}


def _line(row: dict[str, Any]) -> str:
    if "failed" in row:
        return f"| {row['set']} | {row['library']} | {row['failed']} | | |"
    cells = [row["set"], row["library"], row["seconds"], row["cpu_seconds"], row["peak_mb"]]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def main() -> None:
    """Measure, and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", nargs="+", choices=_SETS, default=list(_SETS))
    parser.add_argument("--libraries", nargs="+", choices=_LIBRARIES, default=list(_LIBRARIES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = parser.parse_args()
    if not options.json:
        print("| set | library | seconds | CPU seconds | peak MB beyond the input |")
        print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets:
            path = Path(folder) / f"{name}.npz"
            try:
                sparse.save_npz(path, _SETS[name].make(), compressed=False)
            except datasets.DatasetNotFoundError as error:
                print(f"{name} is passed over: {error}")
                continue
            for library in options.libraries:
                row = measure(library, path, _SETS[name].users, options.threads, options.repeats)
                row = {"set": name, "library": library, **row}
                print(json.dumps(row) if options.json else _line(row), flush=True)
            path.unlink()
    if not options.json:
        print("\n" + "\n".join(f"{name}: {_SETS[name].about}" for name in options.sets))


if __name__ == "__main__":
    main()
