"""Load the service on this machine while models are swapped, and print throughput, latency and errors.

    python examples/service/load_test.py
    python examples/service/load_test.py --requests 5000 --clients 4

Starts the service with one worker process, fits a model to generated interactions, and publishes a new version every
two seconds. Each client is a thread with one connection, which sends the next request when it has the answer. An error
is an answer with another status than 200 or 202, or a broken connection.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import recokit
from recokit.serving import ModelStore

HERE = Path(__file__).parent
N_USERS, N_ITEMS, N_EVENTS = 20_000, 5_000, 500_000


def train(seed: int) -> recokit.ItemKNN:
    """Return a model of generated interactions."""
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, N_USERS, N_EVENTS), (rng.random(N_EVENTS) ** 2 * N_ITEMS).astype(int)
    return recokit.ItemKNN().fit(recokit.Interactions.from_arrays(users, items, duplicates="sum"))


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers."""
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the service did not start within 120 s")


def request_of(rng: np.random.Generator) -> tuple[str, str, bytes | None]:
    """Return method, path and body of a random request."""
    kind, user, item = rng.random(), int(rng.integers(N_USERS)), int(rng.integers(N_ITEMS))
    if kind < 0.6:
        return "GET", f"/recommend/{user}", None
    if kind < 0.75:
        return "POST", "/recommend_for", json.dumps({"history": [item, (item + 7) % N_ITEMS]}).encode()
    if kind < 0.9:
        return "GET", f"/similar/{item}", None
    return "POST", "/events", json.dumps({"user": user, "item": item}).encode()


def client(port: int, n: int, seed: int, seconds: list[float], errors: list[str]) -> None:
    """Send n requests one after another."""
    rng, connection = np.random.default_rng(seed), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(n):
        method, path, body = request_of(rng)
        start = time.perf_counter()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in (200, 202):
                errors.append(f"{method} {path}: {answer.status} {text[:200]!r}")
        except (OSError, http.client.HTTPException) as error:
            errors.append(f"{method} {path}: {error!r}")
            connection.close()
        seconds.append(time.perf_counter() - start)


def publish_until(stop: threading.Event, store: ModelStore, models: list[recokit.ItemKNN]) -> None:
    """Publish the models in turn every two seconds."""
    turn = 0
    while not stop.wait(2.0):
        turn += 1
        store.publish(models[turn % len(models)])


def run(port: int, store: ModelStore, models: list[recokit.ItemKNN], n_requests: int, n_clients: int) -> int:
    """Send all requests, print the results and return the number of errors."""
    seconds: list[float] = []
    errors: list[str] = []
    client(port, 200, 10**6, [], [])  # the first requests compile or load kernels
    stop = threading.Event()
    publisher = threading.Thread(target=publish_until, args=(stop, store, models))
    share = n_requests // n_clients
    clients = [threading.Thread(target=client, args=(port, share, seed, seconds, errors)) for seed in range(n_clients)]
    start = time.perf_counter()
    for thread in [publisher, *clients]:
        thread.start()
    for thread in clients:
        thread.join()
    total = time.perf_counter() - start
    stop.set()
    publisher.join()
    median, tail = (1000 * np.quantile(seconds, share) for share in (0.5, 0.99))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print(
        f"{len(seconds):,} requests from {n_clients} clients in {total:.1f} s: {len(seconds) / total:,.0f} per second"
    )
    print(f"median {median:.1f} ms, p99 {tail:.1f} ms; {store.current_version} versions; {len(errors)} errors")
    for error in errors[:5]:
        print(error)
    return len(errors)


def main() -> None:
    """Start the service and load it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store, models, port = ModelStore(folder), [train(0), train(1)], free_port()
        store.publish(models[0])
        command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
        environment = {**os.environ, "RECOKIT_STORE": folder, "RECOKIT_INTERVAL": "0.5"}
        with subprocess.Popen(command, cwd=HERE, env=environment) as process:
            try:
                wait_until_up(port, process)
                n_errors = run(port, store, models, given.requests, given.clients)
            finally:
                process.terminate()
    sys.exit(1 if n_errors else 0)


if __name__ == "__main__":
    main()
