"""A lock between processes, released when its process ends."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["locked"]

_PAUSE = 0.2  # seconds between two attempts


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file while the block runs.

    The operating system releases the lock of a process that is killed. The empty file stays: its removal would let two
    processes lock two files of the same name.

    Parameters
    ----------
    path : Path
        File of the lock, created if missing.
    waiting : callable
        Called once if another process holds the lock.
    """
    with path.open("a+b") as file:
        told = False
        while not _acquired(file):
            if not told:
                waiting()
                told = True
            time.sleep(_PAUSE)
        yield  # closing the file releases the lock


if sys.platform == "win32":
    import msvcrt

    def _acquired(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import errno
    import fcntl

    def _acquired(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # Some network file systems have no locks; the final rename is atomic without one.
            return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
        return True
