"""Sheets of Excel workbooks as columns."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recokit.datasets.fetching._tables import import_pandas
from recokit.exceptions import DataError

__all__ = ["read_sheets"]


def read_sheets(file: Path | zipfile.Path, *, text: Sequence[str] = (), header: int | None = 0) -> list[Any]:
    """Return the sheets of a workbook as pandas frames, in their order.

    Parameters
    ----------
    file : Path or zipfile.Path
        A workbook in the old or the new format of Excel, on disk or in an archive.
    text : sequence of str
        Columns to read as text, such as codes that are digits in most rows.
    header : int, optional
        Row of the names of the columns; None if there are none.

    Raises
    ------
    ImportError
        python-calamine is not installed.
    DataError
        The file is no workbook.
    """
    pandas = import_pandas()
    try:
        from python_calamine import CalamineError
    except ImportError:
        raise ImportError(f"{file.name} is read with python-calamine: pip install 'recokit[data]'") from None
    content = io.BytesIO(file.read_bytes())
    dtypes = dict.fromkeys(text, str)
    try:
        frames = pandas.read_excel(content, sheet_name=None, header=header, dtype=dtypes, engine="calamine")
    except (ValueError, KeyError, CalamineError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: not a workbook in the published format: {error}") from None
    return list(frames.values())
