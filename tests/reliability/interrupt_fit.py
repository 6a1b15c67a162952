"""Press Ctrl-C 1.5 seconds after the start of a long fit; run as a script.

    python -m tests.reliability.interrupt_fit UserKNN N_THREADS

Prints as JSON the seconds until the fit has stopped, the other threads that run then, and whether the lists are those
of the model before the fit.
"""

import json
import os
import signal
import sys
import threading
import time

import numpy as np
from scipy import sparse

import recokit
from recokit import Interactions
from recokit._runtime.small_work import preferring_kernels


def fitted_and_unfinished(name, n_threads):
    """Return a model fitted to little data with the parameters of a long fit, and more data."""
    rng = np.random.default_rng(0)
    kind = getattr(recokit, name)
    matrix = sparse.random_array((20_000, 3_000), density=0.02, rng=rng, format="csr")
    large = Interactions.from_matrix(matrix, feedback="implicit")
    short = kind(n_threads=n_threads)
    if "n_epochs" in short.get_params():
        short.set_params(n_epochs=1)
    short.fit(large.select(np.arange(large.n_interactions) < 20_000))
    if "n_epochs" in short.get_params():
        short.set_params(n_epochs=1_000)
    return short, large


def main(name, n_threads):
    """Interrupt a fit, and print the result."""
    with preferring_kernels():
        model, large = fitted_and_unfinished(name, n_threads)
        before, sent = model.recommend(n=3).items.tolist(), []

        def interrupt():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Timer(1.5, interrupt).start()
        try:
            model.fit(large)
        except KeyboardInterrupt:
            seconds = time.perf_counter() - sent[0]
            threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
            same = model.recommend(n=3).items.tolist() == before
            print(json.dumps({"finished": False, "seconds": seconds, "threads": threads, "same": same}))
        else:
            print(json.dumps({"finished": True}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
