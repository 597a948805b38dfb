"""The digests of DVC: MD5 of the bytes, and, before 3.0, of text with Unix line ends. Never used for security."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

Algorithm = Literal["md5", "md5-dos2unix"]

DIRECTORY = ".dir"
"""What follows the MD5 of a directory's list."""

_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"
_SAMPLE_BYTES = 512
_OTHER_MAX = 0.3
PIECE_BYTES = 1 << 20
"""How much of a file is one piece. What is text is decided at the beginning of each, so the cut is part of the digest."""


def is_md5(text: str) -> bool:
    """Tell whether ``text`` is an MD5 in hexadecimal, with or without ``.dir``."""
    return _MD5.fullmatch(text) is not None


class Name(NamedTuple):
    """What an object of DVC is called: its digest, and what the digest is."""

    md5: str
    algorithm: Algorithm = "md5"

    @property
    def key(self) -> str:
        """Where a cache or a remote keeps it. Before 3.0 objects were at the top."""
        place = f"{self.md5[:2]}/{self.md5[2:]}"
        return f"files/md5/{place}" if self.algorithm == "md5" else place

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.md5}"


def md5_of(data: bytes) -> str:
    """Return the MD5 of ``data``."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Hasher(Protocol):
    """Digest of bytes that come in pieces."""

    def update(self, piece: bytes, /) -> None:
        """Take the next piece."""

    def names(self, md5: str, /) -> bool:
        """Tell whether ``md5`` names the bytes so far."""

    @property
    def value(self) -> str:
        """The digest of the bytes so far, as this DVC writes it."""


class Md5:
    """What DVC 3 calls ``md5``."""

    def __init__(self) -> None:
        self._hash = hashlib.md5(usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """Take the next piece, however it was cut."""
        self._hash.update(piece)

    def names(self, md5: str) -> bool:
        """Tell whether ``md5`` names the bytes so far."""
        return self.value == md5

    @property
    def value(self) -> str:
        """The digest of the bytes so far."""
        return self._hash.hexdigest()


class Dos2Unix:
    """What DVC 2 wrote: in text, the line ends of DOS count as those of Unix.

    DVC 2 asked the beginning of a file whether it is text, DVC 3 asks the beginning of each mebibyte, and both call the
    answer by the same name; so either names the bytes.
    """

    def __init__(self) -> None:
        self._by_piece = hashlib.md5(usedforsecurity=False)
        self._by_file = hashlib.md5(usedforsecurity=False)
        self._left = b""
        self._is_text: bool | None = None

    def update(self, piece: bytes) -> None:
        """Take the next piece, however it was cut."""
        self._left += piece
        while len(self._left) >= PIECE_BYTES:
            self._take(self._left[:PIECE_BYTES])
            self._left = self._left[PIECE_BYTES:]

    def _take(self, piece: bytes) -> None:
        is_text = is_text_block(piece[:_SAMPLE_BYTES])
        if self._is_text is None:
            self._is_text = is_text
        self._by_piece.update(_unix(piece) if is_text else piece)
        self._by_file.update(_unix(piece) if self._is_text else piece)

    def _end(self) -> None:
        if self._left:
            self._take(self._left)
            self._left = b""

    def names(self, md5: str) -> bool:
        """Tell whether ``md5`` names the bytes; they must all have come."""
        self._end()
        return md5 in {self._by_piece.hexdigest(), self._by_file.hexdigest()}

    @property
    def value(self) -> str:
        """The digest of the bytes, as DVC 3 finds it; they must all have come."""
        self._end()
        return self._by_piece.hexdigest()


def _unix(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n")


def is_text_block(block: bytes) -> bool:
    """Tell whether the beginning of a file looks like text: no zero byte, and at most three in ten are no signs."""
    if not block:
        return True
    return b"\0" not in block and len(block.translate(None, _TEXT)) <= _OTHER_MAX * len(block)


HASHERS: dict[Algorithm, Callable[[], Hasher]] = {"md5": Md5, "md5-dos2unix": Dos2Unix}
"""How to find a digest, by its algorithm."""
