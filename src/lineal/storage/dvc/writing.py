"""From a blob store into caches and remotes of DVC: what is there is not sent, and the list of a directory goes last.

DVC takes a list for the proof that all of its members are there, so each member is looked for, whatever list is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lineal.formats.dvc import directory
from lineal.formats.dvc.digests import Md5, Name, md5_of
from lineal.formats.dvc.pointer import Out
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known, collision
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore
from lineal.storage.database.database import Database
from lineal.storage.dvc.objects import DvcObjects, in_parallel

_SHOWN = 10
_LARGE_IN_FLIGHT = 4
_CORES = 4

_CANNOT: dict[str, str] = {
    "symlink": "a symbolic link, which DVC would make a file",
    "directory": "an empty directory, which DVC would leave out",
    "executable": "executable, which DVC would forget",
}
"""What a directory of DVC cannot hold, by the mode of an entry."""


class Sent(NamedTuple):
    """What a place lacked and has now."""

    where: str
    objects: int
    size_bytes: int


def check(entries: Sequence[Entry], *, is_directory: bool) -> None:
    """Raise Invalid when DVC could not give ``entries`` back as they are; the message lists which."""
    lost = [each for each in entries if each.mode != "file" and (is_directory or each.mode != "executable")]
    if not lost:
        return
    shown = "; ".join(f"{each.path} is {_CANNOT[each.mode]}" for each in lost[:_SHOWN])
    more = f"; and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    raise Invalid(
        f"{len(lost)} of {len(entries)} files cannot be kept by DVC as they are: {shown}{more}",
        hint="leave out --dvc: Lineal keeps them; or remove them, or chmod -x, for DVC",
    )


def export(
    entries: Sequence[Entry],
    path: str,
    blobs: BlobStore,
    database: Database,
    places: Sequence[DvcObjects],
    *,
    is_directory: bool,
    scratch: Path | None = None,
) -> tuple[Out, tuple[Sent, ...]]:
    """Put what a tree holds into caches and remotes of DVC; return what a pointer says of it, and what was sent.

    Args:
        entries: the files, whose bytes the blob store holds.
        path: what the pointer calls it.
        blobs: where the bytes are.
        database: where other digests are known, and written down.
        places: where they go, one after the other.
        is_directory: whether it is a directory for DVC, or a single file.
        scratch: a directory where large files stand meanwhile; by default the system's.

    Raises:
        Invalid: DVC could not give it back as it is.
        Conflict: two files have the same MD5 and different bytes.
    """
    check(entries, is_directory=is_directory)
    names = _named(entries, blobs, database)
    listed = directory.write(directory.Member(names[each.digest].md5, each.path) for each in entries)
    out = _directory(path, entries, listed) if is_directory else _file(path, entries[0], names[entries[0].digest])
    known = {names[each.digest]: Known(each.digest, each.size_bytes) for each in entries}
    sent = []
    for place in places:
        sent.append(_send(place, known, blobs, scratch))
        if is_directory and place.sizes([Name(out.md5)]).get(Name(out.md5)) != len(listed):
            place.put(Name(out.md5), listed)
    return out, tuple(sent)


def _directory(path: str, entries: Sequence[Entry], listed: bytes) -> Out:
    size_bytes = sum(each.size_bytes for each in entries)
    md5 = directory.name_of(listed)
    return Out(path=path, md5=md5, size_bytes=size_bytes, file_count=len(entries), hash="md5")


def _file(path: str, entry: Entry, name: Name) -> Out:
    is_executable = entry.mode == "executable"
    return Out(path=path, md5=name.md5, size_bytes=entry.size_bytes, is_executable=is_executable, hash="md5")


def _named(entries: Iterable[Entry], blobs: BlobStore, database: Database) -> dict[Digest, Name]:
    """Return what DVC calls the bytes of entries; what nobody knows yet is read once and written down."""
    sizes = {each.digest: each.size_bytes for each in entries}
    values = alternate_digests.by_digest(database, "md5", sizes)
    new: dict[str, Known] = {}
    for digest, value in _md5s([each for each in sizes if each not in values], sizes, blobs):
        if other := new.get(value):
            raise collision("md5", value, other.digest, digest)
        new[value] = Known(digest, sizes[digest])
        values[digest] = value
    alternate_digests.record(database, "md5", new)
    return {digest: Name(value) for digest, value in values.items()}


def _md5s(unknown: Sequence[Digest], sizes: Mapping[Digest, int], blobs: BlobStore) -> Iterator[tuple[Digest, str]]:
    """Yield the MD5 of blobs: small ones in the order that is fastest, large ones several at once."""
    for digest, data in blobs.get_many([each for each in unknown if sizes[each] <= SMALL_BYTES]):
        yield digest, md5_of(data)

    def read(digest: Digest) -> str:
        hasher = Md5()
        for piece in blobs.open(digest):
            hasher.update(piece)
        return hasher.value

    large = [each for each in unknown if sizes[each] > SMALL_BYTES]
    yield from zip(large, in_parallel(read, large, at_once=_CORES), strict=True)


def _send(place: DvcObjects, known: Mapping[Name, Known], blobs: BlobStore, scratch: Path | None) -> Sent:
    """Send what a place lacks, or has with another size, which only a broken transfer leaves."""
    there = place.sizes(known)
    lacking = {name: each for name, each in known.items() if there.get(name) != each.size_bytes}
    small = {each.digest: name for name, each in lacking.items() if each.size_bytes <= SMALL_BYTES}
    large = [name for name, each in lacking.items() if each.size_bytes > SMALL_BYTES]

    def put(blob: tuple[Digest, bytes]) -> None:
        place.put(small[blob[0]], blob[1])

    def put_file(name: Name) -> None:
        place.put_blob(name, blobs, known[name], scratch)

    for _ in in_parallel(put, blobs.get_many(list(small))):
        pass
    for _ in in_parallel(put_file, large, at_once=_LARGE_IN_FLIGHT):
        pass
    return Sent(place.where, len(lacking), sum(each.size_bytes for each in lacking.values()))
