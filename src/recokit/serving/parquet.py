"""Recommendations in a Parquet file, written in batches."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from recokit._storage.atomic import write_atomically
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError

__all__ = ["write_parquet"]


def write_parquet(
    lists: Iterable[Recommendations] | Recommendations,
    path: Any,
    *,
    rows_per_group: int = 131_072,
    compression: str = "zstd",
) -> int:
    """Write batches of recommendations to one Parquet file, in memory that does not grow with their number.

    The columns are those of `Recommendations.to_frame`: user_id, item_id, rank and score, and is_filler always. The
    file appears at ``path`` when it is complete; an existing file stays until then, and also after an error.

    Parameters
    ----------
    lists : iterable of Recommendations, or Recommendations
        Such as ``model.iter_recommend(n=10)``. All batches have ids of the same kind.
    path : path-like
        The file to write.
    rows_per_group : int
        Least number of rows in a row group of the file, except for the last one. Readers load one row group at a time.
    compression : {"zstd", "snappy", "gzip", "lz4", "none"}
        Compression of the columns.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ImportError
        PyArrow is not installed.
    DataError
        There are no batches, or their ids are of different kinds.
    TypeError
        A batch is something else than Recommendations.
    OSError
        The file cannot be written.

    See Also
    --------
    recokit.Recommender.iter_recommend : make lists in batches.

    Examples
    --------
    >>> import tempfile
    >>> from recokit import ItemKNN
    >>> from recokit.serving import write_parquet
    >>> model = ItemKNN().fit(
    ...     [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot"), ("cy", "tea")]
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_parquet(
    ...         model.iter_recommend(n=2, batch_size=2), f"{folder}/lists.parquet"
    ...     )
    4
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError('write_parquet needs PyArrow; install it with pip install "recokit[data]"') from error
    if rows_per_group < 1:
        raise ValueError(f"rows_per_group={rows_per_group}: expected at least 1")
    tables, n_rows = _tables(lists), 0
    first = next(tables, None)
    if first is None:
        raise DataError("write_parquet: there are no batches of recommendations to write")

    def write(file: BinaryIO) -> None:
        nonlocal n_rows
        waiting = [first]
        with pq.ParquetWriter(file, first.schema, compression=compression) as writer:
            for table in tables:
                waiting.append(_with_schema(table, first.schema))
                if sum(map(len, waiting)) >= rows_per_group:
                    n_rows += _write_group(writer, pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                n_rows += _write_group(writer, pa.concat_tables(waiting))

    write_atomically(Path(path), write)
    return n_rows


def _tables(lists: Any) -> Iterator[Any]:
    """Yield a table for each batch with rows; for batches without any rows, one empty table at the end."""
    if not isinstance(lists, Iterable):
        raise TypeError(
            f"write_parquet: expected batches of Recommendations, got {type(lists).__name__}; pass those of "
            "model.iter_recommend()"
        )
    empty, found = None, False
    for batch in [lists] if isinstance(lists, Recommendations) else lists:
        if not isinstance(batch, Recommendations):
            raise TypeError(f"write_parquet: expected batches of Recommendations, got {type(batch).__name__}")
        table = _with_fillers(batch)
        if len(table):
            found = True
            yield table
        else:
            empty = table
    if empty is not None and not found:
        yield empty


def _with_fillers(batch: Recommendations) -> Any:
    """Return the table of a batch, with the column is_filler even if no item is a filler."""
    import pyarrow as pa

    table = batch.to_frame("pyarrow")
    if "is_filler" in table.column_names:
        return table
    return table.append_column("is_filler", pa.array(np.zeros(len(table), dtype=np.bool_)))


def _with_schema(table: Any, schema: Any) -> Any:
    """Return a table with the types of the first batch."""
    if table.schema.equals(schema):
        return table
    raise DataError(
        f"write_parquet: the first batch has the columns {_described(schema)}, and another batch has "
        f"{_described(table.schema)}; write ids of one kind to one file"
    )


def _described(schema: Any) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in schema)


def _write_group(writer: Any, table: Any) -> int:
    writer.write_table(table, row_group_size=max(1, len(table)))
    return len(table)
