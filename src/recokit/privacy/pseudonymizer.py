"""Pseudonymizer: stable pseudonyms of ids by a keyed hash."""

import hashlib
import secrets
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data._id_lists import as_id_list

__all__ = ["Pseudonymizer"]

_LEAST_KEY = 16
_MOST_KEY = 64  # of BLAKE2b


class Pseudonymizer:
    """Replace ids by pseudonyms, so that the data of one user stay linked without the id.

    A pseudonym is BLAKE2b of the id with a secret key. The same id and key give the same pseudonym, in any process.
    Without the key, a pseudonym can neither be computed from an id nor be reversed by hashing all possible ids. No
    mapping is stored: with the key, pseudonyms of known ids can be computed again; without it, the link is lost.

    Parameters
    ----------
    key : bytes
        Secret of 16 to 64 bytes, such as ``Pseudonymizer.new_key()``. Keep it apart from the data.
    size : int
        Length of a pseudonym in bytes, 8 to 64; two hexadecimal digits each.
    prefix : str
        Text before the pseudonyms, such as ``"u-"``.

    Raises
    ------
    ValueError
        The key is empty, too short or too long, or the size is out of range.
    TypeError
        The key is not bytes.

    See Also
    --------
    recokit.privacy.k_anonymous : Return rows in which every combination of attributes belongs to at least k users.

    Notes
    -----
    Pseudonymous data are still personal data: a history can identify a person without the id. Integers and the text of
    their digits are different ids, as everywhere in recokit.

    References
    ----------
    J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn and C. Winnerlein (2013). BLAKE2: simpler, smaller, fast as MD5. ACNS.

    Examples
    --------
    >>> from recokit.privacy import Pseudonymizer
    >>> pseudonymizer = Pseudonymizer(b"a secret of at least 16 bytes", size=8)
    >>> pseudonymizer.pseudonyms(["ann", "bob", "ann"]).tolist()
    ['c5eea5ab55a06d7b', '0249a163e381f9ed', 'c5eea5ab55a06d7b']
    >>> new, mapping = pseudonymizer.rotate(b"another secret of 16 bytes", ["ann"])
    >>> mapping["c5eea5ab55a06d7b"] == new.pseudonyms(["ann"])[0]
    True
    """

    def __init__(self, key: bytes, *, size: int = 16, prefix: str = "") -> None:
        if not isinstance(key, bytes | bytearray):
            raise TypeError(f"key: expected bytes, got {type(key).__name__}; encode text with .encode()")
        if not _LEAST_KEY <= len(key) <= _MOST_KEY:
            raise ValueError(
                f"key: expected a secret of {_LEAST_KEY} to {_MOST_KEY} bytes, got {len(key)}; create one with "
                "Pseudonymizer.new_key()"
            )
        if isinstance(size, bool) or not isinstance(size, int) or not 8 <= size <= 64:
            raise ValueError(f"size={size!r}: expected a whole number from 8 to 64")
        self._key = bytes(key)
        self.size = size
        self.prefix = prefix

    @staticmethod
    def new_key() -> bytes:
        """Return a random key of 32 bytes from the operating system."""
        return secrets.token_bytes(32)

    def pseudonyms(self, ids: Any) -> AnyArray:
        """Return the pseudonym of each id: (n,) array of str.

        Parameters
        ----------
        ids : array-like of whole numbers or text
            Missing ids stay missing (None).

        Raises
        ------
        TypeError
            An id is neither text nor a whole number.
        """
        known: dict[Any, str] = {}
        found: list[str | None] = []
        for key in _listed(ids):
            if key is None or key != key:
                found.append(None)
                continue
            if key not in known:
                known[key] = self._pseudonym(key)
            found.append(known[key])
        return np.array(found, dtype=object)

    def _pseudonym(self, key: Any) -> str:
        if isinstance(key, str):
            message = b"s" + key.encode("utf-8", "surrogatepass")
        elif isinstance(key, int | np.integer) and key is not True and key is not False:
            message = b"i" + str(int(key)).encode()
        else:
            raise TypeError(f"ids: expected whole numbers or text, got {type(key).__name__}: {key!r}")
        return self.prefix + hashlib.blake2b(message, key=self._key, digest_size=self.size).hexdigest()

    def rotate(self, key: bytes, ids: Any) -> tuple["Pseudonymizer", dict[str, str]]:
        """Return a pseudonymizer with a new key, and the mapping of old to new pseudonyms of known ids.

        Use the mapping to replace the pseudonyms in stored data, then delete it and the old key. Data whose ids are
        not given keep their old pseudonyms, and are no longer linked to new data.

        Parameters
        ----------
        key : bytes
            The new key.
        ids : array-like of ids
        """
        new = Pseudonymizer(key, size=self.size, prefix=self.prefix)
        if new._key == self._key:
            raise ValueError("key: expected another key than the present one")
        old, changed = self.pseudonyms(ids), new.pseudonyms(ids)
        return new, {before: after for before, after in zip(old, changed, strict=True) if before is not None}

    def __repr__(self) -> str:
        return f"Pseudonymizer(size={self.size}, prefix={self.prefix!r})"  # never the key

    def __getstate__(self) -> Any:
        raise TypeError("a Pseudonymizer holds a secret key and cannot be pickled; create it where it is used")


def _listed(ids: Any) -> list[Any]:
    listed = as_id_list(ids)
    values: list[Any] = listed.tolist() if hasattr(listed, "tolist") else list(listed)
    return values
