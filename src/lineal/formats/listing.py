"""The list of the objects of a prefix: one object a line. Specified in ``docs/reference/format.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.errors import Corrupt
from lineal.objects.sources import ListedObject


def encode(objects: Iterable[ListedObject]) -> bytes:
    """Return the list of ``objects``, sorted by key."""
    listed = sorted(objects, key=lambda each: each.key.encode())
    return b"".join(canonical_bytes(each) + b"\n" for each in listed)


def decode_lines(pieces: Iterable[bytes]) -> Iterator[ListedObject]:
    """Yield the objects of a list that comes in pieces.

    Raises:
        Corrupt: it is no such list.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield decode(line, ListedObject)
    if rest:
        raise Corrupt("the list of objects ends in the middle of a line", hint="restore it from a copy")
