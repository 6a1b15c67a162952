"""Saving and loading without pickle: one safetensors file with a JSON header.

The header's metadata holds one JSON document: the version of the format, the version of the library, a tree that
describes the object, and a checksum of the tree and of every tensor. Loading only creates classes that are registered
by `storable`, so a file cannot make Python import or run anything.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray
from recokit.exceptions import ModelFormatError

__all__ = ["load", "save", "storable"]

_FORMAT_VERSION = 1
_KEY = "recokit"
_SCALARS = (str, int, float, bool, type(None))
# packages with storable classes that load late
_LAZY_PACKAGES = ("recokit.preprocessing", "recokit.search", "recokit.sequence")
_CLASSES: dict[str, Any] = {}
_Class = TypeVar("_Class", bound=type)


def storable(name: str) -> Callable[[_Class], _Class]:
    """Register a class whose instances can be saved, under a key that never changes.

    The class has a method ``_to_state() -> dict`` and a classmethod ``_from_state(dict)``. A state may hold arrays,
    scipy sparse arrays, strings, numbers, None, storable objects, and lists, tuples and dictionaries of all these.

    Raises
    ------
    TypeError
        The key belongs to a class of another module or name. A class that is defined again replaces its old definition.
    """

    def register(cls: _Class) -> _Class:
        other = _CLASSES.get(name, cls)
        if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"{cls.__module__}.{cls.__qualname__}: the storage key {name!r} belongs to {other.__module__}."
                f"{other.__qualname__}; give the new class a key of its own: class {cls.__name__}(Recommender, "
                f"storage_key='…')"
            )
        _CLASSES[name] = cls
        cls._stored_as = name  # type: ignore[attr-defined]
        return cls

    return register


def save(thing: Any, path: str | os.PathLike[str]) -> None:
    """Write a storable object to one file, atomically.

    Raises
    ------
    TypeError
        The object holds a value that cannot be saved; the message shows the value and the path to it.
    """
    from safetensors.numpy import save_file

    tensors: dict[str, AnyArray] = {}
    tree = json.dumps(_encode(thing, tensors, type(thing).__name__))
    document = {
        "format": _FORMAT_VERSION,
        "version": version("recokit"),
        "tree": tree,
        "checksum": _checksum(tree, tensors),
    }
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    temporary.touch(exist_ok=False)
    permissions = temporary.stat().st_mode  # as of any new file in this folder; safetensors would set fewer
    try:
        save_file(tensors, temporary, metadata={_KEY: json.dumps(document)})
        temporary.chmod(permissions)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str]) -> Any:
    """Load an object from a file written by `save`.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    object
        The saved object; a loaded estimator is fitted and gives the same results.

    Raises
    ------
    ModelFormatError
        The file is not a recokit model, is damaged, or needs a class or a format version that is not available.
    OSError
        The file cannot be read.
    """
    path = Path(path)
    with path.open("rb"):  # an unreadable file raises OSError, not ModelFormatError
        pass
    document, tensors = _read(path)
    if document.get("format") != _FORMAT_VERSION:
        raise ModelFormatError(
            f"{path}: format {document.get('format')!r}; this version of recokit reads format {_FORMAT_VERSION}"
        )
    tree = document.get("tree")
    if not isinstance(tree, str) or document.get("checksum") != _checksum(tree, tensors):
        raise ModelFormatError(f"{path} is damaged: its checksum does not match its contents")
    try:
        return _decode(json.loads(tree), tensors)
    except ModelFormatError:
        raise
    except Exception as error:
        raise ModelFormatError(f"{path} does not hold a valid model ({error})") from error


def _read(path: Path) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    from safetensors import safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
        document = json.loads(metadata[_KEY])
    except KeyError:
        raise ModelFormatError(f"{path} was not saved by recokit") from None
    except Exception as error:  # damaged bytes can make the reader raise anything
        raise ModelFormatError(f"{path} is not a recokit model, or is damaged ({error})") from error
    if not isinstance(document, dict):
        raise ModelFormatError(f"{path} is not a recokit model: its header is not a JSON object")
    return document, tensors


def _checksum(tree: str, tensors: dict[str, AnyArray]) -> str:
    digest = hashlib.blake2b(tree.encode("utf-8", "surrogatepass"), digest_size=16)
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _encode(value: Any, tensors: dict[str, AnyArray], where: str) -> Any:
    """Return the JSON form of a value and add its arrays to ``tensors``; lists ``[tag, …]`` encode other types."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return ["time", value.dtype.str, int(value.astype(np.int64))]
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in _SCALARS:
        return value
    if isinstance(value, UUID):
        return ["uuid", value.hex]
    if hasattr(type(value), "_stored_as"):
        return ["object", type(value)._stored_as, _encode(value._to_state(), tensors, where)]
    if isinstance(value, dict):
        items = [[_encode(k, tensors, where), _encode(v, tensors, f"{where}.{k}")] for k, v in value.items()]
        return ["dict", items]
    if isinstance(value, list | tuple):
        tag = "list" if isinstance(value, list) else "tuple"
        return [tag, [_encode(item, tensors, where) for item in value]]
    if isinstance(value, np.ndarray):
        return _encode_array(value, tensors, where)
    if sparse.issparse(value) and value.format == "csr":
        parts = [_encode_array(part, tensors, where) for part in (value.data, value.indices, value.indptr)]
        return ["csr", list(value.shape), parts]
    raise TypeError(f"{where}: a {type(value).__name__} cannot be saved in a model file: {value!r}")


