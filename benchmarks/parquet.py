"""Write the lists of many users to one Parquet file, and print the memory of the process on the way.

    python benchmarks/parquet.py                       # 10 million users, 3 items each
    python benchmarks/parquet.py --users 1000000

``grown`` is the highest resident memory so far less that of the fitted model.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _common.memory import PeakMemory

from recokit import Interactions, ItemKNN, Recommendations
from recokit.data import IdIndex
from recokit.serving import write_parquet

_N_ITEMS, _PER_USER = 2_000, 3
_N_POINTS = 20


def generate(n_users: int) -> Interactions:
    """Return interactions of each user with three of 2,000 items."""
    rng = np.random.default_rng(0)
    first = (_N_ITEMS * rng.random(n_users, dtype=np.float32) ** 2).astype(np.int32) // 3
    codes = 3 * first[:, None] + np.arange(3, dtype=np.int32)  # distinct and ascending
    codes[:, 2] = np.minimum(codes[:, 2] + rng.integers(0, 40, n_users, dtype=np.int32), _N_ITEMS - 1)
    indptr = _PER_USER * np.arange(n_users + 1, dtype=np.int64)
    values = np.ones(n_users * _PER_USER, dtype=np.float32)
    users, items = IdIndex.from_range(n_users), IdIndex.from_range(_N_ITEMS)
    return Interactions(users, items, indptr, np.minimum(codes, _N_ITEMS - 1).ravel(), values, None, "implicit")


def curve(n_users: int, n: int, batch_size: int) -> list[dict[str, float]]:
    """Return the users written, the growth of the memory in bytes and the seconds, at twenty points."""
    model = ItemKNN(20, similarity="cosine", weighting=None).fit(generate(n_users))
    model.recommend(model.interactions_.users.ids[:batch_size], n).to_frame("pyarrow")
    points: list[dict[str, float]] = []
    step = max(1, n_users // batch_size // _N_POINTS)
    with tempfile.TemporaryDirectory() as folder:
        memory, start = PeakMemory(), time.perf_counter()

        def watched() -> Iterator[Recommendations]:
            for k, lists in enumerate(model.iter_recommend(n=n, batch_size=batch_size), 1):
                yield lists
                if k % step == 0:
                    grown, seconds = memory.read() or 0, time.perf_counter() - start
                    points.append({"users": k * batch_size, "grown": grown, "seconds": seconds})
                    print(f"{k * batch_size:12,} users {grown / 1e6:8.1f} MB grown {seconds:7.1f} s", file=sys.stderr)

        file = Path(folder) / "lists.parquet"
        write_parquet(watched(), file)
        points[-1]["file"] = file.stat().st_size
    return points


def main() -> None:
    """Print the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--n", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=50_000)
    parser.add_argument("--json", type=Path, help="file to write")
    options = parser.parse_args()
    points = curve(options.users, options.n, options.batch_size)
    print(f"file: {points[-1]['file'] / 1e6:.1f} MB")
    if options.json:
        options.json.write_text(json.dumps(points, indent=1))


if __name__ == "__main__":
    main()
