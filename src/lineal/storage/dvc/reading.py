"""From a pointer of DVC to bytes in a store: through its cache, then its remotes, each object checked.

A damaged object of the cache is put into quarantine and replaced by a sound one from a remote. What the store holds
already, it knows by its MD5 and does not read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from lineal.formats.dvc import directory
from lineal.formats.dvc.digests import Algorithm, Name
from lineal.formats.dvc.pointer import Member, Out
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt, Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.objects.files import Entry
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore, Bundle
from lineal.storage.database.database import Database
from lineal.storage.dvc.objects import DvcObjects, in_parallel

_SHOWN = 5


class File(NamedTuple):
    """One file that DVC keeps.

    ``key`` is where a remote that keeps files by their own names has it, ``cloud`` what each such remote, by its name, calls
    the version of it that is meant.
    """

    path: str
    name: Name
    is_executable: bool = False
    key: str = ""
    cloud: Mapping[str, Any] = MappingProxyType({})

    def version_in(self, source: Source) -> str:
        """Return what a remote calls the bytes that are meant; nothing where DVC was not told."""
        said = self.cloud.get(source.name)
        return str(said.get("version_id") or "") if isinstance(said, dict) else ""


class Source(NamedTuple):
    """A cache or remote to read from. ``is_named``: it keeps files by their own names, not by MD5."""

    objects: DvcObjects
    is_named: bool = False
    name: str = ""


def files_of(out: Out, sources: Sequence[Source], what: str, *, folder: str = "") -> tuple[File, ...]:
    """Return the files of an out, in the order of their paths; one that is a file is called what its path ends in.

    Args:
        out: what a pointer or lock says.
        sources: where to read the list of a directory from, best first.
        what: the pointer, for the message of an error.
        folder: where the out's path begins, from the top of DVC's repository, for remotes that keep names.

    Raises:
        Invalid: it says nothing of its content, or its list is none.
        NotFound: its list is nowhere.
        Corrupt: its list is damaged wherever it is.
    """
    top = "/".join(each for each in (folder, out.path) if each not in {"", "."})
    if out.files is not None:
        members = tuple(directory.Member(each.md5, each.relpath) for each in out.files)
        directory.check(members, what)
    elif not out.md5:
        raise Invalid(f"{what} does not say what {out.path} holds", hint="dvc commit writes it down")
    elif not out.is_directory:
        called = out.path.rstrip("/").rpartition("/")[2]
        return (File(called, Name(out.md5, out.algorithm), out.is_executable, top, out.cloud),)
    else:
        name = Name(out.md5, out.algorithm)
        members = directory.parse(_listed(name, sources, what), f"the list {name} of {what}")
    said = {each.relpath: each for each in out.files or ()}
    return tuple(
        _member(said.get(each.relpath), each.relpath, Name(each.md5, out.algorithm), f"{top}/{each.relpath}")
        for each in members
    )


def _member(said: Member | None, path: str, name: Name, key: str) -> File:
    return File(path, name, said.is_executable, key, said.cloud) if said else File(path, name, key=key)


def _listed(name: Name, sources: Sequence[Source], what: str) -> bytes:
    faults: list[str] = []
    for source in sources:
        try:
            data = source.objects.get(name)
        except (NotFound, Corrupt) as error:
            faults.append(_fault(error, source, name))
            continue
        if any(faults):
            _heal(sources, name, data, None)
        return data
    raise _nowhere(f"the list of files of {what}", name, faults, sources)


def bring(
    files: Iterable[File], sources: Sequence[Source], blobs: BlobStore, database: Database | None, what: str
) -> tuple[Entry, ...]:
    """Put files of DVC into a blob store and return their entries; those that it holds are not read.

    Args:
        files: what to bring.
        sources: where they may be, best first.
        blobs: where they go.
        database: where their other digests are written down; None to do without.
        what: the pointer they come from, for the message of an error.

    Raises:
        NotFound: files are in none of the places; the message names them.
        Corrupt: a file is damaged wherever it is.
        Conflict: two contents have the same MD5.
    """
    wanted = tuple(files)
    known = _known(wanted, blobs, database)
    missing = {each.name: each for each in wanted if each.name not in known}
    with blobs.bundle() as bundle:
        came = in_parallel(lambda each: _bring_one(each, sources, blobs, what), missing.values())
        read = [_bundled(bundle, each) if isinstance(each, bytes) else each for each in came]
    found = {name: each for name, each in zip(missing, read, strict=True) if isinstance(each, Known)}
    if database is not None:
        _record(database, found)
    if faults := [each for each in read if isinstance(each, LinealError)]:
        raise _together(faults, len(wanted), what)
    known |= found
    return tuple(
        Entry(
            path=each.path,
            digest=known[each.name].digest,
            size_bytes=known[each.name].size_bytes,
            mode="executable" if each.is_executable else "file",
        )
        for each in wanted
    )


def _known(files: Sequence[File], blobs: BlobStore, database: Database | None) -> dict[Name, Known]:
    """Return what is known of files by their MD5, where the store still holds the bytes."""
    if database is None:
        return {}
    found: dict[Name, Known] = {}
    algorithms: set[Algorithm] = {each.name.algorithm for each in files}
    for algorithm in algorithms:
        values = (each.name.md5 for each in files if each.name.algorithm == algorithm)
        known = alternate_digests.by_value(database, algorithm, values)
        found |= {Name(value, algorithm): each for value, each in known.items()}
    present = blobs.has({each.digest for each in found.values()})
    return {name: each for name, each in found.items() if each.digest in present}


def _record(database: Database, found: dict[Name, Known]) -> None:
    for algorithm in {each.algorithm for each in found}:
        values = {name.md5: each for name, each in found.items() if name.algorithm == algorithm}
        alternate_digests.record(database, algorithm, values)


def _bundled(bundle: Bundle, data: bytes) -> Known:
    digest = digest_of(data)
    bundle.put(digest, data)
    return Known(digest, len(data))


def _bring_one(file: File, sources: Sequence[Source], blobs: BlobStore, what: str) -> bytes | Known | LinealError:
    """Return a small file, or store a large one; the error is returned, so that one file does not hide the others."""
    faults: list[str] = []
    for source in sources:
        where = {"key": file.key, "version": file.version_in(source)} if source.is_named else {}
        try:
            found = _read(source.objects.open(file.name, **where), blobs)
        except (NotFound, Corrupt) as error:
            faults.append(_fault(error, source, file.name))
            continue
        if any(faults):
            _heal(sources, file.name, found, blobs)
        return found
    return _nowhere(f"{file.path} of {what}", file.name, faults, sources)


def _read(pieces: Iterator[bytes], blobs: BlobStore) -> bytes | Known:
    """Return the bytes of a small file; store those of a large one."""
    first = next(pieces, b"")
    if len(first) < SMALL_BYTES and next(pieces, None) is None:
        return first
    return Known(*blobs.put_stream(chain((first,), pieces)))


def _fault(error: NotFound | Corrupt, source: Source, name: Name) -> str:
    """Return what is wrong with an object in a place; empty when it is only not there."""
    if isinstance(error, NotFound):
        return ""
    # Bytes under their own name may be another version of the file: they are not damaged.
    if source.is_named:
        return f"{error.message} (another version of the file?)"
    moved = None
    with suppress(Unavailable, Denied):  # a cache that many share may only be read
        moved = source.objects.quarantine(name)
    return f"{error.message}{f' (now in {moved})' if moved else ''}"


def _heal(sources: Sequence[Source], name: Name, found: bytes | Known, blobs: BlobStore | None) -> None:
    """Give caches of this machine a sound object, where they can be written; a remote belongs to others too."""
    for cache in (each.objects for each in sources if each.objects.directory is not None):
        with suppress(Unavailable, Denied):
            if isinstance(found, bytes):
                cache.put(name, found)
            elif blobs is not None:
                cache.put_blob(name, blobs, found)


def _nowhere(file: str, name: Name, faults: Iterable[str], sources: Sequence[Source]) -> LinealError:
    damaged = [each for each in faults if each]
    if damaged:
        return Corrupt(
            f"{file} ({name}) is damaged: {'; '.join(damaged)}",
            hint="delete it there; lineal data add --dvc, where the data is sound, sends it again",
        )
    places = ", ".join(each.objects.where for each in sources)
    return NotFound(f"{file} ({name}) is not in {places}", hint="dvc push from where it is sends it")


def _together(faults: Sequence[LinealError], total: int, what: str) -> LinealError:
    """Return one error for all that is missing: what is damaged first."""
    worst = next((each for each in faults if isinstance(each, Corrupt)), faults[0])
    if len(faults) == 1:
        return worst
    shown = "; ".join(each.message for each in faults[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return type(worst)(f"{len(faults)} of {total} files of {what} cannot be had: {shown}{more}", hint=worst.hint)
