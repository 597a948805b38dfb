"""How many different values there are, from one small register for each of 1,024 parts of them.

HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007, AofA) with the estimator of Ertl 2017 (New cardinality estimation
algorithms for HyperLogLog sketches, arXiv:1702.01284, algorithm 6), which needs no tables of corrections. The standard
error is 1.04 / sqrt(1024) = 3.25 %. Merging takes the larger of two registers: the same in any order, any number of times.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from hashlib import blake2b

_BITS = 10
REGISTERS = 1 << _BITS
REST_BITS = 64 - _BITS
_WORD = (1 << 64) - 1
_SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""A register holds less than 64; each is written as the sign that base64 (RFC 4648) has for it."""

_TO_SIGNS = bytes.maketrans(bytes(range(64)), _SIGNS)
_FROM_SIGNS = bytes.maketrans(_SIGNS, bytes(range(64)))

GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The increment and the two factors of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA)."""


SHORT_BYTES_MAX = 64
"""A longer text is hashed by BLAKE2b (RFC 7693) before it is counted."""


def of_text(text: str) -> int:
    """Return 64 bits that stand for a text: each eight bytes of its UTF-8 are stirred into the bits of those before."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > SHORT_BYTES_MAX:
        return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
    bits = len(data)
    for start in range(0, len(data), 8):
        bits = mixed(bits ^ int.from_bytes(data[start : start + 8], "little"))
    return bits


def of_number(value: float) -> int:
    """Return 64 bits that stand for a number: 1 and 1.0 have the same ones. An int may have 64 bits."""
    if isinstance(value, int) or value.is_integer():
        whole = int(value)
        if -(1 << 63) <= whole < 1 << 63:
            return mixed(whole & _WORD)
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return mixed(bits ^ GOLDEN)


def mixed(bits: int) -> int:
    """Return ``bits`` so stirred that each bit of the result depends on each of them (SplitMix64)."""
    bits = (bits + GOLDEN) & _WORD
    bits = ((bits ^ (bits >> 30)) * FIRST) & _WORD
    bits = ((bits ^ (bits >> 27)) * SECOND) & _WORD
    return bits ^ (bits >> 31)


def registers(hashes: Iterable[int]) -> bytes:
    """Return the registers of values that 64 bits each stand for."""
    found = bytearray(REGISTERS)
    rest = (1 << REST_BITS) - 1
    for each in hashes:
        place = each >> REST_BITS
        rank = REST_BITS + 1 - (each & rest).bit_length()
        found[place] = max(found[place], rank)
    return bytes(found)


def union(parts: Iterable[bytes]) -> bytes:
    """Return the registers of the values of all ``parts`` together."""
    return bytes(map(max, *found)) if len(found := list(parts)) > 1 else (found or [bytes(REGISTERS)])[0]


def written(found: bytes) -> str:
    """Return registers as text."""
    return found.translate(_TO_SIGNS).decode("ascii")


def read(text: str) -> bytes:
    """Return the registers that ``text`` holds."""
    return text.encode("ascii").translate(_FROM_SIGNS)


def estimate(found: bytes) -> int:
    """Return about how many different values the registers have seen."""
    counts = [found.count(rank) for rank in range(REST_BITS + 2)]
    z = REGISTERS * _tau(1 - counts[-1] / REGISTERS)
    for rank in range(REST_BITS, 0, -1):
        z = (z + counts[rank]) / 2
    z += REGISTERS * _sigma(counts[0] / REGISTERS)
    return round(REGISTERS * REGISTERS / (2 * math.log(2)) / z) if math.isfinite(z) else 0


def _sigma(x: float) -> float:
    """Return the series x + x^2 + 2 x^4 + 4 x^8 + …, infinite at 1: what empty registers tell."""
    if x == 1:
        return math.inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    """Return the like series for registers that are full."""
    if x in {0, 1}:
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x = math.sqrt(x)
        before = z
        y /= 2
        z -= (1 - x) ** 2 * y
    return z / 3
