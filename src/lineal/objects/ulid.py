"""ULIDs: ids that sort by the time they were made (github.com/ulid/spec)."""

from __future__ import annotations

from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_TIME_BITS, _RANDOM_BITS, _LENGTH = 48, 80, 26
_PLACES = range(5 * (_LENGTH - 1), -1, -5)
"""Of each letter: how many bits are behind it."""


def ulid(at: int, randomness: bytes) -> str:
    """Return the ULID for a time in milliseconds since 1970 and 10 random bytes."""
    if not 0 <= at < 1 << _TIME_BITS or len(randomness) * 8 != _RANDOM_BITS:
        raise ValueError("a ULID needs a 48-bit time and 10 random bytes")
    return _text(at << _RANDOM_BITS | int.from_bytes(randomness, "big"))


@lru_cache(maxsize=4_096)
def ulid_of(number: str) -> str:
    """Return the ULID of the 128 bits that are written as 32 hexadecimal digits: how other systems write an id."""
    return _text(int(number, 16))


def _text(value: int) -> str:
    return "".join([_ALPHABET[value >> place & 31] for place in _PLACES])


@lru_cache(maxsize=4_096)
def hexadecimal(text: str) -> str:
    """Return the 128 bits of a ULID as 32 hexadecimal digits, in small letters."""
    value = 0
    for each in text:
        value = value << 5 | _VALUES[each]
    return f"{value:032x}"


def is_hexadecimal(text: str) -> bool:
    """Tell whether ``text`` is 128 bits as other systems write an id: 32 hexadecimal digits, in small letters."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def is_ulid(text: str) -> bool:
    """Tell whether ``text`` is a whole ULID."""
    return len(text) == _LENGTH and set(text) <= set(_ALPHABET) and text[0] <= "7"
