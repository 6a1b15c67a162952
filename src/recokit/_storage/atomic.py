"""Write a file so that readers and a crash see the old or the new contents, never a part."""

import os
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["write_atomically"]

_TOKEN_BYTES = 8
_STALE_SECONDS = 24 * 3600  # a temporary file that nothing was written to for so long has no writer


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a new file beside ``path``, sync it to disk, and rename it to ``path``.

    A symbolic link is followed, and an existing file keeps its permissions and, if possible, its owner. Hard links to
    an existing file keep the old contents. A process that is killed while writing leaves a file
    ``<name>.<16 digits>.part``; a later save to the same path removes it after a day.

    Parameters
    ----------
    path : Path
    write : callable
        Writes the contents to a file that it gets.

    Raises
    ------
    OSError
        The file cannot be written, such as on a full disk, or ``path`` is not a regular file. An existing file is
        unchanged.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.exists():
        raise FileNotFoundError(f"{path}: the folder {target.parent} does not exist; create it first")
    existing = _status(target)
    _remove_stale(target)
    temporary = target.with_name(f"{_stem(target)}.{secrets.token_hex(_TOKEN_BYTES)}.part")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(descriptor, "wb") as file:
            if existing is not None:
                _copy_permissions(descriptor, existing)
            write(file)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _status(target: Path) -> os.stat_result | None:
    """Return the status of an existing file; refuse one that must not be replaced."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{target} is a directory; give the path of a file")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{target} is not a regular file (a pipe, socket or device); give the path of a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(f"{target} is not writable")
    return status


def _copy_permissions(descriptor: int, existing: os.stat_result) -> None:
    if hasattr(os, "fchown"):
        with suppress(OSError):  # only root may give a file to another owner
            os.fchown(descriptor, existing.st_uid, existing.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(existing.st_mode))


def _stem(target: Path) -> str:
    return target.name[:60]  # the longest name of a file is 255 bytes, of which a character may take four


def _remove_stale(target: Path) -> None:
    """Remove temporary files of killed processes."""
    start, end = f"{_stem(target)}.", ".part"
    length = len(start) + 2 * _TOKEN_BYTES + len(end)
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            named = entry.name.startswith(start) and entry.name.endswith(end) and len(entry.name) == length
            if named and entry.stat(follow_symlinks=False).st_mtime < time.time() - _STALE_SECONDS:
                Path(entry.path).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; systems that cannot sync a folder do it themselves."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
