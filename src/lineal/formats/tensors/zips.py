"""Zip files from strangers: opened so that nothing that they claim is believed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast
from zipfile import ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt, exactly, part_of

_WRONG = (BadZipFile, LargeZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, OSError)
"""What Python's zip reader raises for files that are none, or packed in a rare way."""


def opened_zip(file: BinaryIO) -> ZipFile:
    """Return the archive. Raises Corrupt when it is none, holds far too much, or names a member twice."""
    file.seek(0)
    try:
        archive = ZipFile(cast("IO[bytes]", file))
        names = archive.namelist()
    except _WRONG as error:
        raise corrupt(f"its zip archive cannot be read ({error})") from None
    if len(names) > TENSORS_MAX or len(names) != len(set(names)):
        raise corrupt(f"its zip archive holds {len(names):,} members, or two of one name")
    return archive


@contextmanager
def within(archive: ZipFile, name: str) -> Iterator[BinaryIO]:
    """Open a member to read it from its beginning. Raises Corrupt, also for what goes wrong while it is read."""
    try:
        with archive.open(name) as member:
            yield cast("BinaryIO", member)
    except KeyError:
        raise corrupt(f"its zip archive has no member {name!r}") from None
    except _WRONG as error:
        raise corrupt(f"the member {name!r} cannot be read ({error})") from None


def seekable(archive: ZipFile, name: str, *, most_bytes: int) -> BinaryIO:
    """Return a member as a file that can be read here and there: where it lies when it is not compressed.

    Args:
        archive: of the member.
        name: of the member.
        most_bytes: so much of a compressed one is unpacked into memory.

    Raises:
        Corrupt: there is none, it lies outside of the archive, or is compressed from far too much.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise corrupt(f"its zip archive has no member {name!r}") from None
    if info.compress_type == ZIP_STORED and not info.flag_bits & 1:
        return _stored(archive, info)
    if info.file_size > most_bytes:
        raise corrupt(f"its member {name!r} is compressed from {info.file_size:,} bytes")
    with within(archive, name) as member:
        return io.BytesIO(exactly(member, info.file_size))


def _stored(archive: ZipFile, info: ZipInfo) -> BinaryIO:
    file = cast("BinaryIO", archive.fp)
    end = file.seek(0, io.SEEK_END)
    # What is cut off at the front makes Python count from before the beginning.
    if not 0 <= info.header_offset <= end:
        raise corrupt(f"its member {info.filename!r} is not where it should be")
    file.seek(info.header_offset)
    head = exactly(file, 30)
    start = info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    if head[:4] != b"PK\x03\x04" or start + info.file_size > end:
        raise corrupt(f"its member {info.filename!r} is not where it should be")
    return part_of(file, start, info.file_size)
