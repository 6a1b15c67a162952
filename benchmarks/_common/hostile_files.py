"""Damaged and crafted model files: changed bytes, and changed contents under a correct checksum."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from recokit._storage.tensors import read_tensors, write_tensors
from recokit.persistence import _checksum

__all__ = ["Parts", "crafted", "damaged", "parts_of", "written"]

_NUMBERS = (0, -1, 1, 2, 7, 2**31 - 1, -(2**31), 2**31, 2**40, 10**12, 2**63 - 1, 10**30, 0.5, -0.5, 1e38, -1e300)
_VALUES = (*_NUMBERS, float("nan"), float("inf"), None, True, "", "x", "explicit", "implicit", [], ["list", []], {})
_DTYPES = ("float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64", "bool")


class Parts(NamedTuple):
    """The contents of a file: the header of recokit, its tree, and its arrays."""

    document: dict[str, Any]
    tree: Any
    tensors: dict[str, Any]


def parts_of(content: bytes) -> Parts:
    """Return the contents of a file."""
    metadata, tensors = read_tensors(BytesIO(content), len(content))
    document = json.loads(metadata["recokit"])
    return Parts(document, json.loads(document["tree"]), tensors)


def written(parts: Parts) -> bytes:
    """Return a file with these contents and a correct checksum."""
    tree = json.dumps(parts.tree)
    tensors = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in parts.tensors.items()}
    document = {**parts.document, "tree": tree, "checksum": _checksum(tree, tensors)}
    file = BytesIO()
    write_tensors(file, tensors, {"recokit": json.dumps(document)})
    return file.getvalue()


# ---------------------------------------------------------------------- changed bytes


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, inserted, removed or cut off."""
    data = bytearray(content)
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(0, len(data) if rng.random() < 0.3 else min(header, len(data))))
        kind = rng.integers(0, 6)
        if kind == 0:
            data[place] ^= int(rng.integers(1, 256))
        elif kind == 1:
            del data[place : place + int(rng.integers(1, 40))]
        elif kind == 2:
            data[place:place] = rng.bytes(int(rng.integers(1, 12)))
        elif kind == 3:
            data[place] = int(rng.choice(np.frombuffer(b'0123456789"[]{},:\\ ', dtype=np.uint8)))
        elif kind == 4:
            data[:8] = int(rng.choice([0, 1, 2**63 - 1, len(content), header, 2**32])).to_bytes(8, "little")
        else:
            del data[place:]
        if len(data) == 0:
            break
    return bytes(data)


# ---------------------------------------------------------------------- changed contents


def crafted(parts: Parts, rng: np.random.Generator) -> bytes:
    """Return a file with a correct checksum whose arrays or tree are changed."""
    tree, tensors = json.loads(json.dumps(parts.tree)), dict(parts.tensors)
    document = dict(parts.document)
    for _ in range(rng.integers(1, 3)):
        kind = rng.random()
        if kind < 0.55 and tensors:
            name = str(rng.choice(sorted(tensors)))
            change = _ARRAY_CHANGES[rng.integers(0, len(_ARRAY_CHANGES))]
            tensors[name] = change(tensors[name], rng)
        elif kind < 0.97:
            tree = _changed_tree(tree, rng)
        else:
            document[str(rng.choice(["format", "version"]))] = _any(rng)
    return written(Parts(document, tree, tensors))


def _extreme(array: Any, rng: np.random.Generator) -> Any:
    """Set some elements to numbers that are out of range."""
    changed = array.copy().reshape(-1)
    if changed.size:
        places = rng.integers(0, changed.size, int(rng.integers(1, 4)))
        if changed.dtype.kind == "f":
            number: Any = rng.choice([np.nan, np.inf, -np.inf, -1.0, 0.0, 3e38, 1e-40])
        else:
            low, high = (0, 1) if changed.dtype == np.bool_ else (np.iinfo(array.dtype).min, np.iinfo(array.dtype).max)
            number = int(rng.choice([low, high, max(low, -1), max(low, -2), min(high, changed.size), 0, 1]))
        with np.errstate(all="ignore"):
            changed[places] = number
    return changed.reshape(array.shape)


def _shuffled(array: Any, rng: np.random.Generator) -> Any:
    return rng.permuted(array.reshape(-1)).reshape(array.shape)


def _reversed(array: Any, rng: np.random.Generator) -> Any:
    return np.ascontiguousarray(array[::-1]) if array.ndim else array


def _resized(array: Any, rng: np.random.Generator) -> Any:
    """Change the length."""
    if array.ndim == 0:
        return array.reshape(1)
    length = max(0, len(array) + int(rng.choice([-1, 1, -len(array), len(array), 3])))
    return np.resize(array, (length, *array.shape[1:])).astype(array.dtype)


def _reshaped(array: Any, rng: np.random.Generator) -> Any:
    return [array.T, array.reshape(-1), array[None], array[..., None]][rng.integers(0, 4)]


def _recast(array: Any, rng: np.random.Generator) -> Any:
    with np.errstate(all="ignore"):
        return array.astype(str(rng.choice(_DTYPES)))


def _filled(array: Any, rng: np.random.Generator) -> Any:
    """Make all elements equal, and so repeated."""
    return np.full_like(array, array.reshape(-1)[rng.integers(0, array.size)]) if array.size else array


_ARRAY_CHANGES: tuple[Callable[[Any, np.random.Generator], Any], ...] = (
    _extreme,
    _extreme,
    _extreme,
    _shuffled,
    _reversed,
    _resized,
    _reshaped,
    _recast,
    _filled,
)


def _any(rng: np.random.Generator) -> Any:
    return _VALUES[rng.integers(0, len(_VALUES))]


def _changed_tree(tree: Any, rng: np.random.Generator) -> Any:
    """Return a tree with one node changed."""
    places = list(_places(tree))
    parent, key = places[rng.integers(0, len(places))]
    node, kind = parent[key], rng.integers(0, 7)
    if kind == 0 or not isinstance(node, list):
        parent[key] = _any(rng)
    elif kind == 1:
        del parent[key]
    elif kind == 2:
        parent.insert(key, node)
    elif kind == 3:
        other, place = places[rng.integers(0, len(places))]
        if place < len(other):
            parent[key] = json.loads(json.dumps(other[place]))
    elif kind == 4:
        for _ in range(int(rng.choice([1, 50, 200]))):
            node = ["list", [node]]
        parent[key] = node
    elif kind == 5:
        node.reverse()
    else:
        node.append(_any(rng))
    return tree


def _places(tree: Any) -> Any:
    """Yield the list and the position of each node."""
    pending = [tree]
    while pending:
        node = pending.pop()
        for place, child in enumerate(node):
            yield node, place
            if isinstance(child, list):
                pending.append(child)
