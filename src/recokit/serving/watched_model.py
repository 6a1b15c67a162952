"""The current model of a store, replaced when another version becomes current."""

import logging
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

__all__ = ["WatchedModel"]

_logger = logging.getLogger("recokit.serving")


class _Loaded(NamedTuple):
    version: int
    model: Any


class WatchedModel:
    """The current model of a store, replaced when another version becomes current.

    Made by `ModelStore.watch`. A thread looks at the store at regular intervals, loads a new version, and replaces the
    model in one assignment. Requests that run on the old model finish on it. If a version cannot be loaded, the old
    model stays, a warning is logged (logger ``recokit.serving``), and ``last_error`` holds the exception.

    A forked child starts a thread of its own at its first access to ``model``.

    Attributes
    ----------
    model : object
        The present model. Read it once per request and use that object for all calls of the request.
    version : int
        Number of the present model.
    last_error : Exception or None
        Error of the last attempt to load a version; None if it succeeded.

    See Also
    --------
    recokit.serving.ModelStore : Versions of one model in a folder, one of which is current.

    Examples
    --------
    >>> import tempfile
    >>> import recokit
    >>> from recokit.serving import ModelStore
    >>> store = ModelStore(tempfile.mkdtemp())
    >>> model = recokit.Popularity().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")])
    >>> _ = store.publish(model)
    >>> with store.watch(interval=0.5) as watched:
    ...     _ = store.publish(model.partial_fit([("bob", "pot")]))
    ...     watched.refresh(), watched.model.recommend("ann")["ann"]
    (True, [('cup', 1.0), ('pot', 1.0)])
    >>> watched.close()
    """

    def __init__(self, load: Callable[[], tuple[int, Any]], find: Callable[[], int], interval: float) -> None:
        if not interval > 0 or interval == float("inf"):
            raise ValueError(f"interval={interval!r}: expected a positive number of seconds")
        self._load = load
        self._find = find
        self._interval = float(interval)
        self._loaded = _Loaded(*load())
        self.last_error: Exception | None = None
        self._is_closed = False
        self._start()

    @property
    def model(self) -> Any:
        """The present model."""
        if self._process != os.getpid() and not self._is_closed:
            self._start()
        return self._loaded.model

    @property
    def version(self) -> int:
        """Number of the present model."""
        return self._loaded.version

    def refresh(self) -> bool:
        """Look at the store now; return whether the model was replaced.

        A version that cannot be loaded leaves the old model, as a regular look does.
        """
        with self._lock:
            try:
                is_new = self._find() != self._loaded.version
                if is_new:
                    self._loaded = _Loaded(*self._load())
            except Exception as error:  # a service goes on with its model whatever is wrong with the new one
                if repr(error) != repr(self.last_error):
                    _logger.warning("version %d stays: the current version cannot be loaded (%s)", self.version, error)
                self.last_error = error
                return False
            self.last_error = None
            return is_new

    def close(self) -> None:
        """Stop the thread; the present model stays available."""
        self._is_closed = True
        self._stop.set()
        if self._process == os.getpid() and self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"WatchedModel(version {self.version}, {type(self._loaded.model).__name__})"

    def _start(self) -> None:
        """Start the thread, with a lock and an event of this process: a fork may have copied them while in use."""
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=_look, args=(self, self._stop), name="recokit-watch", daemon=True)
        self._thread.start()


def _look(watched: WatchedModel, stop: threading.Event) -> None:
    while not stop.wait(watched._interval):
        watched.refresh()
