"""The folder of downloaded files: download, checksums, licences, and files put there by hand."""

import os
import sys
import warnings
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from recokit._runtime.warnings import levels_inside
from recokit.datasets._sources import DatasetNotFoundError
from recokit.datasets.fetching._lock import locked
from recokit.datasets.fetching._transfer import Patience, TransferError, receive
from recokit.datasets.fetching.download_error import DownloadError
from recokit.datasets.fetching.published import Published
from recokit.datasets.fetching.remote_file import RemoteFile

__all__ = ["PATIENCE", "data_home_of", "obtain", "show_licence"]

PATIENCE = Patience()
_VARIABLE = "RECOKIT_DATA_HOME"
_shown: set[str] = set()  # data sets whose licence this process has printed


def data_home_of(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of downloaded files: the given one, ``RECOKIT_DATA_HOME``, or the user's cache folder."""
    chosen = data_home if data_home is not None else os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(_pooch().os_cache("recokit"))


def obtain(
    dataset: Published,
    files: Sequence[RemoteFile],
    data_home: str | os.PathLike[str] | None,
    *,
    download: bool,
    verify: bool,
) -> list[Path]:
    """Return verified files of a data set; download the missing ones.

    Parameters
    ----------
    dataset : Published
        Its licence is printed when the first of its files is used for the first time.
    files : sequence of RemoteFile
        Files to return, in this order.
    data_home : path, optional
        As in `data_home_of`.
    download : bool
        Whether missing files are downloaded.
    verify : bool
        Whether a wrong checksum is an error; otherwise it is a warning.

    Raises
    ------
    DatasetNotFoundError
        A file is missing, and ``download`` is False.
    DownloadError
        A file cannot be downloaded, written or verified.
    """
    home = data_home_of(data_home)
    return [_obtain_file(dataset, file, home / file.path, download, verify) for file in files]


def _obtain_file(dataset: Published, file: RemoteFile, path: Path, download: bool, verify: bool) -> Path:
    if not path.is_file():
        if not download or not file.urls:
            reason = "download=False" if file.urls else "it can only be downloaded in a browser"
            raise DatasetNotFoundError(
                f"{dataset.name}: {path.name} is missing, and {reason}. {_advice(dataset, file, path)}"
            )
        _download(dataset, file, path, verify)
    _check(dataset, file, path, verify)
    return path


def _download(dataset: Published, file: RemoteFile, path: Path, verify: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_name(path.name + ".lock"), lambda: _say(f"another process is downloading {path.name}")):
            if not path.is_file():  # another process may have finished it
                _download_from_any(dataset, file, path, verify)
    except DownloadError:
        raise
    except OSError as error:
        raise DownloadError(
            f"{dataset.name}: cannot write to {path.parent}: {error.strerror or error}. Pass another folder as "
            f"data_home or in the environment variable {_VARIABLE}"
        ) from None


def _download_from_any(dataset: Published, file: RemoteFile, path: Path, verify: bool) -> None:
    part = path.with_name(path.name + ".part")
    reasons = []
    for url in file.urls:
        _say(f"downloading {url} to {path}")
        try:
            _download_whole(url, file, part, verify)
        except TransferError as error:
            reasons.append(f"{url}: {error}")
            continue
        part.replace(path)
        return
    raise DownloadError(
        f"{dataset.name}: {path.name} could not be downloaded ({'; '.join(reasons)}). A further call tries again, "
        f"and continues an interrupted download. {_advice(dataset, file, path)}"
    )


def _download_whole(url: str, file: RemoteFile, part: Path, verify: bool) -> None:
    """Download a file into ``part``, and anew if a continued download has the wrong content."""
    checked = file.checksum is not None and verify
    for is_continued in (part.exists(), False):
        receive(url, part, checked=checked, patience=PATIENCE)
        problem = _odd_content(part, file.path)
        if problem is None and checked:
            problem = _difference(part, file.checksum or "")
            if problem is not None:
                problem += "; if the publisher has replaced the file, pass verify=False"
        if problem is None:
            return
        part.unlink()
        if not is_continued:
            raise TransferError(problem)


def _odd_content(path: Path, name: str) -> str | None:
    """Return the reason why the content cannot be that of a file of this name: a web page, or a torn archive."""
    with path.open("rb") as stream:
        begin = stream.read(512).lstrip()
    if not begin:
        return "the file is empty"
    if begin[:1] == b"<":
        return "the server sent a web page in place of the file, perhaps for a login"
    if name.endswith(".zip") and not zipfile.is_zipfile(path):
        return "the file is no complete zip archive"
    if name.endswith(".gz") != (begin[:2] == b"\x1f\x8b"):
        return f"the file is {'not ' if name.endswith('.gz') else ''}compressed by gzip"
    return None


def _check(dataset: Published, file: RemoteFile, path: Path, verify: bool) -> None:
    """Compare a file with its known checksum, or with the one of its first use, and print the licence once."""
    record = path.with_name(path.name + ".sha256")
    recorded = _read_record(record)
    expected = file.checksum or recorded
    problem = _odd_content(path, file.path) if expected is None else _difference(path, expected)
    if problem is not None:
        text = f"{dataset.name}: {path}: {problem}"
        if verify:
            raise DownloadError(
                f"{text}. Delete the file to download it again; if the publisher has replaced it, pass verify=False. "
                f"{_advice(dataset, file, path)}"
            )
        warnings.warn(f"{text}; it is used because of verify=False", stacklevel=levels_inside())
    if recorded is None:
        show_licence(dataset)
        with suppress(OSError):  # in a read-only folder, the file is not compared with its first use later
            record.write_text(f"{_hash(path, 'sha256')}  {path.name}\n", encoding="utf-8")


def _read_record(record: Path) -> str | None:
    try:
        words = record.read_text(encoding="utf-8").split()
    except OSError:
        return None
    return f"sha256:{words[0]}" if words else None


def _difference(path: Path, checksum: str) -> str | None:
    algorithm, _, expected = checksum.partition(":")
    found = _hash(path, algorithm)
    if found == expected:
        return None
    return f"wrong checksum: expected {algorithm} {expected}, got {found} ({path.stat().st_size:,} bytes)"


def _hash(path: Path, algorithm: str) -> str:
    return str(_pooch().file_hash(str(path), alg=algorithm))


def show_licence(dataset: Published) -> None:
    if dataset.name not in _shown:
        _shown.add(dataset.name)
        _say(f"{dataset.title}\nLicence: {dataset.license}\nCite: {dataset.citation}\nPage: {dataset.page}")


def _advice(dataset: Published, file: RemoteFile, path: Path) -> str:
    where = file.urls[0] if file.urls else dataset.page
    known = f" ({file.checksum.replace(':', ' ')})" if file.checksum else ""
    return f"By hand: download {where} (page of the data set: {dataset.page}) and save it as {path}{known}"


def _say(text: str) -> None:
    """Print to the standard error output, so that the output of a script stays clean."""
    print(text, file=sys.stderr)


def _pooch() -> Any:
    try:
        import pooch
    except ImportError:
        raise ImportError("downloads need the package pooch: pip install 'recokit[data]'") from None
    return pooch
