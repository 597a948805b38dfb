"""What the SHA-256 of a file was on its way: whoever has that need not hash the file from its first byte to its last.

SHA-256 goes from one state of 32 bytes to the next, and the last one is the digest. With the states at the borders of pieces,
each piece can be hashed by itself. When every piece leads from the state before it to the one after it, the first from where
SHA-256 begins and the last to the digest, the file has that digest: nobody has to believe who wrote the states down.
"""

from __future__ import annotations

import msgspec

STATE_BYTES = 32
CHAINED_BYTES = 64 << 20
"""A smaller file is hashed in no time."""

_PIECE_BYTES_MIN = 16 << 20
_PIECES_MAX = 256


class Chain(msgspec.Struct, frozen=True):
    """The states at the end of each piece of a file but the last, one behind the other, written as digests are."""

    piece_bytes: int
    states: bytes

    def fits(self, size_bytes: int) -> bool:
        """Tell whether it can be that of a file of this size."""
        piece = self.piece_bytes
        if piece < _PIECE_BYTES_MIN or piece % _PIECE_BYTES_MIN or size_bytes <= 0:
            return False
        return len(self.states) == STATE_BYTES * (-(-size_bytes // piece) - 1)


def piece_bytes_of(size_bytes: int) -> int:
    """Return how large the pieces of a file should be."""
    piece = _PIECE_BYTES_MIN
    while piece * _PIECES_MAX < size_bytes:
        piece *= 2
    return piece
