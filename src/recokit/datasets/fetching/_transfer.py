"""Downloads over HTTP that resume after an interruption."""

import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from recokit._runtime.progress import progress_bar

__all__ = ["Patience", "TransferError", "receive"]

_CHUNK = 1 << 13  # bytes; at most so many are lost at an interruption
_GREAT_PROGRESS = 1 << 20  # bytes; an attempt that received more does not count as failed
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_WHOLE, _PART, _WRONG_RANGE = 200, 206, 416


class Patience(NamedTuple):
    """How long to wait for a server.

    Attributes
    ----------
    timeout : float
        Seconds without a single byte until an attempt fails.
    attempts : int
        Number of attempts in a row without progress.
    pause : float
        Seconds before the second attempt; doubled before each further one.
    """

    timeout: float = 30.0
    attempts: int = 5
    pause: float = 1.0


class TransferError(Exception):
    """A download failed. Text of the exception: the reason."""


class _InterruptedError(Exception):
    """An attempt failed, and another one may succeed."""


class _NoConnectionError(_InterruptedError):
    """No connection could be opened."""


class _Ticket(NamedTuple):
    """The version of a file at its server, to continue only a download of the same version."""

    url: str
    version: str

    @classmethod
    def read(cls, path: Path) -> "_Ticket | None":
        try:
            return cls(*json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def receive(url: str, part: Path, *, checked: bool, patience: Patience) -> None:
    """Download a file into ``part``; continue an earlier download of the same version.

    A server without ranges, or with a changed file, sends the whole file, which replaces the part.

    Parameters
    ----------
    url : str
        Redirections are followed.
    part : Path
        Unfinished file. It stays after an error, with ``part.json`` beside it, so that the next call continues.
    checked : bool
        Whether a known checksum will prove the content. If not, only a download whose server names the version of the
        file (ETag or Last-Modified) is continued.
    patience : Patience
        Limits.

    Raises
    ------
    TransferError
        The server refuses the file, or does not send all of it.
    """
    failures, was_connected = 0, False
    while True:
        before = _size(part)
        try:
            return _attempt(url, part, checked, patience.timeout)
        except _InterruptedError as error:
            was_connected |= not isinstance(error, _NoConnectionError)
            if not was_connected:  # offline: a second attempt only delays the message
                raise TransferError(str(error)) from None
            failures = 0 if _size(part) - before > _GREAT_PROGRESS else failures + 1
            if failures >= patience.attempts:
                raise TransferError(f"{error} ({failures} attempts)") from None
            time.sleep(patience.pause * 2 ** max(failures - 1, 0))


def _attempt(url: str, part: Path, checked: bool, timeout: float) -> None:
    import requests
    import urllib3

    ticket_file = part.with_name(part.name + ".json")
    headers, offset = _headers(url, part, _Ticket.read(ticket_file), checked)
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            offset, total = _start(response, offset, part, ticket_file)
            _remember(ticket_file, url, response)
            _append(response, part, offset, total)
    except requests.exceptions.SSLError as error:
        raise TransferError(f"no secure connection: {_reason(error)}") from None
    except requests.exceptions.ConnectTimeout:
        raise _NoConnectionError(f"no connection within {timeout:g} seconds") from None
    except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise _InterruptedError(f"the server sent nothing for {timeout:g} seconds") from None
    except requests.exceptions.TooManyRedirects as error:
        raise TransferError(str(error)) from None
    except (requests.exceptions.ConnectionError, urllib3.exceptions.HTTPError) as error:
        kind = _NoConnectionError if _is_offline(error) else _InterruptedError
        raise kind(f"the connection failed: {_reason(error)}") from None
    except requests.exceptions.RequestException as error:
        raise TransferError(str(error)) from None
    if total is not None and _size(part) != total:
        raise _InterruptedError(f"the server sent {_size(part):,} of {total:,} bytes")
    ticket_file.unlink(missing_ok=True)


def _headers(url: str, part: Path, ticket: _Ticket | None, checked: bool) -> tuple[dict[str, str], int]:
    """Return the headers of a request, and the offset that it asks for."""
    headers = {"User-Agent": "recokit", "Accept-Encoding": "identity"}
    offset = _size(part)
    version = ticket.version if ticket is not None and ticket.url == url else ""
    if not offset or not (version or checked):
        return headers, 0
    headers["Range"] = f"bytes={offset}-"
    if version:
        headers["If-Range"] = version
    return headers, offset


def _start(response: Any, offset: int, part: Path, ticket_file: Path) -> tuple[int, int | None]:
    """Return the position at which the answer begins, and the size of the whole file, if known."""
    status = response.status_code
    if status == _WHOLE:
        length = response.headers.get("Content-Length")
        return 0, int(length) if length and length.isdigit() else None
    if status == _PART:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if found and int(found[1]) == offset:
            return offset, int(found[2]) if found[2] != "*" else None
    if status in (_PART, _WRONG_RANGE):  # the part does not belong to the file
        part.unlink(missing_ok=True)
        ticket_file.unlink(missing_ok=True)
        raise _InterruptedError(f"the server cannot continue at byte {offset:,}")
    if status in _TEMPORARY:
        raise _InterruptedError(f"the server answered {status} {response.reason}")
    raise TransferError(f"the server answered {status} {response.reason}")


def _remember(ticket_file: Path, url: str, response: Any) -> None:
    tag = response.headers.get("ETag", "")
    version = response.headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    ticket_file.write_text(json.dumps([url, version]), encoding="utf-8")


def _append(response: Any, part: Path, offset: int, total: int | None) -> None:
    with part.open("r+b" if offset else "wb") as file, progress_bar(total or 0, part.stem, "B", show=True) as bar:
        file.seek(offset)
        bar.update(offset)
        # Not decoded: some servers declare a file with the ending .gz as compressed for the transfer.
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            file.write(chunk)
            bar.update(len(chunk))
        file.truncate()


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _is_offline(error: Exception) -> bool:
    """Whether no connection was opened: no network, an unknown host, or a refused connection."""
    from urllib3.exceptions import NewConnectionError

    return bool(error.args) and isinstance(getattr(error.args[0], "reason", None), NewConnectionError)


def _reason(error: Exception) -> str:
    """Return the innermost reason of an error of the connection, without addresses of objects."""
    reason: Any = error
    while getattr(reason, "args", None) and isinstance(reason.args[0], BaseException):
        reason = reason.args[0]
    reason = getattr(reason, "reason", reason)
    return re.sub(r"<[^>]*>:? ?", "", str(reason))
