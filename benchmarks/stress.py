"""Attack recokit, and print the figures of the page on reliability.

    python benchmarks/stress.py                    # everything
    python benchmarks/stress.py files --files 10000
    python benchmarks/stress.py readers --seconds 2
    python benchmarks/stress.py interrupts
    python benchmarks/stress.py saves --seconds 20
    python benchmarks/stress.py growth
    python benchmarks/stress.py pickles

``files`` loads damaged and crafted files of all classes and serves those that load; ``readers`` reads from each model
in 16 threads while it is updated; ``interrupts`` presses Ctrl-C during fits; ``saves`` kills processes that save and
loads the file; ``growth`` measures the memory after many requests and fits; ``pickles`` compares the sizes of pickles
and files, and the seconds to the first list. Each attack runs in a process of its own. A fault ends the script.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def run(*arguments: str) -> str:
    """Return the output of a Python process."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def files(options: argparse.Namespace) -> None:
    """Load hostile files."""
    module = ["-m", "tests.reliability.serve_hostile_files"]
    result = json.loads(run(*module, str(options.files), str(options.seed)))
    print(f"{options.files:,} files: {result['refused']:,} refused, {result['loaded']:,} loaded and served,")
    beyond = result["memory beyond twice the file"] / 1e6
    print(f"{len(result['faults'])} faults, at most {beyond:.2f} MB beyond twice the size of the file,")
    print(f"at most {result['slowest']:.2f} seconds a file")
    for fault in result["faults"]:
        print(fault)


def readers(options: argparse.Namespace) -> None:
    """Read beside updates."""
    result = json.loads(run("-m", "tests.reliability.read_beside_updates", str(options.seconds)))
    print(f"{result['answers']:,} answers in 16 threads beside updates, all of whole models")


def interrupts(options: argparse.Namespace) -> None:
    """Press Ctrl-C during fits."""
    for name in ("UserKNN", "ItemKNN", "ImplicitALS", "BPR", "SLIM", "RP3beta"):
        for n_threads in ("1", "2"):
            result = json.loads(run("-m", "tests.reliability.interrupt_fit", name, n_threads))
            if result["finished"]:
                print(f"{name:12} {n_threads} thread(s): the fit ended before the interrupt")
            else:
                kept = "old model kept" if result["same"] and not result["threads"] else "FAULT"
                print(f"{name:12} {n_threads} thread(s): {result['seconds']:.2f} s to the end, {kept}")


_SAVE = """
import sys, recokit
model = recokit.Popularity(n_threads=1).fit([(user, user % 900) for user in range(20_000)])
while True:
    model.save(sys.argv[1])
    print("saved", flush=True)
"""


def saves(options: argparse.Namespace) -> None:
    """Kill processes while they save."""
    import recokit

    n_killed, until = 0, time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        while time.monotonic() < until:
            process = subprocess.Popen([sys.executable, "-c", _SAVE, str(path)], stdout=subprocess.PIPE)
            process.stdout.readline()
            time.sleep(0.002 * (n_killed % 25))
            process.kill()
            process.wait()
            n_killed += 1
            recokit.load(path).recommend([0])
    print(f"{n_killed} processes killed while saving, {n_killed} whole models loaded")


def growth(options: argparse.Namespace) -> None:
    """Measure the memory after many requests and fits."""
    result = json.loads(run("-m", "tests.reliability.grow", "20", "40", "5"))
    first, *others = (size / 1e6 for size in result["resident"])
    print(f"{first:.1f} MB after 20 fits of {result['models']} models")
    for k, size in enumerate(others, 1):
        print(
            f"{size:.1f} MB after {20 + 40 * k} fits and {5 * 40 * k:,} requests of each model: {size - first:+.1f} MB"
        )
    print(f"Python objects and arrays kept by 2 further rounds: {result['kept by 2 rounds'] / 1e3:.1f} kB")


def pickles(options: argparse.Namespace) -> None:
    """Compare pickles and files."""
    import pickle

    import numpy as np
    from scipy import sparse

    import recokit

    rng = np.random.default_rng(0)
    data = sparse.random_array((20_000, 5_000), density=0.01, rng=rng, format="csr")
    data.data[:] = 1
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ItemKNN", "UserKNN", "EASE", "SessionKNN"):
            model = getattr(recokit, name)()
            matrix = recokit.Interactions.from_matrix(data, feedback="implicit")
            if name == "SessionKNN":
                matrix = recokit.Interactions.from_arrays(*matrix.to_pairs()[0].T, timestamps=np.arange(data.nnz))
            model.fit(matrix).recommend([0])
            path, pickled = Path(folder) / "model", pickle.dumps(model)
            model.save(path)
            seconds = []
            for make in (lambda: recokit.load(path), lambda: pickle.loads(pickled)):  # noqa: B023
                start = time.perf_counter()
                make().recommend([0])
                seconds.append(time.perf_counter() - start)
            size = path.stat().st_size
            print(
                f"{name:12} file {size / 1e6:6.1f} MB, pickle {len(pickled) / size:.2f} times as large; first list "
                f"of one user after {seconds[0]:.2f} s (file) and {seconds[1]:.2f} s (pickle)"
            )


ATTACKS = {call.__name__: call for call in (files, readers, interrupts, saves, growth, pickles)}


def main() -> None:
    """Run the attacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="by default all")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    for name in options.attacks or ATTACKS:
        start = time.perf_counter()
        ATTACKS[name](options)
        print(f"    ({name}: {time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
