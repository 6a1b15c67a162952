"""Tables in downloaded files: members of archives, and columns of delimited text."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.exceptions import DataError

__all__ = ["chunks_of", "folder_with", "import_pandas", "read_columns"]

_DTYPES = {"text": "str", "ids": "str"}


def folder_with(archive: Path, name: str) -> zipfile.Path:
    """Return the folder of an archive that contains a file of this name.

    Raises
    ------
    DataError
        The archive has no such file, or several.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except zipfile.BadZipFile as error:
        raise DataError(f"{archive}: not a zip archive: {error}") from None
    found = [one for one in names if one.rpartition("/")[2] == name and not one.startswith("__MACOSX/")]
    if len(found) != 1:
        raise DataError(f"{archive}: expected one file {name}, found {len(found)} among {len(names)} files")
    folder, _, _ = found[0].rpartition("/")
    return zipfile.Path(archive, f"{folder}/" if folder else "")


def read_columns(file: Path | zipfile.Path, kinds: Mapping[Any, str], **options: Any) -> dict[Any, AnyArray]:
    """Read columns of delimited text with pandas.

    Parameters
    ----------
    file : Path or zipfile.Path
        A file on disk or in an archive; the ending ``.gz`` is decompressed.
    kinds : mapping
        Columns to read: name, or position in a file without names, to the dtype. "text" are Python strings, with ""
        for an empty cell; equal strings of "ids" are one object. An empty cell of a floating-point column is NaN.
    **options
        Passed to ``pandas.read_csv``.
    """
    with _errors_of(file):
        return _columns(_read_csv(file, kinds, options), kinds)


def chunks_of(file: Path | zipfile.Path, kinds: Mapping[Any, str], n_rows: int, **options: Any) -> Iterator[Any]:
    """Yield the columns of successive rows, as `read_columns` does, to select from files larger than memory."""
    with _errors_of(file), _read_csv(file, kinds, {**options, "chunksize": n_rows}) as chunks:
        for chunk in chunks:
            yield _columns(chunk, kinds)


@contextmanager
def _errors_of(file: Path | zipfile.Path) -> Iterator[None]:
    """Convert errors of pandas in the block."""
    try:
        yield
    except ValueError as error:  # also UnicodeDecodeError
        raise DataError(f"{file}: not in the published format: {error}") from None


def _columns(frame: Any, kinds: Mapping[Any, str]) -> dict[Any, AnyArray]:
    """Return columns of a pandas frame: text as objects, numbers with their dtype."""
    return {name: _column(frame[name], kind) for name, kind in kinds.items()}


def _column(series: Any, kind: str) -> AnyArray:
    if kind == "ids":
        codes, found = series.factorize()
        ids: AnyArray = found.to_numpy(dtype=object)[codes]
        return ids
    values: AnyArray = series.to_numpy(dtype=object if kind == "text" else kind)
    return values


def _read_csv(file: Path | zipfile.Path, kinds: Mapping[Any, str], options: Mapping[str, Any]) -> Any:
    pandas = import_pandas()
    dtypes = {name: _DTYPES.get(kind, kind) for name, kind in kinds.items()}
    missing = {name: [""] for name, kind in kinds.items() if kind not in _DTYPES and np.dtype(kind).kind == "f"}
    given: dict[str, Any] = {"usecols": list(kinds), "dtype": dtypes, "na_values": missing, "keep_default_na": False}
    source: Any = file if isinstance(file, Path) else file.open("rb")
    return pandas.read_csv(source, **given, **options)


def import_pandas() -> Any:
    """Return pandas, or raise an error that names the extra to install."""
    try:
        import pandas
    except ImportError:
        raise ImportError("published data sets are read with pandas: pip install 'recokit[data]'") from None
    return pandas
