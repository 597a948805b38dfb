"""``.dir`` objects: the list of a directory's files, under the MD5 of exactly its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from lineal.formats.dvc.digests import DIRECTORY, is_md5, md5_of
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

BYTES_MAX = 1 << 30
"""About eight million files; a longer list is refused."""


class Member(msgspec.Struct, frozen=True):
    """One file of a directory. Neither its size nor its mode is known."""

    md5: str
    relpath: str


_decode = msgspec.json.Decoder(prepared(tuple[Member, ...])).decode


def parse(data: bytes, what: str) -> tuple[Member, ...]:
    """Return the files of a directory, in the order of their paths.

    Args:
        data: the bytes of the object.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no list of files, or holds a path that leads out of the directory.
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"{what} is larger than {BYTES_MAX >> 30} GiB", hint="no directory of DVC is; do not trust it")
    try:
        members = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid(f"{what} is no list of files: {error}", hint="take it from another cache or remote") from None
    found = tuple(sorted(members, key=lambda each: each.relpath))
    check(found, what)
    return found


def check(members: Iterable[Member], what: str) -> None:
    """Raise Invalid for a path that leads out of its directory, or stands there twice, and for an MD5 that is none."""
    seen: set[str] = set()
    for each in members:
        if not is_md5(each.md5) or each.md5.endswith(DIRECTORY):
            raise _wrong(f"{what} names {each.md5!r}, which is no MD5 of a file")
        if not is_inside(each.relpath):
            raise _wrong(f"{what} names the path {each.relpath!r}, which leads out of the directory")
        if each.relpath in seen:
            raise _wrong(f"{what} names the path {each.relpath!r} twice")
        seen.add(each.relpath)
    for path in seen:
        for place, letter in enumerate(path):
            if letter == "/" and path[:place] in seen:
                raise _wrong(f"{what} names {path[:place]!r} as a file and as a directory")


def is_inside(path: str) -> bool:
    """Tell whether a relative path stays below where it begins."""
    return not ({"", ".", ".."} & set(path.split("/")) or "\0" in path)


def _wrong(said: str) -> Invalid:
    return Invalid(said, hint="DVC writes no such list; do not trust where it came from")


def write(members: Iterable[Member]) -> bytes:
    """Return the bytes of a directory's list: byte for byte what DVC writes."""
    said = [{"md5": each.md5, "relpath": each.relpath} for each in sorted(members, key=lambda each: each.relpath)]
    return json.dumps(said, sort_keys=True).encode()


def name_of(data: bytes) -> str:
    """Return the name of the directory whose list is ``data``: its MD5 and ``.dir``."""
    return md5_of(data) + DIRECTORY
