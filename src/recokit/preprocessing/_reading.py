"""Read the columns of a log from frames, one chunk at a time."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from recokit._runtime.arguments import check_count
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray
from recokit.data._columns import to_optional_numbers
from recokit.data._frames import refuse_unordered
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._times import ReadTimes, TimeUnit, join_times, read_times

__all__ = ["DEFAULT_NAMES", "LogColumns", "chunks_of", "frame_names", "names_in", "parquet_batches", "read_log"]

DEFAULT_NAMES = {
    "user": "user_id",
    "item": "item_id",
    "timestamp": "timestamp",
    "event": "event",
    "quantity": "quantity",
    "price": "price",
    "order": "order_id",
    "session": "session_id",
    "query": "query",
    "source": "source",
}
_REQUIRED = ("user", "item")
_IDS = ("user", "item", "order", "session", "query", "source")
_MAX_KINDS = 127
_USUAL_KINDS = ("view", "cart", "purchase", "return")
_USUAL_NAMES = {
    "timestamp": ("time", "date", "datetime", "event_time", "created_at", "ts"),
    "event": ("event_type", "event_name", "type", "action", "behavior", "behaviour"),
}
_WITHOUT = {"timestamp": "the log has no times", "event": "all events are of the kind default_event"}


class LogColumns(NamedTuple):
    """Columns of a log in the order of the input.

    Attributes
    ----------
    ids : dict of str to Coded
        Users and items, and orders, sessions, queries and sources if given.
    kinds : tuple of str
    event_codes : (n,) int8 array
    times, quantities, prices : (n,) arrays, or None
    """

    ids: dict[str, Coded]
    kinds: tuple[str, ...]
    event_codes: AnyArray
    times: AnyArray | None
    quantities: FloatArray | None
    prices: FloatArray | None


class _Chunk(NamedTuple):
    ids: dict[str, Coded]
    events: Coded | None
    times: ReadTimes | None
    numbers: dict[str, FloatArray]
    n_rows: int


def chunks_of(frame: Any) -> Iterator[Any]:
    """Yield the frames of an iterator or a list of frames, or the one frame."""
    if isinstance(frame, Iterator) or (isinstance(frame, list | tuple) and frame and _is_chunk(frame[0])):
        yield from map(_refuse_record, frame)
    else:
        yield frame


def _refuse_record(chunk: Any) -> Any:
    """Return a chunk unchanged; refuse a record: a mapping of the names of the columns to the values of one row."""
    if isinstance(chunk, Mapping) and not all(hasattr(values, "__len__") for values in chunk.values()):
        raise DataError(
            f"expected frames or mappings of columns, got the row {dict(chunk)!r:.60}; make a frame of the rows first, "
            "such as with pandas.DataFrame"
        )
    return chunk


def _is_chunk(given: Any) -> bool:
    return isinstance(given, Mapping) or not isinstance(_as_frame(given), type(given))


def _as_frame(given: Any) -> Any:
    """Return a frame of narwhals, or other data unchanged; Arrow's record batches become tables.

    Raises
    ------
    DataError
        The columns of the frame do not have distinct names.
    """
    if type(given).__name__ == "RecordBatch" and type(given).__module__.startswith("pyarrow"):
        import pyarrow

        given = pyarrow.Table.from_batches([given])
    try:
        return nw.from_native(given, pass_through=True)
    except nw.exceptions.NarwhalsError as error:
        raise DataError(f"the frame cannot be read: {error}") from None


def frame_names(frame: Any) -> list[str]:
    """Return the names of the columns of a frame or a mapping of columns.

    Raises
    ------
    DataError
        The data are not a frame, or names are duplicated.
    """
    if isinstance(frame, Mapping):
        return list(frame)
    framed = _as_frame(frame)
    if not isinstance(framed, nw.DataFrame | nw.LazyFrame):
        shown = type(frame).__name__
        if isinstance(frame, list | tuple) and frame:
            shown += f" of {type(frame[0]).__name__}; make a frame of it first, such as with pandas.DataFrame"
        raise DataError(f"expected a frame, a mapping of columns, or an iterator of frames, got {shown}")
    try:
        names = framed.collect_schema().names() if isinstance(framed, nw.LazyFrame) else framed.columns
    except nw.exceptions.NarwhalsError as error:
        raise DataError(f"the frame cannot be read: {error}") from None
    return names


def names_in(available: Sequence[str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Return the column of each part of the log: the given name, or the default name if the frame has it.

    Raises
    ------
    DataError
        A given column, or the column of users or items, does not exist, or one column has two meanings.

    Warns
    -----
    UserWarning
        The log has no times or kinds of events, and an unused column looks like them.
    """
    names = {}
    for part, default in DEFAULT_NAMES.items():
        name = given.get(part) or default
        if name in available:
            names[part] = name
        elif given.get(part) is not None or part in _REQUIRED:
            raise DataError(
                f"no column {name!r}; the columns are {first_few(available)}. Give the name of the column as {part}="
            )
    _warn_of_unused(available, names)
    repeated = [name for name in names.values() if list(names.values()).count(name) > 1]
    if repeated:
        raise DataError(f"the column {repeated[0]!r} is given for more than one part of the log")
    return names


