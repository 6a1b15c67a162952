"""Validation of arguments by the part of JSON Schema that the tools use."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["problems_of"]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": lambda value: _is_number(value),
    "boolean": lambda value: isinstance(value, bool),
}
# For each keyword: whether a value satisfies it, and the condition in words.
_LIMITS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "enum": (lambda value, given: any(_is_equal(value, one) for one in given), "one of {}"),
    "minimum": (lambda value, given: not _is_number(value) or value >= given, "at least {}"),
    "maximum": (lambda value, given: not _is_number(value) or value <= given, "at most {}"),
    "minLength": (lambda value, given: not isinstance(value, str) or len(value) >= given, "at least {} character(s)"),
    "maxLength": (lambda value, given: not isinstance(value, str) or len(value) <= given, "at most {} character(s)"),
    "minItems": (lambda value, given: not isinstance(value, list) or len(value) >= given, "at least {} value(s)"),
    "maxItems": (lambda value, given: not isinstance(value, list) or len(value) <= given, "at most {} value(s)"),
}


def problems_of(value: Any, schema: Mapping[str, Any], path: str = "") -> list[dict[str, str]]:
    """Return the violations of a schema, each as a mapping with ``path`` and ``message``.

    Parameters
    ----------
    value : object
        As ``json.loads`` returns it.
    schema : mapping
        With the keywords type, enum, minimum, maximum, minLength, maxLength, minItems, maxItems, items, properties,
        required and additionalProperties (False only).
    path : str
        Path of the value, such as ``filters[0].op``.

    Examples
    --------
    >>> problems_of(
    ...     {"n": 0},
    ...     {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}},
    ... )
    [{'path': 'n', 'message': '0: expected at least 1'}]
    """
    types = schema.get("type", list(_TYPES))
    types = [types] if isinstance(types, str) else list(types)
    if not any(_TYPES[name](value) for name in types):
        return [{"path": path, "message": f"{value!r:.60}: expected {' or '.join(types)}"}]
    found = [
        {"path": path, "message": f"{value!r:.60}: expected {words.format(_shown(schema[keyword]))}"}
        for keyword, (holds, words) in _LIMITS.items()
        if keyword in schema and not holds(value, schema[keyword])
    ]
    if isinstance(value, list) and "items" in schema:
        for place, one in enumerate(value):
            found += problems_of(one, schema["items"], f"{path}[{place}]")
    if isinstance(value, Mapping):
        found += _problems_of_object(value, schema, path)
    return found


def _problems_of_object(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> list[dict[str, str]]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    found = [
        {"path": _joined(path, name), "message": "this argument is required"}
        for name in schema.get("required", ())
        if name not in value
    ]
    for name, one in value.items():
        if name in properties:
            found += problems_of(one, properties[name], _joined(path, name))
        elif schema.get("additionalProperties") is False:
            known = ", ".join(properties) or "none"
            found.append({"path": _joined(path, name), "message": f"unknown argument; the arguments are {known}"})
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0  # no NaN, no infinity


def _is_equal(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)  # True is not 1


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
