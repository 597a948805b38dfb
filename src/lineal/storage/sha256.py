"""SHA-256 that can begin in the middle: from the state that somebody had reached there.

Python's own can only begin at the beginning. The library below it can do more; where it cannot be reached, or does not do
what it should, callers do without.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
from functools import cache
from typing import Any

from lineal.objects.chains import STATE_BYTES
from lineal.objects.digest import Digest

_BLOCK_BYTES = 64
_WORDS = struct.Struct(">8I")


class _Context(ctypes.Structure):
    """OpenSSL's ``SHA256_CTX``, which is the same in every version of it and of its relatives."""

    _fields_ = (
        ("state", ctypes.c_uint32 * 8),
        ("low", ctypes.c_uint32),
        ("high", ctypes.c_uint32),
        ("data", ctypes.c_uint32 * 16),
        ("left", ctypes.c_uint),
        ("digest_bytes", ctypes.c_uint),
        ("_room", ctypes.c_char * 64),
    )


class RunningSha256:
    """The SHA-256 of bytes that arrive piece by piece. Only where ``can_run``.

    Args:
        state: what it was before the first of these bytes; nothing at the beginning.
        at: how many bytes came before them, whole blocks of 64.
    """

    def __init__(self, state: bytes = b"", at: int = 0) -> None:
        self._library = _library()
        self._context = _Context()
        self._library.SHA256_Init(ctypes.byref(self._context))
        if state:
            self._context.state[:] = _WORDS.unpack(state)
            bits = at * 8
            self._context.low, self._context.high = bits & 0xFFFFFFFF, bits >> 32

    def update(self, data: bytes | memoryview) -> None:
        """Take the next piece: bytes, or memory that may be written to."""
        if data:
            # Bytes are passed as they are; of other memory, the address.
            where = data if isinstance(data, bytes) else ctypes.byref(ctypes.c_char.from_buffer(data))
            self._library.SHA256_Update(ctypes.byref(self._context), where, len(data))

    @property
    def state(self) -> bytes:
        """What it is after the bytes so far, which were whole blocks of 64."""
        return _WORDS.pack(*self._context.state)

    @property
    def digest(self) -> Digest:
        """The digest of every byte so far, those before the first of these included."""
        copy, made = _Context.from_buffer_copy(self._context), ctypes.create_string_buffer(STATE_BYTES)
        self._library.SHA256_Final(made, ctypes.byref(copy))
        return Digest("sha256:" + made.raw.hex())


def can_run() -> bool:
    """Tell whether it works here."""
    return _library() is not None


@cache
def _library() -> Any:
    """Return what computes it, once it was seen to do so right; None where there is no such thing."""
    try:
        import _hashlib  # noqa: PLC0415 - no Python needs to have it

        library = ctypes.CDLL(getattr(_hashlib, "__file__", None))
        library.SHA256_Update.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        return library if _is_right(library) else None
    except (ImportError, OSError, AttributeError):
        return None


def _is_right(library: Any) -> bool:
    data, border = bytes(range(256)) * 5 + b"end", 3 * _BLOCK_BYTES
    first, second = _Context(), _Context()
    for each in (first, second):
        library.SHA256_Init(ctypes.byref(each))
    library.SHA256_Update(ctypes.byref(first), data[:border], border)
    if first.left or (first.low, first.high) != (border * 8, 0):
        return False
    second.state[:], second.low = first.state[:], first.low
    library.SHA256_Update(ctypes.byref(second), data[border:], len(data) - border)
    made = ctypes.create_string_buffer(STATE_BYTES)
    library.SHA256_Final(made, ctypes.byref(second))
    return made.raw == hashlib.sha256(data).digest()
