"""Zip files from strangers: opened so that nothing that they claim is believed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast
from zipfile import BadZipFile, LargeZipFile, ZipFile

from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt

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