def _warn_of_unused(available: Sequence[str], names: Mapping[str, str]) -> None:
    """Warn about a column that looks like the times or the kinds of events, if the log has none."""
    for part, usual in _USUAL_NAMES.items():
        unused = [name for name in available if str(name).lower() in usual and name not in names.values()]
        if part not in names and unused:
            warnings.warn(
                f"the column {unused[0]!r} is not used, and {_WITHOUT[part]}; pass it as {part}=, or drop it",
                stacklevel=levels_inside(),
            )


def _select(frame: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return some columns of a frame in memory or on disk, as series or as given."""
    if isinstance(frame, Mapping):
        return {name: frame[name] for name in names}
    framed = _as_frame(frame)
    if isinstance(framed, nw.LazyFrame):
        try:
            framed = framed.select(*names).collect()
        except ModuleNotFoundError as error:
            raise ImportError(f"{type(frame).__name__} needs {error.name}: pip install {error.name}") from None
    return {name: framed.get_column(name) for name in names}


def read_log(
    frame: Any,
    given: Mapping[str, str | None],
    time_unit: TimeUnit | None,
    event_names: Mapping[Any, str],
    default: str,
) -> LogColumns:
    """Return the columns of a log.

    Parameters
    ----------
    frame : frame, mapping of columns, or iterator of these
    given : mapping of str to str or None
        Names of the columns by part of the log.
    time_unit : {"s", "ms", "us", "ns", "step"}, optional
        Unit of times that are numbers.
    event_names : mapping
        Kinds of events by value of the column.
    default : str
        Kind of all events if there is no column of events.

    Raises
    ------
    DataError
        A column cannot be used, the chunks differ, or there are no rows.
    """
    chunks, names = [], None
    for number, part in enumerate(chunks_of(frame)):
        found = names_in(frame_names(part), given)
        if names is not None and found != names:
            raise DataError(f"chunk {number} has the columns {first_few(found.values())}, and chunk 0 {names}")
        names = found
        chunks.append(_read_chunk(part, names, time_unit))
    if names is None or not any(chunk.n_rows for chunk in chunks):
        raise DataError("no events: the frame is empty")
    chunks = [chunk for chunk in chunks if chunk.n_rows]
    ids = {part: Coded.joined([chunk.ids[part] for chunk in chunks]) for part in chunks[0].ids}
    kinds, event_codes = _kinds(chunks, names.get("event", ""), event_names, default)
    times = [chunk.times for chunk in chunks if chunk.times is not None]
    numbers = {part: np.concatenate([chunk.numbers[part] for chunk in chunks]) for part in chunks[0].numbers}
    joined = join_times(times, names["timestamp"]) if times else None
    return LogColumns(ids, kinds, event_codes, joined, numbers.get("quantity"), numbers.get("price"))


def _sized(column: Any, name: str) -> Any:
    """Return a column with a length and an order."""
    refuse_unordered(column, name)
    if isinstance(column, Iterable) and not hasattr(column, "__len__"):
        return list(column)
    return column


def _read_chunk(frame: Any, names: Mapping[str, str], time_unit: TimeUnit | None) -> _Chunk:
    columns = {name: _sized(column, name) for name, column in _select(frame, names.values()).items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DataError("lengths differ: " + ", ".join(f"{name} {length}" for name, length in lengths.items()))
    if not any(lengths.values()):
        return _Chunk({}, None, None, {}, 0)
    ids = {part: Coded.from_column(columns[names[part]], names[part]) for part in _IDS if part in names}
    events = _read_events(columns[names["event"]], names["event"]) if "event" in names else None
    time_name = names.get("timestamp")
    times = None if time_name is None else read_times(columns[time_name], time_name, time_unit)
    numbers = {
        part: _read_numbers(columns[names[part]], names[part]) for part in ("quantity", "price") if part in names
    }
    return _Chunk(ids, events, times, numbers, next(iter(lengths.values())))


def _read_numbers(column: Any, name: str) -> FloatArray:
    if isinstance(column, nw.Series):
        if column.dtype.is_numeric():
            return to_optional_numbers(column.cast(nw.Float64).to_numpy(), name)
        column = column.to_native()
    return to_optional_numbers(column, name)


def _read_events(column: Any, name: str) -> Coded:
    coded = Coded.from_column(column, name)
    missing = np.flatnonzero(coded.codes < 0)
    if len(missing):
        raise DataError(
            f"{name}: {len(missing)} event(s) without a kind, at rows {first_few(missing)}; remove these rows, or fill "
            "the column"
        )
    if len(coded.ids) > _MAX_KINDS:
        raise DataError(
            f"{name}: {len(coded.ids)} kinds of events, such as {first_few(coded.ids)}; expected at most "
            f"{_MAX_KINDS}, such as view, cart and purchase"
        )
    return coded


def _warn_of_spellings(kinds: tuple[str, ...], name: str) -> None:
    """Warn about kinds of events that differ from another kind, or from a usual one, only in case or spaces."""
    known = {kind: kind for kind in _USUAL_KINDS}
    for kind in kinds:
        other = known.setdefault(kind.strip().casefold(), kind)
        if other != kind:
            warnings.warn(
                f"{name}: the kind {kind!r} counts as another kind than {other!r}; pass event_names="
                f"{{{kind!r}: {other!r}}} if they are the same",
                stacklevel=levels_inside(),
            )


def _kinds(
    chunks: Sequence[_Chunk], name: str, event_names: Mapping[Any, str], default: str
) -> tuple[tuple[str, ...], AnyArray]:
    """Return the sorted kinds of events and the code of each event."""
    read = [chunk.events for chunk in chunks if chunk.events is not None]
    if not read:
        return (default,), np.zeros(sum(chunk.n_rows for chunk in chunks), dtype=np.int8)
    coded = Coded.joined(read)
    values = list(coded.ids)
    unknown = [value for value in event_names if value not in values]
    if unknown:
        raise DataError(f"event_names: {first_few(unknown)} do not occur in {name!r}, which has {first_few(values)}")
    texts = [str(event_names.get(value, value)) for value in values]
    kinds = tuple(sorted(set(texts)))
    _warn_of_spellings(kinds, name)
    codes = np.array([kinds.index(text) for text in texts], dtype=np.int8)
    return kinds, codes[coded.codes]


def parquet_batches(path: Any, batch_rows: int, given: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the batches of Parquet files as tables, with the columns of the log only.

    Raises
    ------
    ImportError
        pyarrow is not installed.
    """
    check_count(batch_rows, "batch_rows")
    try:
        import pyarrow
        from pyarrow import dataset
    except ImportError:
        raise ImportError("EventLog.from_parquet needs pyarrow: pip install pyarrow") from None
    files = dataset.dataset([str(one) for one in path] if isinstance(path, list | tuple) else path, format="parquet")
    names = names_in(files.schema.names, {part: given.get(part) for part in DEFAULT_NAMES})
    options = {"batch_size": batch_rows, "batch_readahead": 1, "fragment_readahead": 1}  # bound the memory
    for batch in files.to_batches(columns=list(names.values()), **options):
        if batch.num_rows:
            yield pyarrow.Table.from_batches([batch])
