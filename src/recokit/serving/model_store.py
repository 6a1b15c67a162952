"""Versions of a model in a folder, for publishers and services."""

import json
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from recokit import persistence
from recokit.exceptions import ModelFormatError
from recokit.serving.watched_model import WatchedModel

__all__ = ["ModelStore"]

_POINTER = "current.json"
_NAME = re.compile(r"model-(\d{8})\.recokit")


class ModelStore:
    """Versions of one model in a folder, one of which is current.

    A job publishes models; services read the current one. Every step is atomic: a service finds the model before or
    after a publication, also if the publisher is killed in between. The folder holds one file per version, named
    ``model-00000001.recokit`` and so on, and the file ``current.json`` with the number of the current version. Several
    processes, and several machines with a common file system, may use one folder. If two of them publish at the same
    time, both models get numbers of their own, and the one that finishes last becomes current.

    Parameters
    ----------
    folder : path-like
        Made at the first publication if it does not exist.
    keep : int
        Number of versions to keep. `publish` deletes older ones, but never the current one.
    mmap, verify : bool
        Passed to `recokit.load`. With ``mmap=True``, the processes of a service share the pages of the file.

    Raises
    ------
    ValueError
        ``keep`` is less than 1.

    See Also
    --------
    recokit.serving.WatchedModel : The current model of a store, replaced when a new version appears.

    Examples
    --------
    >>> import tempfile
    >>> import recokit
    >>> from recokit.serving import ModelStore
    >>> store = ModelStore(tempfile.mkdtemp())
    >>> model = recokit.Popularity().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")])
    >>> store.publish(model)
    1
    >>> store.current().recommend("ann")["ann"]
    [('cup', 1.0)]
    >>> store.publish(model.partial_fit([("eve", "pot")])), store.versions()
    (2, [1, 2])
    >>> store.rollback()
    1
    >>> store.load(2).recommend("eve", n=1)["eve"]
    [('tea', 2.0)]
    >>> with store.watch(interval=60) as watched:
    ...     watched.model
    Popularity()
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, keep: int = 5, mmap: bool = False, verify: bool = True
    ) -> None:
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise ValueError(f"keep={keep!r}: expected a number of versions, at least 1")
        self.folder = Path(folder)
        self.keep = keep
        self.mmap = mmap
        self.verify = verify

    def __repr__(self) -> str:
        return f"ModelStore({str(self.folder)!r}, keep={self.keep})"

    def publish(self, model: Any) -> int:
        """Save a fitted model as a new version and make it current.

        Parameters
        ----------
        model : fitted Recommender, or another object with a method ``save(path)`` that `recokit.load` can read

        Returns
        -------
        int
            The number of the version, greater than all existing ones.

        Raises
        ------
        TypeError
            A parameter of the model cannot be saved, or the object has no method ``save``.
        NotFittedError
            The model is not fitted.
        OSError
            The folder cannot be written. The current version stays current.
        """
        if not callable(getattr(model, "save", None)):
            raise TypeError(f"publish: expected a fitted model with a method save, got {type(model).__name__}")
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{secrets.token_hex(8)}.part"
        try:
            model.save(temporary)
            version = self._reserve()
            os.replace(temporary, self._file(version))
        finally:
            temporary.unlink(missing_ok=True)
        self._point_to(version)
        self._delete_old(version)
        return version

    def versions(self) -> list[int]:
        """Return the numbers of the stored versions, in ascending order."""
        return sorted(version for version, file in self._files().items() if _size(file) > 0)

    @property
    def current_version(self) -> int | None:
        """Number of the current version; None if nothing has been published.

        Raises
        ------
        ModelFormatError
            The file ``current.json`` does not hold a version.
        """
        pointer = self.folder / _POINTER
        try:
            text = pointer.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            version = json.loads(text)["version"]
        except (ValueError, KeyError, TypeError):
            version = None
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise ModelFormatError(
                f'{pointer}: expected {{"version": a number}}, got {text!r:.60}; '
                "call rollback(version) to make a version current"
            )
        return version

    def current(self) -> Any:
        """Load the current version.

        Returns
        -------
        object
            A new object at each call. A service calls `watch` once instead, and shares one object.

        Raises
        ------
        FileNotFoundError
            Nothing has been published, or the file of the current version is missing.
        ModelFormatError
            The file is damaged.
        """
        return self._load_current()[1]

    def load(self, version: int) -> Any:
        """Load a version.

        Raises
        ------
        FileNotFoundError
            The version is not in the store.
        ModelFormatError
            The file is damaged.
        """
        self._check_stored(version)
        return self._read(version)

    def rollback(self, version: int | None = None) -> int:
        """Make an earlier version current; no file is deleted.

        Parameters
        ----------
        version : int, optional
            The version to return to; by default the last one before the current version.

        Returns
        -------
        int
            The number of the version that is current now. The next publication gets a new number.

        Raises
        ------
        FileNotFoundError
            The version is not in the store, or there is none before the current one.
        """
        if version is None:
            current = self.current_version
            earlier = [stored for stored in self.versions() if current is not None and stored < current]
            if not earlier:
                raise FileNotFoundError(
                    f"{self.folder}: no version before the current one ({current}); stored: {self.versions()}"
                )
            version = earlier[-1]
        self._check_stored(version)
        self._point_to(version)
        return version

    def watch(self, interval: float = 1.0) -> WatchedModel:
        """Return the current model, which is replaced whenever another version becomes current.

        Parameters
        ----------
        interval : float
            Seconds between two looks at the folder.

        Returns
        -------
        WatchedModel

        Raises
        ------
        FileNotFoundError
            Nothing has been published.
        ModelFormatError
            The file of the current version is damaged.
        ValueError
            ``interval`` is not positive.
        """
        return WatchedModel(self._load_current, self._find_current, interval)

    # ------------------------------------------------------------------ files

    def _file(self, version: int) -> Path:
        return self.folder / f"model-{version:08d}.recokit"

    def _files(self) -> dict[int, Path]:
        """Return the file of each number, also of numbers that are reserved."""
        if not self.folder.is_dir():
            return {}
        found = ((_NAME.fullmatch(file.name), file) for file in self.folder.iterdir())
        return {int(match[1]): file for match, file in found if match}

    def _read(self, version: int) -> Any:
        return persistence.load(self._file(version), mmap=self.mmap, verify=self.verify)

    def _check_stored(self, version: int) -> None:
        if version not in self.versions():
            raise FileNotFoundError(f"{self.folder}: no version {version!r}; stored: {self.versions()}")

    def _reserve(self) -> int:
        """Return a new number, whose file is made empty so that no other publisher takes the number."""
        version = max(self._files(), default=0) + 1
        while True:
            try:
                os.close(os.open(self._file(version), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                version += 1
            else:
                return version

    def _point_to(self, version: int) -> None:
        pointer = self.folder / _POINTER
        temporary = self.folder / f"{secrets.token_hex(8)}.part"
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump({"version": version}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, pointer)
        finally:
            temporary.unlink(missing_ok=True)

    def _delete_old(self, published: int) -> None:
        stored = [version for version in self.versions() if version <= published]
        for version in stored[: -self.keep]:
            if version != self.current_version:
                with suppress(OSError):  # another publisher was faster, or a reader has the file open on Windows
                    self._file(version).unlink()

    def _find_current(self) -> int:
        version = self.current_version
        if version is None:
            raise FileNotFoundError(f"{self.folder}: no model has been published; call publish(model) first")
        return version

    def _load_current(self) -> tuple[int, Any]:
        version = self._find_current()
        while True:
            try:
                return version, self._read(version)
            except (OSError, ModelFormatError):
                # A publisher may have deleted the version since its number was read.
                read, version = version, self._find_current()
                if version == read:
                    raise


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
