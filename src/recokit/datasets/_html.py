"""Summary of a data set for notebooks."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from recokit._runtime.html import html_table

__all__ = ["html_of_data"]

_TEXTS = ("description", "license", "citation")


def html_of_data(data: Any) -> str:
    """Return a table with a row for each part of a data set: interactions, sequences and tables.

    Parameters
    ----------
    data : dataclass
        Fields that are mappings are tables, or mappings of tables.
    """
    rows: list[list[str]] = []
    for field in fields(data):
        value = getattr(data, field.name)
        if field.name in _TEXTS:
            continue
        if isinstance(value, Mapping) and all(isinstance(each, Mapping) for each in value.values()):
            rows += [_row(name, table) for name, table in value.items()]
        else:
            rows.append(_row(field.name, value))
    licence = getattr(data, "license", "")
    note = f"licence: {licence}" if licence else ""
    return html_table(getattr(data, "description", "") or repr(data), ["part", "content"], rows, note)


def _row(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        n_rows = len(next(iter(value.values()), ()))
        return [name, f"{n_rows:,} rows: {', '.join(value)}"]
    if isinstance(value, tuple):
        return [name, f"{len(value)} parts"]
    if isinstance(value, np.ndarray):
        return [name, f"array of {' × '.join(f'{n:,}' for n in value.shape)}"]
    return [name, repr(value)]
