"""Join logs: several platforms of one shop, or more events of one platform."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from recokit._typing import AnyArray
from recokit.data._frames import column, column_names, is_missing, plain
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._rows import coded_parts

if TYPE_CHECKING:
    from recokit.preprocessing._table import EventTable

__all__ = ["Unmapped", "join_logs"]

Unmapped = Literal["error", "same", "prefix"]

_NOBODY = IdIndex._from_sorted(np.empty(0, dtype=np.int64))


def join_logs(
    logs: Sequence["EventTable"], names: Sequence[str] | None, maps: Mapping[str, Any], unmapped: Unmapped
) -> tuple[dict[str, Coded], dict[str, Any]]:
    """Return the coded ids and the other columns of all logs together, one log after the other.

    Parameters
    ----------
    logs : sequence of EventLog
    names : sequence of str, optional
        Names of the sources; by default the logs keep their own.
    maps : mapping of "user" and "item" to maps of ids
    unmapped : {"error", "same", "prefix"}
        How to treat ids outside a map that occur in several sources.
    """
    if unmapped not in ("error", "same", "prefix"):
        raise ValueError(f"unmapped={unmapped!r}: expected 'error', 'same' or 'prefix'")
    parts = [coded_parts(log) for log in logs]
    if names is not None:
        for log, part, name in zip(logs, parts, names, strict=True):
            part["source"] = _named_source(part.get("source"), name, len(log))
    for kind, given in maps.items():
        if given is not None:
            if names is None:
                raise DataError(f"{kind}s: a map of ids needs names of the logs, such as {{'app': log, 'web': log}}")
            _translate(parts, kind, _maps_by_source(given, names, f"{kind}s"), names, unmapped)
    ids = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        ids[name] = Coded.joined(
            [_part_or_missing(part, name, len(log)) for log, part in zip(logs, parts, strict=True)]
        )
    kinds = tuple(sorted({kind for log in logs for kind in log.kinds}))
    places = [np.array([kinds.index(kind) for kind in log.kinds], dtype=np.int8) for log in logs]
    event_codes = np.concatenate([place[log.event_codes] for place, log in zip(places, logs, strict=True)])
    columns: dict[str, Any] = {"kinds": kinds, "event_codes": event_codes, "times": _times(logs)}
    for name in ("quantities", "prices"):
        columns[name] = _numbers([getattr(log, name) for log in logs], [len(log) for log in logs])
    return ids, columns


def _part_or_missing(part: Mapping[str, Coded], name: str, n_rows: int) -> Coded:
    return part[name] if name in part else Coded(_NOBODY, np.full(n_rows, -1, dtype=np.int32))


def _named_source(own: Coded | None, name: str, n_rows: int) -> Coded:
    """Return the source of each event: the name of the log, and its own source after a colon if it has any."""
    if own is None:
        return Coded(IdIndex([name]), np.zeros(n_rows, dtype=np.int32))
    joint = [*(f"{name}:{source}" for source in own.ids), name]
    codes = np.where(own.codes < 0, len(own.ids), own.codes)
    ids, order = IdIndex.factorize(joint)
    return Coded(ids, order[codes]).compact()


def _maps_by_source(given: Any, names: Sequence[str], what: str) -> dict[str, dict[Any, Any]]:
    """Return, for each source of a map, the joint id of each of its ids."""
    if isinstance(given, Mapping) and given and all(isinstance(each, Mapping) for each in given.values()):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise DataError(f"{what}: {first_few(unknown)} is no source; the sources are {first_few(names)}")
        return {name: dict(each) for name, each in given.items()}
    sources = [name for name in names if name in column_names(given)]
    if len(sources) < 2:
        raise DataError(
            f"{what}: expected a frame with a column of ids for each of {first_few(names)}, or a mapping of sources to "
            f"mappings of ids; got {type(given).__name__} with {first_few(column_names(given)) or 'no columns'}"
        )
    columns = [list(plain(column(given, name), name)) for name in sources]
    maps: dict[str, dict[Any, Any]] = {name: {} for name in sources}
    for row in zip(*columns, strict=True):
        present = [(name, key) for name, key in zip(sources, row, strict=True) if not is_missing(key)]
        for name, key in present:
            joint = present[0][1]
            if maps[name].setdefault(key, joint) != joint:
                raise DataError(f"{what}: the id {key!r} of {name} has two partners, {maps[name][key]!r} and {joint!r}")
    return maps


def _translate(
    parts: Sequence[dict[str, Coded]],
    kind: str,
    maps: Mapping[str, Mapping[Any, Any]],
    names: Sequence[str],
    unmapped: Unmapped,
) -> None:
    """Replace the ids of one kind by joint ids, in place."""
    joint, is_mapped = [], []
    for part, name in zip(parts, names, strict=True):
        own, given = list(part[kind].ids), maps.get(name)
        joint.append(own if given is None else [given.get(key, key) for key in own])
        is_mapped.append([given is None or key in given for key in own])
    if unmapped != "same":
        others = [set(ids) for ids in joint]
        for k, (name, ids, mapped) in enumerate(zip(names, joint, is_mapped, strict=True)):
            known = set().union(*others[:k], *others[k + 1 :])
            lone = [key for key, is_known in zip(ids, mapped, strict=True) if not is_known]
            clashes = [key for key in lone if key in known]
            if clashes and unmapped == "error":
                raise DataError(
                    f"{kind}s: {len(clashes)} id(s) of {name} are not in the map, but occur in another source: "
                    f"{first_few(clashes)}; add them to the map, pass unmapped='same' if they are the same {kind}s, or "
                    f"unmapped='prefix' to keep them apart as {f'{name}:{clashes[0]}'!r}"
                )
            if unmapped == "prefix":
                joint[k] = [key if is_known else f"{name}:{key}" for key, is_known in zip(ids, mapped, strict=True)]
    for part, translated in zip(parts, joint, strict=True):
        index, order = IdIndex.factorize(translated, f"{kind}s")
        part[kind] = Coded(index, np.append(order, np.int32(-1))[part[kind].codes])


def _times(logs: Sequence["EventTable"]) -> AnyArray | None:
    kinds = {None if log.times is None else log.times.dtype.kind for log in logs}
    if len(kinds) > 1:
        shown = ", ".join({None: "no times", "M": "dates", "i": "steps"}[kind] for kind in sorted(kinds, key=str))
        raise DataError(f"the logs cannot be joined: some have {shown}; give all the same kind of times")
    times = [log.times for log in logs if log.times is not None]
    return np.concatenate(times) if times else None


def _numbers(given: Sequence[AnyArray | None], lengths: Sequence[int]) -> AnyArray | None:
    if all(each is None for each in given):
        return None
    filled = [np.full(n, np.nan) if each is None else each for each, n in zip(given, lengths, strict=True)]
    return np.concatenate(filled)
