"""Saving and loading without pickle: one file in the safetensors format with a JSON header.

The header's metadata holds one JSON document: the version of the format, the version of the library, a tree that
describes the object, and a checksum of the tree and of every tensor. Loading only creates classes that are registered
by `storable`, so a file cannot make Python import or run anything. A checksum is no signature: every class checks its
state in ``_from_state`` (see `recokit.data.attributes`), so that a file made by another program cannot crash a kernel.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, overload
from uuid import UUID

import numpy as np
from scipy import sparse

from recokit._encryption import check_key, decrypt, encrypt, is_encrypted
from recokit._storage.atomic import write_atomically
from recokit._storage.hashes import check_spread
from recokit._storage.sparse_rows import check_sparse
from recokit._storage.tensors import read_tensors, write_tensors
from recokit._typing import AnyArray
from recokit.exceptions import ModelFormatError

__all__ = ["load", "save", "storable"]

_FORMAT_VERSION = 1
_KEY = "recokit"
_CHUNK = 1 << 16  # strings decoded at a time
_SCALARS = (str, int, float, bool, type(None))
# Packages with storable classes that load late. The last ones import the most.
_LAZY_PACKAGES = (
    "recokit.sequence",
    "recokit.content",
    "recokit.search",
    "recokit.preprocessing",
    "recokit.hybrid",
)
_CLASSES: dict[str, Any] = {}
_Class = TypeVar("_Class", bound=type)
_Kind = TypeVar("_Kind")


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


def save(thing: Any, path: str | os.PathLike[str], key: bytes | None = None) -> None:
    """Write a storable object to one file, atomically and durably; with a key, encrypted.

    Raises
    ------
    TypeError
        The object holds a value that cannot be saved; the message shows the value and the path to it.
    OSError
        The file cannot be written, such as on a full disk; an existing file is unchanged.
    """
    if key is not None:
        check_key(key)
    tensors: dict[str, AnyArray] = {}
    tree = json.dumps(_encode(thing, tensors, type(thing).__name__))
    document = {
        "format": _FORMAT_VERSION,
        "version": version("recokit"),
        "tree": tree,
        "checksum": _checksum(tree, tensors),
    }
    metadata = {_KEY: json.dumps(document)}

    def write(file: BinaryIO) -> None:
        if key is None:
            write_tensors(file, tensors, metadata)
            return
        content = BytesIO()
        write_tensors(content, tensors, metadata)
        file.write(encrypt(content.getvalue(), key))

    write_atomically(Path(path), write)


@overload
def load(
    path: str | os.PathLike[str], key: bytes | None = None, *, kind: type[_Kind], mmap: bool = ..., verify: bool = ...
) -> _Kind: ...
@overload
def load(
    path: str | os.PathLike[str], key: bytes | None = None, *, kind: None = None, mmap: bool = ..., verify: bool = ...
) -> Any: ...
def load(
    path: str | os.PathLike[str],
    key: bytes | None = None,
    *,
    kind: type[Any] | None = None,
    mmap: bool = False,
    verify: bool = True,
) -> Any:
    """Load an object from a file written by `save`.

    Parameters
    ----------
    path : path-like
        File to read.
    key : bytes, optional
        Secret that the file was saved with. A file that is not encrypted is refused if a key is given.
    kind : class, optional
        Expected class, such as `ItemKNN` or `Recommender`; an object of another class is refused. Editors and type
        checkers then know the methods of the result.
    mmap : bool
        Map the arrays of the file into memory instead of reading them, so that the processes of a service share one
        copy. Attributes that are computed after loading, such as transposed data, are not shared. The file must stay
        as it is while the object is in use: `save` replaces files and never changes them, but a program that
        truncates the file kills the process. Not for encrypted files.
    verify : bool
        Compare the checksum, which reads the whole file. Dtypes, shapes and ranges are checked in any case.

    Returns
    -------
    object
        The saved object; a loaded estimator is fitted and gives the same results.

    Raises
    ------
    ModelFormatError
        The file is not a recokit model, is damaged, needs a class or a format version that is not available, holds an
        object of another class than ``kind``, or the key is wrong or missing.
    OSError
        The file cannot be read.
    ValueError
        ``mmap`` is set together with a key.

    See Also
    --------
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.
    recokit.serving.ModelStore : Versions of one model in a folder, one of which is current.
    recokit.ModelFormatError : A file that is not a recokit model or is damaged.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from recokit import ItemKNN
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "shop.recokit"
    >>> ItemKNN().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")]).save(path)
    >>> load(path, kind=ItemKNN).recommend("ann")["ann"][0][0]
    'cup'
    """
    path = Path(path)
    if mmap and key is not None:
        raise ValueError("mmap=True: an encrypted file cannot be mapped; load it without mmap")
    if path.exists() and not path.is_file() and not path.is_dir():  # opening a pipe would wait for a writer
        raise OSError(f"{path} is not a regular file")
    with path.open("rb") as file:
        encrypted = is_encrypted(file.read(32))
        if encrypted != (key is not None):
            raise ModelFormatError(
                f"{path} is encrypted; give the key that it was saved with"
                if encrypted
                else f"{path} is not encrypted; load it without a key if you trust it"
            )
        file.seek(0)
        if key is None:
            document, tensors = _read(file, os.fstat(file.fileno()).st_size, path, mmap=mmap)
        else:
            content = decrypt(file.read(), key, path)
            document, tensors = _read(BytesIO(content), len(content), path)
    if document.get("format") != _FORMAT_VERSION:
        raise ModelFormatError(
            f"{path}: format {document.get('format')!r}; this version of recokit reads format {_FORMAT_VERSION}"
        )
    tree = document.get("tree")
    if not isinstance(tree, str) or (verify and document.get("checksum") != _checksum(tree, tensors)):
        raise ModelFormatError(f"{path} is damaged: its checksum does not match its contents")
    try:
        loaded = _decode(json.loads(tree), tensors)
        if tensors or not hasattr(type(loaded), "_stored_as"):
            raise ValueError("it has more than one object, or none")
        if not getattr(loaded, "__sklearn_is_fitted__", lambda: True)():
            raise ValueError(f"the {type(loaded).__name__} is not fitted")
    except ModelFormatError:
        raise
    except Exception as error:
        raise ModelFormatError(f"{path} does not hold a valid model ({error})") from error
    if kind is not None and not isinstance(kind, type):
        raise TypeError(f"kind={kind!r}: expected a class, such as recokit.ItemKNN")
    if kind is not None and not isinstance(loaded, kind):
        raise ModelFormatError(f"{path} holds an object of the class {type(loaded).__name__}, not {kind.__name__}")
    return loaded


def _read(file: BinaryIO, size: int, path: Path, *, mmap: bool = False) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    try:
        metadata, tensors = read_tensors(file, size, mmap=mmap)
        document = json.loads(metadata[_KEY]) if _KEY in metadata else None
    except OSError:
        raise
    except Exception as error:  # damaged bytes can make the JSON reader raise anything
        raise ModelFormatError(f"{path} is not a recokit model, or is damaged ({error})") from error
    if not isinstance(document, dict):
        raise ModelFormatError(f"{path} was not saved by recokit: it has no header of recokit")
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
    """Return the value of a JSON form; each tensor belongs to one value, and is removed from ``tensors``."""
    if not isinstance(form, list):
        if type(form) not in _SCALARS:
            raise ModelFormatError(f"unknown form {form!r:.60}")
        return form
    tag, *rest = form
    if tag not in _DECODERS:
        raise ModelFormatError(f"unknown tag {tag!r:.60}")
    return _DECODERS[tag](tensors, *rest)


def _decode_object(tensors: dict[str, AnyArray], name: str, state: Any) -> Any:
    for package in _LAZY_PACKAGES if name.startswith("recokit.") else ():
        if name in _CLASSES:
            break
        import_module(package)
    if name not in _CLASSES:
        raise ModelFormatError(
            f"the file holds an object of the unknown class {name}; import the module that defines it before loading"
        )
    return _CLASSES[name]._from_state(_decode(state, tensors))


def _decode_dict(tensors: dict[str, AnyArray], items: list[Any]) -> dict[Any, Any]:
    keys = [_decode(key, tensors) for key, _ in items]
    check_spread(keys)
    return dict(zip(keys, (_decode(value, tensors) for _, value in items), strict=True))


def _decode_csr(tensors: dict[str, AnyArray], shape: list[int], parts: list[Any]) -> sparse.csr_array:
    values, indices, indptr = (_decode(part, tensors) for part in parts)
    if not all(part.ndim == 1 for part in (values, indices, indptr)) or indptr.size != _size(shape[:1]) + 1:
        raise ValueError("the parts of a sparse matrix do not fit its shape")
    matrix = sparse.csr_array((values, indices, indptr), shape=tuple(shape))
    check_sparse(matrix)
    return matrix


def _decode_times(tensors: dict[str, AnyArray], dtype: str, name: str) -> AnyArray:
    return tensors.pop(name).view(_time_dtype(dtype))


def _decode_time(tensors: dict[str, AnyArray], dtype: str, number: int) -> Any:
    return np.array(number, dtype=np.int64).view(_time_dtype(dtype))[()]


def _time_dtype(name: str) -> np.dtype[Any]:
    dtype = np.dtype(name)
    if dtype.kind not in "mM":
        raise ValueError(f"{name!r:.60} is not a dtype of times")
    return dtype


def _decode_strings(tensors: dict[str, AnyArray], shape: list[int], joined: str, lengths: str) -> AnyArray:
    data, sizes = tensors.pop(joined), tensors.pop(lengths)
    fits = data.dtype == np.uint8 and sizes.dtype == np.int64 and data.ndim == sizes.ndim == 1
    # The sum in float64 is exact where it matters, and cannot wrap.
    if not fits or np.any(sizes < 0) or sizes.sum(dtype=np.float64) != data.size or len(sizes) != _size(shape):
        raise ValueError("the lengths of the strings do not fit the text")
    texts = np.empty(len(sizes), dtype=np.dtypes.StringDType())
    ends, view = np.cumsum(sizes), data.data
    for start in range(0, len(sizes), _CHUNK):  # Python's strings take more memory than NumPy's
        stops = ends[start : start + _CHUNK].tolist()
        starts = [int(ends[start - 1]) if start else 0, *stops]
        decoded = [str(view[a:b], "utf-8", "surrogatepass") for a, b in zip(starts, stops, strict=False)]
        texts[start : start + _CHUNK] = decoded
    return texts.reshape(shape)


def _decode_objects(tensors: dict[str, AnyArray], shape: list[int], items: list[Any]) -> AnyArray:
    if len(items) != _size(shape):
        raise ValueError("the number of objects does not fit the shape")
    array = np.empty(len(items), dtype=object)
    if set(map(type, items)) <= {str}:
        array[:] = items
        return array.reshape(shape)
    for position, item in enumerate(items):
        array[position] = _decode(item, tensors)
    return array.reshape(shape)


def _size(shape: list[int]) -> int:
    """Return the number of elements of an array of a shape."""
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{shape!r:.60} is not a shape")
    return math.prod(shape)


_DECODERS: dict[str, Callable[..., Any]] = {
    "object": _decode_object,
    "dict": _decode_dict,
    "list": lambda tensors, items: [_decode(item, tensors) for item in items],
    "tuple": lambda tensors, items: tuple(_decode(item, tensors) for item in items),
    "array": lambda tensors, name: tensors.pop(name),
    "times": _decode_times,
    "time": _decode_time,
    "uuid": lambda tensors, digits: UUID(digits),
    "csr": _decode_csr,
    "strings": _decode_strings,
    "objects": _decode_objects,
}
