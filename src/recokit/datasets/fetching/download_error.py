"""DownloadError: a file of a data set could not be downloaded or verified."""

from recokit.datasets._sources import DatasetNotFoundError

__all__ = ["DownloadError"]


class DownloadError(DatasetNotFoundError):
    """A file could not be downloaded or verified; the message names the place to put it by hand."""
