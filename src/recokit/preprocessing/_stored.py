"""Checks of stored event logs, features and segments."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data.attributes import Array, Attribute, Codes, Each, Instance, Number, Storable, Text, check_attributes
from recokit.data.id_index import IdIndex

__all__ = ["check_event_log", "check_features", "check_profiles", "check_user_segments"]

_COLUMNS = Each(Each(Text(), 4), "n_columns")
_OPTIONAL_IDS = {
    "orders": "order_codes",
    "sessions_": "session_codes",
    "queries": "query_codes",
    "sources": "source_codes",
}


def _ids_and_codes(ids: str, codes: str, *, or_none: bool) -> Iterator[tuple[str, Attribute]]:
    yield ids, Instance(IdIndex, (("len", f"n_{ids}"),), or_none=or_none)
    yield codes, Codes(("n_events",), of=f"n_{ids}", missing=True, or_none=or_none)


_EVENT_LOG: dict[str, Attribute] = {
    **dict(_ids_and_codes("users", "user_codes", or_none=False)),
    **dict(_ids_and_codes("items", "item_codes", or_none=False)),
    "kinds": Each(Text(), "n_kinds"),
    "event_codes": Array("int8", ("n_events",), at_least=0, below="n_kinds"),
    "times": Array("time", ("n_events",), or_none=True),
    "quantities": Array("float64", ("n_events",), finite=False, or_none=True),
    "prices": Array("float64", ("n_events",), finite=False, or_none=True),
    **{name: each for ids, codes in _OPTIONAL_IDS.items() for name, each in _ids_and_codes(ids, codes, or_none=True)},
}
_FEATURES: dict[str, Attribute] = {
    "ids": Instance(IdIndex, (("len", "n"),)),
    "columns": _COLUMNS,
    "values": Array("float64", ("n", "n_columns"), finite=False),
    "kind": Text(("user", "item")),
}
_PROFILES: dict[str, Attribute] = {
    "columns": _COLUMNS,
    "language": Text(("en", "zh")),
    "n_users": Array("int64", ("n_segments",), at_least=0),
    "revenue_share": Array("float64", ("n_segments",), finite=False, or_none=True),
    "means": Array("float64", ("n_segments", "n_columns"), finite=False),
    "differences": Array("float64", ("n_segments", "n_columns"), finite=False),
}
_SEGMENTS: dict[str, Attribute] = {
    "params": Storable(),
    "columns": _COLUMNS,
    "scaling": Each(Storable(), 5),
    "learned": Storable(),
}


def check_event_log(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of an event log."""
    check_attributes(state, _EVENT_LOG, {}, "EventLog")
    for ids, codes in _OPTIONAL_IDS.items():
        if (state[ids] is None) != (state[codes] is None):
            raise ValueError(f"EventLog: expected both {ids} and {codes}, or neither")
    times: AnyArray | None = state["times"]
    if times is not None:
        known = times[~np.isnat(times)] if times.dtype.kind == "M" else times
        if times.dtype.kind == "f" or np.any(known[1:] < known[:-1]):
            raise ValueError("EventLog.times: expected ascending dates or steps")


def check_features(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of features."""
    check_attributes(state, _FEATURES, {}, "Features")


def check_profiles(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of profiles of segments."""
    check_attributes(state, _PROFILES, {}, "SegmentProfiles")


def check_user_segments(state: dict[str, Any], profiles: type) -> None:
    """Raise ValueError if a state is not that of fitted segments."""
    check_attributes(state, _SEGMENTS, {}, "UserSegments")
    n_columns = len(state["columns"])
    for part in state["scaling"]:
        if not isinstance(part, np.ndarray) or part.shape != (n_columns,) or part.dtype not in (np.float64, np.bool_):
            raise ValueError(f"UserSegments.scaling: expected {n_columns} numbers")
    learned: dict[str, Attribute] = {
        "n_features_in_": Number(at_least=1, whole=True),
        "ids_": Instance(IdIndex, (("len", "n"),)),
        "profiles_": Instance(profiles, (("len", "n_segments"),)),
        "cluster_centers_": Array("float64", ("n_segments", "n_columns")),
        "labels_": Codes(("n",), of="n_segments"),
        "silhouettes_": Storable(),
        "inertia_": Number(at_least=0),
    }
    check_attributes(state["learned"], learned, {"n_columns": n_columns}, "UserSegments")
