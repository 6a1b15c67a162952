"""Encoding texts by a function of the user: batches, checks, and a cache by content."""

import hashlib
import os
import secrets
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.exceptions import DataError, first_few

__all__ = ["Encoder", "VectorCache", "encode"]

Encoder: TypeAlias = Callable[[list[str]], Any]

_TEXTS_PER_FILE = 4096
_in_memory: "weakref.WeakKeyDictionary[Any, dict[bytes, FloatArray]]" = weakref.WeakKeyDictionary()


def encode(
    texts: Sequence[str], encoder: Encoder, name: str, *, batch_size: int, cache: "VectorCache", bar: Any
) -> FloatArray:
    """Return the vectors of texts; each distinct text that is not in the cache is encoded once.

    Parameters
    ----------
    texts : sequence of str
        Not empty.
    encoder : callable
        Function from a list of texts to an (n, d) array of finite numbers.
    name : str
        Name of the block, for error messages.
    batch_size : int
        Number of texts passed to the encoder at a time.
    cache : VectorCache
        Takes each finished batch, so that an error loses nothing that was encoded before.
    bar : progress bar of the texts

    Returns
    -------
    (n_texts, d) float32 array

    Raises
    ------
    DataError
        The encoder raised an error, or returned something else than one vector for each text.

    Examples
    --------
    >>> from recokit._runtime.progress import progress_bar
    >>> def lengths(texts):
    ...     return [[len(text), 1] for text in texts]
    >>> bar = progress_bar(2, "encode", "texts", show=False)
    >>> encode(["tea", "cup"], lengths, "title", batch_size=1, cache=VectorCache(), bar=bar)
    array([[3., 1.],
           [3., 1.]], dtype=float32)
    """
    keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in cache.vectors}
    bar.update(len(texts) - len(new))
    new_keys, new_texts = list(new), list(new.values())
    length = len(next(iter(cache.vectors.values()))) if cache.vectors else None
    try:
        for start in range(0, len(new_texts), batch_size):
            batch = new_texts[start : start + batch_size]
            where = f"{name}: texts {start + 1} to {start + len(batch)} of {len(new_texts)}"
            vectors = _checked(_call(encoder, batch, where, start), batch, where, length)
            length = vectors.shape[1]
            cache.add(new_keys[start : start + batch_size], vectors)
            bar.update(len(batch))
    finally:
        cache.flush()
    return np.stack([cache.vectors[key] for key in keys])


def _call(encoder: Encoder, batch: list[str], where: str, n_kept: int) -> Any:
    try:
        return encoder(batch)
    except Exception as error:
        raise DataError(
            f"{where}, such as {first_few(batch[:1])}: the encoder raised {type(error).__name__}: {error}; the "
            f"{n_kept} texts before are kept in the cache, so that the next fit continues from here"
        ) from error


def _checked(given: Any, batch: list[str], where: str, length: int | None) -> FloatArray:
    """Return the vectors of a batch as a float32 array, or raise."""
    try:
        vectors: AnyArray = np.asarray(given)
        if vectors.dtype == object:
            vectors = np.asarray([np.asarray(vector, dtype=np.float64) for vector in given])
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: the encoder returned vectors of different lengths, or no numbers ({error})"
        ) from None
    if vectors.ndim != 2 or len(vectors) != len(batch) or vectors.shape[1] == 0 or vectors.dtype.kind not in "iufb":
        raise DataError(
            f"{where}: expected an array of {len(batch)} vectors of numbers, shape ({len(batch)}, d), from the "
            f"encoder, got shape {vectors.shape} of {vectors.dtype}"
        )
    if length is not None and vectors.shape[1] != length:
        raise DataError(
            f"{where}: the encoder returned vectors of length {vectors.shape[1]}, but earlier vectors have length "
            f"{length}; use one encoder, with a cache of its own"
        )
    wrong = np.flatnonzero(~np.all(np.isfinite(vectors), axis=1))
    if len(wrong):
        raise DataError(
            f"{where}: the encoder returned NaN or infinite numbers for {len(wrong)} text(s): "
            f"{first_few([batch[row] for row in wrong])}"
        )
    return vectors.astype(np.float32)


class VectorCache:
    """Vectors of texts by content: a dictionary, and optionally a folder of files.

    Parameters
    ----------
    vectors : dict of hashes to vectors, optional
    folder : path-like, optional
        Files that were written before are read; each file is complete when it appears.
    """

    def __init__(
        self, vectors: dict[bytes, FloatArray] | None = None, folder: str | os.PathLike[str] | None = None
    ) -> None:
        self.vectors: dict[bytes, FloatArray] = {} if vectors is None else vectors
        self._folder = None if folder is None else Path(folder)
        self._unsaved: list[tuple[bytes, FloatArray]] = []
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for file in sorted(self._folder.glob("*.vectors")):
                self.vectors.update(_read(file))

    @classmethod
    def of(cls, encoder: Encoder, cache: bool | str | os.PathLike[str]) -> "VectorCache":
        """Return the cache of an encoder: of this process, of a folder, or an empty one."""
        if cache is False:
            return cls()
        if cache is not True:
            return cls(folder=cache)
        try:
            return cls(_in_memory.setdefault(encoder, {}))
        except TypeError:  # the encoder has no hash or no weak references
            return cls()

    def add(self, keys: list[bytes], vectors: FloatArray) -> None:
        """Add the vectors of a batch."""
        pairs = list(zip(keys, vectors, strict=True))
        self.vectors.update(pairs)
        if self._folder is not None:
            self._unsaved += pairs
            if len(self._unsaved) >= _TEXTS_PER_FILE:
                self.flush()

    def flush(self) -> None:
        """Write the vectors that are not in a file yet."""
        if self._folder is None or not self._unsaved:
            return
        from safetensors.numpy import save_file

        hashes, vectors = zip(*self._unsaved, strict=True)
        file = self._folder / f"{secrets.token_hex(16)}.part"
        hash_bytes = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(len(hashes), -1)
        save_file({"hashes": hash_bytes, "vectors": np.stack(vectors)}, file)
        file.rename(file.with_suffix(".vectors"))
        self._unsaved = []


def _read(file: Path) -> dict[bytes, FloatArray]:
    from safetensors.numpy import load_file

    try:
        tensors = load_file(file)
        hashes, vectors = tensors["hashes"], tensors["vectors"]
        if hashes.shape != (len(vectors), 16) or vectors.ndim != 2 or not np.all(np.isfinite(vectors)):
            raise ValueError("its arrays do not match")
    except Exception as error:  # damaged bytes can make the reader raise anything
        raise DataError(f"cache: {file} is damaged ({error}); delete it, and its texts are encoded again") from error
    return {row.tobytes(): vector for row, vector in zip(hashes, vectors, strict=True)}