def _encode_array(array: AnyArray, tensors: dict[str, AnyArray], where: str) -> Any:
    def put(tensor: AnyArray) -> str:
        name = f"t{len(tensors)}"
        native = tensor.astype(tensor.dtype.newbyteorder("="), copy=False)
        tensors[name] = np.ascontiguousarray(native).reshape(
            tensor.shape
        )  # ascontiguousarray adds a dimension to 0-d arrays
        return name

    if array.dtype.kind in "TU":
        encoded = [text.encode("utf-8", "surrogatepass") for text in array.reshape(-1).tolist()]
        lengths = np.array([len(text) for text in encoded], dtype=np.int64)
        joined = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return ["strings", list(array.shape), put(joined), put(lengths)]
    if array.dtype.kind == "O":
        return ["objects", list(array.shape), [_encode(item, tensors, where) for item in array.reshape(-1)]]
    if array.dtype.kind in "mM":
        return ["times", array.dtype.str, put(array.view(np.int64))]
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(f"{where}: an array of {array.dtype} cannot be saved in a model file")
    return ["array", put(array)]


def _decode(form: Any, tensors: dict[str, AnyArray]) -> Any:
    if not isinstance(form, list):
        return form
    tag, *rest = form
    if tag not in _DECODERS:
        raise ModelFormatError(f"unknown tag {tag!r}")
    return _DECODERS[tag](tensors, *rest)


def _decode_object(tensors: dict[str, AnyArray], name: str, state: Any) -> Any:
    if name not in _CLASSES and name.startswith("recokit."):
        for package in _LAZY_PACKAGES:
            import_module(package)
    if name not in _CLASSES:
        raise ModelFormatError(
            f"the file holds an object of the unknown class {name}; import the module that defines it before loading"
        )
    return _CLASSES[name]._from_state(_decode(state, tensors))


def _decode_csr(tensors: dict[str, AnyArray], shape: list[int], parts: list[Any]) -> sparse.csr_array:
    matrix = sparse.csr_array(tuple(_decode(part, tensors) for part in parts), shape=tuple(shape))
    matrix.check_format(full_check=True)
    return matrix


def _decode_strings(tensors: dict[str, AnyArray], shape: list[int], joined: str, lengths: str) -> AnyArray:
    data = tensors[joined].tobytes()
    ends = np.cumsum(tensors[lengths]).tolist()
    texts = [data[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *ends], ends, strict=False)]
    return np.array(texts, dtype=np.dtypes.StringDType()).reshape(shape)


def _decode_objects(tensors: dict[str, AnyArray], shape: list[int], items: list[Any]) -> AnyArray:
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = _decode(item, tensors)
    return array.reshape(shape)


_DECODERS: dict[str, Callable[..., Any]] = {
    "object": _decode_object,
    "dict": lambda tensors, items: {_decode(k, tensors): _decode(v, tensors) for k, v in items},
    "list": lambda tensors, items: [_decode(item, tensors) for item in items],
    "tuple": lambda tensors, items: tuple(_decode(item, tensors) for item in items),
    "array": lambda tensors, name: tensors[name],
    "times": lambda tensors, dtype, name: tensors[name].view(np.dtype(dtype)),
    "time": lambda tensors, dtype, number: np.array(number, dtype=np.int64).view(np.dtype(dtype))[()],
    "uuid": lambda tensors, digits: UUID(digits),
    "csr": _decode_csr,
    "strings": _decode_strings,
    "objects": _decode_objects,
}
