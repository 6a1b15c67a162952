"""DownloadError: a file of a data set could not be downloaded or verified."""

from recokit.datasets._sources import DatasetNotFoundError

__all__ = ["DownloadError"]


class DownloadError(DatasetNotFoundError):
    """A file could not be downloaded or verified; the message names the place to put it by hand.

    See Also
    --------
    recokit.datasets.DatasetNotFoundError :
        A published data set was not found; the message names the missing file and the address to get it from.
    recokit.datasets.RemoteFile : A file at its publisher.

    Examples
    --------
    >>> from recokit.datasets import DatasetNotFoundError
    >>> issubclass(DownloadError, Exception)
    True
    """
