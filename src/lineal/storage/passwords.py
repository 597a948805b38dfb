"""Passwords as they are kept: salted, and by a function that costs whoever tries many of them time and memory."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 5
"""16 MiB and about a quarter of a second: what OWASP's sheet of passwords asks of scrypt at that size."""

_MEMORY_BYTES = 64 << 20

UNKNOWN = f"scrypt${_COST}${_BLOCK}${_PARALLEL}${'00' * 16}${'00' * 32}"
"""What is compared where there is no such account, so that the time it takes does not tell."""


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${digest.hex()}"


def matches(password: str, kept: str) -> bool:
    """Tell whether that is the password of which ``kept`` is kept; nothing is that of nobody's."""
    _, cost, block, parallel, salt, digest = (kept or UNKNOWN).split("$")
    found = _scrypt(password, bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, bytes.fromhex(digest)) and bool(kept)


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY_BYTES, dklen=32)
