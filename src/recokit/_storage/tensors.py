"""The container of arrays in a file: the safetensors format.

The first 8 bytes hold the length of a JSON header, which names the dtype, shape and place of each array; the arrays
follow without gaps. Reading checks the header against the size of the file before it allocates, so that arrays never
take more memory than the file. By default the arrays are copied: a mapped file kills the process (SIGBUS) if it is
truncated while it is in use.
Source: https://huggingface.co/docs/safetensors
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from recokit._typing import AnyArray

__all__ = ["read_tensors", "write_tensors"]

_DTYPES = {
    "BOOL": np.dtype(np.bool_),
    **{
        f"{kind}{8 * size}": np.dtype(f"{code}{size}")
        for kind, code in (("I", "i"), ("U", "u"))
        for size in (1, 2, 4, 8)
    },
    **{f"F{8 * size}": np.dtype(f"f{size}") for size in (2, 4, 8)},
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_METADATA = "__metadata__"
_ALIGNMENT = 8


def write_tensors(file: BinaryIO, tensors: Mapping[str, AnyArray], metadata: Mapping[str, str]) -> None:
    """Write contiguous arrays of native byte order, the largest elements first so that all are aligned."""
    ordered = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    start = 0
    for name, array in ordered:
        offsets = [start, start + array.nbytes]
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": offsets}
        start += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for _, array in ordered:
        file.write(_bytes_of(array))


def read_tensors(file: BinaryIO, size: int, *, mmap: bool = False) -> tuple[dict[str, str], dict[str, AnyArray]]:
    """Read the metadata and the arrays of a file.

    Parameters
    ----------
    file : binary file
    size : int
        Its number of bytes.
    mmap : bool
        Map the arrays into memory instead of reading them. Processes that map a file share its pages; a change of an
        array changes neither the file nor other processes.

    Raises
    ------
    ValueError
        The contents are not in the format.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= size - 8:
        raise ValueError(f"the header has a length of {length} bytes, in a file of {size}")
    header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("the header is not a JSON object")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("the metadata are not text")
    places = sorted(_places(header))
    if [0, *(stop for _, stop, *_ in places)] != [*(start for start, *_ in places), size - 8 - length]:
        raise ValueError("the arrays overlap or do not fill the file")
    if not mmap or size == 8 + length:
        return metadata, {name: _read(file, np.empty(shape, dtype)) for _, _, name, dtype, shape in places}
    content = np.memmap(file, np.uint8, mode="c", offset=0, shape=(size,)).view(np.ndarray)[8 + length :]
    return metadata, {name: _mapped(content[start:stop], dtype, shape) for start, stop, name, dtype, shape in places}


def _places(header: dict[str, Any]) -> Iterator[tuple[int, int, str, np.dtype[Any], tuple[int, ...]]]:
    """Yield the start, stop, name, dtype and shape of each array."""
    for name, described in header.items():
        dtype, shape, (start, stop) = _DTYPES[described["dtype"]], described["shape"], described["data_offsets"]
        numbers = [*shape, start, stop]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError(f"array {name}: a size is not a natural number")
        n_bytes = dtype.itemsize
        for length in shape:
            n_bytes *= length
        if stop - start != n_bytes or len(shape) > 8:
            raise ValueError(f"array {name}: {stop - start} bytes do not hold an array of shape {shape}")
        yield start, stop, name, dtype, tuple(shape)


def _read(file: BinaryIO, array: AnyArray) -> AnyArray:
    if array.nbytes and file.readinto(_bytes_of(array)) != array.nbytes:  # type: ignore[attr-defined]
        raise ValueError("the file ends within an array")
    return _checked(array)


def _mapped(content: AnyArray, dtype: np.dtype[Any], shape: tuple[int, ...]) -> AnyArray:
    array = content.view(dtype).reshape(shape)
    return _checked(array if array.flags.aligned else array.copy())


def _checked(array: AnyArray) -> AnyArray:
    if array.dtype == np.bool_ and np.any(array.view(np.uint8) > 1):
        raise ValueError("an array of bool holds other values than 0 and 1")
    return array


def _bytes_of(array: AnyArray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
