"""Pointers of Git LFS: three lines in the place of a file, whose object is named by its SHA-256, which is our digest."""

from __future__ import annotations

import re

import msgspec

from lineal.objects.digest import Digest

BYTES_MAX = 1024
"""A pointer is shorter than this, by its specification."""

VERSION = "https://git-lfs.github.com/spec/v1"

_VERSIONS = (VERSION, "https://hawser.github.com/spec/v1", "http://git-media.io/v/2")
_LINE = re.compile(r"(?P<key>[a-z0-9.-]+) (?P<value>[^\n]*)\n")


class Pointer(msgspec.Struct, frozen=True):
    """What stands in Git in the place of a file."""

    digest: Digest
    size_bytes: int


def parse(data: bytes) -> Pointer | None:
    """Return what ``data`` points at, or None when it is no pointer: an ordinary file may hold anything.

    A pointer with extensions is passed over too: its object holds what a program made of the file.
    """
    if len(data) >= BYTES_MAX or not data.startswith(b"version http"):
        return None
    text = data.decode("utf-8", "replace")
    lines = [(match["key"], match["value"]) for match in _LINE.finditer(text)]
    if "".join(f"{key} {value}\n" for key, value in lines) != text or [key for key, _ in lines] != _KEYS:
        return None
    version, oid, size = (value for _, value in lines)
    if (
        version not in _VERSIONS
        or not re.fullmatch("sha256:[0-9a-f]{64}", oid)
        or not re.fullmatch("[0-9]{1,18}", size)
    ):
        return None
    return Pointer(Digest(oid), int(size))


_KEYS = ["version", "oid", "size"]


def write(pointer: Pointer) -> bytes:
    """Return the bytes of a pointer, byte for byte what Git LFS writes."""
    return f"version {VERSION}\noid {pointer.digest}\nsize {pointer.size_bytes}\n".encode()


def path_of(digest: Digest) -> str:
    """Return where Git LFS keeps the object, below ``.git/lfs/objects``."""
    value = digest.removeprefix("sha256:")
    return f"{value[:2]}/{value[2:4]}/{value}"
