"""Sheets of Excel workbooks as columns."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from recokit.datasets.fetching._tables import import_pandas
from recokit.exceptions import DataError

__all__ = ["read_sheets"]

_ENGINES = {".xlsx": "openpyxl", ".xls": "xlrd"}


def read_sheets(file: Path | zipfile.Path, *, text: Sequence[str] = (), header: int | None = 0) -> list[Any]:
    """Return the sheets of a workbook as pandas frames, in their order.

    Parameters
    ----------
    file : Path or zipfile.Path
        A workbook with the ending ``.xlsx`` or ``.xls``, on disk or in an archive.
    text : sequence of str
        Columns to read as text, such as codes that are digits in most rows.
    header : int, optional
        Row of the names of the columns; None if there are none.

    Raises
    ------
    ImportError
        openpyxl or xlrd is not installed.
    DataError
        The file is no workbook.
    """
    pandas = import_pandas()
    engine = _ENGINES[file.suffix.lower()]
    source: IO[Any] = file.open("rb")
    try:
        frames = pandas.read_excel(
            source, sheet_name=None, header=header, dtype=dict.fromkeys(text, str), engine=engine
        )
    except ImportError:
        raise ImportError(f"{file.name} is read with {engine}: pip install 'recokit[data]'") from None
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: not a workbook in the published format: {error}") from None
    finally:
        source.close()
    return list(frames.values())
