"""RemoteFile: a file of a data set at its publisher, with its known checksum."""

from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["RemoteFile", "known_checksums"]


class RemoteFile(NamedTuple):
    """A file at its publisher.

    Attributes
    ----------
    path : str
        Folder and name in the cache: "ml-100k/ml-100k.zip".
    urls : tuple of str
        Addresses to try in order; empty for a file that cannot be downloaded without a browser.

    See Also
    --------
    recokit.datasets.Published : A data set that recokit can download.
    recokit.datasets.DownloadError :
        A file could not be downloaded or verified; the message names the place to put it by hand.

    Examples
    --------
    >>> RemoteFile("shop/orders.csv", ("https://example.org/orders.csv",)).path
    'shop/orders.csv'
    """

    path: str
    urls: tuple[str, ...]

    @property
    def checksum(self) -> str | None:
        """Known checksum as "sha256:…" or "md5:…"; None if none is published."""
        return known_checksums().get(self.path)


@cache
def known_checksums() -> dict[str, str]:
    """Return the published checksums by path in the cache.

    The file ``checksums.txt`` has one line for each file: algorithm, checksum, path.
    """
    text = resources.files("recokit.datasets.fetching").joinpath("checksums.txt").read_text(encoding="ascii")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {path: f"{algorithm}:{value}" for algorithm, value, path in rows}
