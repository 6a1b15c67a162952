"""Authenticated encryption of files: AES-256-GCM in chunks, with a key derived for each file.

A file begins with a mark and a random salt. HKDF-SHA256 derives the key of the file from the given key and the salt, so
that no nonce is used twice with a key. The content is encrypted in chunks whose nonces are a counter and a mark of the
last chunk, so that chunks can neither be exchanged, repeated nor cut off (the STREAM construction).

References
----------
V. T. Hoang, R. Reyhanitabar, P. Rogaway and D. Vizár (2015). Online authenticated-encryption and its nonce-reuse
misuse-resistance. CRYPTO.
"""

import os
from collections.abc import Iterator
from typing import Any

from recokit.exceptions import ModelFormatError

__all__ = ["check_key", "decrypt", "encrypt", "is_encrypted"]

_MARK = b"recokit/aes-gcm1"
_SALT, _TAG, _CHUNK = 16, 16, 1 << 24
_LEAST_KEY = 16


def is_encrypted(start: bytes) -> bool:
    """Return whether the first bytes of a file are those of an encrypted file."""
    return start.startswith(_MARK)


def check_key(key: Any) -> bytes:
    """Return a key of at least 16 bytes.

    Raises
    ------
    TypeError
        The key is not bytes.
    ValueError
        The key is empty or too short.
    """
    if not isinstance(key, bytes | bytearray):
        raise TypeError(f"key: expected bytes, got {type(key).__name__}; create a key with secrets.token_bytes(32)")
    if len(key) < _LEAST_KEY:
        raise ValueError(
            f"key: expected a secret of at least {_LEAST_KEY} bytes, got {len(key)}; create one with "
            "secrets.token_bytes(32)"
        )
    return bytes(key)


def encrypt(content: bytes, key: bytes) -> bytes:
    """Return the encrypted content.

    Raises
    ------
    ImportError
        The package cryptography is not installed.
    """
    salt = os.urandom(_SALT)
    cipher = _cipher(check_key(key), salt)
    starts = range(0, max(len(content), 1), _CHUNK)
    parts = [
        cipher.encrypt(_nonce(number, last=number == len(starts) - 1), content[start : start + _CHUNK], _MARK)
        for number, start in enumerate(starts)
    ]
    return b"".join([_MARK, salt, *parts])


def decrypt(content: bytes, key: bytes, name: Any) -> bytes:
    """Return the content of an encrypted file.

    Parameters
    ----------
    content : bytes
        The whole file.
    key : bytes
    name : path
        The file, for error messages.

    Raises
    ------
    ModelFormatError
        The key is wrong, or the file is damaged.
    """
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(check_key(key), content[len(_MARK) : len(_MARK) + _SALT])
    parts = list(_chunks(content))
    try:
        plain = [
            cipher.decrypt(_nonce(number, last=number == len(parts) - 1), part, _MARK)
            for number, part in enumerate(parts)
        ]
    except (InvalidTag, ValueError):
        raise ModelFormatError(f"{name} cannot be decrypted: the key is wrong, or the file is damaged") from None
    return b"".join(plain)


def _chunks(content: bytes) -> Iterator[bytes]:
    first, size = len(_MARK) + _SALT, _CHUNK + _TAG
    for start in range(first, max(len(content), first + 1), size):
        yield content[start : start + size]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(key: bytes, salt: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise ImportError(
            'encrypted files need the package cryptography; install it with pip install "recokit[privacy]"'
        ) from error
    return AESGCM(HKDF(SHA256(), 32, salt, _MARK).derive(key))
